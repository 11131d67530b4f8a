"""What really was during a run of handshakes: parts, acks, events, and what was done to everybody.

Pure: the stage fills these in, `judgement` compares them.

    account = judge(Run(parts=..., acks=..., events=..., links=..., faults=..., ack_timeout=3))
    print(account.text())

Times are wall-clock seconds of one machine: of the PLC's program and memory, of the gateway's
events, and of the broker, which stamps each record when it has it (LogAppendTime). A trigger is
named after its PLC and its station, `Press-0`. No two parts of a run have the same number.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import inf

from tests.witness import Record

MOST = 2**31 - 1


class Kind(StrEnum):
    """What is done on purpose; the words are those of the table."""

    GATEWAY_KILLED = "gateway killed"
    GATEWAY_STOPPED = "gateway stopped"
    BROKER_KILLED = "broker killed"
    BROKER_PAUSED = "broker frozen for a moment"
    BROKER_AWAY = "broker away beyond ack_timeout"
    BROKER_FROZEN = "broker frozen beyond ack_timeout"
    LINK_CUT = "PLC's connection cut"
    PLC_RESTARTED = "PLC restarted"
    PLC_STALLED = "PLC does not answer"

    @property
    def of_broker(self) -> bool:
        """Whether it leaves the links to PLCs alone."""
        return self.name.startswith("BROKER")

    @property
    def of_plc(self) -> bool:
        """Whether it is done to one PLC."""
        return self in (Kind.LINK_CUT, Kind.PLC_RESTARTED, Kind.PLC_STALLED)

    @property
    def holds_up_events(self) -> bool:
        """Whether events reach their clusters late for it, and some twice."""
        return not self.of_plc


@dataclass(frozen=True, slots=True)
class Fault:
    """Something done on purpose, to a PLC or, with `plc` "", to all of them."""

    kind: Kind
    since: float
    until: float
    plc: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One wait of a PLC's program: trigger raised, ack seen, trigger and ack cleared.

    `ack` is what the program saw at `taken`; 0 and infinity of a part that waits for ever.
    """

    number: int
    trigger: str
    raised: float
    taken: float = inf
    ack: int = 0


@dataclass(frozen=True, slots=True)
class Ack:
    """A value that reached the memory of a PLC in an ack tag, and the part that waited then."""

    trigger: str
    value: int
    at: float
    part: int | None


@dataclass(frozen=True, slots=True)
class Event:
    """A record of the topic, in the topic's order. `at` is when the gateway saw the edge.

    `appended` is when the broker had the record, `data` what it says of the part.
    """

    trigger: str
    sequence: int
    at: float
    appended: float
    data: Mapping[str, object]
    body: bytes


@dataclass(frozen=True, slots=True)
class Run:
    """All that is known of a run that is over.

    `links` are, by PLC, the moments in which it was connected to. `hangs` tells what waited when
    the time was up, `complaints` what the gateway must never say or do.
    """

    parts: Sequence[Part]
    acks: Sequence[Ack]
    events: Sequence[Event]
    links: Mapping[str, Sequence[float]]
    faults: Sequence[Fault]
    ack_timeout: float
    hangs: Sequence[str] = ()
    complaints: Sequence[str] = ()


def trigger_of(plc: str, station: int) -> str:
    """The name of a station's trigger."""
    return f"{plc}-{station}"


def plc_of(trigger: str) -> str:
    """The PLC that a trigger watches."""
    return trigger.rpartition("-")[0]


def data_of(number: int) -> dict[str, int]:
    """What a PLC shows of a part: each value tells the part by itself."""
    return {
        "Part": number,
        "Length": number * 2_654_435_761 % MOST,
        "Width": MOST - number * 40_503 % MOST,
    }


def event_of(record: Record) -> Event:
    """A record of the topic of events."""
    body = record.value or b""
    said = json.loads(body)
    station = said["trigger"].rpartition("-")[2]
    return Event(
        said["trigger"],
        said["sequence"],
        datetime.fromisoformat(said["timestamp"]).timestamp(),
        record.timestamp / 1000,
        {name.removesuffix(station): value for name, value in said["data"].items()},
        body,
    )
