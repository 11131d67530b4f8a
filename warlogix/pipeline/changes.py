"""What is new of one PLC's tags, as rows of the outbox, and for which clusters."""

from collections.abc import Collection, Iterator, Sequence

from warlogix.changes import ChangeDetector
from warlogix.messages import (
    CHANGE_END,
    Batch,
    TagChange,
    change_before,
    change_between,
    encode,
    encode_value,
    timestamp,
)
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
        self._tags = tags
        self._detector = ChangeDetector(tags)
        # What is the same in each message of a tag is encoded once: what stands before its value,
        # and what between that and the timestamp, which few types make few of. In tuples, because
        # the garbage collector passes over a tuple of bytes and goes through a list each time.
        self._keys = tuple(f"{plc}.{tag.label}".encode() for tag in tags)
        self._before = tuple(change_before(plc, tag.label, tag.address) for tag in tags)
        self._between: tuple[bytes, ...] = ()
        self._betweens: tuple[bytes, ...] = ()
        self._types: tuple[str, ...] | None = None

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
        readings = scan.readings
        if readings.types is not self._types:
            self._learn(readings.types)
        values, bad, before, between = readings.values, readings.bad, self._before, self._between
        at = timestamp(scan.at)
        end = at.encode() + CHANGE_END
        ends = {each: each + end for each in self._betweens}
        encoded: list[bytes | None] = [
            self._bad(i, bad[i], at)
            if i in bad
            else before[i] + encode_value(values[i]) + ends[between[i]]
            for i in positions
        ]
        return Batch([self._keys[i] for i in positions], encoded, [scan.at] * len(positions))

    def _learn(self, types: tuple[str, ...]) -> None:
        kinds = [(kind, tag.writable) for kind, tag in zip(types, self._tags, strict=True)]
        known = {kind: change_between(*kind) for kind in set(kinds)}
        self._between = tuple(known[kind] for kind in kinds)
        self._betweens = tuple(known.values())
        self._types = types

    def _bad(self, position: int, reason: str, at: str) -> bytes:
        assert self._types is not None
        tag, kind = self._tags[position], self._types[position]
        return encode(
            TagChange(
                self._plc, tag.label, tag.address, None, kind, tag.writable, at, "bad", reason
            )
        )


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
