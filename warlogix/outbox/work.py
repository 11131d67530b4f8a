"""What the loop and the thread that writes tell each other: whole transactions, whole answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from msgspec import Struct

from warlogix.messages import Batch

# (lane, cluster), both by their numbers in the file.
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Span:
    """The rows `first` to `last` of a lane, both included."""

    lane: int
    first: int
    last: int


class Entry(Struct, frozen=True, gc=False):
    """A row on its way to the disk; `lane` and `audience` are numbers in the file."""

    lane: int
    id: int
    audience: int
    since: int
    batch: Batch
    droppable: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a cluster is in a lane: all up to `confirmed`, and what it missed on the way.

    Of that, `dropped` went for want of room and `refused` was not taken by its brokers.
    """

    confirmed: int
    dropped: int
    refused: int


@dataclass(slots=True)
class Names:
    """What the file must know before rows can refer to it, and what it may forget."""

    clusters: list[tuple[int, str]] = field(default_factory=list)
    lanes: list[tuple[int, str, int]] = field(default_factory=list)
    audiences: list[tuple[int, str]] = field(default_factory=list)
    removed: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Drops:
    """Where rows may be dropped: none of `spans` is in anybody's hands meanwhile.

    `marks` and `audiences` tell who still waits for a row. `older_than` is in ms of the outbox's
    clock: such rows go in any case, others only while room is needed.
    """

    spans: list[Span]
    marks: dict[Place, Mark]
    audiences: dict[int, frozenset[int]]
    older_than: int


@dataclass(frozen=True, slots=True)
class Work:
    """One transaction; a note of b"" is one that goes."""

    entries: list[Entry]
    notes: Mapping[str, bytes]
    names: Names
    marks: dict[Place, Mark]
    deletes: list[Span]
    drops: Drops | None
    clock: tuple[int, int] | None


@dataclass(slots=True)
class Outcome:
    """What a transaction did.

    `sizes` and `refused` (positions in `Work.entries`) tell of the new rows, `deleted` and
    `dropped_upto` how far each lane was cleared, `dropped_since` the age mark of the last row
    dropped there, `dropped` how many messages each cluster lost, `lost` how many messages that
    makes and `expired` how many of them for their age; `size` is the buffer's now, in bytes.
    """

    sizes: list[int] = field(default_factory=list)
    refused: set[int] = field(default_factory=set)
    deleted: dict[int, int] = field(default_factory=dict)
    dropped_upto: dict[int, int] = field(default_factory=dict)
    dropped: dict[Place, int] = field(default_factory=dict)
    dropped_since: dict[int, int] = field(default_factory=dict)
    lost: int = 0
    expired: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class FoundLane:
    """A lane in the file; `first` is its lowest row, `last` the highest number ever given."""

    number: int
    name: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class FoundPosition:
    """What waits for a cluster in a lane; `since` is the age mark of the oldest row."""

    mark: Mark
    messages: int
    since: int


@dataclass(frozen=True, slots=True)
class Found:
    """All that is known of a file after opening it.

    `waited` and `wall` are the latest mark of the clock, `newest` the age mark of the newest row.
    """

    notes: dict[str, bytes] = field(default_factory=dict)
    clusters: dict[int, str] = field(default_factory=dict)
    lanes: list[FoundLane] = field(default_factory=list)
    audiences: dict[int, frozenset[int]] = field(default_factory=dict)
    positions: dict[Place, FoundPosition] = field(default_factory=dict)
    waited: int = 0
    wall: int = 0
    dropped: int = 0
    newest: int = 0
    size: int = 0
