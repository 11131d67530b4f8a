"""A simulated TwinCAT host as a plant."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.contracts.plant import MANY, Simulated, SimulatedPlant
from warlogix.simulators.ads import (
    AdsSimulator,
    Code,
    Enumeration,
    Field,
    Project,
    Struct,
    Symbol,
    open_ads_simulator,
)
from warlogix.tags import Endpoint, Tag

_NAMES = ("MAIN.Speed", "MAIN.Count", "MAIN.Level")
_TYPES = (
    Enumeration("E_Mode", {"Idle": 0, "Run": 1}),
    Struct("ST_Motor", (Field("On", "BOOL"), Field("Mode", "E_Mode"), Field("Torque", "REAL"))),
    Struct("ST_Line", (Field("Title", "STRING(20)"), Field("Motors", "ARRAY [1..3] OF ST_Motor"))),
)
_RICH = (
    Symbol("GVL.Temp", "REAL", 72.5),
    Symbol("GVL.Grid", "ARRAY [0..1,1..3] OF INT"),
    Symbol("GVL.Title", "STRING(20)", "ok"),
    Symbol("GVL.Wide", "WSTRING(20)", "ok"),
    Symbol("GVL.Line", "ST_Line"),
    Symbol("GVL.Lasting", "TIME", 1500),
    Symbol("GVL.Big", "ARRAY [1..300] OF LINT"),
)


def _ints(names: tuple[str, ...]) -> tuple[Symbol, ...]:
    return tuple(Symbol(name, "INT") for name in names)


class AdsPlant(SimulatedPlant):
    """The simulated TwinCAT 3 runtime."""

    # Five hundred in a sum request.
    most_requests = 4
    tells = True

    def __init__(self, simulator: AdsSimulator, many: tuple[str, ...]) -> None:
        super().__init__(
            simulator,
            Endpoint(
                "ads",
                "beckhoff",
                "127.0.0.1",
                simulator.port,
                ams_net_id=simulator.net_id,
            ),
        )
        self._plc = simulator
        self._many = many
        first, second, third = (Tag(name) for name in _NAMES)
        self.tags = (first, second, third)
        self.missing = Tag("MAIN.Nobody")
        self.contradicting: Tag | None = Tag(_NAMES[0], data_type="DINT")
        self.many = tuple(map(Tag, many))
        self.rich = tuple(Tag(symbol.name) for symbol in _RICH)

    def put(self, values: tuple[int, int, int]) -> None:
        """Give the three tags these values."""
        for name, value in zip(_NAMES, values, strict=True):
            self._plc.put(name, value)

    def held(self) -> tuple[int, int, int]:
        """What the three tags hold now."""
        first, second, third = map(self._plc.get, _NAMES)
        assert isinstance(first, int)
        assert isinstance(second, int)
        assert isinstance(third, int)
        return first, second, third

    def carried_out(self) -> int:
        """How many values have been written by drivers so far."""
        return sum(write.code is Code.DONE for write in self._plc.journal.writes)

    def change_program(self) -> None:
        """A download: other symbols lie in front, the third is gone."""
        self._plc.download(self._next_project())

    def _next_project(self) -> Project:
        kept = [(name, self._plc.get(name)) for name in _NAMES[:2]]
        return Project(
            (
                Symbol("MAIN.Added", "ARRAY [1..7] OF INT", [99] * 7),
                *_ints(self._many[::-1]),
                *(Symbol(name, "INT", value) for name, value in kept[::-1]),
                *_RICH,
            ),
            _TYPES,
        )

    def offences(self) -> list[str]:
        """What drivers sent that no right client does."""
        return self._plc.journal.offences


class OnlinePlant(AdsPlant):
    """One whose program is changed while it runs."""

    def change_program(self) -> None:
        """An online change, by which the symbol version does not move."""
        self._plc.online_change(self._next_project())


@asynccontextmanager
async def open_ads_plant(many: int = MANY) -> AsyncIterator[Simulated]:
    """A TwinCAT host on loopback."""
    async with open_ads_simulator(_project(_names(many))) as simulator:
        yield AdsPlant(simulator, _names(many))


@asynccontextmanager
async def open_ads_online_plant(many: int = MANY) -> AsyncIterator[Simulated]:
    """The same, with other changes of its program."""
    async with open_ads_simulator(_project(_names(many))) as simulator:
        yield OnlinePlant(simulator, _names(many))


def _names(many: int) -> tuple[str, ...]:
    return tuple(f"GVL.Many{number:04}" for number in range(many))


def _project(names: tuple[str, ...]) -> Project:
    return Project((*_ints(_NAMES), *_RICH, *_ints(names)), _TYPES)
