"""One cluster's way through one lane."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import trio

from warlogix.outbox.aside import Aside
from warlogix.outbox.book import Book
from warlogix.outbox.lane import Lane
from warlogix.outbox.log import Log
from warlogix.outbox.rows import Refused, Row
from warlogix.outbox.schema import Damaged
from warlogix.outbox.trouble import Trouble
from warlogix.outbox.work import Span


class Reads:
    """The one connection that reads: a call at a time, in a thread."""

    def __init__(
        self, log: Log, book: Book, trouble: Trouble, limiter: trio.CapacityLimiter
    ) -> None:
        self._limiter = limiter
        self._log = log
        self._book = book
        self._trouble = trouble

    async def read(
        self, span: Span, cluster: str, limit: tuple[int, int]
    ) -> tuple[list[Row], int] | None:
        """Rows from the disk, or None after waiting until a disk in trouble is well again."""
        try:
            return await trio.to_thread.run_sync(
                self._log.read,
                span,
                cluster,
                self._book.audiences,
                limit,
                abandon_on_cancel=True,
                limiter=self._limiter,
            )
        except (sqlite3.Error, OSError, Damaged) as exc:
            self._trouble.report(exc)
            self._book.wake.set()
        await self._trouble.error.wait_value("")
        return None


class Reader:
    """The rows of `lane` for `cluster`, in order, each handed out until it is confirmed.

    One reader at a time may use a cluster's lane; a new one begins at the first unconfirmed row.
    """

    def __init__(self, lane: Lane, cluster: str, book: Book, reads: Reads, aside: Aside) -> None:
        self._lane = lane
        self._cluster = cluster
        self._book = book
        self._reads = reads
        self._aside = aside
        self._position = lane.position(cluster)

    async def take(self, *, max_messages: int, max_bytes: int) -> list[Row]:
        """The next rows, at least one: waits for it. Cancelled, it has taken nothing.

        It stops behind the row that reaches `max_messages` or `max_bytes`.
        """
        await trio.lowlevel.checkpoint()
        lane, position = self._lane, self._position
        while True:
            if lane.held or position.cursor >= lane.last:
                await lane.changed()
                continue
            if position.cursor >= lane.floor:
                rows, upto = self._from_memory(max_messages, max_bytes)
            else:
                rows, upto = await self._from_disk((max_messages, max_bytes))
            position.take(rows, upto)
            if rows:
                return rows

    @property
    def aside(self) -> Path:
        """The file that `set_aside` keeps messages in."""
        return self._aside.path

    async def set_aside(self, messages: Sequence[Refused]) -> None:
        """Keep messages of a row in hand that the cluster refuses for themselves.

        They are on disk when this returns, and it waits for a disk that takes nothing; what a full
        buffer may drop is not waited for, and is kept only while there is room.
        """
        if self._lane.droppable:
            await self._aside.keep_if_possible(self._cluster, messages)
        else:
            await self._aside.keep(self._cluster, messages)

    def confirm(self, row_id: int, *, refused: int = 0) -> None:
        """This cluster has every row up to `row_id`, which it took: on disk within a second.

        Of these messages it has `refused` not, and will never.
        """
        self._position.confirm(row_id, refused)
        self._lane.release()
        self._book.touch()

    def rewind(self) -> None:
        """Hand out again, from the first, what was taken and not confirmed."""
        self._position.rewind()
        self._lane.wake()

    def _from_memory(self, messages: int, size: int) -> tuple[list[Row], int]:
        rows = []
        for row in self._lane.after(self._position.cursor):
            if self._cluster not in row.audience.clusters:
                continue
            rows.append(row)
            messages -= len(row.batch)
            size -= row.size
            if messages <= 0 or size <= 0:
                return rows, row.id
        return rows, self._lane.last

    async def _from_disk(self, limit: tuple[int, int]) -> tuple[list[Row], int]:
        """What is behind the cursor on disk; nothing if something moved while it was read."""
        lane, position = self._lane, self._position
        cursor, turn = position.cursor, position.turn
        span = Span(lane.number, cursor + 1, lane.floor)
        answer = await self._reads.read(span, self._cluster, limit)
        if answer is None or lane.held or position.turn != turn or position.cursor != cursor:
            return [], position.cursor
        return answer
