"""Collects requests: the first one opens a window, its time or a crowd closes it.

window.put(arrivals)
arrivals = await window.closed()        # waits for the first, and then for the window's time
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import trio

from warlogix.writeback.ledger import Ledger
from warlogix.writes.requests import Request, Unreadable

# So many are settled at once: a backlog goes through at full speed and in bounded memory.
_CROWD = 10_000


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record as it came; `size` is that of its value in bytes.

    One that is `known` was answered by this process before: it is only to be covered again.
    """

    ledger: Ledger
    request: Request | Unreadable
    size: int
    known: bool = False


class Window:
    """What has arrived and is not settled yet; `seconds` is how long a window stays open."""

    def __init__(self, seconds: float) -> None:
        self.size = 0
        self._seconds = seconds
        self._arrivals: list[Arrival] = []
        self._opened = 0.0
        self._first = trio.Event()
        self._crowded = trio.Event()

    def __len__(self) -> int:
        return len(self._arrivals)

    def put(self, arrivals: Sequence[Arrival]) -> None:
        """These have arrived, in this order."""
        if not arrivals:
            return
        if not self._arrivals:
            self._opened = trio.current_time()
            self._first.set()
        self._arrivals += arrivals
        self.size += sum(arrival.size for arrival in arrivals)
        if len(self._arrivals) >= _CROWD:
            self._crowded.set()

    async def closed(self) -> list[Arrival]:
        """What one window brought."""
        await self._first.wait()
        with trio.move_on_at(self._opened + self._seconds):
            await self._crowded.wait()
        arrivals, self._arrivals, self.size = self._arrivals, [], 0
        self._first, self._crowded = trio.Event(), trio.Event()
        return arrivals


def listable(arrivals: Sequence[Arrival]) -> Iterator[Sequence[Arrival]]:
    """A window in parts that a commit can list, each on its own; nearly always it is one.

    Neighbours cost nothing; but transactions and compaction leave gaps between offsets.
    """
    if len(arrivals) < 2 or all(ledger.lists(own) for ledger, own in offsets_of(arrivals).items()):
        yield arrivals
        return
    half = len(arrivals) // 2
    yield from listable(arrivals[:half])
    yield from listable(arrivals[half:])


def offsets_of(arrivals: Iterable[Arrival]) -> dict[Ledger, list[int]]:
    """What they are in each partition, in order."""
    found: dict[Ledger, list[int]] = {}
    for arrival in arrivals:
        found.setdefault(arrival.ledger, []).append(arrival.request.offset)
    return found
