"""A simulated S7-1500 as a plant."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.contracts.plant import MANY, Simulated, SimulatedPlant
from warlogix.datatypes import DataType
from warlogix.simulators.s7 import ItemCode, Memory, S7Simulator, open_s7_simulator
from warlogix.tags import Endpoint, Tag

# The last is far enough from the others that they are not one block.
_STARTS = (0, 2, 998)
# From which byte of another block; all of them are good when it is zero but for texts.
_RICH = {0: "REAL", 4: "INT[2,3]", 16: "BOOL[10]", 18: "DATE", 20: "STRING[8]", 30: "LREAL[4]"}


def _tag(name: str) -> Tag:
    return Tag(name, data_type="INT", kind=DataType("INT"))


class S7Plant(SimulatedPlant):
    """The simulated S7-1500."""

    contradicting: Tag | None = None
    most_requests = 3
    tells = False

    def __init__(self, simulator: S7Simulator, many: int) -> None:
        super().__init__(simulator, Endpoint("s7", "s7", "127.0.0.1", simulator.port, slot=1))
        self._station = simulator.station
        first, second, third = (_tag(f"DB1.DBW{at}") for at in _STARTS)
        self.tags = (first, second, third)
        self.missing = _tag("DB7.DBW0")
        self.many = tuple(_tag(f"DB2.DBW{2 * number}") for number in range(many))
        self.rich = tuple(Tag(f"DB3.{at}", data_type=text) for at, text in _RICH.items())

    def put(self, values: tuple[int, int, int]) -> None:
        """Give the three tags these values."""
        for start, value in zip(_STARTS, values, strict=True):
            self._block()[start : start + 2] = value.to_bytes(2, "big", signed=True)

    def held(self) -> tuple[int, int, int]:
        """What the three tags hold now."""
        first, second, third = (
            int.from_bytes(self._block()[start : start + 2], "big", signed=True)
            for start in _STARTS
        )
        return first, second, third

    def carried_out(self) -> int:
        """How many values have been written by drivers so far."""
        return sum(write.code is ItemCode.DONE for write in self._station.journal.writes)

    def offences(self) -> list[str]:
        """The simulated CPU refuses, and notes none."""
        return []

    def change_program(self) -> None:
        """Load a shorter data block."""
        self._station.memory.dbs[1] = self._block()[: _STARTS[2]]

    def _block(self) -> bytearray:
        return self._station.memory.dbs[1]


@asynccontextmanager
async def open_s7_plant(many: int = MANY) -> AsyncIterator[Simulated]:
    """A real S7 server on loopback."""
    texts = bytearray(20) + b"\x08\x03abc" + bytearray(100)
    memory = Memory({1: bytearray(1000), 2: bytearray(2 * many), 3: texts})
    async with open_s7_simulator(memory) as simulator:
        yield S7Plant(simulator, many)
