"""Every answer of a conversation spoilt in turn, for every family: no wrong value comes of it.

What is spoilt here can be told from what is true; noise in a value cannot, and is no matter here.
"""

from collections.abc import Sequence
from dataclasses import replace

import pytest
import trio

from tests.contracts.plant import Simulated
from tests.contracts.plants import SIMULATED
from tests.protocol import lies
from warlogix.drivers.base import Driver
from warlogix.errors import Unreachable
from warlogix.tags import Outcome, Value

# More than the answers of the conversation below: the last ones are spoilt by nobody.
ANSWERS = 30
SIDE_BY_SIDE = 10
LIMIT = 60
CHANGES = (
    lies.silence,
    lies.cut,
    lies.shorten,
    lies.halve,
    lies.say_twice,
    lies.repeat_last,
    lies.say_last_first,
)


async def check_reads(plant: Simulated, driver: Driver, expected: Sequence[Value]) -> None:
    """Each of the three tags by itself, and all of them with one that is missing."""
    for tag, value in zip(plant.tags, expected, strict=True):
        readings = await driver.read((tag,))
        assert list(readings.values) in ([value], [None])
        assert (readings.values[0] is None) == (0 in readings.bad)
    readings = await driver.read((plant.missing, *plant.tags))
    assert readings.values[0] is None
    assert all(
        value in (right, None) for value, right in zip(readings.values[1:], expected, strict=True)
    )


async def check_writes(plant: Simulated, driver: Driver) -> None:
    """What is said to be done is in the PLC, what is said to be refused is not."""
    result = await driver.write(plant.missing, 7)
    assert result.outcome is not Outcome.DONE
    result = await driver.write(plant.tags[0], 7)
    assert (
        plant.held()[0]
        in {
            Outcome.DONE: (7,),
            Outcome.REFUSED: (1,),
            Outcome.UNKNOWN: (1, 7),
        }[result.outcome]
    )
    if result.outcome is not Outcome.UNKNOWN:
        await check_reads(plant, driver, plant.held())


async def converse(plant: Simulated) -> None:
    """Connect, read and write until the end or until the link is away; then again, and well."""
    driver = plant.driver()
    try:
        await driver.connect()
        await check_reads(plant, driver, (1, -2, 3))
        await check_writes(plant, driver)
    except Unreachable:
        assert plant.held()[0] in (1, 7)
    finally:
        await driver.aclose()
    plant.recover()
    plant.endpoint = replace(plant.endpoint, timeout=10.0)
    again = plant.driver()
    await again.connect()
    assert list((await again.read(plant.tags)).values) == list(plant.held())
    await again.aclose()
    assert plant.carried_out() <= 1


@pytest.mark.parametrize("family", SIMULATED)
@pytest.mark.parametrize("change", CHANGES)
async def test_a_spoilt_answer_gives_no_wrong_value(family: str, change: lies.Change) -> None:
    """Whichever answer is missing, torn, old or said twice: what is read is true, or an error."""

    async def converse_in_turn(first: int) -> None:
        for number in range(first, ANSWERS, SIDE_BY_SIDE):
            async with SIMULATED[family](many=0) as plant:
                plant.put((1, -2, 3))
                plant.simulator.spoil = lies.Liar([lies.Lie(number, (change,))])
                plant.endpoint = replace(plant.endpoint, timeout=0.3)
                await converse(plant)

    with trio.fail_after(LIMIT):
        async with trio.open_nursery() as nursery:
            for first in range(SIDE_BY_SIDE):
                nursery.start_soon(converse_in_turn, first)
