"""What the disk costs: messages a second, CPU and bytes written, against a bare loop on SQLite.

    python -m benchmarks.outbox [--seconds 3] [--directory /var/tmp]

Messages are tag changes of 160 bytes. "outbox" is the whole way: appended by eight tasks, fsynced,
taken by a reader, confirmed, deleted. "bare loop" writes the same rows with the same fsync, eight
a transaction, deletes the eight before, and does nothing else: no Trio, no reader, no positions.
"alone" is one row at a time, each waiting for its commit: what a quiet plant does.
"drain" reads, confirms and deletes what a closed outbox has left on disk.
"""

import argparse
import sqlite3
import time
from contextlib import AbstractAsyncContextManager, closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import trio

from warlogix.messages import Batch
from warlogix.outbox import NewRow, Outbox, open_outbox

CLUSTER = "Kafka"
APPENDERS = 8


@dataclass(frozen=True)
class Cost:
    """What so many messages in so many commits took."""

    messages: int
    seconds: float
    cpu: float
    written: int

    def line(self, name: str, size: int) -> str:
        """One line of the table."""
        return (
            f"{name:<10} {size:>8} {self.messages / self.seconds:>12,.0f} "
            f"{self.cpu / self.messages * 1e6:>10.2f} {self.written / self.messages:>14,.0f}"
        )


def batch(size: int) -> Batch:
    """So many tag changes of 160 bytes."""
    value = b'{"plc":"MainPLC","tag":"ProductCount","address":"DB1.DBD100","value":1234567,'
    value += b'"type":"DINT","writable":true,"timestamp":"2024-01-15T10:30:00.123Z"}'
    return Batch(
        [b"MainPLC.ProductCount"] * size, [value.ljust(160)] * size, [1_705_314_600] * size
    )


def written() -> int:
    """Bytes that this process has had written to disks."""
    for line in Path("/proc/self/io").read_text().splitlines():
        if line.startswith("write_bytes"):
            return int(line.split()[1])
    return 0


class Meter:
    """Counts from its making."""

    def __init__(self) -> None:
        self.start, self.cpu, self.written = time.perf_counter(), time.process_time(), written()

    @property
    def seconds(self) -> float:
        """How long it has run."""
        return time.perf_counter() - self.start

    def read(self, messages: int) -> Cost:
        """What it took."""
        cpu = time.process_time() - self.cpu
        return Cost(messages, self.seconds, cpu, written() - self.written)


def bare_loop(directory: Path, size: int, seconds: float) -> Cost:
    """The same rows and the same fsync, and nothing else."""
    with closing(sqlite3.connect(directory / "bare.sqlite", isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL").fetchone()
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA secure_delete = OFF").fetchone()
        db.execute("PRAGMA wal_autocheckpoint = 4000").fetchone()
        db.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, body BLOB)")
        encode, row, meter, count = msgspec.msgpack.Encoder().encode, batch(size), Meter(), 0
        while meter.seconds < seconds:
            db.execute("BEGIN IMMEDIATE")
            rows = [(count + index, encode(row)) for index in range(APPENDERS)]
            db.executemany("INSERT INTO rows VALUES (?, ?)", rows)
            db.execute("DELETE FROM rows WHERE id < ?", (count,))
            db.execute("COMMIT")
            count += APPENDERS
        return meter.read(count * size)


async def whole_way(outbox: Outbox, size: int, seconds: float, appenders: int) -> Cost:
    """Appended, fsynced, taken, confirmed, deleted."""
    row, meter, taken = NewRow("changes", (CLUSTER,), batch(size)), Meter(), 0
    appended = 0

    async def append() -> None:
        nonlocal appended
        while meter.seconds < seconds:
            await outbox.append([row])
            appended += size

    async with trio.open_nursery() as nursery:
        for _ in range(appenders):
            nursery.start_soon(append)
        reader = outbox.reader(CLUSTER, "changes")
        while meter.seconds < seconds or taken < appended:
            rows = await reader.take(max_messages=5000, max_bytes=1_000_000)
            taken += sum(len(row.batch) for row in rows)
            reader.confirm(rows[-1].id)
    return meter.read(taken)


async def drain(directory: Path, size: int, messages: int) -> Cost:
    """Left on disk by one run, read, confirmed and deleted by the next."""
    rows = [NewRow("changes", (CLUSTER,), batch(size))] * max(1, 2000 // size)
    async with opened(directory) as outbox:
        while outbox.waiting(CLUSTER).messages < messages:
            await outbox.append(rows)
    async with opened(directory) as outbox:
        meter, count = Meter(), outbox.waiting(CLUSTER).messages
        reader = outbox.reader(CLUSTER, "changes")
        while outbox.waiting(CLUSTER).messages:
            taken = await reader.take(max_messages=5000, max_bytes=1_000_000)
            reader.confirm(taken[-1].id)
        return meter.read(count)


def opened(directory: Path) -> AbstractAsyncContextManager[Outbox]:
    """An outbox for one cluster with the defaults."""
    return open_outbox(directory, [CLUSTER], max_size=4 * 10**9, max_age=7 * 86400)


async def measure(root: Path, size: int, seconds: float) -> None:
    """Print the lines of one size of rows."""

    def folder(name: str) -> Path:
        path = root / f"{name}-{size}"
        path.mkdir()
        return path

    print(bare_loop(folder("bare"), size, seconds).line("bare loop", size))
    async with opened(folder("outbox")) as outbox:
        print((await whole_way(outbox, size, seconds, APPENDERS)).line("outbox", size))
    async with opened(folder("alone")) as outbox:
        print((await whole_way(outbox, size, seconds, 1)).line("alone", size))
    messages = min(500_000, 20_000 * size)
    print((await drain(folder("drain"), size, messages)).line("drain", size), flush=True)


async def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--seconds", type=float, default=3.0, help="for each line")
    options.add_argument("--directory", type=Path, help="on the disk to measure")
    chosen = options.parse_args()
    print(f"{'':10} {'per row':>8} {'messages/s':>12} {'CPU us/msg':>10} {'bytes/message':>14}")
    with TemporaryDirectory(dir=chosen.directory) as root:
        for size in (1, 100, 500):
            await measure(Path(root), size, chosen.seconds)


if __name__ == "__main__":
    trio.run(main)
