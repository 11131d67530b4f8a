"""Every family's driver against a PLC that lies: an error or a value, never a hang or a crash.

Five thousand conversations for each, in each one answer or several spoilt by chance. A failure
names the lie's number: `hear_lies(family, (number,))` tells it again.
"""

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace

import trio
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.contracts.plant import Simulated
from tests.contracts.plants import SIMULATED
from tests.protocol.lies import Liar, make_lie
from warlogix.drivers.base import Driver
from warlogix.errors import Rejected, Unreachable
from warlogix.tags import Found, Outcome, Readings, Tag, WriteResult

# Five drivers, and two that go other ways with the same code.
EXAMPLES = dict.fromkeys(SIMULATED, 20) | dict.fromkeys(("omron-fins-udp", "micro800"), 4)
LIES = 250
SIDE_BY_SIDE = 20
# Seconds for an example, on a busy machine.
LIMIT = 30
# A lie is named by its number, so that there is nothing to shrink.
PHASES = (Phase.generate,)
# Seconds for each of the some ten calls of a conversation, most of which end at once.
TIMEOUT = 0.1


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


async def hear_lies(family: str, seeds: Iterable[int]) -> None:
    """One PLC after the other, each with its lie."""
    for seed in seeds:
        async with SIMULATED[family](many=3) as plant:
            plant.put((1, -2, 3))
            plant.endpoint = replace(plant.endpoint, timeout=TIMEOUT)
            plant.simulator.spoil = Liar(make_lie(seed))
            driver = plant.driver()
            try:
                with suppress(Unreachable, Rejected):
                    await converse(plant, driver)
                await driver.aclose()
            except Exception as exc:
                exc.add_note(f"{family}, lie {seed}")
                raise


def check_lies(family: str) -> None:
    """Each call gives what can be published, or says why not, in a bounded time."""

    async def hear_all(seeds: list[int]) -> None:
        with trio.fail_after(LIMIT):
            async with trio.open_nursery() as nursery:
                for first in range(SIDE_BY_SIDE):
                    nursery.start_soon(hear_lies, family, seeds[first::SIDE_BY_SIDE])

    @settings(max_examples=EXAMPLES[family], deadline=None, derandomize=True, phases=PHASES)
    @given(st.lists(st.integers(0, 2**64), min_size=LIES, max_size=LIES, unique=True))
    def hear(seeds: list[int]) -> None:
        trio.run(hear_all, seeds)

    hear()
