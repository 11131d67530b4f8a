"""What is going to happen, decided before anything happens: pure, and the same for the same seed.

A round sends some requests, lets something happen to the broker and to a PLC, and ends an instance
at a moment of its own. Every kind of trouble comes up in turn, so that a short run meets them too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import cycle, islice
from random import Random
from typing import TypeVar

Kind = TypeVar("Kind")
STALL = 2.5  # seconds that a PLC stalls at the most


class End(StrEnum):
    """What ends an instance."""

    KILL = "killed"
    STOP = "stopped"
    FREEZE = "frozen"


class BrokerTrouble(StrEnum):
    """What happens to the broker."""

    NONE = "fine"
    FREEZE = "frozen"
    KILL = "killed"


class PlcTrouble(StrEnum):
    """What happens to a PLC."""

    NONE = "fine"
    DROP = "drops its links"
    STALL = "stalls"
    SLOW = "is slow"
    REFUSE = "refuses links"
    SILENCE = "does not answer"
    CUT = "cuts instead of answering"


@dataclass(frozen=True, slots=True)
class Trouble:
    """When something begins, in seconds of the round, and how long it lasts."""

    at: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Round:
    """One round. The instance's end comes after so many writes (0: after `moment` seconds).

    `pause` is how long nobody follows it (frozen: how long it stays so); the next one has an
    empty folder where `empty`. A patient round ends when every request has its answer.
    """

    requests: int
    end: End
    slot: int
    writes: int
    moment: float
    pause: float
    empty: bool
    patient: bool
    broker: BrokerTrouble
    broker_trouble: Trouble
    plc: int
    plc_kind: PlcTrouble
    plc_trouble: Trouble


@dataclass(frozen=True, slots=True)
class Asked:
    """How much is to happen: `slots` instances at once, `plcs` PLCs of so many tags each."""

    requests: int
    kills: int
    seed: int
    slots: int = 2
    plcs: int = 3
    tags: int = 12
    partitions: int = 3
    protocol: str = "classic"


def rounds(asked: Asked) -> list[Round]:
    """The rounds of a run: one for each kill, and one for each stop and freeze between them."""
    rng = Random(asked.seed)
    ends = [End.KILL] * asked.kills + [End.STOP, End.FREEZE] * (asked.kills // 6)
    rng.shuffle(ends)
    brokers, plcs = _in_turn(rng, list(BrokerTrouble), 1), _in_turn(rng, list(PlcTrouble), 0)
    each = asked.requests // len(ends)
    counts = [each] * (len(ends) - 1) + [asked.requests - each * (len(ends) - 1)]
    return [
        _round(rng, asked, count, end, next(brokers), next(plcs))
        for count, end in zip(counts, ends, strict=True)
    ]


def _in_turn(rng: Random, kinds: Sequence[Kind], quiet: int) -> Iterator[Kind]:
    """Every kind in turn, in another order each time, the first of them `quiet` times more."""
    while True:
        turn = [*kinds, *islice(cycle(kinds[:1]), quiet)]
        rng.shuffle(turn)
        yield from turn


def _round(
    rng: Random, asked: Asked, requests: int, end: End, broker: BrokerTrouble, plc: PlcTrouble
) -> Round:
    return Round(
        requests=requests,
        end=end,
        slot=rng.randrange(asked.slots),
        writes=rng.choice((0, rng.randint(1, max(1, requests // 2)))),
        moment=rng.uniform(0, 3),
        pause=rng.choice((0.0, rng.uniform(0, 9))),
        empty=rng.random() < 0.5,
        patient=rng.random() < 0.3,
        broker=broker,
        broker_trouble=Trouble(rng.uniform(0, 2), rng.uniform(0.5, 8)),
        plc=rng.randrange(asked.plcs),
        plc_kind=plc,
        plc_trouble=Trouble(rng.uniform(0, 2), rng.uniform(0.2, STALL)),
    )
