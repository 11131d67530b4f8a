"""Every family's driver against a PLC that lies: an error or a value, never a hang or a crash.

Five thousand spoilt answers for each, one of a conversation or several, by chance. A failure names
the lie's number: `hear_lie(family, number, answers)` tells it again.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType

import trio
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.contracts.plant import Simulated
from tests.contracts.plants import SIMULATED
from tests.protocol.lies import Liar, Lie, make_lie
from warlogix.drivers.base import Driver
from warlogix.errors import Rejected, Unreachable
from warlogix.simulators.server import Spoiler
from warlogix.tags import Found, Outcome, Readings, Tag, WriteResult

# Five drivers, and two that go other ways with the same code.
EXAMPLES = dict.fromkeys(SIMULATED, 20) | dict.fromkeys(("omron-fins-udp", "micro800"), 4)
# Answers that are spoilt in an example, and lies enough for it where a machine is so busy that many
# a conversation has ended before its lie.
SPOILT = 250
LIES = 500
SIDE_BY_SIDE = 20
# Seconds for a conversation with all its silences, on a busy machine.
LIMIT = 60
# A lie is named by its number, so that there is nothing to shrink.
PHASES = (Phase.generate,)
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


async def converse(plant: Simulated, driver: Driver) -> None:
    """All that a driver can be asked for; `Unreachable` ends it."""
    tags = (plant.missing, *plant.tags, *plant.rich)
    await driver.connect()
    for _ in range(2):
        check_readings(await driver.read(tags), tags)
    if plant.tells:
        check_found(await driver.browse())
    check_result(await driver.write(plant.tags[1], 7))
    check_result(await driver.write(plant.missing, 7))
    plant.change_program()
    check_readings(await driver.read(tags), tags)


async def hear_lie(family: str, seed: int, answers: int) -> int:
    """One conversation with one lie; how many answers were spoilt."""
    liar = Liar(make_lie(seed, answers))
    with Named(f"{family}, lie {seed} of {answers} answers"), trio.fail_after(LIMIT):
        await hear(family, liar, TIMEOUT)
    return liar.told


async def hear(family: str, spoil: Spoiler, limit: float) -> None:
    """A PLC of its own, and all that its driver makes of what it says."""
    async with SIMULATED[family](many=3) as plant:
        plant.put((1, -2, 3))
        plant.simulator.spoil = spoil
        driver = plant.driver(limit)
        with suppress(Unreachable, Rejected):
            await converse(plant, driver)
        await driver.aclose()


async def count_answers(family: str) -> int:
    """How many answers a conversation has with a PLC that does not lie."""
    truth = Liar(Lie(after=1000, changes=()))
    await hear(family, truth, LIMIT)
    return len(truth.said)


async def hear_lies(family: str, seeds: Sequence[int]) -> int:
    """One lie after the other until enough answers are spoilt; how many were."""
    answers = await count_answers(family)
    lies: Iterator[int] = iter(seeds)
    told = 0

    async def hear_some() -> None:
        nonlocal told
        while told < SPOILT and (seed := next(lies, None)) is not None:
            spoilt = await hear_lie(family, seed, answers)
            told += spoilt

    async with trio.open_nursery() as nursery:
        for _ in range(SIDE_BY_SIDE):
            nursery.start_soon(hear_some)
    return told


def check_lies(family: str) -> None:
    """Each call gives what can be published, or says why not, in a bounded time."""

    @settings(max_examples=EXAMPLES[family], deadline=None, derandomize=True, phases=PHASES)
    @given(st.lists(st.integers(0, 2**64), min_size=LIES, max_size=LIES, unique=True))
    def hear_all(seeds: list[int]) -> None:
        assert trio.run(hear_lies, family, seeds)

    hear_all()
