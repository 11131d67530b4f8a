"""How the filling line hands its full crates over, as a PLC's program does it.

The data of a crate stands before `full` is raised and stays until the answer is there; then the
program clears both, so that the next crate finds no old answer. A second crate has to wait for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

CRATE_SIZE = 40


@dataclass(frozen=True, slots=True)
class Crate:
    """The line's crates. `serial` and `grams` are those of the last full one.

    `bottles` and `weight` are in the one that is being filled, which is begun when the shift
    starts; `ack` is what the gateway answered, 0 for nothing.
    """

    bottles: int = 24
    weight: int = 24 * 500
    serial: int = 1000
    grams: int = 0
    full: bool = False
    ack: int = 0


def room(crate: Crate, bottles: int) -> bool:
    """Whether so many bottles can be filled without a second full crate beside one that waits."""
    return not crate.full or crate.bottles + bottles < CRATE_SIZE


def filled(crate: Crate, weights: Sequence[int]) -> Crate:
    """The crate with these bottles in it; if it is full then, it is shown and a new one begun."""
    crate = replace(crate, bottles=crate.bottles + len(weights), weight=crate.weight + sum(weights))
    if crate.bottles < CRATE_SIZE:
        return crate
    return Crate(0, 0, crate.serial + 1, crate.weight, full=True)


def taken(crate: Crate) -> Crate:
    """The crates after a look at the answer: a good one and a bad one end the wait alike."""
    return replace(crate, full=False, ack=0) if crate.full and crate.ack else crate
