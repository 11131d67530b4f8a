"""What a simulated CPU has lived through, for tests that must know the truth.

Times are wall-clock seconds, so that they compare with the time stamps of messages.
"""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from warlogix.simulators.s7.memory import ItemCode, Place
from warlogix.simulators.s7.wire import Item

KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Read:
    """One read request: the variables it named."""

    at: float
    places: tuple[Place, ...]

    @property
    def items(self) -> tuple[Item, ...]:
        """The variables as they were asked for."""
        return tuple(place.item for place in self.places)


@dataclass(frozen=True, slots=True)
class Write:
    """One variable that a client wrote, or was not allowed to."""

    at: float
    item: Item
    data: bytes
    code: ItemCode


@dataclass(frozen=True, slots=True)
class Change:
    """Bytes that the CPU's own program put into a data block."""

    at: float
    db: int
    start: int
    data: bytes


@dataclass(slots=True)
class Journal:
    """Counts of everything, and the newest reads, writes and changes in their order.

    `items_per_read` counts the read requests by how many variables they named.
    """

    clock: Callable[[], float]
    read_requests: int = 0
    write_requests: int = 0
    refused_requests: int = 0
    items_per_read: Counter[int] = field(default_factory=Counter)
    reads: deque[Read] = field(default_factory=lambda: deque(maxlen=KEPT))
    writes: deque[Write] = field(default_factory=lambda: deque(maxlen=KEPT))
    changes: deque[Change] = field(default_factory=lambda: deque(maxlen=KEPT))

    def note_read(self, places: tuple[Place, ...]) -> None:
        """A read request was answered."""
        self.read_requests += 1
        self.items_per_read[len(places)] += 1
        self.reads.append(Read(self.clock(), places))

    def note_write(self, item: Item, data: bytes, code: ItemCode) -> None:
        """One variable of a write request was judged and, if done, written."""
        self.writes.append(Write(self.clock(), item, data, code))

    def note_change(self, db: int, start: int, data: bytes) -> None:
        """The CPU's own program has put bytes into a data block."""
        self.changes.append(Change(self.clock(), db, start, data))
