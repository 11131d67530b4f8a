"""The members of a pack that are on one PLC: what is known of them, and what was published."""

from collections.abc import Sequence

from warlogix.changes import difference
from warlogix.packs.plan import Member
from warlogix.tags import Readings, Tag


class Part:
    """Columns in the order of `tags`, picked out of the scans of the PLC.

    `unread` is why they are bad before the first scan.

    Synopsis:
        part = Part(members, tags_of_the_plc, "not read yet")
        part.see(scan.readings)
        if part.differs():
            part.published = part.now(trouble)
    """

    def __init__(self, members: Sequence[Member], polled: Sequence[Tag], unread: str) -> None:
        self.tags = tuple(member.tag for member in members)
        # A PLC that is off has no scans, and no positions in them.
        places = {tag.name: i for i, tag in enumerate(polled)}
        self._positions = [places[tag.name] for tag in self.tags if tag.name in places]
        self._differences = [
            (i, difference(member.tag)) for i, member in enumerate(members) if not member.ignored
        ]
        self._scan_types: tuple[str, ...] = ()
        self._known = self._all_bad(unread, tuple(tag.type for tag in self.tags))
        self._was_read = False
        self.published = self._known

    def see(self, readings: Readings) -> None:
        """Take what a scan of the PLC says of the members."""
        values, bad = readings.values, readings.bad
        reasons = {i: bad[at] for i, at in enumerate(self._positions) if at in bad} if bad else {}
        types = self._known.types
        if readings.types is not self._scan_types:
            self._scan_types = readings.types
            picked = tuple(readings.types[at] for at in self._positions)
            types = types if picked == types else picked
        self._was_read = True
        self._known = Readings([values[at] for at in self._positions], reasons, types)

    def now(self, trouble: str | None) -> Readings:
        """What is known; all of it bad for this reason while the PLC is in `trouble`."""
        if trouble is None or not self._was_read:
            return self._known
        return self._all_bad(trouble, self._known.types)

    def differs(self) -> bool:
        """Whether a member that is not ignored changed since it was published."""
        new, old = self._known, self.published
        if new.types is old.types and new.values == old.values:
            return False
        return any(
            new.types[i] != old.types[i] or differs(new.values[i], old.values[i])
            for i, differs in self._differences
        )

    def _all_bad(self, reason: str, types: tuple[str, ...]) -> Readings:
        count = len(self.tags)
        return Readings([None] * count, dict.fromkeys(range(count), reason), types)
