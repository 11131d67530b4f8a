"""The task that writes: it decides when, and commits together whatever waits."""

import sqlite3
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from math import inf

import trio

from warlogix.outbox import memory
from warlogix.outbox.book import Book
from warlogix.outbox.clock import WaitedClock
from warlogix.outbox.disk import Disk
from warlogix.outbox.notice import DropNotice
from warlogix.outbox.rows import NewRow
from warlogix.outbox.schema import Damaged
from warlogix.outbox.trouble import Trouble
from warlogix.outbox.work import Entry

# Positions that moved are on disk after this many seconds, if no row takes them along before.
_FLUSH_AFTER = 1.0
# A transaction takes no further appends behind this many messages.
_GROUP_MESSAGES = 20_000
# Rows that trouble left in memory are written this many at a time.
_CHUNK_ROWS = 200
# While something waits, its age is looked at, and the clock marked, at least this often.
_LOOK_EVERY = 60.0


@dataclass(slots=True)
class Append:
    """One call of `append`, what it waits for, and what it is told: the numbers of its rows."""

    rows: Sequence[NewRow]
    notes: Mapping[str, bytes]
    ids: list[int] = field(default_factory=list)
    kept: bool = False
    durable: bool = False
    done: trio.Event = field(default_factory=trio.Event)


class Writer:
    """Takes appends, numbers their rows, and has them written; `max_age` in seconds."""

    def __init__(
        self,
        disk: Disk,
        book: Book,
        trouble: Trouble,
        clock: WaitedClock,
        max_age: float,
    ) -> None:
        self.pending: deque[Append] = deque()
        self._group: list[Append] = []
        self.closing = False
        self._disk = disk
        self._book = book
        self._trouble = trouble
        self._clock = clock
        self._look_every = min(_LOOK_EVERY, max(0.05, max_age / 20))
        self._look_at = -inf
        self._notice = DropNotice()

    async def run(self) -> None:
        """Write until `closing`, and then what is left."""
        while True:
            await self._wait()
            await self._round()
            unwritten = self._book.dirty_since is not None and not self._trouble.error.value
            if self.closing and not self.pending and not unwritten:
                return

    def give_up(self) -> None:
        """Nothing is written any more: whoever still waits for an append is told."""
        for append in (*self._group, *self.pending):
            append.done.set()

    async def _wait(self) -> None:
        """Wait until there is something to write."""
        while not self.closing:
            due = self._due()
            if due <= trio.current_time():
                return
            self._book.wake = trio.Event()
            with trio.move_on_at(due):
                await self._book.wake.wait()

    def _due(self) -> float:
        """When to write next, on Trio's clock."""
        if self.pending:
            return -inf
        failing = bool(self._trouble.error.value)
        due = self._notice.due
        if failing:
            due = min(due, self._trouble.retry_at)
        elif self._disk.more_to_delete:
            return -inf
        else:
            if self._book.dirty_since is not None:
                due = min(due, self._book.dirty_since + _FLUSH_AFTER)
            waiting = any(p.messages for p in self._book.positions())
            if waiting or self._disk.tight:
                due = min(due, self._look_at)
            if waiting:
                # What is confirmed by then is flushed in its time.
                due = min(due, trio.current_time() + _FLUSH_AFTER)
        return due

    async def _round(self) -> None:
        """Write what waits, or keep it in memory while the disk takes nothing."""
        self._group = self._next_group()
        entries = [entry for append in self._group for entry in self._number(append)]
        notes = {key: v for append in self._group for key, v in append.notes.items()}
        now = trio.current_time()
        self._notice.look(now)
        durable = False
        if self._trouble.error.value and now < self._trouble.retry_at and not self.closing:
            self._keep(entries, notes)
        else:
            try:
                await self._write(entries, notes, now)
                durable = True
            except (sqlite3.Error, OSError, Damaged) as exc:
                self._trouble.report(exc)
                self._keep(entries, notes)
        for append in self._group:
            append.kept, append.durable = True, durable
            append.done.set()
        self._group = []

    def _next_group(self) -> list[Append]:
        group: list[Append] = []
        messages = 0
        while self.pending and messages < _GROUP_MESSAGES:
            append = self.pending.popleft()
            group.append(append)
            messages += sum(len(row.batch) for row in append.rows)
        return group

    def _number(self, append: Append) -> Iterator[Entry]:
        now = self._clock.now()
        for row in append.rows:
            lane = self._book.lane(row.lane)
            audience = self._book.audience(row.lane, row.clusters)
            number = lane.next_number()
            append.ids.append(number)
            yield Entry(lane.number, number, audience.number, now, row.batch, lane.droppable)

    def _keep(self, entries: list[Entry], notes: Mapping[str, bytes]) -> None:
        """The disk took nothing: rows and notes go on in memory."""
        self._book.notes.keep(notes)
        lost = memory.keep(self._book, entries)
        if lost:
            reason = "the disk takes nothing and memory's share is full"
            self._notice.dropped(lost, reason, trio.current_time())

    async def _write(self, entries: list[Entry], notes: Mapping[str, bytes], now: float) -> None:
        """Write these, behind what an earlier trouble has left in memory."""
        failing, reports = bool(self._trouble.error.value), self._trouble.reports
        if failing:
            await self._disk.reconnect()
            await self._catch_up()
        look = now >= self._look_at
        # A mark of the clock also proves that the disk takes something again.
        marked = look or failing or self.closing
        await self._write_some(entries, notes, self._clock.mark() if marked else None)
        due = now + (_FLUSH_AFTER if self._disk.tight else self._look_every)
        self._look_at = due if look else min(due, self._look_at)
        # What a reader has met meanwhile is not over.
        if failing and self._trouble.reports == reports:
            self._trouble.over()

    async def _catch_up(self) -> None:
        """Write what is in memory alone.

        Notes go in one transaction with every row that they may belong to; a row that a full
        buffer may lose is no such row.
        """
        if notes := dict(self._book.notes.unsaved):
            lanes = [lane for lane in self._book.lanes.values() if not lane.droppable]
            await self._write_some([row for lane in lanes for row in lane.unsaved()], notes, None)
        while unsaved := self._unsaved():
            await self._write_some(unsaved, {}, None)

    async def _write_some(
        self, entries: list[Entry], notes: Mapping[str, bytes], mark: tuple[int, int] | None
    ) -> None:
        outcome = await self._disk.write(entries, notes, mark)
        now = trio.current_time()
        if outcome.expired:
            self._notice.dropped(outcome.expired, "rows are older than max_age", now)
        if outcome.lost > outcome.expired:
            self._notice.dropped(outcome.lost - outcome.expired, "it is full (max_size)", now)

    def _unsaved(self) -> list[Entry]:
        for lane in self._book.lanes.values():
            if entries := list(islice(lane.unsaved(), _CHUNK_ROWS)):
                return entries
        return []
