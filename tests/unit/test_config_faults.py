"""Each fault that a configuration can have: at the key to change, with a fact and a remedy."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.configurations import TRIGGER, accepted, faults, loaded, put, small
from warlogix.config.options import ALLOWED, REFUSED


@pytest.mark.parametrize(
    ("path", "value", "place", "fact", "remedy"),
    [
        ("poll_rat", "1s", "poll_rat", "not a known key", "did you mean poll_rate?"),
        ("zzz", 1, "zzz", "not a known key", "known keys here: namespace"),
        ("plcs/0/Tags", [], "plcs[0].Tags", "not a known key", "did you mean tags?"),
        ("plcs/0/a b", 1, 'plcs[0]."a b"', "not a known key", "known keys"),
        ("plcs/0/tags/0/deadbnd", 1, "plcs[0].tags[0].deadbnd", "not a known", "deadband?"),
        ("kafka/0/acks", 1, "kafka[0].acks", "not a known key", "known keys"),
        ("kafka/0/retry-backoff", "1s", "kafka[0].retry-backoff", "not a known", "retry_backoff?"),
        ("kafka/0/topics/write/x", 1, "kafka[0].topics.write", "not a known key", "writes?"),
        (
            "kafka/0/topics/writes/partition",
            1,
            "kafka[0].topics.writes.partition",
            "not a known",
            "partitions?",
        ),
        ("buffer/maxsize", "1GB", "buffer.maxsize", "not a known key", "max_size?"),
        ("poll_rate", 500, "poll_rate", "500 is a bare number", "unit"),
        ("poll_rate", "fast", "poll_rate", '"fast" is not a duration', "unit"),
        ("poll_rate", "0s", "poll_rate", "no time at all", "longer"),
        ("buffer/max_size", 1000, "buffer.max_size", "bare number", "100MB"),
        ("buffer/max_size", "0MB", "buffer.max_size", "no room", "1MB"),
        ("buffer/max_size", "999kB", "buffer.max_size", "no room", "1MB"),
        ("plcs/0/slot", "1", "plcs[0].slot", '"1" is not a whole number', "without quotes"),
        ("plcs/0/slot", 256, "plcs[0].slot", "too large", "255"),
        ("plcs/0/slot", -1, "plcs[0].slot", "too small", "0"),
        ("plcs/0/slot", 10**30, "plcs[0].slot", "too large", "255"),
        ("plcs/0/enabled", "yes", "plcs[0].enabled", "neither true nor false", "without quotes"),
        ("plcs/0/family", "siemens", "plcs[0].family", '"siemens" is not known', '"s7"'),
        ("plcs/0/family", "beckhof", "plcs[0].family", "not known", 'did you mean "beckhoff"?'),
        ("plcs/0/string_encoding", "latin-0", "plcs[0].string_encoding", "encoding", "latin-1"),
        ("plcs/0/string_encoding", "hex", "plcs[0].string_encoding", "encoding", "latin-1"),
        ("plcs/0/string_encoding", "undefined", "plcs[0].string_encoding", "encoding", "latin-1"),
        ("plcs/0/string_encoding", "utf7", "plcs[0].string_encoding", "encoding", "latin-1"),
        ("plcs/0/address", "a b", "plcs[0].address", "neither a host", "host:port"),
        ("plcs/0/address", "plc:0", "plcs[0].address", "no port", "host:port"),
        ("plcs/0/address", "plc:65536", "plcs[0].address", "no port", "host:port"),
        ("plcs/0/address", "http://plc", "plcs[0].address", "neither a host", "host:port"),
        ("plcs/0/name", "Main PLC", "plcs[0].name", "characters", "letters, digits"),
        ("plcs/0/name", "Main.PLC", "plcs[0].name", "characters", "letters, digits"),
        ("plcs/0/name", "x" * 65, "plcs[0].name", "too many", "at most 64"),
        ("plcs/0/name", "Ä", "plcs[0].name", "characters", "letters, digits"),
        ("plcs/0/name", "", "plcs[0].name", "empty", "write something"),
        ("namespace", "a b", "namespace", "characters", "letters, digits, '.'"),
        ("namespace", "..", "namespace", "can begin no name", "letters"),
        ("namespace", 5, "namespace", "5 is not a text", "double quotes"),
        ("plcs", {"name": "x"}, "plcs", "a table is not a list", "[[plcs]]"),
        ("plcs/0/tags", {"name": "x"}, "plcs[0].tags", "not a list", "[[plcs.tags]]"),
        ("kafka", "x", "kafka", "not a list", "[[kafka]]"),
        ("kafka/0/brokers", "x:1", "kafka[0].brokers", "not a list", 'brokers = ["'),
        ("kafka/0/brokers", [], "kafka[0].brokers", "empty list", "brokers = "),
        ("plcs/0/address", "a..b", "plcs[0].address", "neither a host", "host:port"),
        ("plcs/0/address", "a" * 64, "plcs[0].address", "neither a host", "host:port"),
        ("kafka/0/brokers", ["a..b:1"], "kafka[0].brokers[0]", "neither a host", "host:port"),
        ("kafka/0/brokers", ["a b"], "kafka[0].brokers[0]", "neither a host", "host:port"),
        ("kafka/0/name", "all", "kafka[0].name", "meaning of its own", "another name"),
        ("kafka/0/required_acks", 2, "kafka[0].required_acks", "not known", "-1, 0 or 1"),
        ("kafka/0/required_acks", "all", "kafka[0].required_acks", "not known", "-1, 0 or 1"),
        ("kafka/0/compression", "zst", "kafka[0].compression", "not known", '"zstd"?'),
        ("kafka/0/selector", "a/b", "kafka[0].selector", "characters", "letters"),
        ("kafka/0/password", "x", "kafka[0].sasl_mechanism", "is missing", "SCRAM-SHA-512"),
        ("kafka/0/username", "x", "kafka[0].sasl_mechanism", "is missing", "SCRAM-SHA-512"),
        ("kafka/0/tls_ca_file", "x", "kafka[0].tls_ca_file", "use_tls is off", "use_tls = true"),
        ("kafka/0/tls_skip_verify", True, "kafka[0].tls_skip_verify", "use_tls is off", "use_tls"),
        ("kafka/0/write_max_age", "250ms", "kafka[0].write_max_age", "not longer", "longer"),
        ("kafka/0/options/x.y", "1", 'kafka[0].options."x.y"', "not an option", "leave it out"),
        ("kafka/0/options/linger", "1", "kafka[0].options.linger", "not an option", "linger.ms"),
        ("kafka/0/headers/a", 5, "kafka[0].headers.a", "not a text", "quotes"),
        ("kafka/0/headers/", "x", 'kafka[0].headers.""', "no name", "printed"),
        ("tag_packs", [{"name": "p"}], "tag_packs[0].members", "is missing", "members = [{"),
        ("plcs/0/tags/0/max_interval", 60, "plcs[0].tags[0].max_interval", "bare number", "unit"),
        ("plcs/0/tags/1/deadband", -1, "plcs[0].tags[1].deadband", "-1 is not", "2%"),
        ("plcs/0/tags/1/deadband", "2", "plcs[0].tags[1].deadband", "not a deadband", "2%"),
        ("plcs/0/tags/1/deadband", True, "plcs[0].tags[1].deadband", "not a deadband", "2%"),
        ("plcs/0/tags/1/deadband", float("nan"), "plcs[0].tags[1].deadband", "not a", "2%"),
        ("plcs/0/tags/0/deadband", 1, "plcs[0].tags[0].deadband", "BOOL is not a number", "out"),
        ("plcs/0/tags/1/name", "DB1", "plcs[0].tags[1].name", "no offset", "DB1.DBW20"),
        ("plcs/0/tags/1/name", "DB1.DBW4", "plcs[0].tags[1].name", "WORD", "DB1.DBD4"),
        ("plcs/0/tags/1/data_type", "DNT", "plcs[0].tags[1].data_type", "not a known", "DINT"),
        ("plcs/0/tags/1/name", "a\nb", "plcs[0].tags[1].name", "cannot be printed", "leave"),
        ("plcs/0/tags/1/alias", "a\x1b[2J", "plcs[0].tags[1].alias", "cannot be printed", "leave"),
        ("plcs/0/tags/1/alias", "a\0", "plcs[0].tags[1].alias", "NUL", "leave it out"),
        ("plcs/0/tags/1/alias", "Done", "plcs[0].tags[1].alias", "already names", "another"),
        ("plcs/0/tags/1/alias", "db1.dbx0.0", "plcs[0].tags[1].alias", "already", "another"),
        ("plcs/0/tags/1/alias", "", "plcs[0].tags[1].alias", "empty", "leave the key out"),
        ("plcs/0/tags/3", 5, "plcs[0].tags[3]", "5 is not a table", "table"),
        ("plcs/0/tags/3", {}, "plcs[0].tags[3].name", "is missing", "add name ="),
        (
            "plcs/0/tags/3",
            {"name": "DB01.dbd4"},
            "plcs[0].tags[3].name",
            "already listed as plcs[0].tags[1]",
            "once",
        ),
        (
            "plcs/0/tags/3",
            {"name": "DB1.4", "data_type": "REAL", "alias": "x"},
            "plcs[0].tags[3].name",
            "already listed as plcs[0].tags[1]",
            "once",
        ),
    ],
)
def test_a_fault_names_place_fact_and_remedy(
    tmp_path: Path, path: str, value: Any, place: str, fact: str, remedy: str
) -> None:
    """One wrong value is one fault: at its place, with what is wrong and what to do."""
    [fault] = faults(tmp_path, put(small(), path, value))
    assert fault.place == place
    assert fact in fault.fact
    assert remedy in fault.remedy


@pytest.mark.parametrize("path", ["namespace", "plcs/0/name", "plcs/0/family", "kafka/0/brokers"])
def test_what_is_required_must_be_there(tmp_path: Path, path: str) -> None:
    """A missing required key is one fault, which shows how the key is written."""
    document = small()
    *above, last = path.split("/")
    container: Any = document
    for part in above:
        container = container[int(part) if part.isdigit() else part]
    del container[last]
    [fault] = faults(tmp_path, document)
    assert fault.place.endswith(last)
    assert fault.fact == "is missing"
    assert f"{last} = " in fault.remedy


@pytest.mark.parametrize("section", ["plcs", "kafka", "tag_packs", "triggers"])
def test_names_are_unique(tmp_path: Path, section: str) -> None:
    """The second of two equal names is the fault."""
    document = small()
    member = {"plc": "Main", "tag": "Count"}
    document["tag_packs"] = [{"name": "p", "members": [member]}]
    document["triggers"] = [dict(TRIGGER)]
    document[section].append(dict(document[section][0]))
    [fault] = faults(tmp_path, document)
    assert fault.place == f"{section}[1].name"
    assert f"{section}[0]" in fault.fact


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    """Faults of form and faults between keys come together, in the order of the file."""
    document = small()
    document["plcs"][0] |= {"slot": "1", "address": "a b"}
    document["plcs"][0]["tags"][1] |= {"alias": "Done", "deadband": -1}
    document["kafka"] += [{"name": "Two"}, {"name": "Two", "brokers": ["x"], "selector": "writes"}]
    document["triggers"] = [TRIGGER | {"plc": "Mian", "debounce": 5}]
    assert [fault.place for fault in faults(tmp_path, document)] == [
        "plcs[0].address",
        "plcs[0].tags[1].alias",
        "plcs[0].tags[1].deadband",
        "plcs[0].slot",
        "kafka[1].brokers",
        "kafka[2].name",
        "kafka[2].selector",
        "triggers[0].plc",
        "triggers[0].debounce",
    ]


def test_a_broken_name_makes_no_second_fault(tmp_path: Path) -> None:
    """Where a name is unreadable, nobody is blamed for naming what cannot be found."""
    document = put(small(), "plcs/0/name", 5)
    document["triggers"] = [TRIGGER]
    document["tag_packs"] = [{"name": "p", "members": [{"plc": "Main", "tag": "Count"}]}]
    assert [fault.place for fault in faults(tmp_path, document)] == ["plcs[0].name"]
    document["tag_packs"][0]["members"] = [{"tag": "Elsewhere"}]
    places = [fault.place for fault in faults(tmp_path, document)]
    assert places == ["plcs[0].name", "tag_packs[0].members[0].plc"]


@pytest.mark.parametrize(("rate", "is_allowed"), [("250ms", False), ("1ms", True)])
def test_the_floor_of_poll_rates(tmp_path: Path, rate: str, *, is_allowed: bool) -> None:
    """250ms is the floor, which `allow_fast_polling` takes away."""
    document = small() | {"poll_rate": rate, "allow_fast_polling": is_allowed}
    document["plcs"][0]["poll_rate"] = rate
    document["triggers"] = [TRIGGER | {"poll_rate": rate}]
    assert accepted(tmp_path, document)


def test_rates_below_the_floor_are_faults_everywhere(tmp_path: Path) -> None:
    """Top, PLC and trigger: a rate below 250ms is a fault at each."""
    document = small() | {"poll_rate": "249ms"}
    document["plcs"][0]["poll_rate"] = "100ms"
    document["triggers"] = [TRIGGER | {"poll_rate": "1ms"}]
    places = [fault.place for fault in faults(tmp_path, document)]
    assert places == ["poll_rate", "plcs[0].poll_rate", "triggers[0].poll_rate"]


@pytest.mark.parametrize("option", sorted(REFUSED))
def test_options_that_a_promise_rests_on_are_refused(tmp_path: Path, option: str) -> None:
    """An option that warlogix sets itself is a fault that says what to use instead."""
    [fault] = faults(tmp_path, put(small(), f"kafka/0/options/{option}", "1"))
    assert "warlogix itself" in fault.fact
    assert fault.remedy == REFUSED[option]


def test_other_options_are_passed_on(tmp_path: Path) -> None:
    """Texts, numbers, true and false become the texts that librdkafka reads."""
    assert not ALLOWED & REFUSED.keys()
    options = {"socket.keepalive.enable": True, "linger.ms": 5, "client.rack": "a"}
    config = loaded(tmp_path, put(small(), "kafka/0/options", options))
    assert config.kafka[0].settings().options == {
        "socket.keepalive.enable": "true",
        "linger.ms": "5",
        "client.rack": "a",
    }


@pytest.mark.parametrize(
    "given",
    [
        "user:SECRET@127.0.0.1:9092",
        "user:SECRET:127.0.0.1:9092",
        "kafka://user:SECRET/127.0.0.1",
        "[::1]:user:SECRET",
    ],
)
@pytest.mark.parametrize("path", ["kafka/0/brokers", "kafka/0/brokers/0", "plcs/0/address"])
def test_an_address_with_a_password_in_it_is_not_shown(
    tmp_path: Path, path: str, given: str
) -> None:
    """A URL, or an address with too many colons, is told without its text, also where a list
    belongs."""
    [fault] = faults(tmp_path, put(small(), path, given))
    assert "SECRET" not in fault.fact + fault.remedy
    assert fault.fact.startswith("the address ")


@pytest.mark.parametrize("held", ["h!", "h!" * 35, "h!" * 45, 'h!"\\\n' * 30, "x:SECRET", "a@b"])
@pytest.mark.parametrize(
    "path", ["kafka/0/brokers/0", "plcs/0/address", "plcs/0/tags/1/name", "plcs/0/tags/1/deadband"]
)
def test_what_a_variable_holds_is_never_shown(tmp_path: Path, path: str, held: str) -> None:
    """A fault of a value out of the environment shows the variable's name or nothing, however
    long the value is."""
    [fault] = faults(tmp_path, put(small(), path, "${EH}"), {"EH": held})
    assert not any(part in fault.fact.lower() for part in ("h!", "secret", "a@b"))
    assert '"${EH}"' in fault.fact or fault.fact.startswith(("the address ", "has char"))
