"""Another program while the Logix driver is connected: nothing is done by the old one."""

from collections import deque
from collections.abc import Callable

import pytest
import trio

from tests.protocol.logix_peers import connected, logix, tags
from warlogix.drivers.columns import TRY_AGAIN_AFTER
from warlogix.simulators.cip import (
    CipSimulator,
    Member,
    Program,
    Record,
    Station,
    open_logix_simulator,
)
from warlogix.simulators.cip import Tag as Variable
from warlogix.simulators.cip.logix_lists import change_counters
from warlogix.simulators.cip.messages import Answer, Message, Refusal
from warlogix.tags import Outcome, Tag, Value


def before() -> Program:
    """What runs at first."""
    pair = Record("Pair", (Member("First", "INT"), Member("Second", "REAL")))
    return Program(
        (
            Variable("Level", "INT", 7),
            Variable("Both", "Pair", {"First": 1, "Second": 2.0}),
            Variable("Row", "DINT[3]", [1, 2, 3]),
            Variable("Kept", "DINT", 5),
            Variable("Gone", "DINT", 6),
        ),
        types=(pair,),
    )


def after() -> Program:
    """The same names as other types, one gone and one new."""
    pair = Record("Pair", (Member("Second", "REAL"), Member("First", "DINT")))
    return Program(
        (
            Variable("New", "STRING", "here"),
            Variable("Kept", "DINT", 50),
            Variable("Row", "DINT[4]", [10, 20, 30, 40]),
            Variable("Both", "Pair", {"First": 100_000, "Second": 4.5}),
            Variable("Level", "REAL", 7.5),
        ),
        types=(pair,),
    )


ASKED = tags("Level", "Both", "Row", "Kept", "Gone", "New")
FIRST = [7, {"First": 1, "Second": 2.0}, [1, 2, 3], 5, 6, None]
SECOND = [7.5, {"Second": 4.5, "First": 100_000}, [10, 20, 30, 40], 50, None, "here"]


async def test_a_download_is_noticed_with_the_next_reading() -> None:
    """Types, structures, sizes and tags are those of the new program, on the same connection."""
    with trio.fail_after(10):
        async with logix(before()) as (plc, driver):
            first = await driver.read(ASKED)
            assert (first.values, first.bad) == (FIRST, {5: "the PLC has no tag New"})
            plc.download(after())
            second = await driver.read(ASKED)
            assert (second.values, second.bad) == (SECOND, {4: "the PLC has no tag Gone"})
            assert second.types == ("REAL", "Pair", "DINT[4]", "DINT", "DINT", "STRING")
            assert plc.accepted == 1


def at_answer(plc: CipSimulator, number: int, act: Callable[[], None]) -> None:
    """Do something once, right before an answer leaves; the first one is 0."""
    left = [number]

    def spoil(answer: bytes) -> bytes:
        if not left[0]:
            act()
        left[0] -= 1
        return answer

    plc.spoil = spoil


@pytest.mark.parametrize("answer", range(6))
async def test_a_download_in_the_middle_of_a_reading_mixes_nothing(answer: int) -> None:
    """Whichever of its messages it comes behind, the values are those of one program."""
    long = tags(*(tag.name for tag in ASKED), "Huge")
    ones = Variable("Huge", "DINT[3000]", [1] * 3000)
    twos = Variable("Huge", "REAL[3000]", [2.0] * 3000)
    first = Program((*before().tags, ones), types=before().types)
    second = Program((*after().tags, twos), types=after().types)
    with trio.fail_after(10):
        async with logix(first) as (plc, driver):
            await driver.read(long)
            at_answer(plc, answer, lambda: plc.download(second))
            readings = await driver.read(long)
            plc.spoil = None
            old, new = [*FIRST, [1] * 3000], [*SECOND, [2.0] * 3000]
            assert readings.values in (old, new)
            assert (await driver.read(long)).values == new


async def test_a_program_that_moves_all_the_time_is_bad_and_no_lost_link() -> None:
    """A reading ends, says so, and the next one finds the program at rest."""
    with trio.fail_after(10):
        async with logix(before()) as (plc, driver):
            await driver.read(ASKED)

            def keep_moving(answer: bytes) -> bytes:
                plc.download(before())
                return answer

            plc.spoil = keep_moving
            await driver.read(ASKED)
            readings = await driver.read(ASKED)
            assert set(readings.bad) == set(range(6))
            plc.spoil = None
            assert (await driver.read(ASKED)).values == FIRST


async def test_no_value_is_written_by_an_old_definition() -> None:
    """Another type or structure is refused, a longer array too; nothing has changed."""
    with trio.fail_after(10):
        async with logix(before()) as (plc, driver):
            await driver.read(ASKED)
            plc.download(after())
            old: list[Value] = [9, {"First": 9, "Second": 9.0}, [9, 9, 9]]
            for tag, value in zip(ASKED[:3], old, strict=True):
                assert (await driver.write(tag, value)).outcome is Outcome.REFUSED, tag.name
            assert [plc.get(name) for name in ("Level", "Both", "Row")] == SECOND[:3]
            assert (await driver.write(Tag("Kept"), 51)).outcome is Outcome.DONE
            assert (await driver.write(Tag("New"), "there")).outcome is Outcome.DONE


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def read(self) -> float:
        """What it shows."""
        return self.now


async def test_a_plc_that_tells_no_changes_is_found_out_by_its_answers() -> None:
    """Other types and structures with the next reading, other tags with the next try."""
    clock = Clock()
    with trio.fail_after(10):
        async with open_logix_simulator(before()) as plc:
            plc.station.tells_changes = False
            async with connected(plc, now=clock.read) as driver:
                assert (await driver.read(ASKED)).values == FIRST
                plc.download(after())
                assert (await driver.read(ASKED)).values == SECOND


async def test_new_tags_of_a_plc_that_tells_no_changes_come_with_the_next_try() -> None:
    """The list is asked for again every 10 s as long as a tag is missing."""
    clock = Clock()
    given = before()
    more = Program((*given.tags, Variable("New", "DINT", 1)), types=given.types)
    with trio.fail_after(10):
        async with open_logix_simulator(given) as plc:
            plc.station.tells_changes = False
            async with connected(plc, now=clock.read) as driver:
                await driver.read(ASKED)
                plc.download(more)
                clock.now += TRY_AGAIN_AFTER - 1
                assert (await driver.read(ASKED)).bad == {5: "the PLC has no tag New"}
                clock.now += 1
                assert (await driver.read(ASKED)).values == [*FIRST[:5], 1]


async def test_what_the_plc_refuses_is_asked_for_again_every_ten_seconds() -> None:
    """Not with every reading, and its neighbours flow."""
    clock = Clock()
    with trio.fail_after(10):
        async with open_logix_simulator(before()) as plc, connected(plc, now=clock.read) as driver:
            plc.station.refusals["level"] = Refusal(0x0F)
            asked = ASKED[:4]
            readings = await driver.read(asked)
            assert readings.values == [None, *FIRST[1:4]]
            assert "permission" in readings.bad[0]
            assert driver.kind(ASKED[0]) is None
            plc.station.refusals.clear()
            assert await driver.read(asked) is readings
            clock.now += TRY_AGAIN_AFTER
            assert (await driver.read(asked)).values == FIRST[:4]


async def test_unmoved_readings_are_the_same_object() -> None:
    """Also where some are bad; what moved is a new one, and the old one stays as it was."""
    with trio.fail_after(10):
        async with logix(before()) as (plc, driver):
            first = await driver.read(ASKED)
            assert await driver.read(ASKED) is first
            plc.put("Kept", 6)
            second = await driver.read(ASKED)
            assert (first.values[3], second.values[3]) == (5, 6)
            assert second.types is first.types


async def test_what_its_type_does_not_tell_is_not_written_by_an_old_definition() -> None:
    """Bits of another type, and members that changed places without another handle, are left."""
    pair = Record("Pair", (Member("A", "DINT"), Member("B", "DINT")))
    turned = Record("Pair", (Member("B", "DINT"), Member("A", "DINT")))
    value = {"A": 1, "B": 2}
    first = Program((Variable("Flags", "BOOL[64]"), Variable("Two", "Pair", value)), types=(pair,))
    second = Program(
        (Variable("Flags", "DINT[64]"), Variable("Two", "Pair", value)), types=(turned,)
    )
    with trio.fail_after(10):
        async with logix(first) as (plc, driver):
            flag, two = asked = tags("Flags[37]", "Two")
            await driver.read(asked)
            plc.download(second)
            assert (await driver.write(flag, True)).outcome is Outcome.REFUSED
            assert (await driver.write(two, {"A": 9, "B": 8})).outcome is Outcome.REFUSED
            assert (plc.get("Flags"), plc.get("Two")) == ([0] * 64, value)
            assert plc.journal.writes == deque()


async def test_a_type_is_known_by_those_who_read_since_the_download() -> None:
    """Who has read a tag once and never again keeps nobody from writing it as it is now."""
    with trio.fail_after(10):
        async with logix(before()) as (plc, driver):
            await driver.read(tags("Level"))
            polled = tags("Level", "Kept")
            await driver.read(polled)
            plc.download(after())
            await driver.read(polled)
            assert str(driver.kind(polled[0])) == "REAL"
            assert (await driver.write(polled[0], 1.5)).outcome is Outcome.DONE


async def test_a_plc_that_is_too_busy_to_tell_its_state_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is not taken for one that has none: no array is written, and a download is noticed."""
    busy = [True]

    def tell(station: Station, message: Message) -> Answer:
        if busy[0]:
            raise Refusal(0x0C, 0x8010)
        return change_counters(station, message)

    monkeypatch.setattr("warlogix.simulators.cip.logix.change_counters", tell)
    with trio.fail_after(10):
        async with logix(before()) as (plc, driver):
            assert (await driver.read(ASKED)).values == FIRST
            assert (await driver.write(ASKED[2], [4, 5, 6])).outcome is Outcome.REFUSED
            assert plc.get("Row") == [1, 2, 3]
            plc.download(after())
            busy[0] = False
            assert (await driver.read(ASKED)).values == SECOND
            plc.download(before())
            assert (await driver.read(ASKED)).values == FIRST
