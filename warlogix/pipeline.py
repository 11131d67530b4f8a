"""Turns scans into encoded changes and puts them into the outbox.

What waits is taken together: the scans of many PLCs cost one commit to disk.
"""

from collections.abc import Iterator, Mapping, Sequence

import trio

from warlogix.changes import ChangeDetector
from warlogix.messages import Batch, TagChange, encode, timestamp
from warlogix.outbox import NewRow, Outbox
from warlogix.tags import Scan, Tag
from warlogix.topics import Topic

# The lane of the outbox in which tag changes keep their order.
_LANE = Topic.CHANGES.value
_MOST_SCANS_AT_ONCE = 256


class PlcChanges:
    """One PLC's tags, and what was published of them.

    Synopsis:
        changes = PlcChanges("MainPLC", tags)
        batch = changes.batch(scan)     # None where nothing changed
    """

    def __init__(self, plc: str, tags: Sequence[Tag]) -> None:
        self._plc = plc
        self._detector = ChangeDetector(tags)
        self._columns = [(tag.label, tag.address, tag.writable) for tag in tags]
        self._keys = [f"{plc}.{tag.label}".encode() for tag in tags]

    def batch(self, scan: Scan) -> Batch | None:
        """The scan's changes as messages; they count as published from here on."""
        changed = self._detector.detect(scan.readings, scan.moment)
        return self._encoded(scan, changed) if changed else None

    def _encoded(self, scan: Scan, positions: Sequence[int]) -> Batch:
        at = timestamp(scan.at)
        readings = scan.readings
        values, bad, types = readings.values, readings.bad, readings.types
        encoded: list[bytes | None] = []
        for i in positions:
            label, address, writable = self._columns[i]
            if (reason := bad.get(i)) is None:
                change = TagChange(self._plc, label, address, values[i], types[i], writable, at)
            else:
                change = TagChange(
                    self._plc, label, address, None, types[i], writable, at, "bad", reason
                )
            encoded.append(encode(change))
        keys: list[bytes | None] = [self._keys[i] for i in positions]
        return Batch(keys, encoded, [scan.at] * len(positions))


async def publish_changes(
    scans: trio.MemoryReceiveChannel[Scan],
    plcs: Mapping[str, PlcChanges],
    outbox: Outbox,
    clusters: tuple[str, ...],
) -> None:
    """Put each scan's changes into the outbox for these clusters, until the channel ends."""
    async with scans:
        async for scan in scans:
            rows = [
                NewRow(_LANE, clusters, batch)
                for taken in _with_waiting(scan, scans)
                if (batch := plcs[taken.plc].batch(taken)) is not None
            ]
            if rows and clusters:
                await outbox.append(rows)


def _with_waiting(first: Scan, scans: trio.MemoryReceiveChannel[Scan]) -> Iterator[Scan]:
    yield first
    for _ in range(_MOST_SCANS_AT_ONCE - 1):
        try:
            yield scans.receive_nowait()
        except (trio.WouldBlock, trio.EndOfChannel):
            return
