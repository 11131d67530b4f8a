import gc
import os
import weakref
from pathlib import Path

import pytest

from tests.unit.configurations import faults, loaded, put, saved, small
from warlogix.clusters import TopicSpec
from warlogix.config import Config, find, load, notes, topics_in_use
from warlogix.datatypes import DataType
from warlogix.errors import ConfigError
from warlogix.plan import plan_of
from warlogix.tags import Deadband, Deviation, Endpoint, Tag
from warlogix.topics import Topic


def test_defaults_are_those_of_the_reference(tmp_path: Path) -> None:
    """What a file leaves out has its default: all is on, acks are -1, durations are seconds."""
    config = loaded(tmp_path, small())
    plc, cluster = config.plcs[0], config.kafka[0]
    assert (plc.enabled, plc.timeout, plc.health_check_enabled) == (True, 3.0, True)
    assert (plc.string_encoding, plc.ams_port, plc.fins_port) == ("latin-1", 851, 9600)
    assert config.poll_rate_of(plc) == 1.0
    assert (cluster.enabled, cluster.publish_changes, cluster.required_acks) == (True, True, -1)
    assert (cluster.max_retries, cluster.retry_backoff, cluster.compression) == (3, 0.1, "none")
    assert (cluster.write_max_age, cluster.write_batch_window) == (2.0, 0.25)
    assert cluster.group == "warlogix-Local-writers"
    assert (config.buffer.max_size, config.buffer.max_age) == (10**9, 604800.0)
    assert config.instance
    assert not notes(config)


def test_what_runs_gets_plain_data(tmp_path: Path) -> None:
    """Endpoints, tags and clusters are plain data; S7 tags carry their address in upper case."""
    document = put(small(), "plcs/0/tags/1", {"name": " db1.dbd4", "deadband": "2%"})
    document["plcs"][0] |= {"address": "plc1:1102", "slot": 2, "timeout": "500ms"}
    config = loaded(tmp_path, document)
    assert config.plcs[0].endpoint == Endpoint("Main", "s7", "plc1", 1102, 0, 2, 0.5)
    assert config.plcs[0].runtime_tags()[1] == Tag(
        "DB1.DBD4",
        address="DB1.DBD4",
        type="DWORD",
        kind=DataType("DWORD"),
        deadband=Deadband(2.0, Deviation.PERCENT),
    )


def test_a_fins_tag_has_its_address_as_name_alone(tmp_path: Path) -> None:
    """A FINS tag is asked for by its address in upper case, and publishes no address."""
    document = small()
    document["plcs"][0] |= {"family": "omron", "tags": [{"name": "d100", "data_type": "dint"}]}
    [tag] = loaded(tmp_path, document).plcs[0].runtime_tags()
    assert (tag.name, tag.address, tag.type) == ("D100", "", "DINT")


def test_a_tag_that_is_off_is_not_read(tmp_path: Path) -> None:
    """A tag with `enabled = false` is no runtime tag."""
    document = put(small(), "plcs/0/tags/0/enabled", value=False)
    labels = [tag.label for tag in loaded(tmp_path, document).plcs[0].runtime_tags()]
    assert labels == ["Count", "Ack"]


def test_the_configuration_is_not_kept_by_what_runs(tmp_path: Path) -> None:
    """Runtime tags, endpoints and clusters hold no reference to the configuration."""
    config = loaded(tmp_path, small())
    kept = (config.plcs[0].runtime_tags(), config.plcs[0].endpoint, config.kafka[0].settings())
    held: list[weakref.ref[object]] = [
        weakref.ref(config),
        weakref.ref(config.plcs[0]),
        weakref.ref(config.kafka[0]),
    ]
    del config
    gc.collect()
    assert kept
    assert [reference() for reference in held] == [None, None, None]


def test_a_tag_is_in_memory_once(tmp_path: Path) -> None:
    """What polls and what writes mean the same objects, and tags of one type share it."""
    document = small()
    document["plcs"][0]["tags"] = [
        {"name": f"DB1.DBD{4 * n}", "data_type": "dint"} for n in range(2)
    ]
    plan = plan_of(loaded(tmp_path, document))
    (plc,) = plan.plcs
    first, second = plc.tags
    assert plan.targets.meant("Main", "DB1.DBD0").tag is first
    assert first.kind is second.kind
    assert first.type is second.type


def test_topics_in_use_are_those_that_something_goes_to(tmp_path: Path) -> None:
    """A cluster needs the topics of what goes there, each made as its table says."""
    document = small()
    document["kafka"][0] |= {
        "selector": "line1",
        "topics": {"changes": {"partitions": 6, "retention": "1d", "segment.bytes": 1048576}},
    }
    document["triggers"] = [
        {
            "name": name,
            "plc": "Main",
            "trigger_tag": "Done",
            "condition": {"operator": "==", "value": True},
        }
        for name in ("a", "b")
    ]
    document["triggers"][1]["topic"] = "products"
    config = loaded(tmp_path, document)
    used = topics_in_use(config, config.kafka[0])
    assert used[0].spec == TopicSpec(
        "factory-line1", 6, 1, {"segment.bytes": "1048576", "retention.ms": "86400000"}
    )
    assert [(each.purpose, each.spec.name) for each in used[1:]] == [
        (Topic.HEALTH, "factory-line1.health"),
        (Topic.GATEWAY, "factory-line1.gateway"),
        (Topic.TRIGGERS, "factory-line1-triggers"),
        (Topic.TRIGGERS, "products"),
    ]


def test_values_come_from_the_environment(tmp_path: Path) -> None:
    """`${VAR}` and its default are replaced inside of texts; a lone `$` stays; once only."""
    document = put(small(), "namespace", "${SITE:-plant}1")
    document["kafka"][0] |= {
        "sasl_mechanism": "PLAIN",
        "username": "$ConnectionString",
        "password": "a${SECRET}$b",
        "brokers": ["${HOST}:${PORT:-9092}"],
    }
    environ = {"SECRET": "${HOST}", "HOST": "kafka1", "SITE": ""}
    config = loaded(tmp_path, document, environ)
    settings = config.kafka[0].settings()
    assert config.namespace == "plant1"
    assert settings.username == "$ConnectionString"
    assert settings.password == "a${HOST}$b"
    assert settings.brokers == ("kafka1:9092",)


@pytest.mark.parametrize(
    ("text", "fact"),
    [("${NOPE}", '"NOPE" is not set'), ("${1x}", "without the name"), ("a${", "without the name")],
)
def test_a_missing_variable_is_a_fault(tmp_path: Path, text: str, fact: str) -> None:
    """A variable that is not there, or has no name, is one fault at its place."""
    [fault] = faults(tmp_path, put(small(), "kafka/0/selector", text))
    assert fault.place == "kafka[0].selector"
    assert fact in fault.fact


def test_secrets_come_from_files(tmp_path: Path) -> None:
    """`password_file` is read from the configuration's folder, without the end of its line."""
    (tmp_path / "secret.txt").write_text("geheim\r\n")
    document = put(small(), "kafka/0/password_file", "secret.txt")
    document["kafka"][0] |= {"sasl_mechanism": "PLAIN", "username": "u"}
    assert loaded(tmp_path, document).kafka[0].settings().password == "geheim"


@pytest.mark.parametrize(
    ("content", "fact"),
    [
        (None, "there is no file"),
        (b"", "holds no secret"),
        (b"\xff\xfe", "is not UTF-8"),
        (b"a\0b", "holds no secret"),
        (b"x" * 70_000, "too large"),
    ],
)
def test_a_file_without_a_secret_is_a_fault(
    tmp_path: Path, content: bytes | None, fact: str
) -> None:
    """A secret's file that is missing or holds none is a fault that says which file."""
    if content is not None:
        (tmp_path / "secret").write_bytes(content)
    document = put(small(), "kafka/0/password_file", "secret")
    document["kafka"][0] |= {"sasl_mechanism": "PLAIN", "username": "u"}
    [fault] = faults(tmp_path, document)
    assert fault.place == "kafka[0].password_file"
    assert fact in fault.fact


def test_no_secret_is_in_any_text(tmp_path: Path) -> None:
    """Neither models nor plain data show passwords or values of options in their text."""
    document = small()
    document["kafka"][0] |= {
        "use_tls": True,
        "tls_cert_file": "c.pem",
        "tls_key_file": "k.pem",
        "tls_key_password": "geheim1",
        "sasl_mechanism": "PLAIN",
        "username": "u",
        "password": "geheim2",
        "options": {"ssl.keystore.password": "geheim3"},
    }
    config = loaded(tmp_path, document)
    settings = config.kafka[0].settings()
    assert settings.options == {"ssl.keystore.password": "geheim3"}
    for thing in (config, config.kafka[0], settings, *notes(config)):
        assert "geheim" not in f"{thing!r} {thing}"


def test_no_secret_is_in_any_fault(tmp_path: Path) -> None:
    """A fault at a secret's key does not tell its value, nor what a variable holds."""
    document = small()
    document["kafka"][0] |= {
        "password": 271828,
        "tls_key_password": ["geheim"],
        "options": {"acks": "geheim", "ssl.keystore.password": {"a": "geheim"}, "x": "geheim"},
        "brokers": ["user:geheim@host:9092", "${SECRET}"],
        "compression": "${SECRET}",
        "retry_backoff": "${SECRET}",
    }
    found = faults(tmp_path, document, {"SECRET": "geheim !"})
    text = str(ConfigError(found))
    assert len(found) >= 9
    assert "geheim" not in text
    assert "271828" not in text
    assert '"${SECRET}" is not a duration' in text


def test_the_file_is_looked_for_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first of --config, $WARLOGIX_CONFIG, ./warlogix.toml and the user's folder counts."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    user, here = tmp_path / "home" / "warlogix" / "warlogix.toml", tmp_path / "warlogix.toml"
    user.parent.mkdir(parents=True)
    user.touch()
    assert find(None, {}, tmp_path) == user
    here.touch()
    assert find(None, {}, tmp_path) == here
    assert find(None, {"WARLOGIX_CONFIG": "a.toml"}, tmp_path) == Path("a.toml")
    assert find(Path("b.toml"), {"WARLOGIX_CONFIG": "a.toml"}, tmp_path) == Path("b.toml")


def test_without_a_file_it_says_where_it_looked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No configuration anywhere is one fault that lists the places."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    with pytest.raises(ConfigError) as caught:
        find(None, {}, tmp_path)
    [fault] = caught.value.faults
    assert str(tmp_path / "warlogix.toml") in fault.fact
    assert str(tmp_path / "home" / "warlogix" / "warlogix.toml") in fault.fact


@pytest.mark.parametrize(
    ("content", "fact"),
    [
        (b"namespace = ", "line 1, column 13"),
        (b"a = 1\nb = [1,,2]\n", "line 2, column 8"),
        (b"a = 1\na = 2\n", "line 2"),
        (b'a = 1\nb = "\xff"\n', "line 2, column 6: a byte that is not UTF-8"),
        (b"a = " + b"[" * 5000, "nested"),
        (b"a = " + b"9" * 5000, "limit"),
        (b"a" + b".a" * 5000 + b" = 1", "parts"),
    ],
)
def test_a_file_that_is_no_toml_is_one_fault(tmp_path: Path, content: bytes, fact: str) -> None:
    """What is no TOML or no UTF-8 is one fault with line and column, whatever it is."""
    path = tmp_path / "warlogix.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load(path, {})
    [fault] = caught.value.faults
    assert fact in fault.fact


def test_a_file_that_cannot_be_read_is_one_fault(tmp_path: Path) -> None:
    """A missing file and one that is none are one fault each, which names them."""
    for path in (tmp_path / "missing.toml", tmp_path, Path("nul\0.toml")):
        with pytest.raises(ConfigError) as caught:
            load(path, {})
        [fault] = caught.value.faults
        assert "cannot be read" in fault.fact or "no such file" in fault.fact


def test_a_byte_order_mark_does_not_matter(tmp_path: Path) -> None:
    """A file that an editor saved with a byte order mark is read."""
    path = saved(tmp_path, small())
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load(path, {}).namespace == "factory"


def test_the_buffer_has_a_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The buffer is where the file says, else in $STATE_DIRECTORY, else in the user's folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def directory(document: dict[str, object], environ: dict[str, str]) -> str | None:
        config: Config = loaded(tmp_path, document, environ)
        return config.buffer.directory

    assert directory(small(), {}) == str(tmp_path / "state" / "warlogix" / "factory")
    given = {"STATE_DIRECTORY": f"/var/lib/a{os.pathsep}/var/lib/b"}
    assert directory(small(), given) == "/var/lib/a"
    assert directory(put(small(), "buffer/directory", "buf"), given) == str(tmp_path / "buf")
