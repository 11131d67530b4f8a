"""What `warlogix.drivers.base` promises while a PLC is silent, late, restarted or changed."""

from pathlib import Path

import pytest
import trio
import trio.testing

from tests.contracts.plant import AT_ONCE, HASTY, LATE, Plant
from warlogix.drivers.base import Driver
from warlogix.errors import Unreachable
from warlogix.tags import Outcome, Readings, WriteResult

DONE = WriteResult(Outcome.DONE)
# Seconds in which a call with a hasty time limit is over, however busy the machine is: which limit
# it was is in the reason.
IN_TIME = 20
# Seconds from the end of a hasty call until its late answer has come and gone.
GONE = LATE - HASTY + 0.4


def open_descriptors() -> int:
    """How many files and sockets this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


def check_columns(readings: Readings, *expected: int | None) -> None:
    """The values are these, and None stands only where there is a reason."""
    assert list(readings.values) == list(expected)
    assert [i for i, value in enumerate(expected) if value is None] == sorted(readings.bad)
    assert all(readings.bad.values())


async def test_a_silent_plc_is_unreachable_in_time(plant: Plant, hasty: Driver) -> None:
    """A read without an answer ends with its time limit, says so, and the link is shut."""
    await hasty.read(plant.tags)
    plant.fall_silent()
    with trio.fail_after(IN_TIME), pytest.raises(Unreachable) as caught:
        await hasty.read(plant.tags)
    assert caught.value.reason == f"no answer within {HASTY:g} s"
    plant.recover()
    with pytest.raises(Unreachable, match="not connected"):
        await hasty.read(plant.tags)


async def test_connecting_to_a_silent_plc_ends_in_time(plant: Plant) -> None:
    """A PLC that takes the connection and says nothing is unreachable after one time limit."""
    plant.fall_silent()
    driver = plant.driver(HASTY)
    with trio.fail_after(IN_TIME), pytest.raises(Unreachable, match=f"within {HASTY:g} s"):
        await driver.connect()
    await driver.aclose()


async def test_browsing_a_silent_plc_ends_in_time(plant: Plant, hasty: Driver) -> None:
    """What the PLC would tell has the same time limit; who never tells needs no answer."""
    plant.fall_silent()
    if not plant.tells:
        return
    with trio.fail_after(IN_TIME), pytest.raises(Unreachable, match=f"within {HASTY:g} s"):
        await hasty.browse()


async def test_a_late_answer_is_never_taken_for_the_next(plant: Plant, hasty: Driver) -> None:
    """What was asked before the time-out answers nothing that is asked after it."""
    first, second, third = plant.tags
    await hasty.read((second,))
    plant.answer_late()
    with pytest.raises(Unreachable):
        await hasty.read((first,))
    plant.recover()
    again = plant.driver()
    await again.connect()
    with trio.move_on_after(GONE):
        while True:
            for number, tag in enumerate((second, third, first)):
                assert list((await again.read((tag,))).values) == [(-2, 3, 1)[number]]
            with pytest.raises(Unreachable, match="not connected"):
                await hasty.read((second,))
    await again.aclose()


async def test_a_late_answer_to_a_write_confirms_no_other(plant: Plant, hasty: Driver) -> None:
    """One that the PLC refuses is refused while the late word arrives."""
    await hasty.read(plant.tags)
    plant.answer_late()
    written = 7
    try:
        assert (await hasty.write(plant.tags[0], 7)).outcome is Outcome.UNKNOWN
    except Unreachable:
        written = 1
    plant.recover()
    again = plant.driver()
    await again.connect()
    with trio.move_on_after(GONE):
        while True:
            assert (await again.write(plant.missing, 9)).outcome is Outcome.REFUSED
    await again.aclose()
    assert plant.held() == (written, -2, 3)


async def test_a_restart_with_another_program_is_read_anew(plant: Plant, driver: Driver) -> None:
    """After it a new driver finds the tags where they are now, and those that are gone are bad."""
    await driver.read(plant.tags)
    plant.change_program()
    plant.drop()
    await driver.aclose()
    again = plant.driver()
    await again.connect()
    check_columns(await again.read(plant.tags), 1, -2, None)
    assert await again.write(plant.tags[1], 5) == DONE
    assert (await again.write(plant.tags[2], 5)).outcome is Outcome.REFUSED
    check_columns(await again.read(plant.tags), 1, 5, None)
    await again.aclose()


async def test_a_new_program_is_never_read_by_the_old_ones_layout(
    plant: Plant, driver: Driver
) -> None:
    """While it stays connected: a tag is bad or has its own value, and the link is not dropped."""
    await driver.read(plant.tags)
    plant.change_program()
    for _ in range(3):
        readings = await driver.read(plant.tags)
        assert all(
            value in (right, None)
            for value, right in zip(readings.values, (1, -2, None), strict=True)
        )
    check_columns(readings, 1, -2, None)


async def test_a_new_program_is_never_written_by_the_old_ones_layout(
    plant: Plant, driver: Driver
) -> None:
    """A write right after the change meets its own tag or none."""
    await driver.read(plant.tags)
    plant.change_program()
    gone = await driver.write(plant.tags[2], 9)
    result = await driver.write(plant.tags[1], 5)
    assert gone.outcome is Outcome.REFUSED
    assert result.outcome in (Outcome.DONE, Outcome.REFUSED)
    written = 5 if result == DONE else -2
    for _ in range(3):
        readings = await driver.read(plant.tags)
    check_columns(readings, 1, written, None)
    assert set((await driver.read(plant.many)).values) == {0}


async def test_two_drivers_of_one_plc_do_not_disturb_each_other(
    plant: Plant, driver: Driver
) -> None:
    """Each reads and writes its own; one that is cancelled or closed costs the other nothing."""
    other = plant.driver()
    await other.connect()
    first, second, third = plant.tags
    async with trio.open_nursery() as nursery:
        nursery.start_soon(other.write, third, 33)
        for _ in range(20):
            assert list((await driver.read((first, second))).values) == [1, -2]
    with trio.CancelScope() as scope:
        scope.cancel()
        await other.read(plant.tags)
    assert list((await driver.read((second, third))).values) == [-2, 33]
    await other.aclose()
    assert await driver.write(first, 11) == DONE
    assert list((await driver.read(plant.tags)).values) == [11, -2, 33]


async def test_closing_ends_a_read_that_waits(plant: Plant, driver: Driver) -> None:
    """It is unreachable, and nobody waits for long."""
    plant.fall_silent()
    async with trio.open_nursery() as nursery:

        async def close_when_it_waits() -> None:
            await trio.testing.wait_all_tasks_blocked(0.01)
            await driver.aclose()

        nursery.start_soon(close_when_it_waits)
        with trio.fail_after(AT_ONCE), pytest.raises(Unreachable):
            await driver.read(plant.tags)


async def test_a_read_that_was_cut_off_at_any_moment_leaves_the_link_shut(plant: Plant) -> None:
    """Whoever was cancelled in the middle gets nothing of it by a later call."""
    for steps in range(12):
        driver = plant.driver()
        await driver.connect()
        with trio.CancelScope() as scope:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(driver.read, plant.tags)
                for _ in range(steps):
                    await trio.lowlevel.checkpoint()
                scope.cancel()
        try:
            readings = await driver.read((plant.tags[1],))
        except Unreachable:
            await driver.aclose()
            continue
        assert list(readings.values) == [-2]
        await driver.aclose()


async def test_nothing_is_left_behind(plant: Plant) -> None:
    """Connections come and go, half of them in the middle of a read, and nothing adds up."""
    await plant.left_alone()
    before = open_descriptors()
    for number in range(10):
        driver = plant.driver()
        await driver.connect()
        await driver.read(plant.tags)
        if number % 2:
            with trio.move_on_after(0.001):
                await driver.read(plant.many)
        await driver.aclose()
    await plant.left_alone()
    assert open_descriptors() == before
