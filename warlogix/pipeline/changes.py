"""What is new of one PLC's tags, as rows of the outbox, and for which clusters."""

from collections.abc import Collection, Iterator, Sequence

from warlogix.changes import ChangeDetector
from warlogix.messages import Batch, TagChange, encode, timestamp
from warlogix.outbox import NewRow
from warlogix.tags import Scan, Tag
from warlogix.topics import Topic

# The lane of the outbox in which tag changes keep their order.
_LANE = Topic.CHANGES.value


class PlcChanges:
    """One PLC's tags, and what was published of them.

    Synopsis:
        changes = PlcChanges("MainPLC", tags)
        rows = changes.rows(scan, ["Local"], anew=())       # none where nothing changed
    """

    def __init__(self, plc: str, tags: Sequence[Tag]) -> None:
        self._plc = plc
        self._detector = ChangeDetector(tags)
        self._columns = [(tag.label, tag.address, tag.writable) for tag in tags]
        self._keys = [f"{plc}.{tag.label}".encode() for tag in tags]

    def rows(self, scan: Scan, clusters: Sequence[str], anew: Collection[str]) -> Iterator[NewRow]:
        """The scan's changes for these clusters; all of its tags for those that begin `anew`.

        They count as published from here on.
        """
        changed = self._detector.detect(scan.readings, scan.moment)
        others = tuple(name for name in clusters if name not in anew)
        if changed and others:
            yield NewRow(_LANE, others, self._encoded(scan, changed))
        if anew:
            yield NewRow(_LANE, tuple(anew), self._encoded(scan, range(len(self._keys))))

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


class Takers:
    """The clusters that tag changes go to, and which of them have missed some.

    Whoever finds that a cluster has a gap asks for it; each PLC's next scan then goes there whole.

    Synopsis:
        takers = Takers(["Local"])
        takers.begin_anew("Local")
        takers.anew("MainPLC")      # ["Local"], and from then on []
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self._asked = dict.fromkeys(names, 0)
        self._given: dict[tuple[str, str], int] = {}

    def begin_anew(self, cluster: str) -> None:
        """Give this cluster the current value of every tag once, if it takes tag changes."""
        if cluster in self._asked:
            self._asked[cluster] += 1

    def anew(self, plc: str) -> list[str]:
        """The clusters that have yet to get all of this PLC's tags; they count as served."""
        behind = [
            name for name in self.names if self._given.get((plc, name), 0) < self._asked[name]
        ]
        self._given.update({(plc, name): self._asked[name] for name in behind})
        return behind
