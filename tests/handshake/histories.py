"""A gateway that keeps every promise, as a model: runs of handshakes to be judged.

run = history([Act.CALM, Act.KILLED_BEFORE_ACK, Act.AWAY])
assert judge(run).violations == []

Each act is the course of one part of one trigger; parts are numbered from 1.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, auto

from tests.handshake.truth import Ack, Event, Fault, Kind, Part, Run, data_of

TRIGGER, PLC = "Press-0", "Press"
TIMEOUT = 3.0


class Act(Enum):
    """What happens to one part."""

    CALM = auto()
    REPEATED = auto()  # the broker dies, and the same record comes twice
    AWAY = auto()  # no broker until the ack is overdue
    KILLED_BEFORE_EVENT = auto()
    KILLED_BEFORE_ACK = auto()
    CUT_BEFORE_ACK = auto()
    CUT_BEHIND_ACK = auto()  # the PLC has the ack, and the gateway is not told


def history(acts: Iterable[Act]) -> Run:
    """What this course of things leaves behind."""
    model = _Model()
    for act in acts:
        model.part(act)
    return Run(
        parts=model.parts,
        acks=model.acks,
        events=model.events,
        links={PLC: model.links},
        faults=model.faults,
        ack_timeout=TIMEOUT,
    )


def event(sequence: int, part: int, at: float, appended: float) -> Event:
    """An event of a part."""
    return Event(TRIGGER, sequence, at, appended, data_of(part), b"event %d" % sequence)


@dataclass(slots=True)
class _Model:
    now: float = 1_000.0
    parts: list[Part] = field(default_factory=list)
    acks: list[Ack] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    links: list[float] = field(default_factory=lambda: [999.0])
    faults: list[Fault] = field(default_factory=list)
    sequence: int = 0

    def part(self, act: Act) -> None:
        """The whole course of the next part."""
        number, raised = len(self.parts) + 1, self.now
        match act:
            case Act.KILLED_BEFORE_EVENT:
                self.break_link(Kind.GATEWAY_KILLED, "")
            case Act.KILLED_BEFORE_ACK:
                self.event(number, 0.1)
                self.break_link(Kind.GATEWAY_KILLED, "")
            case Act.CUT_BEFORE_ACK:
                self.event(number, 0.1)
                self.break_link(Kind.LINK_CUT, PLC)
        ack = -1 if act is Act.AWAY else 1
        self.event(number, TIMEOUT + 1 if act is Act.AWAY else 0.1)
        if act is Act.AWAY:
            self.faults.append(Fault(Kind.BROKER_AWAY, raised, raised + TIMEOUT + 1))
            self.now += TIMEOUT
        if act is Act.REPEATED:
            self.faults.append(Fault(Kind.BROKER_KILLED, self.now, self.now))
            self.events.append(self.events[-1])
        self.now += 0.2
        self.acks.append(Ack(TRIGGER, ack, self.now, number))
        if act is Act.CUT_BEHIND_ACK:
            self.break_link(Kind.LINK_CUT, PLC)
        self.now += 0.01
        self.parts.append(Part(number, TRIGGER, raised, self.now, ack))
        self.now += 2

    def event(self, part: int, until: float) -> None:
        """An edge is seen, and so much later the broker has its event."""
        self.now += 0.01
        self.sequence += 1
        self.events.append(event(self.sequence, part, self.now, self.now + until))

    def break_link(self, kind: Kind, plc: str) -> None:
        """The PLC is connected to anew."""
        self.faults.append(Fault(kind, self.now, self.now + 0.5, plc))
        self.now += 1
        self.links.append(self.now)
