"""PLCs to try a driver on: each family is one more entry in `PLANTS`.

A plant has three tags of its family that hold whole numbers of 16 bits, one tag that its PLC does
not have, and ways to misbehave. Its requests time out after half a second.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol, TypeAlias

from tests.fakes import FakePlc
from warlogix.drivers.base import Driver
from warlogix.drivers.s7 import S7Driver
from warlogix.errors import Unreachable
from warlogix.simulators.s7 import ItemCode, Memory, S7Simulator, open_s7_simulator, spoilers
from warlogix.tags import Endpoint, Tag


class Plant(Protocol):
    """One PLC that misbehaves on request."""

    tags: tuple[Tag, Tag, Tag]
    missing: Tag

    def driver(self) -> Driver:
        """A new driver, not connected."""

    def put(self, values: tuple[int, int, int]) -> None:
        """Give the three tags these values."""

    def held(self) -> tuple[int, int, int]:
        """What the three tags hold now."""

    def carried_out(self) -> int:
        """How many values have been written by drivers so far."""

    def fall_silent(self) -> None:
        """Answer nothing that is asked from now on."""

    def lose_answers(self) -> None:
        """Carry out what is asked from now on, and answer nothing."""

    def cut(self) -> None:
        """Close every connection and let nobody in."""

    def recover(self) -> None:
        """Behave again."""


class FakePlant:
    """The dictionary that the tests of the tasks use."""

    def __init__(self) -> None:
        self._plc = FakePlc()
        names = ("Speed", "Count", "Level")
        first, second, third = (Tag(name, data_type="INT", type="INT") for name in names)
        self.tags = (first, second, third)
        self.missing = Tag("Nobody", data_type="INT", type="INT")

    def driver(self) -> Driver:
        """A new driver, not connected."""
        return self._plc.driver(Endpoint("fake", "s7", "host", timeout=0.5))

    def put(self, values: tuple[int, int, int]) -> None:
        """Give the three tags these values."""
        for tag, value in zip(self.tags, values, strict=True):
            self._plc.memory[tag.name] = value

    def held(self) -> tuple[int, int, int]:
        """What the three tags hold now."""
        first, second, third = (self._plc.memory[tag.name] for tag in self.tags)
        assert isinstance(first, int)
        assert isinstance(second, int)
        assert isinstance(third, int)
        return first, second, third

    def carried_out(self) -> int:
        """How many values have been written by drivers so far."""
        return len(self._plc.writes)

    def lose_answers(self) -> None:
        """Carry out what is asked from now on, and answer nothing."""
        self._plc.unanswered = {tag.name for tag in self.tags}

    def fall_silent(self) -> None:
        """Answer nothing that is asked from now on."""
        self._plc.silent = True

    def cut(self) -> None:
        """Fail every call."""
        self._plc.failure = Unreachable("fake", "connection closed")

    def recover(self) -> None:
        """Behave again."""
        self._plc.silent, self._plc.failure, self._plc.unanswered = False, None, set()


# The last is far enough from the others that they are not one block.
_S7_STARTS = (0, 2, 998)


class S7Plant:
    """The simulated S7-1500."""

    def __init__(self, simulator: S7Simulator) -> None:
        self._simulator = simulator
        first, second, third = (Tag(f"DB1.DBW{at}", data_type="INT") for at in _S7_STARTS)
        self.tags = (first, second, third)
        self.missing = Tag("DB7.DBW0", data_type="INT")

    def driver(self) -> Driver:
        """A new driver, not connected."""
        port = self._simulator.port
        return S7Driver(Endpoint("s7", "s7", "127.0.0.1", port, slot=1, timeout=0.5))

    def put(self, values: tuple[int, int, int]) -> None:
        """Give the three tags these values."""
        for start, value in zip(_S7_STARTS, values, strict=True):
            self._simulator.db(1)[start : start + 2] = value.to_bytes(2, "big", signed=True)

    def held(self) -> tuple[int, int, int]:
        """What the three tags hold now."""
        first, second, third = (
            int.from_bytes(self._simulator.db(1)[start : start + 2], "big", signed=True)
            for start in _S7_STARTS
        )
        return first, second, third

    def carried_out(self) -> int:
        """How many values have been written by drivers so far."""
        return sum(write.code is ItemCode.DONE for write in self._simulator.journal.writes)

    def lose_answers(self) -> None:
        """Carry out what is asked from now on, and answer nothing."""
        self._simulator.spoil = spoilers.silence

    def fall_silent(self) -> None:
        """Answer nothing that is asked from now on."""
        self._simulator.stall()

    def cut(self) -> None:
        """Close every connection and let nobody in."""
        self._simulator.drop()
        self._simulator.refuse()

    def recover(self) -> None:
        """Behave again."""
        self._simulator.spoil = None
        self._simulator.resume()
        self._simulator.accept()


@asynccontextmanager
async def open_fake_plant() -> AsyncIterator[Plant]:
    """A PLC made of a dictionary."""
    yield FakePlant()


@asynccontextmanager
async def open_s7_plant() -> AsyncIterator[Plant]:
    """A real S7 server on loopback."""
    async with open_s7_simulator(Memory({1: bytearray(1000)})) as simulator:
        yield S7Plant(simulator)


OpenPlant: TypeAlias = Callable[[], AbstractAsyncContextManager[Plant]]

PLANTS: dict[str, OpenPlant] = {"fake": open_fake_plant, "s7": open_s7_plant}
