"""What `warlogix.drivers.base` promises of values, on every driver with a real protocol server."""

import math
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import trio
import trio.testing

from tests.contracts.plant import Simulated
from tests.contracts.plants import SIMULATED
from tests.protocol.lies import halve
from warlogix.drivers.base import Driver
from warlogix.errors import Unreachable
from warlogix.tags import Outcome, Value, WriteResult

DONE = WriteResult(Outcome.DONE)
NO_INT: tuple[Value, ...] = (70000, -32769, 1.5, "seven", [1, 2], {"a": 1}, None)


def misshapen(value: Value) -> list[Value]:
    """Values of another form: none of them is what a read of the tag would give."""
    others: list[Value] = [None, "x" * 5000, 10**400, -(10**400), math.nan, math.inf, [[[[1]]]], {}]
    if isinstance(value, list):
        others += [value[:-1], [*value, value[0]], [value], value[0]]
        others += [[other, *value[1:]] for other in misshapen(value[0])]
    elif isinstance(value, dict):
        others += [list(value.values()), value | {"Stranger": 1}]
        for name, member in value.items():
            others.append({other: each for other, each in value.items() if other != name})
            others += [value | {name: other} for other in misshapen(member)]
    elif not isinstance(value, str):
        others += ["", [value]]
    return others


@pytest.fixture(params=SIMULATED)
async def simulated(request: pytest.FixtureRequest) -> AsyncIterator[Simulated]:
    """A running PLC of each family, its tags at 1, -2 and 3."""
    with trio.fail_after(20):
        async with SIMULATED[request.param](many=3) as plant:
            plant.put((1, -2, 3))
            yield plant
            assert plant.offences() == []


@pytest.fixture
async def opened(simulated: Simulated) -> AsyncIterator[Driver]:
    """A connected driver."""
    driver = simulated.driver()
    await driver.connect()
    yield driver
    await driver.aclose()


async def test_what_is_read_may_be_written_as_it_is(simulated: Simulated, opened: Driver) -> None:
    """Arrays, texts, numbers and structures: each comes back the same, and so do the others."""
    everything = (*simulated.rich, *simulated.tags, *simulated.many)
    before = await opened.read(everything)
    assert not before.bad
    for tag, value in zip(everything, before.values, strict=True):
        assert await opened.write(tag, value) == DONE, tag
    after = await opened.read(everything)
    assert list(after.values) == list(before.values)
    assert after.types is before.types


async def test_a_scan_in_which_nothing_moved_is_the_same_object(
    simulated: Simulated, opened: Driver
) -> None:
    """So that nobody looks for changes in it."""
    everything = (simulated.missing, *simulated.rich, *simulated.tags)
    await opened.read(everything)
    before = await opened.read(everything)
    assert await opened.read(everything) is before
    simulated.put((1, -2, 4))
    after = await opened.read(everything)
    assert after is not before
    assert list(after.values)[-1] == 4


@pytest.mark.parametrize("value", NO_INT)
async def test_what_does_not_fit_is_refused_unwritten(
    simulated: Simulated, opened: Driver, value: Value
) -> None:
    """Whatever came past the conversion: a reason, no exception, and nothing in the PLC."""
    await opened.read(simulated.tags)
    result = await opened.write(simulated.tags[1], value)
    assert result.outcome is Outcome.REFUSED
    assert result.reason
    assert (simulated.held(), simulated.carried_out()) == ((1, -2, 3), 0)
    assert await opened.write(simulated.tags[1], 7) == DONE


async def test_what_is_no_value_of_a_type_is_refused_unwritten(
    simulated: Simulated, opened: Driver
) -> None:
    """Arrays of another shape, structures with other members, texts for numbers: never a crash."""
    before = await opened.read(simulated.rich)
    for tag, value in zip(simulated.rich, before.values, strict=True):
        for other in misshapen(value):
            result = await opened.write(tag, other)
            assert result.outcome is Outcome.REFUSED, (tag.name, other)
            assert result.reason
    assert list((await opened.read(simulated.rich)).values) == list(before.values)
    assert simulated.carried_out() == 0


async def test_a_connection_that_ends_within_an_answer_ends_the_read_at_once(
    simulated: Simulated, opened: Driver
) -> None:
    """Not by its time limit, and not by asking for more as fast as the processor can."""
    await opened.read(simulated.tags)
    simulated.endpoint = replace(simulated.endpoint, timeout=8.0)
    patient = simulated.driver()
    await patient.connect()
    simulated.simulator.spoil = lambda answer: halve(answer, ())
    spent = time.process_time()
    async with trio.open_nursery() as nursery:

        async def drop_when_it_waits() -> None:
            await trio.testing.wait_all_tasks_blocked(0.05)
            simulated.drop()

        nursery.start_soon(drop_when_it_waits)
        with trio.fail_after(4), pytest.raises(Unreachable):
            await patient.read(simulated.tags)
    assert time.process_time() - spent < 1
    await patient.aclose()
