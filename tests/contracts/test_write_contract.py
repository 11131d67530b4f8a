"""What `warlogix.drivers.base` promises of a write, on every family's driver and on the fake."""

import pytest
import trio

from tests.contracts.plant import AT_ONCE, HASTY, Plant
from warlogix.drivers.base import Driver
from warlogix.errors import Unreachable
from warlogix.tags import Outcome, WriteResult

DONE = WriteResult(Outcome.DONE)
# Seconds in which a call with a hasty time limit is over, however busy the machine is.
IN_TIME = 20


async def test_a_value_is_written_once_and_beside_it_nothing(plant: Plant, driver: Driver) -> None:
    """The PLC holds it, a read gives it, and the tags around keep theirs."""
    assert await driver.write(plant.tags[1], -32768) == DONE
    assert plant.held() == (1, -32768, 3)
    assert list((await driver.read(plant.tags)).values) == [1, -32768, 3]
    assert plant.carried_out() == 1


async def test_writes_are_carried_out_in_the_order_of_the_calls(
    plant: Plant, driver: Driver
) -> None:
    """The last one stays, and equal ones are written as often as they are asked for."""
    for value in (7, 7, 8):
        assert await driver.write(plant.tags[0], value) == DONE
    assert plant.held() == (8, -2, 3)
    assert plant.carried_out() == 3


async def test_what_the_plc_refuses_comes_with_a_reason(plant: Plant, driver: Driver) -> None:
    """Nothing is written, the link stays, and the next write goes through."""
    result = await driver.write(plant.missing, 7)
    assert result.outcome is Outcome.REFUSED
    assert result.reason
    assert plant.carried_out() == 0
    assert await driver.write(plant.tags[0], 7) == DONE


async def test_a_write_before_connecting_is_unreachable(plant: Plant) -> None:
    """Nothing connects behind the poller's back, and nothing is written."""
    with pytest.raises(Unreachable):
        await plant.driver().write(plant.tags[0], 7)
    assert plant.carried_out() == 0


async def test_a_write_after_closing_is_unreachable(plant: Plant, driver: Driver) -> None:
    """A driver that was closed writes nothing any more."""
    await driver.aclose()
    with pytest.raises(Unreachable):
        await driver.write(plant.tags[0], 7)
    assert plant.held() == (1, -2, 3)


async def test_a_write_without_an_answer_is_unknown_in_time(plant: Plant, hasty: Driver) -> None:
    """After the time limit it is told that nobody knows, and the link is shut."""
    plant.lose_answers()
    with trio.fail_after(IN_TIME):
        result = await hasty.write(plant.tags[0], 7)
    assert result == WriteResult(Outcome.UNKNOWN, f"no answer within {HASTY:g} s")
    assert (plant.held(), plant.carried_out()) == ((7, -2, 3), 1)
    with pytest.raises(Unreachable):
        await hasty.write(plant.tags[1], 8)
    with pytest.raises(Unreachable):
        await hasty.read(plant.tags)
    assert (plant.held(), plant.carried_out()) == ((7, -2, 3), 1)


async def test_a_silent_plc_makes_a_write_unknown_or_unsent(plant: Plant, hasty: Driver) -> None:
    """Unknown once it was sent; unreachable only where nothing was, not even to be done later."""
    await hasty.read(plant.tags)
    plant.fall_silent()
    unsent = False
    with trio.fail_after(IN_TIME):
        try:
            assert (await hasty.write(plant.tags[0], 7)).outcome is Outcome.UNKNOWN
        except Unreachable:
            unsent = True
    await hasty.aclose()
    plant.recover()
    await plant.left_alone()
    assert plant.carried_out() <= 1
    if unsent:
        assert (plant.held(), plant.carried_out()) == ((1, -2, 3), 0)


async def test_a_dead_link_is_never_a_write_that_was_done(plant: Plant, driver: Driver) -> None:
    """Cut before or while it is sent: unreachable or unknown, and nothing was carried out."""
    plant.cut()
    try:
        result = await driver.write(plant.tags[0], 7)
    except Unreachable:
        pass
    else:
        assert result.outcome is Outcome.UNKNOWN
    assert plant.carried_out() == 0


async def test_a_new_driver_writes_again_after_an_unknown_write(
    plant: Plant, hasty: Driver
) -> None:
    """No late answer of the old link reaches the new one."""
    await hasty.read(plant.tags)
    plant.lose_answers()
    assert (await hasty.write(plant.tags[0], 7)).outcome is Outcome.UNKNOWN
    await hasty.aclose()
    plant.recover()
    again = plant.driver()
    await again.connect()
    assert (await again.write(plant.missing, 9)).outcome is Outcome.REFUSED
    assert await again.write(plant.tags[0], 8) == DONE
    assert list((await again.read(plant.tags)).values) == [8, -2, 3]
    await again.aclose()


async def test_a_cancelled_write_returns_at_once_and_shuts_the_link(
    plant: Plant, driver: Driver
) -> None:
    """Closing waits for nobody, and nothing more is sent on that link."""
    plant.fall_silent()
    with trio.move_on_after(0.05) as patience:
        await driver.write(plant.tags[0], 7)
    assert patience.cancelled_caught
    with pytest.raises(Unreachable):
        await driver.write(plant.tags[0], 8)
    with trio.fail_after(AT_ONCE):
        await driver.aclose()
