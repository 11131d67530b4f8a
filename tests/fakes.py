"""A PLC made of a dictionary, for tests of the tasks around a driver.

The driver contract's tests run on it too, so that it promises what a real one does.
"""

import math
from dataclasses import dataclass, field

import trio

from warlogix.datatypes import DataType, Kind
from warlogix.errors import DriverError, Unreachable
from warlogix.tags import Endpoint, Found, Outcome, Readings, Tag, Value, WriteResult


@dataclass
class FakePlc:
    """What the fake drivers of one PLC share: its memory, and how it misbehaves.

    `silent` holds every answer back, `failure` is raised by each call while it is set, and
    `read_time` is how long a connect, a read or a look at its tags takes in seconds. What takes
    longer than the endpoint's timeout is unreachable, and the driver is shut.

    `writes` is the journal of what was carried out: when, which tag, what. A write is carried out
    at once and answered after `write_time`. `refusals` holds reasons by tag: refused and not
    carried out. The tags in `unanswered` are carried out and never answered; a silent PLC carries
    nothing out. A write without an answer is unknown after the endpoint's timeout.

    The tags in `kinds` have the types there, which drivers learn by reading; the others have those
    of the configuration.
    """

    memory: dict[str, Value] = field(default_factory=dict)
    silent: bool = False
    failure: DriverError | None = None
    refuses: DriverError | None = None
    read_time: float = 0.0
    connects: list[float] = field(default_factory=list)
    reads: list[float] = field(default_factory=list)
    open_drivers: int = 0
    writes: list[tuple[float, str, Value]] = field(default_factory=list)
    write_time: float = 0.0
    refusals: dict[str, str] = field(default_factory=dict)
    unanswered: set[str] = field(default_factory=set)
    kinds: dict[str, Kind] = field(default_factory=dict)

    def driver(self, endpoint: Endpoint) -> "FakeDriver":
        """A new driver for this PLC."""
        return FakeDriver(self, endpoint)


class Stubborn(dict[str, Value]):
    """A memory that keeps what it has, whatever is written."""

    def __setitem__(self, name: str, value: Value) -> None:
        return


class FakeDriver:
    """Reads and writes a FakePlc's memory; a tag that is not there is bad, and refused."""

    def __init__(self, plc: FakePlc, endpoint: Endpoint) -> None:
        self._plc = plc
        self._endpoint = endpoint
        self._open = False
        self._types: tuple[str, ...] = ()
        self._kinds: dict[str, Kind] = {}
        self._waiting = trio.CancelScope()

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
        for tag in tags:
            self._kinds.pop(tag.name, None)
            if tag.name in memory and tag.name in self._plc.kinds:
                self._kinds[tag.name] = self._plc.kinds[tag.name]
        types = tuple(str(self._kinds.get(tag.name) or tag.type) for tag in tags)
        if types != self._types:
            self._types = types
        return Readings(values, bad, self._types)

    async def write(self, tag: Tag, value: Value) -> WriteResult:
        """Put the value into the memory, or say why not."""
        if not self._open:
            raise Unreachable(self._endpoint.plc, "not connected")
        if self._plc.failure is not None:
            await trio.lowlevel.checkpoint()
            raise self._plc.failure
        answered = False
        try:
            result = await self._carry_out(tag, value)
            answered = result.outcome is not Outcome.UNKNOWN
        finally:
            if not answered:
                self._shut()
        return result

    async def _carry_out(self, tag: Tag, value: Value) -> WriteResult:
        reason = self._plc.refusals.get(tag.name)
        if tag.name not in self._plc.memory:
            reason = "no such tag"
        if not reason and not self._plc.silent:
            self._plc.memory[tag.name] = value
            self._plc.writes.append((trio.current_time(), tag.name, value))
        if self._plc.silent or tag.name in self._plc.unanswered:
            await trio.sleep(self._endpoint.timeout)
            late = f"no answer within {self._endpoint.timeout:g} s"
            return WriteResult(Outcome.UNKNOWN, late)
        await trio.sleep(self._plc.write_time)
        return WriteResult(Outcome.REFUSED, reason) if reason else WriteResult(Outcome.DONE)

    async def browse(self) -> list[Found]:
        """What is in the memory."""
        if not self._open:
            raise Unreachable(self._endpoint.plc, "not connected")
        await self._answer(self._plc.failure)
        names, told = sorted(self._plc.memory), self._plc.kinds
        kinds = [told.get(name, DataType("INT")) for name in names]
        return [
            Found(name, str(kind), kind, writable=True)
            for name, kind in zip(names, kinds, strict=True)
        ]

    def kind(self, tag: Tag) -> Kind | None:
        """The type in the configuration, or what the last read has told."""
        return self._kinds.get(tag.name) if tag.name in self._plc.kinds else tag.kind

    async def aclose(self) -> None:
        """Close at any time, twice, and after a failure."""
        self._shut()
        await trio.lowlevel.checkpoint()

    def _shut(self) -> None:
        if self._open:
            self._plc.open_drivers -= 1
        self._open = False
        self._waiting.cancel()

    async def _answer(self, failure: DriverError | None) -> None:
        limit = self._endpoint.timeout
        with trio.move_on_after(limit) as patience, trio.CancelScope() as self._waiting:
            await trio.sleep(math.inf if self._plc.silent else self._plc.read_time)
        if self._waiting.cancelled_caught:
            raise Unreachable(self._endpoint.plc, "the connection is closed")
        if patience.cancelled_caught:
            self._shut()
            raise Unreachable(self._endpoint.plc, f"no answer within {limit:g} s")
        if failure is not None:
            raise failure
