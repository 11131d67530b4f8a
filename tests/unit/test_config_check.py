"""`warlogix check`: what it says of a right file, of a wrong one, and of what is worth saying."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from tests.certificates import Certificates
from tests.unit.configurations import TRIGGER, loaded, saved, small
from warlogix import cli
from warlogix.commands.check import check
from warlogix.config import notes


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Run `check` on a file; gives status, stdout and stderr."""
    app = typer.Typer()
    app.callback()(cli.before)
    app.command()(check)
    monkeypatch.setattr(cli, "app", app)
    monkeypatch.setattr("warlogix.logs.configure", lambda *_: None)

    def call(path: Path, *options: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["warlogix", "--config", str(path), "check", *options])
        with pytest.raises(SystemExit) as end:
            cli.main()
        captured = capsys.readouterr()
        assert isinstance(end.value.code, int)
        return end.value.code, captured.out, captured.err

    return call


def with_events() -> dict[str, Any]:
    """A configuration with a pack and a trigger."""
    document = small()
    condition = {"operator": "==", "value": True}
    document["tag_packs"] = [{"name": "p", "members": [{"plc": "Main", "tag": "Count"}]}]
    document["triggers"] = [
        {"name": "t", "plc": "Main", "trigger_tag": "Done", "condition": condition}
    ]
    return document


def test_a_right_file_is_summed_up(told: Callable[..., Any], tmp_path: Path) -> None:
    """A file without a fault ends with 0 and says what is read, and what goes where."""
    status, out, err = told(saved(tmp_path, small()))
    assert (status, err) == (0, "")
    assert "Main  s7 at 192.168.1.102, 3 tags every 1 s, 1 writable\n" in out
    assert "takes write requests" not in out
    assert "factory.health  health" in out


def test_a_wrong_file_ends_with_2(told: Callable[..., Any], tmp_path: Path) -> None:
    """Faults are on stderr with place, fact and hint; stdout stays empty."""
    status, out, err = told(saved(tmp_path, small() | {"poll_rate": 500, "plc": 1}))
    assert (status, out) == (2, "")
    assert err == (
        "error: poll_rate (line 2): 500 is a bare number, not a duration\n"
        "hint: write a text with a unit (ms, s, m, h, d), for example "
        '"250ms", "2s" or "1m30s"\n'
        "error: plc (line 3): is not a known key\nhint: did you mean plcs?\n"
    )


def test_json_is_an_object_a_line(told: Callable[..., Any], tmp_path: Path) -> None:
    """With --json faults, warnings, notes and the summary are one object a line on stdout."""
    status, out, err = told(saved(tmp_path, small() | {"x": 1}), "--json")
    assert (status, err) == (2, "")
    [fault] = map(json.loads, out.splitlines())
    assert (fault["kind"], fault["place"], fault["about"]) == ("fault", "x", "line 2")
    document = with_events()
    document["tag_packs"][0]["members"][0]["ignore_changes"] = True
    status, out, err = told(saved(tmp_path, document), "--json")
    assert (status, err) == (0, "")
    note, summary = map(json.loads, out.splitlines())
    assert (note["kind"], note["place"]) == ("note", "tag_packs[0].members")
    assert summary["kind"] == "summary"
    assert summary["kafka"][0]["topics"][0] == {"name": "factory", "purpose": "changes"}


def test_who_may_write_is_summed_up(told: Callable[..., Any], tmp_path: Path) -> None:
    """Of a cluster with writeback it says the topic, the age and the group of its requests."""
    document = small()
    document["kafka"][0]["enable_writeback"] = True
    _, out, _ = told(saved(tmp_path, document))
    taken = "takes write requests from factory-writes, up to 2 s old, group warlogix-Local-writers"
    assert f"    {taken}\n" in out
    _, out, _ = told(saved(tmp_path, document), "--json")
    summary = json.loads(out.splitlines()[-1])
    assert summary["plcs"][0]["writable"] == 1
    assert summary["kafka"][0]["writeback"] == {
        "topic": "factory-writes",
        "group": "warlogix-Local-writers",
        "max_age": 2.0,
    }


def test_packs_and_triggers_are_summed_up(told: Callable[..., Any], tmp_path: Path) -> None:
    """Of each pack it says whose tags go where; of each trigger its condition, what is sent, to
    which topics, and what answers."""
    document = small()
    two = [{"plc": "Main", "tag": tag} for tag in ("Count", "Done")]
    document["tag_packs"] = [
        {"name": "Both", "members": two},
        {"name": "Away", "members": two[:1], "enabled": False},
        {"name": "Kept", "members": two[:1], "kafka_cluster": "none"},
    ]
    trigger = TRIGGER | {"tags": ["Count", "pack:Both"]}
    document["plcs"][0]["tags"].append({"name": "DB1.DBW10", "alias": "Extra"})
    many = ["pack:Both", "pack:Kept", "Count", "Done", "Ack", "Extra"]
    document["triggers"] = [
        trigger | {"name": "Full", "ack_tag": "Ack", "poll_rate": "500ms", "ack_timeout": "10s"},
        trigger | {"name": "Own", "topic": "own", "tags": many},
        trigger | {"name": "Bare", "kafka_cluster": "none", "tags": []},
        trigger | {"name": "Not", "enabled": False},
    ]
    status, out, _ = told(saved(tmp_path, document))
    assert status == 0
    assert out[out.index("Packs: ") :] == (
        "Packs: 2, 1 off\n"
        "  Both  2 tags of Main, to Local\n"
        "  Away  off\n"
        "  Kept  1 tag of Main, to no cluster\n"
        "Triggers: 3, 1 off\n"
        "  Full  Main.Done == true, read every 0.5 s\n"
        "    sends Count, pack:Both to Local in factory-triggers\n"
        "    answers in Ack within 10 s\n"
        "  Own  Main.Done == true, read every 1 s\n"
        "    sends pack:Both, pack:Kept, Count, Done, Ack and 1 more"
        " to Local in own\n"
        "  Bare  Main.Done == true, read every 1 s\n"
        "    sends no tags to no cluster\n"
        "  Not  off\n"
    )
    summary = json.loads(told(saved(tmp_path, document), "--json")[1].splitlines()[-1])
    assert summary["packs"][0] == {
        "name": "Both",
        "enabled": True,
        "tags": 2,
        "plcs": ["Main"],
        "clusters": ["Local"],
    }
    assert summary["triggers"][0] == {
        "name": "Full",
        "enabled": True,
        "plc": "Main",
        "tag": "Done",
        "condition": "== true",
        "poll_rate": 0.5,
        "tags": ["Count", "pack:Both"],
        "ack_tag": "Ack",
        "ack_timeout": 10.0,
        "topics": {"Local": "factory-triggers"},
    }


def test_events_that_never_come_are_noted(tmp_path: Path) -> None:
    """A trigger and a member of a PLC that is off, and a pack whose changes are all ignored, are
    named; what is off itself is not."""
    document = with_events()
    document["plcs"].append(document["plcs"][0] | {"name": "On", "address": "192.168.1.103"})
    document["plcs"][0]["enabled"] = False
    document["tag_packs"][0]["members"][0]["ignore_changes"] = True
    told = [(note.place, note.fact) for note in notes(loaded(tmp_path, document))]
    assert told == [
        ("tag_packs[0].members", "every member has ignore_changes, so no change is published"),
        ("tag_packs[0].members[0].plc", "Main is off, so this member is always bad"),
        ("triggers[0].plc", "Main is off, so it never fires"),
    ]
    document["tag_packs"][0]["enabled"] = document["triggers"][0]["enabled"] = False
    assert notes(loaded(tmp_path, document)) == []


def test_an_ack_tag_of_two_triggers_is_noted(tmp_path: Path) -> None:
    """Whichever of its names they use; one that is off takes nothing."""
    document = small()
    acks = {"One": "Ack", "Two": "db1.dbw8", "Off": "Ack"}
    document["triggers"] = [
        TRIGGER | {"name": name, "ack_tag": tag, "enabled": name != "Off"}
        for name, tag in acks.items()
    ]
    (found,) = notes(loaded(tmp_path, document))
    assert found.place == "triggers[1].ack_tag"
    assert found.fact == "is the ack tag of One too: the ack of one counts for the other"


def test_what_nobody_gets_is_noted(tmp_path: Path) -> None:
    """Events and packs that go to no cluster are named; a pack that a trigger names is for it, and
    where no cluster is on at all that alone is said."""
    document = with_events()
    for section in ("tag_packs", "triggers"):
        document[section][0]["kafka_cluster"] = "none"
    places = ["tag_packs[0].kafka_cluster", "triggers[0].kafka_cluster"]
    assert [note.place for note in notes(loaded(tmp_path, document))] == places
    document["triggers"][0]["tags"] = ["pack:p"]
    assert [note.place for note in notes(loaded(tmp_path, document))] == places[1:]
    document["kafka"][0]["enabled"] = False
    assert [note.place for note in notes(loaded(tmp_path, document))] == ["kafka"]


@pytest.mark.parametrize(
    ("keys", "place", "fact"),
    [
        ({"required_acks": 1}, "required_acks", "lost when the leader is"),
        ({"required_acks": 0}, "required_acks", "nobody notices"),
        ({"use_tls": True, "tls_skip_verify": True}, "tls_skip_verify", "any certificate"),
        ({"use_tls": True, "tls_ca_file": "/no/ca"}, "tls_ca_file", "no file"),
        (
            {"sasl_mechanism": "PLAIN", "username": "u", "password": "p"},
            "sasl_mechanism",
            "readable",
        ),
    ],
)
def test_what_can_be_lost_or_read_is_noted(
    tmp_path: Path, keys: dict[str, Any], place: str, fact: str
) -> None:
    """Settings that give up a promise are taken, and said."""
    document = small()
    document["kafka"][0] |= keys
    [note] = notes(loaded(tmp_path, document))
    assert note.place == f"kafka[0].{place}"
    assert fact in note.fact


def test_a_file_that_no_connection_can_use_is_noted(tmp_path: Path) -> None:
    """A file of TLS that is wrong is told at its key, with what is wrong and what to do."""
    certificates = Certificates(tmp_path)
    old, locked = certificates.client("old", -1), certificates.client("gateway")
    locked = certificates.locked(locked, "opens")
    (tmp_path / "text").write_text("no PEM\n")
    remedy = "name a file of PEM that the gateway may read"
    fact = f"cannot be used: there is no certificate (PEM) in {tmp_path}/text"
    for keys, expected in (
        ({"tls_ca_file": "text"}, ("tls_ca_file", fact, remedy)),
        (
            {"tls_cert_file": str(old.cert), "tls_key_file": str(old.key)},
            (
                "tls_cert_file",
                "the client certificate has expired",
                "put a new one into tls_cert_file",
            ),
        ),
        (
            {"tls_cert_file": str(locked.cert), "tls_key_file": str(locked.key)},
            ("tls_key_file", "is encrypted", "set tls_key_password or tls_key_password_file"),
        ),
    ):
        document = small()
        document["kafka"][0] |= {"use_tls": True, **keys}
        [note] = notes(loaded(tmp_path, document))
        assert (note.place, note.fact, note.remedy) == (f"kafka[0].{expected[0]}", *expected[1:])


def test_what_has_no_effect_is_noted(tmp_path: Path) -> None:
    """Keys that the family does not read, and members of what has none, are named."""
    document = small()
    document["plcs"][0] |= {"rack": 0, "ams_port": 851}
    document["plcs"][0]["tags"][0]["ignore_changes"] = ["Timestamp"]
    places = [note.place for note in notes(loaded(tmp_path, document))]
    assert places == ["plcs[0].ams_port", "plcs[0].tags[0].ignore_changes"]
    eip = {"name": "NJ", "family": "omron", "protocol": "eip", "address": "10.0.0.1"}
    document = small() | {"plcs": [eip | {"fins_node": 1, "word_order": "low-first"}]}
    places = [note.place for note in notes(loaded(tmp_path, document))]
    assert places == ["plcs[0].fins_node", "plcs[0].word_order"]


def test_writeback_without_a_writable_tag_is_noted(tmp_path: Path) -> None:
    """Requests that can only be refused are worth a word."""
    document = small()
    document["kafka"][0]["enable_writeback"] = True
    for tag in document["plcs"][0]["tags"]:
        tag["writable"] = False
    assert [note.place for note in notes(loaded(tmp_path, document))] == [
        "kafka[0].enable_writeback"
    ]
    document["plcs"][0]["tags"][0]["writable"] = True
    assert not notes(loaded(tmp_path, document))


def test_a_configuration_of_nothing_is_noted(tmp_path: Path) -> None:
    """A file with a namespace alone is right, and the notes say that nothing happens."""
    places = [note.place for note in notes(loaded(tmp_path, {"namespace": "factory"}))]
    assert places == ["plcs", "kafka"]


def test_a_long_timeout_is_said(tmp_path: Path) -> None:
    """A time limit that breaks the promise of ten seconds is said, one that keeps it is not."""
    document = small()
    document["plcs"][0]["timeout"] = "3s"
    assert not notes(loaded(tmp_path, document))
    document["plcs"][0]["timeout"] = "5s"
    [note] = notes(loaded(tmp_path, document))
    assert (note.place, "only after 15 s" in note.fact) == ("plcs[0].timeout", True)
