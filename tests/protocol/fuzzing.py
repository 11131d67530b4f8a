"""Every family's driver against a PLC that lies: an error or a value, never a hang or a crash.

Two thousand spoilt answers for each, one of a conversation or several, by chance. A failure names
the number of its lies: `hear_lies(family, number, answers)` tells them again.
"""

import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from types import TracebackType
from typing import TypeAlias

import trio

from tests.contracts.plant import Simulated
from tests.contracts.plants import SIMULATED
from tests.protocol.lies import Liar, make_lies
from warlogix.drivers.base import Driver
from warlogix.errors import Rejected, Unreachable
from warlogix.tags import Found, Outcome, Readings, Tag, WriteResult

Step: TypeAlias = Callable[[Simulated, Driver], Awaitable[None]]

# Answers to be spoilt: for five drivers, and two that go other ways with the same code.
SPOILT = dict.fromkeys(SIMULATED, 2000) | dict.fromkeys(("omron-fins-udp", "micro800"), 500)
# How many a PLC lies to, one after the other.
DRIVERS = 4
SIDE_BY_SIDE = 30
# Seconds for all conversations with one PLC and all their silences, on a busy machine.
LIMIT = 60
# Seconds for each of the some ten calls of a conversation, most of which end at once.
TIMEOUT = 0.3


@dataclass(frozen=True, slots=True)
class Named:
    """What fails within is told with the lie that did it."""

    name: str

    def __enter__(self) -> None:
        """Nothing is to do before."""

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        failure: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if failure is not None:
            failure.add_note(self.name)


def check_readings(readings: Readings, tags: Sequence[Tag]) -> None:
    """One value that JSON can carry or one reason per tag."""
    assert len(readings.values) == len(readings.types) == len(tags)
    json.dumps(list(readings.values), allow_nan=False).encode()
    for index, value in enumerate(readings.values):
        assert (value is None) == (index in readings.bad)
    assert all(readings.bad.values())
    assert None not in readings.types


def check_found(found: Sequence[Found]) -> None:
    """In the order of their names."""
    assert [each.name for each in found] == sorted(each.name for each in found)


def check_result(result: WriteResult) -> None:
    """What is not done has a reason."""
    assert (result.outcome is Outcome.DONE) == (not result.reason)


async def read(plant: Simulated, driver: Driver) -> None:
    """Every shape of tag, and one that is missing."""
    tags = (plant.missing, *plant.tags, *plant.rich)
    check_readings(await driver.read(tags), tags)


async def browse(plant: Simulated, driver: Driver) -> None:
    """Where PLCs tell their tags."""
    if plant.tells:
        check_found(await driver.browse())


async def write(plant: Simulated, driver: Driver) -> None:
    """A tag that is there."""
    check_result(await driver.write(plant.tags[1], 7))


async def write_nowhere(plant: Simulated, driver: Driver) -> None:
    """A tag that is missing."""
    check_result(await driver.write(plant.missing, 7))


async def change_program(plant: Simulated, driver: Driver) -> None:
    """While the driver is connected, which then reads."""
    plant.change_program()
    await read(plant, driver)


STEPS: tuple[Step, ...] = (read, read, browse, write, write_nowhere)


async def converse(plant: Simulated, driver: Driver, steps: Sequence[Step]) -> None:
    """What a driver is asked for, in this order; `Unreachable` ends it."""
    with suppress(Unreachable, Rejected):
        await driver.connect()
        for step in steps:
            await step(plant, driver)
    await driver.aclose()


def make_conversations(random: Random) -> Iterator[Sequence[Step]]:
    """All that a driver can be asked for, each time in another order; once the program changes."""
    for more in ((),) * (DRIVERS - 1) + ((change_program,),):
        yield random.sample((*STEPS, *more), len(STEPS) + len(more))


async def hear_lies(family: str, number: int, answers: int) -> int:
    """A PLC that lies to several drivers, one after the other; how many answers were spoilt."""
    random, told = Random(number), 0
    with Named(f"{family}, lies {number} of {answers} answers"), trio.fail_after(LIMIT):
        async with SIMULATED[family](many=3) as plant:
            plant.put((1, -2, 3))
            for steps in make_conversations(random):
                lies = make_lies(Random(random.getrandbits(64)), answers)
                liar = plant.simulator.spoil = Liar(lies)
                await converse(plant, plant.driver(TIMEOUT), steps)
                told += liar.told
    return told


async def count_answers(family: str) -> int:
    """How many answers a conversation has with a PLC that does not lie."""
    async with SIMULATED[family](many=3) as plant:
        truth = plant.simulator.spoil = Liar(())
        await converse(plant, plant.driver(), STEPS)
    return len(truth.said)


async def hear_enough(family: str) -> int:
    """One PLC after the other until enough answers are spoilt; how many were."""
    answers = await count_answers(family)
    # One lie of each PLC at the least, even on a machine so busy that conversations end before it.
    numbers = iter(range(SPOILT[family]))
    told = 0

    async def hear_some() -> None:
        nonlocal told
        while told < SPOILT[family] and (number := next(numbers, None)) is not None:
            spoilt = await hear_lies(family, number, answers)
            told += spoilt

    async with trio.open_nursery() as nursery:
        for _ in range(SIDE_BY_SIDE):
            nursery.start_soon(hear_some)
    return told
