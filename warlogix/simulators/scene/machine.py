"""A machine of the demo as data, and the task that shows it in its PLC.

What a machine shows is a pure function of the tick, of a chance that is the same for the same seed,
and of what clients have set; only `play` knows of Trio and of the PLC.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from random import Random
from typing import Any, NoReturn, Protocol

import trio


class Access(Enum):
    """Whether clients may write a tag."""

    READABLE = "readable"
    WRITABLE = "writable"


@dataclass(frozen=True, slots=True)
class SceneTag:
    """One value of a machine, as a configuration names it; "" for what it leaves out."""

    name: str
    alias: str = ""
    data_type: str = ""
    access: Access = Access.READABLE


@dataclass(frozen=True, slots=True)
class Machine:
    """What a PLC shows of a machine.

    `asked` names the value that clients set; `shown` gets the tick, the chance and that value, and
    returns the others by their names.
    """

    tags: tuple[SceneTag, ...]
    asked: str
    shown: Callable[[int, Random, Any], Mapping[str, Any]]


class Panel(Protocol):
    """A PLC whose program's values can be seen and changed by name."""

    def get(self, name: str) -> Any:
        """The value of a name."""

    def put(self, name: str, value: Any) -> None:
        """Change a value as the PLC's own program would."""


async def play(machine: Machine, plc: Panel, *, seed: int, interval: float) -> NoReturn:
    """Show the machine and move it every `interval` seconds, for ever."""
    tick, due = 0, trio.current_time()
    while True:
        chance = Random(seed * 1_000_003 + tick)
        for name, value in machine.shown(tick, chance, plc.get(machine.asked)).items():
            plc.put(name, value)
        tick, due = tick + 1, due + interval
        await trio.sleep_until(due)


def near(asked: float, chance: Random, *, highest: float, spread: float) -> float:
    """What a drive makes of a setpoint: noise around it, within what it can do."""
    # NaN is neither below nor above anything.
    wanted = asked if 0 <= asked <= highest else 0.0
    return round(wanted + chance.gauss(0, spread), 1)
