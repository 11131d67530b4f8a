"""One order of rows: the newest of them in memory, the rest on disk, and who has read how far."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import pairwise
from operator import attrgetter

import trio

from warlogix.outbox.position import Position
from warlogix.outbox.rows import DROPPABLE, Row
from warlogix.outbox.work import Entry, Mark, Span

_id = attrgetter("id")


class Lane:
    """The rows of one lane, numbered from 1.

    Up to `last` they are there to be read, and those behind `floor` are all in memory. Up to
    `saved` they are on disk, unless nobody needs them any more; up to `deleted` they are gone from
    there. While `held` nothing is handed out.
    """

    def __init__(self, number: int, name: str, last: int, deleted: int) -> None:
        self.number = number
        self.name = name
        self.droppable = name in DROPPABLE
        self.numbered = self.last = self.saved = self.floor = last
        self.deleted = deleted
        self.held = False
        self.size = 0
        self.positions: dict[str, Position] = {}
        self._rows: list[Row] = []
        self._readers = trio.lowlevel.ParkingLot()

    def next_number(self) -> int:
        """The number of a new row."""
        self.numbered += 1
        return self.numbered

    def position(self, cluster: str) -> Position:
        """Where `cluster` is in this lane; one that comes new has nothing waiting."""
        if cluster not in self.positions:
            self.positions[cluster] = Position(Mark(0, 0, 0), 0, 0)
        return self.positions[cluster]

    def publish(self, rows: Iterable[Row]) -> None:
        """Rows are there to be read."""
        for row in rows:
            for cluster in row.audience.clusters:
                self.position(cluster).add(len(row.batch), row.since)
            self._rows.append(row)
            self.size += row.size
            self.last = row.id

    def wake(self) -> None:
        """Tell the readers that something changed."""
        self._readers.unpark_all()

    async def changed(self) -> None:
        """Wait until `wake` is called."""
        await self._readers.park()

    def settled(self) -> int:
        """The number up to which no cluster waits for anything."""
        waiting = [p.confirmed for p in self.positions.values() if p.messages]
        return min(waiting, default=self.last)

    def release(self) -> None:
        """Let go of the rows in memory that everyone has confirmed."""
        settled = self.settled()
        if self._rows and self._rows[0].id <= settled:
            self._forget(bisect_right(self._rows, settled, key=_id))
        self.floor = max(self.floor, settled)
        # What everyone has before it was written need not be written.
        self.saved = max(self.saved, settled)

    def evict(self, size: int) -> None:
        """Let go of about `size` bytes of the oldest rows in memory; they are read from disk."""
        count = 0
        for row in self._rows:
            if size <= 0 or row.id > self.saved:
                break
            size -= row.size
            self.floor = row.id
            count += 1
        self._forget(count)

    def _forget(self, count: int) -> None:
        self.size -= sum(row.size for row in self._rows[:count])
        del self._rows[:count]

    def after(self, number: int) -> Iterator[Row]:
        """The rows in memory behind row `number`."""
        rows = self._rows
        for index in range(bisect_right(rows, number, key=_id), len(rows)):
            yield rows[index]

    def unsaved(self) -> Iterator[Entry]:
        """What has yet to be written, as it goes to the disk."""
        for row in self.after(self.saved):
            yield Entry(
                self.number, row.id, row.audience.number, row.since, row.batch, self.droppable
            )

    def span_to_delete(self) -> Span | None:
        """What is on disk and confirmed by all."""
        last = min(self.settled(), self.saved)
        return Span(self.number, self.deleted + 1, last) if last > self.deleted else None

    def spans_to_drop(self) -> list[Span]:
        """The rows that somebody waits for and nobody has in hand, the oldest first."""
        flights = sorted((p.confirmed, p.cursor) for p in self.positions.values() if p.taken)
        spans, first = [], self.settled() + 1
        for confirmed, cursor in flights:
            if first <= confirmed:
                spans.append(Span(self.number, first, confirmed))
            first = max(first, cursor + 1)
        if first <= self.last:
            spans.append(Span(self.number, first, self.last))
        return spans

    def remove(self, span: Span) -> list[Row]:
        """Take dropped rows out of memory: those that were there."""
        start = bisect_right(self._rows, span.first - 1, key=_id)
        end = bisect_right(self._rows, span.last, key=_id)
        gone = self._rows[start:end]
        del self._rows[start:end]
        self.size -= sum(row.size for row in gone)
        return gone

    def rescue(self) -> int:
        """The disk has lost everything: what is in memory or in a reader's hands is all there is.

        It is to be written again; what was on disk alone is counted as dropped: how many messages.
        """
        lost, floor = 0, self.floor
        rows = {row.id: row for p in self.positions.values() for row in p.taken}
        rows |= {row.id: row for row in self._rows}
        self._rows = [rows[number] for number in sorted(rows)]
        self.size = sum(row.size for row in self._rows)
        for cluster, position in self.positions.items():
            kept = [r for r in self.after(position.confirmed) if cluster in r.audience.clusters]
            gone = position.messages - sum(len(row.batch) for row in kept)
            lost = max(lost, gone)
            position.lose(gone, position.since)
            if gone:
                edges = [position.cursor, *(r.id for r in kept if position.cursor < r.id <= floor)]
                gaps = [range(low + 1, high) for low, high in pairwise([*edges, floor + 1])]
                position.miss(gaps)
        self.floor = self.saved = self.deleted = self.settled()
        return lost
