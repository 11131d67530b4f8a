"""Simulated controllers that speak CIP as plants: ControlLogix, Micro800, Omron NJ."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.contracts.plant import MANY, Simulated, SimulatedPlant
from warlogix.simulators.cip import (
    CipSimulator,
    Member,
    Program,
    Record,
    open_logix_simulator,
    open_micro800_simulator,
    open_nj_simulator,
)
from warlogix.simulators.cip import (
    Tag as Variable,
)
from warlogix.tags import Endpoint, Tag

_NAMES = ("Speed", "Count", "Level")
_MOTOR = Record("Motor", (Member("On", "BOOL"), Member("Faulty", "BOOL"), Member("Torque", "REAL")))
_LINE = Record("Line", (Member("Step", "INT"), Member("Motors", "Motor[3]")))
_PLAIN = (
    Variable("Temp", "REAL", 72.5),
    Variable("Grid", "INT[2,3]"),
    Variable("Totals", "LINT[300]"),
    Variable("Title", "STRING", "ok"),
)
_STRUCTURED = (Variable("Bits", "BOOL[64]"), Variable("Station", "Line"))


def _ints(names: tuple[str, ...]) -> tuple[Variable, ...]:
    return tuple(Variable(name, "INT") for name in names)


class CipPlant(SimulatedPlant):
    """A simulated controller whose types are its own to tell."""

    tells = True

    def __init__(
        self,
        simulator: CipSimulator,
        endpoint: Endpoint,
        rich: tuple[Variable, ...],
        many: tuple[str, ...],
        most_requests: int,
    ) -> None:
        super().__init__(simulator, endpoint)
        self.most_requests = most_requests
        self._plc = simulator
        self._rich = rich
        self._many = many
        first, second, third = (Tag(name) for name in _NAMES)
        self.tags = (first, second, third)
        self.missing = Tag("Nobody")
        self.contradicting: Tag | None = Tag(_NAMES[0], data_type="DINT")
        self.many = tuple(map(Tag, many))
        self.rich = tuple(Tag(variable.name) for variable in rich)

    def put(self, values: tuple[int, int, int]) -> None:
        """Give the three tags these values."""
        for name, value in zip(_NAMES, values, strict=True):
            self._plc.put(name, value)

    def held(self) -> tuple[int, int, int]:
        """What the three tags hold now."""
        first, second, third = map(self._plc.get, _NAMES)
        return int(first), int(second), int(third)

    def carried_out(self) -> int:
        """How many values have been written by drivers so far."""
        return sum(write.status == 0 for write in self._plc.journal.writes)

    def change_program(self) -> None:
        """A download: other tags are listed in front, the third is gone."""
        kept = [(name, self._plc.get(name)) for name in _NAMES[:2]]
        added = Variable("Added", "INT[7]", [99] * 7)
        self._plc.download(
            Program(
                (
                    added,
                    *_ints(self._many[::-1]),
                    *(Variable(name, "INT", value) for name, value in kept[::-1]),
                    *self._rich,
                ),
                types=(_MOTOR, _LINE),
            )
        )

    def offences(self) -> list[str]:
        """What drivers sent that no right client does."""
        return self._plc.journal.offences


def _program(rich: tuple[Variable, ...], many: tuple[str, ...]) -> Program:
    return Program((*_ints(_NAMES), *rich, *_ints(many)), types=(_MOTOR, _LINE))


def _names(many: int) -> tuple[str, ...]:
    return tuple(f"Many{number:04}" for number in range(many))


def _endpoint(plc: str, family: str, port: int, protocol: str = "") -> Endpoint:
    return Endpoint(plc, family, "127.0.0.1", port, protocol=protocol)


@asynccontextmanager
async def open_logix_plant(many: int = MANY) -> AsyncIterator[Simulated]:
    """A ControlLogix: packets of several services on a large connection."""
    rich, names = (*_PLAIN, *_STRUCTURED), _names(many)
    async with open_logix_simulator(_program(rich, names)) as simulator:
        yield CipPlant(simulator, _endpoint("logix", "logix", simulator.port), rich, names, 8)


@asynccontextmanager
async def open_micro800_plant(many: int = MANY) -> AsyncIterator[Simulated]:
    """A Micro800: one service in a message."""
    rich, names = _PLAIN, _names(many)
    async with open_micro800_simulator(_program(rich, names)) as simulator:
        endpoint = _endpoint("micro", "micro800", simulator.port)
        yield CipPlant(simulator, endpoint, rich, names, MANY + 3)


@asynccontextmanager
async def open_nj_plant(many: int = MANY) -> AsyncIterator[Simulated]:
    """An Omron NJ with all variables published."""
    rich, names = (*_PLAIN[:-1], *_STRUCTURED), _names(many)
    async with open_nj_simulator(_program(rich, names)) as simulator:
        endpoint = _endpoint("nj", "omron", simulator.port, "eip")
        yield CipPlant(simulator, endpoint, rich, names, 30)
