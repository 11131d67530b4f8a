"""The SQLite file. Plain blocking calls: one thread writes, one at a time reads.

It knows rows, notes, positions and sizes; what they mean to others, and when to write, is decided
above. Every method may raise `sqlite3.Error`, `OSError` or `Damaged`; a transaction that failed has
changed nothing.
"""

import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from warlogix.outbox import drops
from warlogix.outbox.load import load
from warlogix.outbox.rows import Audience, Row
from warlogix.outbox.schema import (
    LANE_SPAN,
    PAGE_SIZE,
    check,
    connect_reader,
    has_tables,
    prepare,
)
from warlogix.outbox.stored import collect, columns, encode, note_columns
from warlogix.outbox.work import Found, Mark, Names, Outcome, Place, Span, Work

# A WAL of 16 MB is copied into the file in one go: pages that were reused meanwhile only once
# (with SQLite's own 4 MB, a quarter more bytes are written for the same rows).
_WAL_PAGES = 4000
# Deleting what everyone has confirmed may hold new rows up by this many seconds.
_DELETE_TIME = 0.005
# The rest is reserved for what is never dropped.
_SHARE_OF_CHANGES = 0.9


class NoRoom(Exception):
    """The rows do not fit, and nothing may be dropped until the readers were held."""


class Log:
    """The file and its two connections, one that writes and one that reads."""

    def __init__(self, path: Path, max_size: int) -> None:
        self.path = path
        self.max_size = max_size
        self._wal = f"{path}-wal"
        # As of the last transaction: asking costs as much as writing a row.
        self._size = 0
        self._wal_pages = max(16, min(_WAL_PAGES, max_size // 16 // PAGE_SIZE))
        self._db: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None

    def open(self) -> Found:
        """Connect anew, making the file if there is none; all that it holds but the rows."""
        self.connect()
        assert self._db is not None
        return load(self._db, self._size)

    def connect(self) -> None:
        """Connect anew, making the file if there is none."""
        self.close()
        self._db = sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False, timeout=1
        )
        prepare(self._db, self.path, self._wal_pages)
        self._size = self.size()
        self._reader = connect_reader(self.path)

    def peek(self) -> Found:
        """What the file holds, read without writing anything, even beside it."""
        self.close()
        if not self.path.exists():
            return Found()
        try:
            # Alone with the file, SQLite needs no shared memory beside it, which a full disk lacks.
            return self._peek("mode=rw")
        except sqlite3.OperationalError:
            if os.path.exists(self._wal):
                raise
            # A read-only disk cannot even be locked, but then nobody else writes there either.
            return self._peek("mode=ro&immutable=1")

    def _peek(self, how: str) -> Found:
        db = sqlite3.connect(f"{self.path.absolute().as_uri()}?{how}", uri=True, timeout=1)
        with closing(db):
            db.execute("PRAGMA locking_mode = EXCLUSIVE").fetchone()
            if not has_tables(db):
                return Found()
            check(db, self.path)
            return load(db, self.path.stat().st_size)

    def close(self) -> None:
        """Let go of the file; safe to call twice."""
        for db in (self._reader, self._db):
            if db is not None:
                with suppress(sqlite3.Error):
                    db.close()
        self._reader = self._db = None

    def finish(self) -> None:
        """Move the WAL into the file and let go of it."""
        if self._reader is not None:
            self._reader.close()
        self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        self.close()

    def set_aside(self) -> Path:
        """Rename the file, and its WAL with it, so that a new one can be begun: the new name."""
        self.close()
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        aside = self.path.with_name(f"{self.path.name}.damaged-{stamp}")
        while aside.exists():
            aside = aside.with_name(aside.name + "x")
        for ending in ("", "-wal"):
            source = self.path.with_name(self.path.name + ending)
            if source.exists():
                source.rename(aside.with_name(aside.name + ending))
        self.path.with_name(self.path.name + "-shm").unlink(missing_ok=True)
        return aside

    def size(self) -> int:
        """Bytes in use: pages that hold something, and the WAL."""
        (pages,) = self._writer.execute("PRAGMA page_count").fetchone()
        (free,) = self._writer.execute("PRAGMA freelist_count").fetchone()
        try:
            wal = os.stat(self._wal).st_size
        except FileNotFoundError:
            wal = 0
        return int(pages - free) * PAGE_SIZE + wal

    def commit(self, work: Work) -> Outcome:
        """Do all of `work`, on disk when this returns.

        Errors: `NoRoom` when rows would have to be dropped and `work.drops` is None.
        """
        bodies = [encode(entry.batch) for entry in work.entries]
        outcome = Outcome(sizes=[len(body) for body in bodies])
        with _transaction(self._writer):
            self._write_names(work.names)
            marks = dict(work.marks)
            self._delete(work, outcome)
            self._make_room(work, outcome)
            if work.drops is not None:
                marks.update(drops.after(work.drops, outcome))
            self._insert(work, bodies, outcome)
            self._write_notes(work.notes)
            self._write_marks(marks, outcome.lost, work.clock)
        outcome.size = self._size = self.size()
        return outcome

    def read(
        self,
        span: Span,
        cluster: str,
        audiences: Mapping[int, Audience],
        limit: tuple[int, int],
    ) -> tuple[list[Row], int]:
        """The rows of `span` that are for `cluster`, and up to which number that is all of them.

        Stops behind the row that reaches `limit` (messages, bytes).
        """
        if self._reader is None:
            raise OSError(f"{self.path} is not open")
        base = span.lane * LANE_SPAN
        # An open cursor would keep the WAL from being copied and begun anew.
        with closing(
            self._reader.execute(
                "SELECT * FROM rows WHERE id >= ? AND id <= ? ORDER BY id",
                (base + span.first, base + span.last),
            )
        ) as cursor:
            rows, last = collect(cursor, base, cluster, audiences, limit)
        return rows, last or span.last

    @property
    def _writer(self) -> sqlite3.Connection:
        if self._db is None:
            raise OSError(f"{self.path} is not open")
        return self._db

    def _write_names(self, names: Names) -> None:
        db = self._writer
        db.executemany("INSERT OR REPLACE INTO clusters VALUES (?, ?)", names.clusters)
        db.executemany("INSERT OR REPLACE INTO lanes VALUES (?, ?, ?)", names.lanes)
        db.executemany("INSERT OR REPLACE INTO audiences VALUES (?, ?)", names.audiences)
        for cluster in names.removed:
            db.execute("DELETE FROM positions WHERE cluster = ?", (cluster,))
            db.execute("DELETE FROM clusters WHERE id = ?", (cluster,))

    def _delete(self, work: Work, outcome: Outcome) -> None:
        """Delete what is confirmed by all, in ranges of at most 100, for a bounded time."""
        until = time.perf_counter() + _DELETE_TIME
        for span in work.deletes:
            base = span.lane * LANE_SPAN
            first = span.first
            while first <= span.last and (time.perf_counter() < until or self._near_full()):
                last = min(first + drops.STEP - 1, span.last)
                self._writer.execute(
                    "DELETE FROM rows WHERE id >= ? AND id <= ?", (base + first, base + last)
                )
                first = last + 1
            outcome.deleted[span.lane] = first - 1

    def _near_full(self) -> bool:
        return self._size > self.max_size * 0.7

    def _make_room(self, work: Work, outcome: Outcome) -> None:
        """Drop old rows until the new ones fit; those that cannot fit are refused.

        A new row is counted twice: in its pages and in the WAL on the way there.
        """
        need = 2 * sum(outcome.sizes)
        # Room that is made for nothing in particular is made as the next change would.
        changes = not work.entries or any(entry.droppable for entry in work.entries)
        room = int(self.max_size * (_SHARE_OF_CHANGES if changes else 1))

        def excess() -> int:
            return self.size() + need - room

        if work.drops is None:
            if work.entries and self._size + need > room and excess() > 0:
                raise NoRoom
            return
        drops.expire(self._writer, work.drops, outcome)
        if excess() > 0:
            # A little more than needed, so that not every transaction has to.
            slack = self.max_size // 50
            drops.make_room(self._writer, work.drops, lambda: excess() + slack, outcome)
        for index, entry in enumerate(work.entries):
            if excess() <= 0:
                return
            if entry.droppable:
                place = (entry.lane, entry.id)
                drops.count(place, entry.audience, len(entry.batch), work.drops, outcome)
                outcome.refused.add(index)
                need -= 2 * outcome.sizes[index]

    def _insert(self, work: Work, bodies: list[bytes], outcome: Outcome) -> None:
        # Replaced, because a commit that failed may yet have reached the disk.
        self._writer.executemany(
            "INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?, ?, ?)",
            [
                columns(entry, body)
                for index, (entry, body) in enumerate(zip(work.entries, bodies, strict=True))
                if index not in outcome.refused
            ],
        )

    def _write_notes(self, notes: Mapping[str, bytes]) -> None:
        for key, value in notes.items():
            if value:
                note = note_columns(key, value)
                self._writer.execute("INSERT OR REPLACE INTO states VALUES (?, ?)", note)
            else:
                self._writer.execute("DELETE FROM states WHERE key = ?", (key,))

    def _write_marks(
        self, marks: Mapping[Place, Mark], lost: int, clock: tuple[int, int] | None
    ) -> None:
        db = self._writer
        db.executemany(
            "INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?, ?)",
            [(*place, mark.confirmed, mark.dropped, mark.refused) for place, mark in marks.items()],
        )
        if lost:
            db.execute("UPDATE clock SET dropped = dropped + ?", (lost,))
        if clock is not None:
            db.execute("UPDATE clock SET waited = ?, wall = ?", clock)


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All of the block, or nothing of it."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            with suppress(sqlite3.Error):
                db.execute("ROLLBACK")
