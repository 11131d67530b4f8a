"""What the PLCs' programs do: tags that count on, and the journal of what they showed, and when.

Each PLC has a tag that counts several times a second, one that counts now and then, and one whose
values stay for longer than a poll and a second, which is how long a value has to.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import NoReturn

import trio

from tests.chaos.machines import TAGS, Machine
from tests.chaos.truth import Held

# Seconds that a value stays, by tag.
STAYS: Mapping[str, tuple[float, float]] = dict(
    zip(TAGS, ((0.02, 0.4), (0.3, 1.6), (1.4, 3.0)), strict=True)
)


class Journal:
    """What each tag has shown, and what it shows now."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.held: list[Held] = []
        self._clock = clock
        self._now: dict[str, tuple[int, float]] = {}
        self._since: dict[tuple[str, int], float] = {}

    def begin(self, machines: Iterable[Machine]) -> None:
        """Let every tag show its first value."""
        for machine in machines:
            for tag in TAGS:
                self.put(machine, tag)

    def put(self, machine: Machine, tag: str) -> None:
        """Let the tag count on by one."""
        key = f"{machine.name}.{tag}"
        now = self._clock()
        value, since = self._now.get(key, (0, now))
        if value:
            self.held.append(Held(key, value, since, now))
        self._now[key] = value + 1, now
        self._since[key, value + 1] = now
        machine.put(tag, value + 1)

    def since(self, key: str, value: int) -> float:
        """When the tag began to show the value; before all times if it never did."""
        return self._since.get((key, value), float("-inf"))

    def last(self) -> dict[str, int]:
        """What each tag shows now, by key."""
        return {key: value for key, (value, _) in self._now.items()}

    def close(self) -> None:
        """What is shown now, is shown until now."""
        now = self._clock()
        self.held += [Held(key, value, since, now) for key, (value, since) in self._now.items()]
        self._now.clear()


async def count_on(machines: Iterable[Machine], journal: Journal, rng: Random) -> None:
    """Let every tag count until cancelled."""
    async with trio.open_nursery() as nursery:
        for machine in machines:
            for tag in TAGS:
                nursery.start_soon(_count, machine, tag, journal, Random(rng.random()))


async def _count(machine: Machine, tag: str, journal: Journal, rng: Random) -> NoReturn:
    while True:
        await trio.sleep(rng.uniform(*STAYS[tag]))
        journal.put(machine, tag)
