"""What `warlogix check --connect` prints of what is wrong with triggers."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes import FakePlc
from warlogix import cli
from warlogix.datatypes import DataType

CONFIGURATION = """
namespace = "factory"

[[plcs]]
name = "Main"
family = "logix"
address = "10.0.0.1"
tags = [{ name = "Level" }, { name = "Gone", alias = "Lost" }]

[[triggers]]
name = "Full"
plc = "Main"
trigger_tag = "Level"
condition = { operator = ">", value = 300 }
tags = ["Lost"]
"""


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """Check this configuration at a PLC whose level is a SINT."""
    plc = FakePlc({"Level": 1}, kinds={"Level": DataType("SINT")})
    monkeypatch.setattr("warlogix.trial.new_drivers", lambda: {"logix": plc.driver})
    path = tmp_path / "warlogix.toml"
    path.write_text(CONFIGURATION)

    def call(*options: str) -> None:
        words = ["warlogix", "--config", str(path), "check", "--connect", *options]
        monkeypatch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit, match="1"):
            cli.main()

    return call


def test_a_trigger_is_named_with_its_line_and_a_hint(
    told: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    """What the PLC's types make of a trigger is told as other faults are: the trigger's name, the
    line of the key, and what to do."""
    told()
    lines = capsys.readouterr().err.splitlines()
    assert lines[-6:] == [
        "error: triggers[0].condition.value (Full, line 14): Level: the PLC has SINT there,"
        " whose values (-128 to 127) are never > 300",
        "hint: write a condition that some of them meet, and others do not",
        "error: plcs[0].tags[1].name (Main, Lost, line 8): Gone: no such tag",
        "error: triggers[0].tags[0] (Full, line 15): Lost: no such tag",
        "hint: it is listed at plcs[0].tags[1]",
        "hint: `warlogix browse Main` lists the tags of Main",
    ]


def test_places_are_those_of_the_file_that_was_tried(
    told: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """A file that is changed or broken meanwhile neither moves the lines nor costs the report."""
    plc = FakePlc({"Level": 1}, kinds={"Level": DataType("SINT")})

    def edit() -> dict[str, object]:
        (tmp_path / "warlogix.toml").write_text("namespace = ")
        return {"logix": plc.driver}

    monkeypatch.setattr("warlogix.trial.new_drivers", edit)
    told()
    assert "triggers[0].condition.value (Full, line 14)" in capsys.readouterr().err


def test_programs_get_the_same(
    told: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    """With --json what is wrong has `about` and `remedy`; what is right has neither."""
    told("--json")
    lines = map(json.loads, capsys.readouterr().out.splitlines())
    right, wrong, *_ = (each for each in lines if each["kind"] == "trial")
    assert (right["about"], right["remedy"]) == ("", "")
    assert (wrong["place"], wrong["about"]) == ("triggers[0].condition.value", "Full, line 14")
    assert wrong["remedy"].startswith("write a condition")
