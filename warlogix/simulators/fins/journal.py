"""What a simulated Omron CPU has lived through, for tests that must know the truth.

Times are wall-clock seconds, so that they compare with the time stamps of messages.
"""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from warlogix.simulators.fins.memory import EndCode, Place

KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Read:
    """One read command: the places it named. Several are those of one MULTIPLE MEMORY AREA READ."""

    at: float
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Write:
    """One write command, also when it was refused."""

    at: float
    place: Place
    data: bytes
    code: EndCode


@dataclass(frozen=True, slots=True)
class Change:
    """Bytes that the CPU's own program put into its memory; `word` is the first."""

    at: float
    area: str
    word: int
    data: bytes


@dataclass(slots=True)
class Journal:
    """Counts of everything, and the newest reads, writes and changes in their order.

    `commands` counts by command code, as "0101". `greetings` holds the node that each FINS/TCP
    client asked for, 0 for any. `datagrams` counts those that came over UDP. `offences` tells what
    no right client does.
    """

    clock: Callable[[], float]
    commands: Counter[str] = field(default_factory=Counter)
    greetings: list[int] = field(default_factory=list)
    datagrams: int = 0
    reads: deque[Read] = field(default_factory=lambda: deque(maxlen=KEPT))
    writes: deque[Write] = field(default_factory=lambda: deque(maxlen=KEPT))
    changes: deque[Change] = field(default_factory=lambda: deque(maxlen=KEPT))
    offences: list[str] = field(default_factory=list)

    def note_read(self, places: tuple[Place, ...]) -> None:
        """A read command was answered with values."""
        self.reads.append(Read(self.clock(), places))

    def note_write(self, place: Place, data: bytes, code: EndCode) -> None:
        """A write command was judged and, if normal, carried out."""
        self.writes.append(Write(self.clock(), place, data, code))

    def note_change(self, area: str, word: int, data: bytes) -> None:
        """The CPU's own program has put bytes into its memory."""
        self.changes.append(Change(self.clock(), area, word, data))
