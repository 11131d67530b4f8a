"""The outbox as others see it: append, read, and ask how much waits."""

import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence, Set
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType

import trio
from trio_util import AsyncValue

from warlogix.messages import BufferState, Origin
from warlogix.outbox.aside import Aside
from warlogix.outbox.book import Book
from warlogix.outbox.clock import WaitedClock
from warlogix.outbox.disk import Disk
from warlogix.outbox.lock import locked
from warlogix.outbox.log import Log
from warlogix.outbox.opening import open_log
from warlogix.outbox.origins import waiting_origins
from warlogix.outbox.reader import Reader, Reads
from warlogix.outbox.rows import NewRow, Receipt, Waiting
from warlogix.outbox.trouble import Trouble
from warlogix.outbox.writer import Append, Writer

_log = logging.getLogger(__name__)

# Seconds that closing may take, whatever the disk does.
CLOSE_TIME = 3.0

_NO_NOTES: Mapping[str, bytes] = MappingProxyType({})


class Outbox:
    """What was appended is kept until every cluster that it is for has confirmed it."""

    def __init__(
        self,
        book: Book,
        writer: Writer,
        reads: Reads,
        trouble: Trouble,
        clock: WaitedClock,
        aside: Aside,
        full: AsyncValue[bool],
    ) -> None:
        self._full = full
        self._aside = aside
        self._book = book
        self._writer = writer
        self._reads = reads
        self._trouble = trouble
        self._clock = clock
        self._closed = False

    async def append(
        self, rows: Sequence[NewRow], notes: Mapping[str, bytes | None] = _NO_NOTES
    ) -> Receipt:
        """Keep `rows`, in this order, and `notes`; they are on disk when this returns.

        Rows and notes are one transaction: a crash leaves all or nothing of them. None or b""
        takes a note away. While the disk takes nothing they are in memory, the receipt and
        `error` tell, and they are written by themselves when it takes them again. Cancelled, they
        may have been kept all the same.
        """
        await trio.lowlevel.checkpoint_if_cancelled()
        kept = [row for row in rows if row.clusters and len(row.batch)]
        self._know({name for row in kept for name in row.clusters})
        if self._closed:
            raise trio.ClosedResourceError
        if not kept and not notes:
            await trio.lowlevel.cancel_shielded_checkpoint()
            return Receipt((0,) * len(rows), durable=True)
        append = Append(kept, _checked(notes))
        self._writer.pending.append(append)
        self._book.wake.set()
        await append.done.wait()
        if not append.kept:
            raise trio.ClosedResourceError
        ids = iter(append.ids)
        numbers = tuple(next(ids) if row.clusters and len(row.batch) else 0 for row in rows)
        return Receipt(numbers, append.durable)

    def _know(self, clusters: Set[str]) -> None:
        unknown = clusters - self._book.announced.keys()
        if unknown:
            raise ValueError(f"no such cluster: {', '.join(sorted(unknown))}")

    def reader(self, cluster: str, lane: str) -> Reader:
        """What hands out the lane's rows for this cluster, from the first unconfirmed one."""
        reader = Reader(self._book.lane(lane), cluster, self._book, self._reads, self._aside)
        reader.rewind()
        return reader

    def lanes(self, cluster: str) -> AsyncValue[frozenset[str]]:
        """The lanes that have, or had since the start, anything for this cluster."""
        return self._book.announced[cluster]

    def waiting(self, cluster: str) -> Waiting:
        """What this cluster has yet to confirm."""
        lanes = self._book.lanes.values()
        positions = [lane.positions[cluster] for lane in lanes if cluster in lane.positions]
        now = self._clock.now()
        since = min((p.since for p in positions if p.messages), default=now)
        return Waiting(
            messages=sum(p.messages for p in positions),
            oldest=max(0, now - since) / 1000,
            dropped=sum(p.dropped for p in positions),
            refused=sum(p.refused for p in positions),
        )

    def confirmed(self, cluster: str, lane: str) -> AsyncValue[int]:
        """The number of the row up to which this cluster is through with this lane.

        It is through with a row when it has confirmed it, or will never get it: see `lost`. The
        lane need not exist yet.
        """
        self._know({cluster})
        return self._book.lane(lane).position(cluster).tell()

    def lost(self, cluster: str, lane: str, row_id: int) -> bool:
        """Whether the row went with a damaged file before this cluster confirmed it.

        Of lanes that lose nothing else this is all that was passed by `confirmed` unconfirmed.
        """
        known = self._book.lanes.get(lane)
        return known is not None and known.position(cluster).missed(row_id)

    def refused(self, cluster: str, lane: str, row_id: int) -> bool:
        """Whether this cluster's brokers did not take something of the row.

        Known of the newest 1,000 such rows since the start, from the moment that `confirmed` passes
        them.
        """
        known = self._book.lanes.get(lane)
        return known is not None and row_id in known.position(cluster).refusals

    async def waiting_origins(self, cluster: str, lane: str) -> Sequence[tuple[int, Origin]]:
        """(row number, origin) of each answer that this cluster has not confirmed, in order.

        Waits while the disk cannot be read.
        """
        self._know({cluster})
        return await waiting_origins(self._book.lane(lane), cluster, self._reads)

    @property
    def notes(self) -> Mapping[str, bytes]:
        """What is noted now, always up to date: on disk, or in memory while that takes nothing."""
        return self._book.notes.known

    @property
    def full(self) -> AsyncValue[bool]:
        """True while what may not be dropped fills `max_size`; False once there is room to spare.

        It comes down by confirming alone, within about a second.
        """
        return self._full

    @property
    def state(self) -> BufferState:
        """How large the buffer is, how many messages it dropped, what is wrong with its disk."""
        error = self._trouble.error.value or self._aside.error.value
        return BufferState(self._book.size, self._book.dropped, error)

    @property
    def error(self) -> AsyncValue[str]:
        """What is wrong with the disk; "" while it takes what is appended."""
        return self._trouble.error

    @property
    def aside_error(self) -> AsyncValue[str]:
        """Why messages that were refused wait to be kept in their file; "" while none does."""
        return self._aside.error

    async def _serve(self, disk: Disk, scope: trio.CancelScope) -> None:
        """Write until `_close`, then tidy up; `scope` bounds how long that may take."""
        with scope:
            await self._writer.run()
            await disk.finish()
            self._tell_lost()
        if scope.cancelled_caught:
            _log.error("buffer: the disk did not answer in time; what it has is used next time")
        self._writer.give_up()

    def _tell_lost(self) -> None:
        """The disk took nothing to the end: what was in memory alone is gone, and is counted."""
        unsaved = [entry for lane in self._book.lanes.values() for entry in lane.unsaved()]
        if unsaved:
            messages = sum(len(entry.batch) for entry in unsaved)
            _log.error("buffer: %d messages that the disk did not take are lost", messages)
        if notes := self._book.notes.unsaved:
            _log.error("buffer: notes that the disk did not take are lost: %s", ", ".join(notes))

    def _close(self, scope: trio.CancelScope) -> None:
        self._closed = self._writer.closing = True
        scope.deadline = trio.current_time() + CLOSE_TIME
        self._book.wake.set()


def _checked(notes: Mapping[str, bytes | None]) -> Mapping[str, bytes]:
    """Notes as they are kept. Errors: `UnicodeEncodeError` for a key that no file can hold."""
    for key in notes:
        key.encode()
    return {key: value or b"" for key, value in notes.items()} if notes else _NO_NOTES


@asynccontextmanager
async def open_outbox(
    directory: Path,
    clusters: Sequence[str],
    *,
    max_size: int,
    max_age: float,
    monotonic: Callable[[], float] = time.monotonic,
    wall: Callable[[], float] = time.time,
) -> AsyncIterator[Outbox]:
    """The outbox in `directory` (made if missing), for as long as the block runs.

    `max_size` is in bytes. What is known of clusters other than `clusters` is given up; a cluster
    that is new gets what is appended from now on. Errors of the block come in a group, as from any
    nursery.
    """
    with locked(directory):
        log, trouble = Log(directory / "outbox.sqlite", max_size), Trouble(directory)
        found = await open_log(log, trouble)
        clock = WaitedClock(monotonic, wall)
        clock.resume(found.waited, found.wall, found.newest)
        book = Book(clusters, found)
        book.touch()
        disk = Disk(log, book, trouble, clock, max_age)
        reads = Reads(log, book, trouble, disk.reading)
        writer = Writer(disk, book, trouble, clock, max_age)
        outbox = Outbox(book, writer, reads, trouble, clock, Aside(directory, wall), disk.full)
        scope = trio.CancelScope(shield=True)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(outbox._serve, disk, scope)
            try:
                yield outbox
            finally:
                outbox._close(scope)
