"""Takes the scans of all PLCs from one channel and puts what they change into the outbox.

What comes while the disk is busy is encoded meanwhile, and then costs one commit.
"""

from collections.abc import Iterator, Mapping

import trio

from warlogix.outbox import Appends
from warlogix.pipeline.changes import PlcChanges, Takers
from warlogix.pipeline.gathered import Gathered
from warlogix.pipeline.packs import Packs
from warlogix.tags import Scan

# Others have their turn behind so many scans.
_MOST_SCANS_AT_ONCE = 32
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
    outbox: Appends,
    takers: Takers,
    packs: Packs,
    commit_interval: float,
) -> None:
    """Put each scan's changes, and packs when they are due, into the outbox.

    Changes are collected for `commit_interval` seconds.

    Closing: ends with the channel, once everything is in the outbox.
    """
    gathered = Gathered(commit_interval)
    async with trio.open_nursery() as nursery, scans:
        nursery.start_soon(packs.publish, outbox)
        nursery.start_soon(gathered.append_to, outbox)
        async for scan in scans:
            await gathered.room()
            for taken in _with_waiting(scan, scans):
                packs.see(taken)
                for row in plcs[taken.plc].rows(taken, takers.names, takers.anew(taken.plc)):
                    gathered.add(row)
        gathered.close()
        packs.close()


def _with_waiting(first: Scan, scans: trio.MemoryReceiveChannel[Scan]) -> Iterator[Scan]:
    yield first
    for _ in range(_MOST_SCANS_AT_ONCE - 1):
        try:
            yield scans.receive_nowait()
        except (trio.WouldBlock, trio.EndOfChannel):
            return
