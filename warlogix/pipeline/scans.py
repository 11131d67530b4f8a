"""Takes the scans of all PLCs from one channel and puts what they change into the outbox.

What waits is taken together: the scans of many PLCs cost one commit to disk.
"""

from collections.abc import Iterator, Mapping

import trio

from warlogix.outbox import NewRow, Outbox
from warlogix.pipeline.changes import PlcChanges, Takers
from warlogix.pipeline.packs import Packs
from warlogix.tags import Scan

_MOST_SCANS_AT_ONCE = 256
# So many scans per PLC wait at the most; then pollers merge theirs.
_SCANS_PER_PLC = 2


def scan_channel(
    plcs: int,
) -> tuple[trio.MemorySendChannel[Scan], trio.MemoryReceiveChannel[Scan]]:
    """The channel by which the scans of so many PLCs come to `publish_scans`."""
    return trio.open_memory_channel[Scan](_SCANS_PER_PLC * plcs)


async def publish_scans(
    scans: trio.MemoryReceiveChannel[Scan],
    plcs: Mapping[str, PlcChanges],
    outbox: Outbox,
    takers: Takers,
    packs: Packs,
) -> None:
    """Put each scan's changes, and packs when they are due, into the outbox.

    Closing: ends with the channel, once everything is in the outbox.
    """
    async with trio.open_nursery() as nursery, scans:
        nursery.start_soon(packs.publish, outbox)
        async for scan in scans:
            rows: list[NewRow] = []
            for taken in _with_waiting(scan, scans):
                packs.see(taken)
                rows += plcs[taken.plc].rows(taken, takers.names, takers.anew(taken.plc))
            if rows:
                await outbox.append(rows)
        packs.close()


def _with_waiting(first: Scan, scans: trio.MemoryReceiveChannel[Scan]) -> Iterator[Scan]:
    yield first
    for _ in range(_MOST_SCANS_AT_ONCE - 1):
        try:
            yield scans.receive_nowait()
        except (trio.WouldBlock, trio.EndOfChannel):
            return
