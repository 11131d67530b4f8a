"""What `warlogix.drivers.base` promises, on every family's driver and on the fake."""

import pytest
import trio

from tests.contracts.plant import AT_ONCE, Plant
from warlogix.drivers.base import Driver
from warlogix.errors import Unreachable


async def test_values_come_in_the_order_of_the_tags(plant: Plant, driver: Driver) -> None:
    """One value and one type per tag, wherever it lies and however often it is asked for."""
    first, second, third = plant.tags
    readings = await driver.read((third, first, second, first))
    assert list(readings.values) == [3, 1, -2, 1]
    assert readings.types == ("INT",) * 4
    assert not readings.bad


async def test_nothing_asked_is_nothing_read(driver: Driver) -> None:
    """No tags give empty columns."""
    readings = await driver.read(())
    assert (list(readings.values), dict(readings.bad), readings.types) == ([], {}, ())


async def test_a_change_is_seen_at_the_next_read(plant: Plant, driver: Driver) -> None:
    """A read gives what the PLC holds now, not what it held before."""
    await driver.read(plant.tags)
    plant.put((1, 100, 3))
    assert list((await driver.read(plant.tags)).values) == [1, 100, 3]


async def test_readings_given_away_never_change(plant: Plant, driver: Driver) -> None:
    """Whoever keeps a scan keeps what was read then."""
    before = await driver.read(plant.tags)
    plant.put((7, 8, 9))
    await driver.read(plant.tags)
    assert list(before.values) == [1, -2, 3]


async def test_unmoved_types_are_the_same_tuple(plant: Plant, driver: Driver) -> None:
    """`is` tells whether the types moved."""
    before = await driver.read(plant.tags)
    plant.put((7, 8, 9))
    assert (await driver.read(plant.tags)).types is before.types


async def test_a_bad_tag_is_a_reading_with_a_reason(plant: Plant, driver: Driver) -> None:
    """Its value is None, its neighbours have theirs, and so it stays from read to read."""
    first, second, third = plant.tags
    asked = (first, plant.missing, second, third)
    for _ in range(3):
        readings = await driver.read(asked)
        assert list(readings.values) == [1, None, -2, 3]
        assert list(readings.bad) == [1]
        assert readings.bad[1]


async def test_a_read_before_connecting_is_unreachable(plant: Plant) -> None:
    """Nothing connects behind the poller's back."""
    with pytest.raises(Unreachable):
        await plant.driver().read(plant.tags)


async def test_a_plc_that_lets_nobody_in_is_unreachable(plant: Plant) -> None:
    """The error names the PLC and a reason, and the driver can be closed."""
    plant.cut()
    driver = plant.driver()
    with pytest.raises(Unreachable) as caught:
        await driver.connect()
    assert caught.value.plc
    assert caught.value.reason
    await driver.aclose()


async def test_a_dead_link_is_never_a_bad_tag(plant: Plant, driver: Driver) -> None:
    """A connection that was cut raises, and goes on raising."""
    await driver.read(plant.tags)
    plant.cut()
    for _ in range(2):
        with pytest.raises(Unreachable):
            await driver.read(plant.tags)


async def test_a_new_driver_reads_again_after_a_failure(plant: Plant, driver: Driver) -> None:
    """The old one is closed, a new one connects and finds the values of now."""
    plant.cut()
    with pytest.raises(Unreachable):
        await driver.read(plant.tags)
    await driver.aclose()
    plant.recover()
    plant.put((4, 5, 6))
    again = plant.driver()
    await again.connect()
    assert list((await again.read(plant.tags)).values) == [4, 5, 6]
    await again.aclose()


async def test_a_silent_plc_is_left_at_once(plant: Plant, driver: Driver) -> None:
    """A cancelled read returns, and closing waits for nobody."""
    plant.fall_silent()
    with trio.move_on_after(0.05) as patience:
        await driver.read(plant.tags)
    assert patience.cancelled_caught
    with trio.fail_after(AT_ONCE):
        await driver.aclose()


async def test_a_silent_plc_is_left_while_connecting(plant: Plant) -> None:
    """A cancelled connect returns, and closing waits for nobody."""
    plant.fall_silent()
    driver = plant.driver()
    with trio.move_on_after(0.05) as patience:
        await driver.connect()
    assert patience.cancelled_caught
    with trio.fail_after(AT_ONCE):
        await driver.aclose()


async def test_closing_works_at_any_time_and_twice(plant: Plant, driver: Driver) -> None:
    """Before connecting, after reading and again; what is closed is unreachable."""
    await plant.driver().aclose()
    await driver.read(plant.tags)
    await driver.aclose()
    await driver.aclose()
    with pytest.raises(Unreachable):
        await driver.read(plant.tags)
