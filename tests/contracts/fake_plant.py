"""The dictionary that the tests of the tasks use, as a plant."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from tests.contracts.plant import LATE, MANY, PATIENT, Plant
from tests.fakes import FakePlc
from warlogix.datatypes import DataType
from warlogix.drivers.base import Driver
from warlogix.errors import Unreachable
from warlogix.tags import Endpoint, Tag


def _tag(name: str) -> Tag:
    return Tag(name, data_type="INT", type="INT", kind=DataType("INT"))


class FakePlant:
    """A PLC made of a dictionary."""

    contradicting: Tag | None = None
    most_requests = 1
    tells = True

    def __init__(self) -> None:
        self._plc = FakePlc()
        self.tags = (_tag("Speed"), _tag("Count"), _tag("Level"))
        self.missing = _tag("Nobody")
        self.many = tuple(_tag(f"Many{number}") for number in range(MANY))
        self._plc.memory.update({tag.name: 0 for tag in self.many})

    def driver(self, timeout: float | None = None) -> Driver:
        """A new driver, not connected."""
        return self._plc.driver(Endpoint("fake", "s7", "host", timeout=timeout or PATIENT))

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

    def requests(self) -> int:
        """How many reads and writes there were so far."""
        return len(self._plc.reads) + len(self._plc.writes)

    def offences(self) -> list[str]:
        """A dictionary is asked for nothing wrong."""
        return []

    def change_program(self) -> None:
        """Lose the third tag."""
        del self._plc.memory[self.tags[2].name]

    def drop(self) -> None:
        """There is no connection to cut."""

    def lose_answers(self) -> None:
        """Carry out what is written from now on, and answer nothing."""
        self._plc.unanswered = {tag.name for tag in self.tags}

    def answer_late(self) -> None:
        """Carry out what is asked from now on, and answer it too late."""
        self.lose_answers()
        self._plc.read_time = LATE

    def fall_silent(self) -> None:
        """Answer nothing that is asked from now on."""
        self._plc.silent = True

    def cut(self) -> None:
        """Fail every call."""
        self._plc.failure = Unreachable("fake", "connection closed")

    def recover(self) -> None:
        """Behave again."""
        self._plc.silent, self._plc.failure, self._plc.unanswered = False, None, set()
        self._plc.read_time = 0.0

    async def left_alone(self) -> None:
        """Wait until no driver is open any more."""
        assert self._plc.open_drivers == 0
        await trio.lowlevel.checkpoint()


@asynccontextmanager
async def open_fake_plant() -> AsyncIterator[Plant]:
    """A PLC made of a dictionary."""
    yield FakePlant()
