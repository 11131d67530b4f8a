"""`warlogix read` and `browse`: what a PLC holds and has."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import tomli

from tests.fakes import FakePlc
from tests.unit.configurations import loaded
from warlogix import cli
from warlogix.asking.browsing import matching
from warlogix.asking.reading import known_plc, tags_of
from warlogix.config import load
from warlogix.datatypes import DataType, Kind, Structure
from warlogix.errors import Malformed, Rejected, Unreachable
from warlogix.tags import Found

MOTOR = Structure("Motor", (("Speed", DataType("REAL")), ("Name", DataType("STRING", 4))))
KINDS: dict[str, Kind] = {
    "Count": DataType("LINT"),
    "Line.Motor": MOTOR,
    "Program:Main.Level": DataType("REAL", shape=(2, 2)),
}
MEMORY: dict[str, Any] = {
    "Count": 2**53 + 1,
    "Line.Motor": {"Speed": 72.0, "Name": "a\x1b"},
    "Program:Main.Level": [[1.5, 0.1], [3.14, 1e20]],
}
CONFIGURATION = """
namespace = "factory"

[[plcs]]
name = "Main"
family = "logix"
address = "10.0.0.1"

[[plcs.tags]]
name = "Count"
alias = "Pieces"
writable = true

[[plcs.tags]]
name = "Gone"

[[plcs.tags]]
name = "Line.Motor"
enabled = false

"""
Run = Callable[..., int]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakePlc:
    """The PLC that every driver of the commands speaks to."""
    plc = FakePlc(MEMORY.copy(), kinds=KINDS)
    drivers = {"logix": plc.driver, "s7": plc.driver}
    for room in ("asking.reading", "asking.browsing", "trial"):
        monkeypatch.setattr(f"warlogix.{room}.new_drivers", lambda: drivers)
    return plc


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fake: FakePlc) -> Iterator[Run]:
    """Run the command line inside this process on a small configuration; gives its status."""
    path = tmp_path / "warlogix.toml"
    path.write_text(CONFIGURATION)

    def call(*words: str) -> int:
        monkeypatch.setattr(sys, "argv", ["warlogix", "--config", str(path), *words])
        with pytest.raises(SystemExit) as end:
            cli.main()
        return int(end.value.code or 0)

    yield call
    assert fake.open_drivers == 0


def out(captured: pytest.CaptureFixture[str]) -> list[str]:
    """What was printed, by lines, the columns one space apart."""
    return [" ".join(line.split()) for line in captured.readouterr().out.splitlines()]


def test_all_tags_of_the_configuration_are_read(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """Those that are on, by their aliases; one that is bad says why and makes the status 1."""
    assert run("read", "main") == 1
    assert out(capsys) == [
        "TAG TYPE VALUE",
        "Pieces LINT 9007199254740993",
        "Gone BAD: no such tag",
    ]


def test_any_tag_may_be_named(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """By alias or name whatever the case, off or on, or one that only the PLC knows; in order."""
    assert run("read", "Main", "Program:Main.Level", "line.motor", "pieces", "COUNT") == 0
    assert out(capsys) == [
        "TAG TYPE VALUE",
        "Program:Main.Level REAL[2,2] [[1.5,0.1],[3.14,1e20]]",
        'Line.Motor Motor {"Speed":72.0,"Name":"a\\u001b"}',
        "Pieces LINT 9007199254740993",
        "Pieces LINT 9007199254740993",
    ]


def test_values_for_programs_are_the_messages_of_a_gateway(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """One tag change a line, with quality and error where it is bad."""
    assert run("read", "Main", "Count", "Gone", "--json") == 1
    good, bad = map(json.loads, capsys.readouterr().out.splitlines())
    at = good.pop("timestamp")
    assert at.endswith("Z")
    assert bad.pop("timestamp") == at
    assert good == {
        "plc": "Main",
        "tag": "Pieces",
        "address": "",
        "value": 2**53 + 1,
        "type": "LINT",
        "writable": True,
    }
    assert (bad["value"], bad["quality"], bad["error"]) == (None, "bad", "no such tag")


def test_who_lacks_a_tag_is_told_how_to_see_all(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """`check --connect` names the command behind the errors, where the family's PLCs tell."""
    assert run("check", "--connect") == 1
    *_, error, hint = capsys.readouterr().err.splitlines()
    assert error == "error: plcs[0].tags[1].name (Main, Gone, line 15): no such tag"
    assert hint == "hint: `warlogix browse Main` lists the tags of Main"


@pytest.mark.parametrize("command", ["read", "browse"])
@pytest.mark.parametrize(
    "error",
    [Unreachable("Main", "10.0.0.1:102: connection refused"), Rejected("Main", "key switch")],
)
def test_a_plc_that_does_not_answer_is_an_error(
    command: str,
    error: Unreachable | Rejected,
    run: Run,
    fake: FakePlc,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Its reason is told, nothing is printed, the status is 1."""
    fake.refuses = error
    assert run(command, "Main") == 1
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", f"error: {error}\n")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["read", "Mian"], 'the configuration has no PLC "Mian"; did you mean "Main"?'),
        (["browse", "X"], 'the configuration has no PLC "X"; it has: Main'),
        (["read", "Main", ""], '"" is no name; name a tag'),
        (["read", "Main", "a" * 999], "is no name; name a tag"),
        (["read", "Main", "Other", "--data-type", "DNT"], '"DNT" is not a known data type'),
        (["read", "Main", "pieces", "--data-type", "INT"], "for addresses that are not listed"),
        (["read", "Main", "--data-type", "INT"], "for addresses that are not listed"),
        (["browse", "Main", "--json", "--toml"], "--json and --toml are two forms"),
    ],
)
def test_wrong_usage_is_told(
    words: list[str], told: str, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is connected, with status 2."""
    assert run(*words) == 2
    assert told in " ".join(capsys.readouterr().err.split())


def test_every_wrong_name_is_told(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """Of several names that are wrong each has its line, said once however often it is typed."""
    assert run("read", "Main", "", "Count", "a\nb", "a\nb") == 2
    *_, first, second = capsys.readouterr().err.splitlines()
    assert first == 'Error: Invalid value: "" is no name; name a tag, or a memory address'
    assert second == '"a\\nb" is no name; name a tag, or a memory address'


def test_an_alias_that_is_misspelt_is_told_with_the_right_one(tmp_path: Path) -> None:
    """What is no address is compared with the aliases of the PLC."""
    head = CONFIGURATION.partition("[[plcs.tags]]")[0].replace("logix", "s7")
    (tmp_path / "f").write_text(head + 'tags = [{ name = "DB1.DBW0", alias = "Speed" }]')
    with pytest.raises(Malformed, match=r'"SPED" is not an S7 address; did you mean "Speed"\?'):
        tags_of(known_plc(load(tmp_path / "f", {}), "Main"), ["Sped"])


def test_what_a_plc_has_is_listed(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """Name, type and whether it can be written; a filter is a part of a name, or a pattern."""
    assert run("browse", "Main") == 0
    assert out(capsys) == [
        "TAG TYPE ACCESS",
        "Count LINT read and write",
        "Line.Motor Motor read and write",
        "Program:Main.Level REAL[2,2] read and write",
    ]
    assert run("browse", "Main", "main.*l", "--json") == 0
    assert out(capsys) == []
    assert run("browse", "Main", "*main.*L", "--json") == 0
    (line,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert line == {
        "plc": "Main",
        "name": "Program:Main.Level",
        "type": "REAL[2,2]",
        "readable": True,
        "writable": True,
    }


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("", ["A[1]", "ab", "b.a"]),
        ("A", ["A[1]", "ab", "b.a"]),
        ("[1]", ["A[1]"]),
        (".", ["b.a"]),
        ("a?", ["ab"]),
        ("*.*", ["b.a"]),
        ("?b", ["ab"]),
        ("x", []),
    ],
)
def test_a_filter_takes_nothing_but_stars_and_question_marks_for_more(
    pattern: str, names: list[str]
) -> None:
    """Dots and brackets are themselves."""
    found = [Found(name, "INT", None, writable=False) for name in ("A[1]", "ab", "b.a")]
    assert [each.name for each in matching(found, pattern)] == names


@pytest.mark.parametrize(
    ("words", "told"),
    [([], "note: the PLC shows no tag\n"), (["Speed"], "note: there is no such tag\n")],
)
def test_a_plc_without_tags_is_no_error(
    words: list[str], told: str, run: Run, fake: FakePlc, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is said, with status 0, and what was filtered away is told from what is not there."""
    fake.memory.clear()
    assert run("browse", "Main", "--json", *words) == 0
    seen = capsys.readouterr()
    assert (seen.out, seen.err) == ("", told)


def test_toml_is_what_the_configuration_takes(
    run: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path, fake: FakePlc
) -> None:
    """Put behind the PLC it makes a configuration without a fault that has every tag once."""
    fake.memory |= {'odd "name"\\': 1, "COUNT": 2, "x\x7fy": 3}
    assert run("browse", "Main", "--toml") == 0
    told = capsys.readouterr()
    assert told.err.splitlines() == [
        "note: left out: 3 listed already",
        "note: left out: 1 with a name that no configuration takes",
    ]
    path = tmp_path / "warlogix.toml"
    path.write_text(path.read_text() + told.out)
    names = [tag["name"] for tag in tomli.loads(path.read_text())["plcs"][0]["tags"]]
    assert names == ["Count", "Gone", "Line.Motor", "Program:Main.Level", 'odd "name"\\']
    assert run("check") == 0
    assert run("browse", "Main", "--toml") == 0
    assert capsys.readouterr().out.startswith(f"{path} is right")


def test_a_name_may_begin_with_an_alias(tmp_path: Path) -> None:
    """A member of a listed structure is read by the name that everybody sees."""
    tag = {"name": "MAIN.Tank", "alias": "Tank"}
    plc = {"name": "Mixer", "family": "beckhoff", "address": "127.0.0.1", "tags": [tag]}
    (mixer,) = loaded(tmp_path, {"namespace": "factory", "plcs": [plc]}).plcs
    names = [each.name for each in tags_of(mixer, ["Tank.Level", "tank[1]", "Tanks", "Tank"])]
    assert names == ["MAIN.Tank.Level", "MAIN.Tank[1]", "Tanks", "MAIN.Tank"]


def test_addresses_have_the_type_that_is_named(tmp_path: Path) -> None:
    """Where the configuration lists none; what is listed keeps its own."""
    plc: dict[str, Any] = {"name": "Main", "family": "s7", "address": "10.0.0.1"}
    plc["tags"] = [{"name": "DB1.DBD0", "alias": "Level", "data_type": "DINT"}]
    main = known_plc(loaded(tmp_path, {"namespace": "factory", "plcs": [plc]}), "main")
    tags = tags_of(main, ["level", " db1.dbd0 ", "db1.dbd4", "DB1.20"], "REAL")
    assert [(tag.name, tag.label, tag.type) for tag in tags] == [
        ("DB1.DBD0", "Level", "DINT"),
        ("DB1.DBD0", "Level", "DINT"),
        ("DB1.DBD4", "DB1.DBD4", "REAL"),
        ("DB1.20", "DB1.20", "REAL"),
    ]
    for word, told in (("Speed", "is not an S7 address"), ("DB1.20", "data_type")):
        with pytest.raises(Malformed, match=told):
            tags_of(main, [word])
    empty = main.model_copy(update={"tags": ()})
    with pytest.raises(Malformed, match="lists no tag that is on"):
        tags_of(empty, [])
