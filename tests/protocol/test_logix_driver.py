"""The Logix driver against simulated controllers: every type both ways, plans, browsing."""

import re
from typing import Any

import pytest
import trio
from pycomm3 import LogixDriver as Pycomm3

from tests.protocol.logix_peers import (
    MOTOR,
    MOTOR_VALUE,
    VALUES,
    connected,
    endpoint,
    logix,
    program,
    tags,
)
from warlogix.drivers.families import new_drivers
from warlogix.simulators.cip import Member, Program, Record, open_logix_simulator
from warlogix.simulators.cip import Tag as Variable
from warlogix.simulators.cip.models import COMPACTLOGIX
from warlogix.tags import Outcome, Tag, WriteResult

DONE = WriteResult(Outcome.DONE)


async def test_every_type_is_read_and_written_at_its_limits() -> None:
    """What the PLC holds is read, what is written is held and read again, types by IEC names."""
    asked = tags(*VALUES)
    with trio.fail_after(20):
        async with logix() as (plc, driver):
            readings = await driver.read(asked)
            assert readings.bad == {}
            assert dict(zip(VALUES, readings.values, strict=True)) == {
                name: value for name, (_, value, _) in VALUES.items()
            }
            assert readings.types == tuple(kind for kind, _, _ in VALUES.values())
            for tag, (_, _, value) in zip(asked, VALUES.values(), strict=True):
                assert await driver.write(tag, value) == DONE
                assert plc.get(tag.name) == value
            after = await driver.read(asked)
            assert list(after.values) == [value for _, _, value in VALUES.values()]
            assert after.types is readings.types
            assert plc.journal.offences == []


@pytest.mark.parametrize(
    ("name", "before", "value", "whole", "after"),
    [
        ("Row[3]", 3, -7, "Row", [0, 1, 2, -7, 4, 5, 6, 7, 8, 9]),
        ("Row[4]{2}", [4, 5], [0, 0], "Row", [0, 1, 2, 3, 0, 0, 6, 7, 8, 9]),
        ("Grid[1,2]", 6, 60, "Grid", [[1, 2, 3], [4, 5, 60]]),
        ("Flags[37]", False, True, "Flags", [n % 3 == 0 or n == 37 for n in range(64)]),
        ("Flags[30]{4}", [True, False, False, True], [True] * 4, "Flags", None),
        ("One.Running", True, False, "One", MOTOR_VALUE | {"Running": False}),
        ("One.Hours.0", True, False, "One", MOTOR_VALUE | {"Hours": 6}),
        ("Four[2].Speed", 1.5, 2.5, "Four[2]", MOTOR_VALUE | {"Speed": 2.5}),
        ("Packer.Motors[1]", MOTOR_VALUE | {"Hours": 8}, MOTOR_VALUE, "Packer.Motors[1]", None),
        ("Packer.Name", "Line 1", "Line 2", "Packer.Name", "Line 2"),
        ("Packer.Steps[1]", -2, 5, "Packer.Steps", [1, 5, 3]),
        ("Count.31", True, False, "Count", 0),
        ("Title.LEN", 5, 2, "Title", "Gr"),
        ("Delay.PRE", 0, 500, "Delay.PRE", 500),
        ("count", -(2**31), 5, "Count", 5),
    ],
)
async def test_a_part_is_read_and_written_and_nothing_beside_it(
    name: str, before: Any, value: Any, whole: str, after: Any
) -> None:
    """Elements, slices, members and bits, in whatever case they are written."""
    with trio.fail_after(10):
        async with logix() as (plc, driver):
            asked = tags(name, whole)
            first = await driver.read(asked)
            assert (first.bad, first.values[0]) == ({}, before)
            assert await driver.write(asked[0], value) == DONE
            second = await driver.read(asked)
            assert second.values[0] == value
            assert second.values[1] == plc.get(whole)
            assert after is None or second.values[1] == after
            assert plc.journal.offences == []


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("Given", 4, "lets nobody write Given: its External Access is Read Only"),
        ("Secret", 4, "no tag Secret"),
        ("Nobody", 4, "no tag Nobody"),
        ("Delay", {"PRE": 1, "ACC": 2, "EN": True, "TT": False, "DN": False}, r"\(CTL\)"),
        ("Label", "x" * 21, "21 characters and the STRING holds 20"),
        ("Title", "€", 'latin-1 has no "€"'),
        ("Row", [1], r"has not the shape \[10\]"),
        ("Small", 128, "128 is no SINT"),
        ("a..b", 1, "is not a tag name"),
    ],
)
async def test_what_cannot_be_written_is_refused_before_it_is_sent(
    name: str, value: Any, why: str
) -> None:
    """The PLC is not even asked, and the link stays."""
    with trio.fail_after(10):
        async with logix() as (plc, driver):
            result = await driver.write(Tag(name), value)
            assert result.outcome is Outcome.REFUSED
            assert re.search(why, result.reason)
            assert not plc.journal.writes
            assert (await driver.read(tags("Count"))).bad == {}


async def test_bad_tags_cost_their_neighbours_nothing() -> None:
    """Each says why, and a configured type that is another is told with the remedy."""
    asked = (*tags("Count", "Nobody", "Row[10]"), Tag("Short", data_type="DINT", type="DINT"))
    with trio.fail_after(10):
        async with logix() as (_, driver):
            readings = await driver.read(asked)
            assert readings.values == [-(2**31), None, None, None]
            assert readings.bad == {
                1: "the PLC has no tag Nobody",
                2: "Row is INT[10] and ends with Row[9]",
                3: "the PLC has INT there, the configuration says DINT: "
                'write data_type = "INT" or leave it out',
            }
            assert readings.types == ("DINT", "", "", "DINT")
            assert driver.kind(asked[3]) is None
            assert str(driver.kind(asked[0])) == "DINT"


async def test_a_nan_is_bad_and_can_be_written_over() -> None:
    """The value is bad, the tag's type is known all the same."""
    with trio.fail_after(10):
        async with logix() as (plc, driver):
            plc.poke("Speed", b"\x00\x00\xc0\x7f")
            readings = await driver.read(tags("Speed"))
            assert readings.bad == {0: "the value is NaN"}
            assert str(driver.kind(Tag("Speed"))) == "REAL"
            assert await driver.write(Tag("Speed"), 1.0) == DONE


async def test_a_string_that_contradicts_itself_is_bad() -> None:
    """A length beyond the string's room is no text."""
    with trio.fail_after(10):
        async with logix() as (plc, driver):
            plc.poke("Title", (83).to_bytes(4, "little"))
            assert (await driver.read(tags("Title"))).bad == {
                0: "the STRING's header says 83 of 82 characters, which contradicts itself"
            }


async def test_a_thousand_tags_take_few_packets() -> None:
    """By a large connection and by a small one; by none where the PLC gives none."""
    names = [f"Many{number:04}" for number in range(1000)]
    given = Program(tuple(Variable(name, "DINT", n) for n, name in enumerate(names)))
    with trio.fail_after(30):
        async with open_logix_simulator(given) as plc:
            for large, small, most in ((4002, 504, 5), (0, 504, 40), (0, 0, 50)):
                plc.station.large, plc.station.small = large, small
                async with connected(plc) as driver:
                    asked = tags(*names)
                    first = await driver.read(asked)
                    before = plc.journal.messages
                    assert await driver.read(asked) is first
                    assert first.values == list(range(1000))
                    assert plc.journal.messages - before <= most


async def test_packets_that_the_plc_does_not_take_are_asked_one_by_one() -> None:
    """A controller without the service answers every tag all the same, also at the next read."""
    with trio.fail_after(10):
        async with open_logix_simulator(program()) as plc:
            plc.station.packets = False
            async with connected(plc) as driver:
                asked = tags("Count", "Speed", "Title")
                for _ in range(2):
                    assert (await driver.read(asked)).values == [-(2**31), 3.14, "Grüße"]


async def test_the_slot_is_the_way_to_the_controller() -> None:
    """Another slot's module is no controller, and the reason says so."""
    with trio.fail_after(10):
        async with open_logix_simulator(program(), slot=3) as plc:
            driver = new_drivers()["logix"](endpoint(plc.port, slot=3))
            await driver.connect()
            assert (await driver.read(tags("Count"))).bad == {}
            await driver.aclose()


async def test_a_compactlogix_is_read_by_its_own_port() -> None:
    """It has no module in front of it."""
    with trio.fail_after(10):
        async with (
            open_logix_simulator(program(), model=COMPACTLOGIX) as plc,
            connected(plc) as driver,
        ):
            assert (await driver.read(tags("Packer.Name"))).values == ["Line 1"]


async def test_browsing_lists_controller_and_program_tags_with_types() -> None:
    """In the order of their names, what may be written told apart, nothing of the system."""
    with trio.fail_after(10):
        async with logix() as (_, driver):
            found = await driver.browse()
    listed = {each.name: each.type for each in found}
    assert [each.name for each in found] == sorted(listed)
    kinds = {name: kind for name, (kind, _, _) in VALUES.items()}
    assert listed == kinds | {"Delay": "TIMER", "Given": "DINT"}
    assert [each.name for each in found if not each.writable] == ["Given"]


async def test_bits_of_one_word_share_a_request() -> None:
    """Thirty-two bits are read by reading their integer once."""
    with trio.fail_after(10):
        async with logix() as (plc, driver):
            asked = tags(*(f"Count.{bit}" for bit in range(32)))
            readings = await driver.read(asked)
            assert readings.values == [False] * 31 + [True]
            plc.journal.reads.clear()
            await driver.read(asked)
            assert plc.journal.reads == {"Count": 1}


async def test_structures_within_structures_are_learnt_once() -> None:
    """Deep nesting takes a few requests at the first reading, and none later."""
    types, inner = [MOTOR], "Motor"
    for depth in range(6):
        types.append(Record(f"Level{depth}", (Member("Inner", inner), Member("Own", "INT"))))
        inner = f"Level{depth}"
    given = Program((Variable("Deep", inner),), types=tuple(types))
    with trio.fail_after(10):
        async with logix(given) as (plc, driver):
            asked = tags("Deep", "Deep" + ".Inner" * 6 + ".Hours")
            plc.put(asked[1].name, 42)
            readings = await driver.read(asked)
            assert (readings.bad, readings.values[1]) == ({}, 42)
            assert readings.values[0] == plc.get("Deep")
            before = plc.journal.messages
            await driver.read(asked)
            assert plc.journal.messages - before == 1


async def test_pycomm3_reads_what_was_written() -> None:
    """An independent client finds structures, strings and bits where it expects them."""
    with trio.fail_after(20):
        async with logix() as (plc, driver):
            await driver.write(Tag("One"), MOTOR_VALUE | {"Speed": 9.5})
            await driver.write(Tag("Title"), "by hand")
            await driver.write(Tag("Flags[40]"), True)

            def other() -> list[Any]:
                with Pycomm3(f"127.0.0.1:{plc.port}/0") as client:
                    return [one.value for one in client.read("One", "Title", "Flags[40]")]

            found = await trio.to_thread.run_sync(other)
    assert found == [MOTOR_VALUE | {"Speed": 9.5}, "by hand", True]
