"""A PLC made of a dictionary, for tests of the tasks around a driver.

The driver contract's tests run on it too, so that it promises what a real one does.
"""

from dataclasses import dataclass, field

import trio

from warlogix.errors import DriverError, Unreachable
from warlogix.tags import Endpoint, Readings, Tag, Value


@dataclass
class FakePlc:
    """What the fake drivers of one PLC share: its memory, and how it misbehaves.

    `silent` holds every answer back, `failure` is raised by each call while it is set, and
    `read_time` is how long a read takes in seconds.
    """

    memory: dict[str, Value] = field(default_factory=dict)
    silent: bool = False
    failure: DriverError | None = None
    refuses: DriverError | None = None
    read_time: float = 0.0
    connects: list[float] = field(default_factory=list)
    reads: list[float] = field(default_factory=list)
    open_drivers: int = 0

    def driver(self, endpoint: Endpoint) -> "FakeDriver":
        """A new driver for this PLC."""
        return FakeDriver(self, endpoint)


class FakeDriver:
    """Reads a FakePlc's memory; a tag that is not there is bad."""

    def __init__(self, plc: FakePlc, endpoint: Endpoint) -> None:
        self._plc = plc
        self._endpoint = endpoint
        self._open = False
        self._types: tuple[str, ...] = ()

    async def connect(self) -> None:
        """Connect, unless the PLC is told to refuse or to be silent."""
        self._plc.connects.append(trio.current_time())
        await self._answer(self._plc.refuses or self._plc.failure)
        self._open = True
        self._plc.open_drivers += 1

    async def read(self, tags: tuple[Tag, ...]) -> Readings:
        """One value per tag, in order."""
        self._plc.reads.append(trio.current_time())
        if not self._open:
            raise Unreachable(self._endpoint.plc, "not connected")
        await self._answer(self._plc.failure)
        memory = self._plc.memory
        values = [memory.get(tag.name) for tag in tags]
        bad = {i: "no such tag" for i, tag in enumerate(tags) if tag.name not in memory}
        types = tuple(tag.type for tag in tags)
        if types != self._types:
            self._types = types
        return Readings(values, bad, self._types)

    async def aclose(self) -> None:
        """Close at any time, twice, and after a failure."""
        if self._open:
            self._plc.open_drivers -= 1
        self._open = False
        await trio.lowlevel.checkpoint()

    async def _answer(self, failure: DriverError | None) -> None:
        if self._plc.silent:
            await trio.sleep_forever()
        await trio.sleep(self._plc.read_time)
        if failure is not None:
            raise failure
