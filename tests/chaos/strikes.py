"""What is going to be done, decided before anything is: pure, and the same for the same seed.

Each kind comes as often as was asked, in a random order. Now and then several come together, at
different times of one step: to the broker, to the gateway, to its clock, and to PLCs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from random import Random

from tests.chaos.truth import Kind

CLOCKS = (Kind.CLOCK_BACK, Kind.CLOCK_FORTH)
# So many kinds come together with what is going on already.
TOGETHER = 0.4
MOST_AT_ONCE = 4
LATEST = 2.0  # seconds of a step, for what comes second

# Seconds from the beginning of a trouble to its end; what is not here is over at once.
LASTS: Mapping[Kind, tuple[float, float]] = {
    Kind.BROKER_KILLED: (0.5, 5),
    # A request to a broker is given up after 10 s, a connection after 15 s.
    Kind.BROKER_FROZEN: (17, 20),
    Kind.BROKER_PAUSED: (0.3, 4),
    Kind.BROKER_WIPED: (0.5, 3),
    Kind.GATEWAY_KILLED: (0, 3),
    Kind.PLC_RESTARTED: (0.3, 4),
    Kind.PLC_CUT: (0.3, 4),
    Kind.PLC_DELAYED: (1, 5),
    Kind.PLC_SPLIT: (1, 4),
}
# Seconds that an answer is held back: the gateway waits for it, or has given it up (after 2 s).
DELAYS = ((0.03, 0.3), (2.5, 4))
# A gateway that was started again may be killed once more, so many seconds after.
AGAIN = (0.1, 2.5)


@dataclass(frozen=True, slots=True)
class Strike:
    """One trouble: it begins `at` seconds after its step and is over `lasts` seconds later.

    `plc` is whom it meets, "" where it is no PLC's. `amount` is by how many seconds answers of a
    PLC are delayed, or after how many a gateway is killed again, 0 if it is not.
    """

    kind: Kind
    plc: str
    at: float
    lasts: float
    amount: float = 0.0

    @property
    def subject(self) -> str:
        """Who is in trouble: nobody is in two at once."""
        if self.kind in CLOCKS:
            return "clock"
        return self.plc or ("gateway" if self.kind is Kind.GATEWAY_KILLED else "broker")


Step = tuple[Strike, ...]


def steps(kinds: Sequence[Kind], times: int, plcs: Sequence[str], seed: int) -> list[Step]:
    """Each kind so many times, in steps that follow one another."""
    rng = Random(seed)
    turns = {kind: cycle(rng.sample(plcs, len(plcs))) for kind in kinds if kind.startswith("PLC")}
    order = [kind for kind in kinds for _ in range(times)]
    rng.shuffle(order)
    planned: list[Step] = []
    for kind in _clocks_in_turn(order):
        plc = next(turns[kind]) if kind in turns else ""
        together = bool(planned) and rng.random() < TOGETHER
        strike = _strike(rng, kind, plc, rng.uniform(0, LATEST) if together else 0.0)
        if together and _fits(strike, planned[-1]):
            planned[-1] += (strike,)
        else:
            planned.append((strike,))
    return planned


def _clocks_in_turn(order: Sequence[Kind]) -> list[Kind]:
    """A clock that was set back is set forth before it is set back again, and not beyond the truth.

    A broker takes no record from the future.
    """
    clocks = cycle(CLOCKS)
    return [next(clocks) if kind in CLOCKS else kind for kind in order]


def _fits(strike: Strike, step: Step) -> bool:
    return len(step) < MOST_AT_ONCE and strike.subject not in {each.subject for each in step}


def _strike(rng: Random, kind: Kind, plc: str, at: float) -> Strike:
    lasts = rng.uniform(*LASTS.get(kind, (0, 0)))
    amount = 0.0
    if kind is Kind.PLC_DELAYED:
        amount = rng.uniform(*rng.choice(DELAYS))
    elif kind is Kind.GATEWAY_KILLED:
        amount = rng.choice((0, 0, rng.uniform(*AGAIN)))
    return Strike(kind, plc, at, lasts, amount)
