"""The way from the book to the file: makes a transaction of what changed, and notes what it did."""

import logging
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TypeVar

import trio
from trio_util import AsyncValue

from warlogix.outbox import memory
from warlogix.outbox.book import Book
from warlogix.outbox.clock import WaitedClock
from warlogix.outbox.lane import Lane
from warlogix.outbox.log import Log, NoRoom
from warlogix.outbox.trouble import Trouble
from warlogix.outbox.work import Drops, Entry, Names, Outcome, Span, Work

T = TypeVar("T")

_log = logging.getLogger(__name__)

# A full buffer has room again at this share of `max_size`: above what changes may fill, so that
# they alone cannot keep it full, and so far below the whole that it is not full again at once.
_ROOM_AGAIN = 0.95


class Disk:
    """Writes entries with the positions, names and deletes that are due: one thread hop each.

    `max_age` is in seconds. `reading` lets one at a time use the connection that reads. `full` is
    True while rows that may not be dropped fill the file.
    """

    def __init__(
        self, log: Log, book: Book, trouble: Trouble, clock: WaitedClock, max_age: float
    ) -> None:
        self.reading = trio.CapacityLimiter(1)
        self.more_to_delete = False
        self.full = AsyncValue(False)
        self._writing = trio.CapacityLimiter(1)
        self._log = log
        self._book = book
        self._trouble = trouble
        self._clock = clock
        self._max_age = round(max_age * 1000)

    async def reconnect(self) -> None:
        """Open the file anew; a damaged one is set aside first."""
        async with self.reading:
            if self._trouble.damaged:
                self._trouble.renamed(await self._in_thread(self._log.set_aside))
                self._trouble.lost(self._book.start_over())
            await self._in_thread(self._log.connect)

    async def finish(self) -> None:
        """Leave one tidy file behind; on a disk in trouble, what is there."""
        async with self.reading:
            with suppress(sqlite3.Error, OSError):
                await self._in_thread(self._log.finish)

    async def write(
        self, entries: list[Entry], notes: Mapping[str, bytes], clock: tuple[int, int] | None
    ) -> Outcome:
        """Commit `entries` and `notes`, hand them on, and tell what else was done."""
        drop = self.tight or any(self._expired(lane) for lane in self._book.lanes.values())
        try:
            return await self._write(entries, notes, clock, drop=drop)
        except NoRoom:
            return await self._write(entries, notes, clock, drop=True)

    @property
    def tight(self) -> bool:
        """Whether each transaction is to make room, and one is to come soon."""
        return self.full.value or self._book.size > self._log.max_size

    def _expired(self, lane: Lane) -> bool:
        oldest = self._clock.now() - self._max_age
        return lane.droppable and any(
            p.messages and not p.taken and p.since < oldest for p in lane.positions.values()
        )

    async def _write(
        self,
        entries: list[Entry],
        notes: Mapping[str, bytes],
        clock: tuple[int, int] | None,
        *,
        drop: bool,
    ) -> Outcome:
        book = self._book
        held = [lane for lane in book.lanes.values() if drop and lane.droppable]
        names, book.names = book.names, Names()
        names.lanes += [(lane.number, lane.name, lane.numbered) for lane in held]
        marks = book.take_marks()
        deletes = [span for lane in book.lanes.values() if (span := lane.span_to_delete())]
        drops = self._drops(held) if drop else None
        work = Work(entries, notes, names, marks, deletes, drops, clock)
        for lane in held:
            lane.held = True
        done = False
        try:
            outcome = await self._in_thread(lambda: self._log.commit(work))
            done = True
        finally:
            for lane in held:
                lane.held = False
                lane.wake()
            if not done:
                book.put_back(names)
        self._note(work, outcome)
        return outcome

    def _drops(self, lanes: list[Lane]) -> Drops:
        """What may be dropped while nothing of these lanes is handed out."""
        return Drops(
            [span for lane in lanes for span in lane.spans_to_drop()],
            self._book.marks(),
            self._book.members(),
            self._clock.now() - self._max_age,
        )

    def _note(self, work: Work, outcome: Outcome) -> None:
        """What a transaction did becomes true for the readers."""
        book = self._book
        book.notes.took(work.notes)
        published = {
            lane.number
            for entry in work.entries
            if entry.id > (lane := book.by_number[entry.lane]).last
        }
        for entry, size in zip(work.entries, outcome.sizes, strict=True):
            lane = book.by_number[entry.lane]
            if lane.number in published:
                lane.publish([memory.row_of(entry, book, size)])
            lane.saved = max(lane.saved, entry.id)
        book.size = outcome.size
        self._note_drops(work, outcome)
        self.more_to_delete = False
        for span in work.deletes:
            lane = book.by_number[span.lane]
            lane.deleted = max(lane.deleted, outcome.deleted[span.lane])
            self.more_to_delete |= outcome.deleted[span.lane] < span.last
        self._note_room(work.drops)
        memory.trim(book, memory.SHARE)
        for number in published:
            book.by_number[number].wake()

    def _note_room(self, drops: Drops | None) -> None:
        """Full is a buffer that is too large after all was dropped that may be."""
        size, most = self._book.size, self._log.max_size
        if not self.full.value and drops is not None and size > most:
            _log.warning(
                "buffer: answers and events fill it (max_size); they are kept all the same"
            )
            self.full.value = True
        elif self.full.value and size <= most * _ROOM_AGAIN:
            _log.warning("buffer: there is room again for answers and events")
            self.full.value = False

    def _note_drops(self, work: Work, outcome: Outcome) -> None:
        book = self._book
        book.dropped += outcome.lost
        for (number, cluster), messages in outcome.dropped.items():
            lane = book.by_number[number]
            position = lane.positions[book.cluster_names[cluster]]
            dirty = position.dirty
            position.lose(messages, outcome.dropped_since.get(number, position.since))
            # The loss was written in the same transaction.
            position.dirty = dirty
        for span in work.drops.spans if work.drops else ():
            last = min(span.last, outcome.dropped_upto.get(span.lane, 0))
            book.by_number[span.lane].remove(Span(span.lane, span.first, last))
        for index in outcome.refused:
            entry = work.entries[index]
            book.by_number[entry.lane].remove(Span(entry.lane, entry.id, entry.id))

    async def _in_thread(self, call: Callable[[], T]) -> T:
        return await trio.to_thread.run_sync(call, abandon_on_cancel=True, limiter=self._writing)
