"""A simulated Omron CPU as a plant, by either way to it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.contracts.plant import MANY, Simulated, SimulatedPlant
from warlogix.datatypes import DataType
from warlogix.simulators.fins import EndCode, FinsSimulator, Memory, Way, open_fins_simulator
from warlogix.tags import Endpoint, Tag

# The last is in a bank of its own, which another program does not have.
_PLACES = (("D", 0), ("D", 1), ("E1", 7))
_FIRST_OF_MANY = 100
# Words of another area; all of them are good when it is zero.
_RICH = {0: "REAL", 2: "INT[2,3]", 10: "STRING[8]", 20: "LREAL[4]", 40: "DINT", 42: "UINT"}


def _tag(name: str) -> Tag:
    return Tag(name, data_type="INT", kind=DataType("INT"))


class FinsPlant(SimulatedPlant):
    """The simulated CJ2M."""

    contradicting: Tag | None = None
    # The three areas, and no more than 998 words in an answer.
    most_requests = 2
    tells = False

    def __init__(self, simulator: FinsSimulator, many: int) -> None:
        super().__init__(
            simulator,
            Endpoint("fins", "omron", "127.0.0.1", protocol="fins", fins_port=simulator.port),
        )
        self._plc = simulator
        self.tags = (_tag("D0"), _tag("D1"), _tag("E1_7"))
        self.missing = _tag("E9_0")
        self.many = tuple(_tag(f"D{_FIRST_OF_MANY + number}") for number in range(many))
        bits = (Tag("H100.3"), Tag("CIO7.15"))
        values = tuple(Tag(f"H{word}", data_type=text) for word, text in _RICH.items())
        self.rich = bits + values

    def put(self, values: tuple[int, int, int]) -> None:
        """Give the three tags these values."""
        for (area, word), value in zip(_PLACES, values, strict=True):
            self._plc.words(area)[2 * word : 2 * word + 2] = value.to_bytes(2, "big", signed=True)

    def held(self) -> tuple[int, int, int]:
        """What the three tags hold now."""
        first, second, third = (
            int.from_bytes(self._plc.words(area)[2 * word : 2 * word + 2], "big", signed=True)
            for area, word in _PLACES
        )
        return first, second, third

    def carried_out(self) -> int:
        """How many values have been written by drivers so far."""
        return sum(write.code is EndCode.NORMAL for write in self._plc.journal.writes)

    def change_program(self) -> None:
        """Lose a bank of the extended memory."""
        del self._plc.station.memory.banks[1]

    def offences(self) -> list[str]:
        """What drivers sent that no right client does."""
        return self._plc.journal.offences


@asynccontextmanager
async def open_fins_tcp_plant(many: int = MANY) -> AsyncIterator[Simulated]:
    """A CPU that takes both ways, so that the driver comes by TCP."""
    async with open_fins_simulator(_memory()) as simulator:
        yield FinsPlant(simulator, many)


@asynccontextmanager
async def open_fins_udp_plant(many: int = MANY) -> AsyncIterator[Simulated]:
    """A CPU that refuses TCP."""
    async with open_fins_simulator(_memory(), ways=frozenset({Way.UDP})) as simulator:
        yield FinsPlant(simulator, many)


def _memory() -> Memory:
    return Memory(
        cio=bytearray(200),
        holding=bytearray(1000),
        data=bytearray(2 * (_FIRST_OF_MANY + MANY)),
        banks={0: bytearray(100), 1: bytearray(100)},
    )
