"""`warlogix write` straight to a PLC that tells its types."""

from pathlib import Path
from typing import Any

import pytest
from trio.testing import MockClock

from tests.fakes import FakePlc
from tests.unit.configurations import loaded
from warlogix.asking.plc import ask_plc
from warlogix.asking.request import Outcome, Reply, Request, read_value
from warlogix.datatypes import DataType, Kind, Structure
from warlogix.errors import Unreachable

MOTOR = Structure("Motor", (("Speed", DataType("INT")), ("Name", DataType("STRING", 300))))
KINDS: dict[str, Kind] = {"Count": DataType("SINT"), "Motor": MOTOR, "Gone": DataType("INT")}


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakePlc:
    """The PLC that every driver of the command speaks to."""
    plc = FakePlc({"Count": 1, "Motor": {"Speed": 1, "Name": ""}}, kinds=KINDS)
    monkeypatch.setattr("warlogix.asking.plc.new_drivers", lambda: {"logix": plc.driver})
    return plc


async def ask(folder: Path, tag: str, value: str, wait: float = 5) -> Reply:
    """What comes of a value for a tag of the PLC."""
    names = ("Count", "Motor", "Gone")
    tags: list[dict[str, Any]] = [{"name": each, "writable": True} for each in names]
    tags[0]["data_type"] = "DINT"
    plc = {"name": "Main", "family": "logix", "address": "10.0.0.1", "tags": tags}
    config = loaded(folder, {"namespace": "factory", "plcs": [plc]})
    return await ask_plc(config, Request("Main", tag, read_value(value)), wait)


async def test_the_tag_is_read_first_so_that_its_type_is_known(
    fake: FakePlc, tmp_path: Path, autojump_clock: MockClock
) -> None:
    """A structure is written as the PLC declares it, its members in the PLC's order."""
    text = "x" * 300
    reply = await ask(tmp_path, "motor", f'{{"Name":"{text}","Speed":7}}')
    assert reply.outcome is Outcome.DONE
    assert [value for _, _, value in fake.writes] == [{"Speed": 7, "Name": text}]
    assert len(fake.reads) == 1


async def test_the_plcs_type_decides_and_not_the_configurations(
    fake: FakePlc, tmp_path: Path, autojump_clock: MockClock
) -> None:
    """What its type does not take is refused, and nothing is written."""
    reply = await ask(tmp_path, "Count", "300")
    assert reply.outcome is Outcome.FAILED
    assert reply.error.startswith("300 does not fit SINT")
    assert not fake.writes


async def test_a_tag_that_is_bad_is_not_written(
    fake: FakePlc, tmp_path: Path, autojump_clock: MockClock
) -> None:
    """The answer says why it is bad."""
    reply = await ask(tmp_path, "Gone", "1")
    assert reply.outcome is Outcome.FAILED
    assert reply.error == "not executed: tag Gone is bad: no such tag"


@pytest.mark.parametrize(
    ("trouble", "text"),
    [
        ({"refuses": Unreachable("Main", "connection reset")}, "Main: 10.0.0.1: connection reset"),
        ({"read_time": 2}, "the PLC did not tell the tag's type within 3 s"),
        ({"silent": True}, "not connected within 2 s"),
    ],
)
async def test_a_plc_that_does_not_tell_is_not_written_to(
    trouble: dict[str, Any],
    text: str,
    fake: FakePlc,
    tmp_path: Path,
    autojump_clock: MockClock,
) -> None:
    """Away, too slow or silent: the wait ends, the answer says what it waited for."""
    for name, value in trouble.items():
        setattr(fake, name, value)
    reply = await ask(tmp_path, "Motor", '{"Name":"","Speed":7}', wait=2 if fake.silent else 3)
    assert (reply.outcome, reply.error) == (Outcome.FAILED, f"not executed: {text}")
    assert not fake.writes
