"""What the tests of the outbox share: batches, an outbox with small defaults, a full disk."""

import resource
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from time import monotonic, time
from zlib import crc32

import msgspec

from warlogix.messages import Batch, Origin
from warlogix.outbox import NewRow, Outbox, Reader, Row, open_outbox

A, B = "Alpha", "Beta"


def batch(*values: str) -> Batch:
    """A batch with a message per value."""
    return Batch([b"key"] * len(values), [v.encode() for v in values], [1] * len(values))


def change(*values: str, clusters: Sequence[str] = (A,)) -> NewRow:
    """A row of changes."""
    return NewRow("changes", tuple(clusters), batch(*values))


def event(*values: str, clusters: Sequence[str] = (A,)) -> NewRow:
    """A row that a full buffer must not drop."""
    return NewRow("triggers", tuple(clusters), batch(*values))


def origin(name: object) -> Origin:
    """The record that an answer of this name answers."""
    return Origin("factory-writes", 3, crc32(str(name).encode()), 1_705_314_600)


def answer(*names: object, clusters: Sequence[str] = (A,)) -> NewRow:
    """A row of answers, each with the record that it answers."""
    texts = [str(name) for name in names]
    answers = msgspec.structs.replace(batch(*texts), origins=[origin(name) for name in names])
    return NewRow("write-responses", tuple(clusters), answers)


def values(rows: Sequence[Row]) -> list[str]:
    """The messages of rows as text, in order."""
    return [value.decode() for row in rows for value in row.batch.values if value is not None]


async def take(reader: Reader, max_messages: int = 1000) -> list[Row]:
    """What the reader has next."""
    return await reader.take(max_messages=max_messages, max_bytes=1_000_000)


async def confirm_answers(outbox: Outbox, rows: int, cluster: str = A) -> None:
    """Take and confirm so many rows of answers, one by one."""
    reader = outbox.reader(cluster, "write-responses")
    for _ in range(rows):
        reader.confirm((await take(reader, 1))[-1].id)


async def take_all(outbox: Outbox, cluster: str, lane: str = "changes") -> list[str]:
    """Every message that waits for a cluster in a lane, confirmed on the way."""
    reader = outbox.reader(cluster, lane)
    seen: list[str] = []
    waiting = outbox.waiting(cluster).messages
    while len(seen) < waiting:
        rows = await take(reader)
        seen += values(rows)
        reader.confirm(rows[-1].id)
    return seen


@asynccontextmanager
async def opened(
    directory: Path,
    clusters: Sequence[str] = (A, B),
    *,
    max_size: int = 100_000_000,
    max_age: float = 7 * 86400,
    clock: Callable[[], float] = monotonic,
    wall: Callable[[], float] = time,
) -> AsyncIterator[Outbox]:
    """An outbox in `directory`, as a daemon opens it."""
    async with open_outbox(
        directory,
        clusters,
        max_size=max_size,
        max_age=max_age,
        monotonic=clock,
        wall=wall,
    ) as outbox:
        yield outbox


def damage_row(directory: Path, content: bytes) -> None:
    """Change a byte of `content`, which one row of a closed outbox holds."""
    path = directory / "outbox.sqlite"
    before = path.read_bytes()
    assert before.count(content) == 1
    path.write_bytes(before.replace(content, b"?" + content[1:]))


@contextmanager
def full_disk(most: int = 0) -> Iterator[None]:
    """No file of this process grows beyond so many bytes while the block runs, whatever the disk
    has left."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
