"""A gateway, its PLCs and its broker as a model that keeps every promise: histories to be judged.

    run = history([Act.PUT, Act.TICK, Act.GATEWAY_KILLED, ...], seed=1)

The model's gateway reads each PLC that is up at every whole second, its buffer is a list, and its
live consumer falls behind and catches up.

    run = simple(held=[held(1, 0, 10)], got=[got(0, 1, at=1.0)])
    assert accused(judge(run)) == set()
"""

from dataclasses import dataclass, field
from enum import Enum, auto
from math import inf
from random import Random

from tests.chaos.truth import Fault, Held, Kind, Reading, Run, Up
from tests.chaos.verdict import Verdict

PLCS = {"A": ("A.one", "A.two"), "B": ("B.one",)}
KEYS = tuple(key for keys in PLCS.values() for key in keys)


class Act(Enum):
    """One step of a history."""

    PUT = auto()
    TICK = auto()
    CONSUMER_BEHIND = auto()
    CONSUMER_BACK = auto()
    PLC_CUT = auto()
    BROKER_KILLED = auto()
    BROKER_WIPED = auto()
    TOPIC_DELETED = auto()
    GATEWAY_KILLED = auto()


# In these no message comes twice.
CALM = (Act.PUT, Act.TICK, Act.CONSUMER_BEHIND, Act.CONSUMER_BACK, Act.PLC_CUT)


def history(acts: list[Act], seed: int, overlap: float = 0.3) -> Run:
    """What this course of things leaves behind, with everything put in once more at its end.

    `overlap` is how often a gateway is killed while something else is in trouble.
    """
    model = _Model(Random(seed), overlap)
    model.play(acts)
    return model.run()


@dataclass(slots=True)
class _Model:
    random: Random
    overlap: float
    now: float = 0.0
    values: dict[str, tuple[int, float]] = field(default_factory=dict)  # with since when
    held: list[Held] = field(default_factory=list)
    links: dict[str, float] = field(default_factory=dict)  # of PLCs that are up, since when
    up: list[Up] = field(default_factory=list)
    announced: dict[str, int | None] = field(default_factory=dict)
    rows: list[tuple[str, int | None]] = field(default_factory=list)
    taken: list[float] = field(default_factory=list)  # when, of the rows that the broker has
    away: bool = False
    behind: bool = False
    incarnations: list[str] = field(default_factory=lambda: ["topic 0"])
    offsets: list[int] = field(default_factory=lambda: [0, 0])
    unread: list[Reading] = field(default_factory=list)
    got: list[Reading] = field(default_factory=list)
    rescued: list[Reading] = field(default_factory=list)
    faults: list[tuple[Kind, float, float, str]] = field(default_factory=list)

    def play(self, acts: list[Act]) -> None:
        self.values = dict.fromkeys(KEYS, (0, 0.0))
        self.links = dict.fromkeys(PLCS, 0.0)
        for _ in range(3):
            self.tick()
        for act in acts:
            getattr(self, act.name.lower())()
        self.consumer_back()
        for key in KEYS:
            self.put_in(key)
        for _ in range(3):
            self.tick()

    def run(self) -> Run:
        since = {(each.key, each.value): each.since for each in self.held}
        since |= {(key, value): since for key, (value, since) in self.values.items()}
        arrived = [
            (since[each.key, each.value], each.at) for each in self.got if each.value is not None
        ]
        return Run(
            held=[
                *self.held,
                *(Held(k, v, since, self.now) for k, (v, since) in self.values.items()),
            ],
            up=[*self.up, *(Up(plc, since, self.now) for plc, since in self.links.items())],
            incarnations=self.incarnations,
            got=self.got,
            rescued=self.rescued,
            faults=[
                Fault(
                    kind,
                    begin,
                    end,
                    min((at for put, at in arrived if put >= end), default=inf),
                    plc,
                )
                for kind, begin, end, plc in self.faults
            ],
            poll=1.0,
        )

    def put(self) -> None:
        self.put_in(self.random.choice(KEYS))

    def put_in(self, key: str) -> None:
        value, since = self.values[key]
        self.now += 0.01
        self.held.append(Held(key, value, since, self.now))
        self.values[key] = (value + self.random.randint(1, 3), self.now)

    def tick(self) -> None:
        """A second goes by, in which each PLC that is up is read once."""
        self.now = float(int(self.now) + 1)
        for plc in self.links:
            for key in PLCS[plc]:
                self.announce(key, self.values[key][0])
        self.deliver()

    def announce(self, key: str, value: int | None) -> None:
        if key not in self.announced or self.announced[key] != value:
            self.announced[key] = value
            self.rows.append((key, value))

    def deliver(self) -> None:
        """The broker takes what waits, unless it is away."""
        while len(self.taken) < len(self.rows) and not self.away:
            key, value = self.rows[len(self.taken)]
            partition = KEYS.index(key) % 2
            offset, self.offsets[partition] = self.offsets[partition], self.offsets[partition] + 1
            place = (self.incarnations[-1], partition, offset)
            self.unread.append(Reading(*place, key, value, inf))
            self.taken.append(self.now)
        if not self.behind:
            self.got += self.at_now(self.unread)
            self.unread = []

    def at_now(self, readings: list[Reading]) -> list[Reading]:
        return [
            Reading(each.incarnation, each.partition, each.offset, each.key, each.value, self.now)
            for each in readings
        ]

    def meanwhile(self) -> None:
        """What goes on while something is in trouble: values move, and more trouble comes."""
        for _ in range(self.random.randint(1, 3)):
            self.put()
            self.tick()
        if self.random.random() < self.overlap:
            self.gateway_killed()

    def consumer_behind(self) -> None:
        self.behind = True

    def consumer_back(self) -> None:
        self.behind = False
        self.deliver()

    def plc_cut(self) -> None:
        plc, begin = self.random.choice(list(PLCS)), self.now
        self.up.append(Up(plc, self.links.pop(plc), begin))
        for key in PLCS[plc]:
            self.announce(key, None)
        self.meanwhile()
        self.links[plc] = self.now
        self.faults.append((Kind.PLC_CUT, begin, self.now, plc))

    def broker_killed(self) -> None:
        begin, self.away = self.now, True
        self.meanwhile()
        self.away = False
        self.faults.append((Kind.BROKER_KILLED, begin, self.now, ""))
        self.tick()

    def broker_wiped(self) -> None:
        begin, self.away = self.now, True
        self.meanwhile()
        self.away = False
        self.begin_anew()
        self.faults.append((Kind.BROKER_WIPED, begin, self.now, ""))
        self.tick()

    def topic_deleted(self) -> None:
        begin = self.now
        self.begin_anew()
        self.faults.append((Kind.TOPIC_DELETED, begin, self.now, ""))
        self.tick()

    def begin_anew(self) -> None:
        """The topic is another one, and gets the current value of every tag behind what waits."""
        self.rescued += self.at_now(self.unread)
        self.unread, self.offsets = [], [0, 0]
        self.incarnations.append(f"topic {len(self.incarnations)}")
        self.rows += self.announced.items()

    def gateway_killed(self) -> None:
        """It sends again what it did not know to be confirmed, and announces first readings."""
        begin, linked = self.now, list(self.links)
        self.up += [Up(plc, since, begin) for plc, since in self.links.items()]
        self.links = {}
        self.put()
        self.tick()
        late = sum(at > begin - 1.5 for at in self.taken)
        del self.taken[len(self.taken) - self.random.randint(0, min(late, 5)) :]
        self.announced = {}
        self.links = dict.fromkeys(linked, self.now)
        self.faults.append((Kind.GATEWAY_KILLED, begin, self.now, ""))
        self.tick()


def accused(verdict: Verdict) -> set[str]:
    """The sorts of violations."""
    return {each.partition(": ")[0].partition(", behind")[0] for each in verdict.violations}


def held(value: int, since: float, until: float) -> Held:
    """A value of the one tag of a simple run."""
    return Held("A.one", value, since, until)


def got(offset: int, value: int | None, at: float) -> Reading:
    """A record of the one tag of a simple run."""
    return Reading("topic", 0, offset, "A.one", value, at)


def simple(
    held: list[Held] | None = None,
    got: list[Reading] | None = None,
    faults: list[Fault] | None = None,
) -> Run:
    """A run of one PLC that could always be read."""
    return Run(
        held=held or [],
        up=[Up("A", 0.0, 100.0)],
        incarnations=["topic"],
        got=got or [],
        rescued=[],
        faults=faults or [],
        poll=1.0,
    )
