"""Which records the rows answer that a cluster has not confirmed: on disk and in memory."""

from collections.abc import Iterable, Iterator

import trio

from warlogix.messages import Origin
from warlogix.outbox.lane import Lane
from warlogix.outbox.reader import Reads
from warlogix.outbox.rows import Row
from warlogix.outbox.work import Span

# Read from disk at once: messages and bytes.
_CHUNK = (5_000, 1_000_000)


async def waiting_origins(lane: Lane, cluster: str, reads: Reads) -> list[tuple[int, Origin]]:
    """(row, origin) of each message that answers one, in order; only origins are held at once.

    Waits while the disk cannot be read.
    """
    await trio.lowlevel.checkpoint()
    position = lane.position(cluster)
    found: list[tuple[int, Origin]] = []
    number = position.confirmed
    # Rows may leave memory, and the file be set aside, while the disk is read.
    while number < lane.floor:
        answer = await reads.read(Span(lane.number, number + 1, lane.floor), cluster, _CHUNK)
        if answer is not None:
            rows, number = answer
            found += _origins(rows)
    found += _origins(row for row in lane.after(number) if cluster in row.audience.clusters)
    upto = position.confirmed
    return [(row, origin) for row, origin in found if row > upto and not position.missed(row)]


def _origins(rows: Iterable[Row]) -> Iterator[tuple[int, Origin]]:
    return ((row.id, origin) for row in rows for origin in row.batch.origins or ())
