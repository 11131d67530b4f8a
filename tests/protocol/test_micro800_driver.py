"""The Logix driver against a simulated Micro800, which has neither packets nor a chassis."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import trio

from tests.protocol.logix_peers import connected, tags
from warlogix.drivers.base import Driver
from warlogix.simulators.cip import (
    CipSimulator,
    Member,
    Program,
    Record,
    open_micro800_simulator,
)
from warlogix.simulators.cip import Tag as Variable
from warlogix.tags import Outcome, Tag, WriteResult

VALUES: dict[str, tuple[str, Any, Any]] = {
    "Flag": ("BOOL", True, False),
    "Small": ("SINT", -128, 127),
    "Byte": ("USINT", 255, 0),
    "Count": ("DINT", -(2**31), 2**31 - 1),
    "Bits": ("DWORD", 2**32 - 1, 0),
    "Wide": ("LWORD", 2**64 - 1, 0),
    "Speed": ("REAL", 3.14, -1.5),
    "Exact": ("LREAL", 0.1, 1e300),
    "Title": ("STRING", "Grüße", ""),
    "Names": ("STRING[3]", ["a", "", "ccc"], ["", "bb", "c"]),
    "Row": ("INT[10]", list(range(10)), list(range(10, 20))),
    "Grid": ("INT[2,3]", [[1, 2, 3], [4, 5, 6]], [[0, 0, 0], [1, 1, 1]]),
    "Long": ("LINT[300]", list(range(300)), list(range(300, 0, -1))),
}
MIXED = Record(
    "Mixed", (Member("Name", "STRING"), Member("Speed", "REAL"), Member("Row", "INT[3]"))
)


@asynccontextmanager
async def micro800() -> AsyncIterator[tuple[CipSimulator, Driver]]:
    """A Micro800 with all of `VALUES`, and a driver connected to it."""
    variables = (Variable(name, kind, value) for name, (kind, value, _) in VALUES.items())
    given = Program((*variables, Variable("Own", "Mixed")), types=(MIXED,))
    async with (
        open_micro800_simulator(given) as plc,
        connected(plc, "micro800") as driver,
    ):
        yield plc, driver


async def test_every_type_is_read_and_written() -> None:
    """One message a tag, and more where a value is longer than one."""
    asked = tags(*VALUES)
    with trio.fail_after(20):
        async with micro800() as (plc, driver):
            readings = await driver.read(asked)
            assert readings.bad == {}
            assert readings.values == [value for _, value, _ in VALUES.values()]
            assert readings.types == tuple(kind for kind, _, _ in VALUES.values())
            for tag, (_, _, value) in zip(asked, VALUES.values(), strict=True):
                assert await driver.write(tag, value) == WriteResult(Outcome.DONE)
                assert plc.get(tag.name) == value
            assert (await driver.read(asked)).values == [value for _, _, value in VALUES.values()]
            assert plc.journal.offences == []


async def test_no_packet_and_no_connection_is_asked_for() -> None:
    """Services that a Micro800 does not have are not tried."""
    with trio.fail_after(10):
        async with micro800() as (plc, driver):
            await driver.read(tags(*VALUES))
            assert not {0x0A, 0x54, 0x5B} & plc.journal.services.keys()


async def test_members_are_read_where_the_structure_is_not_told() -> None:
    """The answer itself tells a member's type; the structure as a whole is bad with the reason."""
    with trio.fail_after(10):
        async with micro800() as (plc, driver):
            plc.put("Own.Speed", 2.5)
            asked = tags("Own.Speed", "Own.Row[1]", "Own.Row[1]{2}", "Own.Row[0].3", "Own")
            readings = await driver.read(asked)
            assert readings.values == [2.5, 0, [0, 0], False, None]
            assert readings.types == ("REAL", "INT", "INT[2]", "BOOL", "")
            assert readings.bad.keys() == {4}
            assert (await driver.write(Tag("Own.Row[2]"), 9)).outcome is Outcome.DONE
            assert plc.get("Own.Row") == [0, 0, 9]


async def test_browsing_lists_what_the_plc_lists() -> None:
    """A structure that it does not tell has no type."""
    with trio.fail_after(10):
        async with micro800() as (_, driver):
            found = {each.name: each.type for each in await driver.browse()}
    assert found == {name: kind for name, (kind, _, _) in VALUES.items()} | {"Own": ""}
