"""What really was during a run of chaos: what PLCs held, what Kafka got, and what was done to both.

Pure: the scene fills these in, `judgement` compares them.

    verdict = judge(Run(held=..., up=..., incarnations=..., got=..., rescued=..., faults=..., ...))
    print(verdict.text())
    sys.exit(1 if verdict.violations else 0)

Times are monotonic seconds of the process that plays the scene. A key is `{plc}.{tag}`, as in the
topic. Values are whole numbers; no key ever holds one twice.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What is done on purpose; the words are those of the table."""

    BROKER_KILLED = "broker killed"
    BROKER_RESTARTED = "broker restarted"
    BROKER_FROZEN = "broker frozen for long"
    BROKER_PAUSED = "broker frozen for a moment"
    BROKER_CUT = "connection to the broker cut"
    BROKER_WIPED = "broker's disk wiped"
    TOPIC_DELETED = "topic deleted"
    GATEWAY_KILLED = "gateway killed"
    CLOCK_BACK = "clock set back"
    CLOCK_FORTH = "clock set forth"
    PLC_RESTARTED = "PLC restarted"
    PLC_CUT = "PLC's connection cut"
    PLC_DELAYED = "PLC's answers delayed"
    PLC_SPLIT = "PLC's answers in single bytes"

    @property
    def may_repeat(self) -> bool:
        """Whether a message may come twice for it, without a bad reading in between."""
        return not self.startswith(("PLC", "clock"))

    @property
    def destroys(self) -> bool:
        """Whether what a broker has confirmed goes with it."""
        return self in (Kind.BROKER_WIPED, Kind.TOPIC_DELETED)

    @property
    def announces(self) -> bool:
        """Whether each current value is sent anew for it."""
        return self.destroys or self is Kind.GATEWAY_KILLED


@dataclass(frozen=True, slots=True)
class Held:
    """A PLC showed this value from `since` (taken just before it was put in) to `until`."""

    key: str
    value: int
    since: float
    until: float

    @property
    def plc(self) -> str:
        """Whose tag it is."""
        return self.key.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Up:
    """A PLC could be read: the gateway ran, was connected to it, and the link was whole.

    It begins with the gateway's connection to the PLC and ends just before the trouble does begin.
    """

    plc: str
    since: float
    until: float


@dataclass(frozen=True, slots=True)
class Reading:
    """A record of the topic of changes; `value` is None where its quality is bad.

    `incarnation` is the topic's id. `at` is when the live consumer got it; of one that was read
    from a broker's disk alone, when its file was set aside.
    """

    incarnation: str
    partition: int
    offset: int
    key: str
    value: int | None
    at: float


@dataclass(frozen=True, slots=True)
class Fault:
    """Something done on purpose, to a PLC or else to all.

    `until` is when nothing stood in the way any more, `recovered` when the first value that was put
    in after that had arrived in the topic: infinite if none did.
    """

    kind: Kind
    since: float
    until: float
    recovered: float
    plc: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """All that is known of a run that is over, and in which nothing waits for Kafka any more.

    `incarnations` are the topic's ids in the order in which it was made, as far as the live
    consumer came across them. `got` is what that got, `rescued` what was found on disks that were
    wiped and in topics that were deleted (it may repeat what was got, and be of a topic nobody came
    across). `poll` is the slowest poll rate of a PLC, in seconds.
    """

    held: Sequence[Held]
    up: Sequence[Up]
    incarnations: Sequence[str]
    got: Sequence[Reading]
    rescued: Sequence[Reading]
    faults: Sequence[Fault]
    poll: float


def reading(
    incarnation: str, partition: int, offset: int, key: bytes, value: bytes, at: float
) -> Reading:
    """A record of the topic of changes, from its bytes."""
    return Reading(incarnation, partition, offset, key.decode(), json.loads(value)["value"], at)
