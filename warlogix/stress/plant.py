"""Simulated PLCs: scans in which some tags moved, as many as one likes.

    plant = Plant(plcs=50, tags=100)
    scan, changes = plant.scan(at, moment)      # the next PLC's; so many of its tags are changes

Pure. The first scan of a PLC is all changes; in each later one the other half of its tags counts
up, or a smaller part, in turn. A message that is made of a change has 160 bytes.
"""

from collections.abc import Mapping

from warlogix.tags import Readings, Scan, Tag, Value

# Seven digits, so that all messages are of one size.
_FIRST = 1_000_000


class Plant:
    """So many PLCs with so many tags each, scanned in turn; one tag in `one_in` moves in a scan."""

    def __init__(self, plcs: int, tags: int, one_in: int = 2) -> None:
        names = [f"SimulatedPLC{number:02}" for number in range(1, plcs + 1)]
        simulated = tuple(
            Tag(f"Production.Machine.Counter{number:03}", type="DINT", writable=True)
            for number in range(1, tags + 1)
        )
        self.tags: Mapping[str, tuple[Tag, ...]] = dict.fromkeys(names, simulated)
        self._names = names
        self._types = ("DINT",) * tags
        self._values: list[list[Value]] = [[_FIRST] * tags for _ in names]
        self._moving = -(-tags // one_in)
        self._scans = 0

    def scan(self, at: int, moment: float) -> tuple[Scan, int]:
        """The next PLC's scan, and how many changes it holds; `at` and `moment` stamp it."""
        turn, plc = divmod(self._scans, len(self._names))
        self._scans += 1
        values, changes = self._values[plc], len(self._types)
        if turn:
            # A scan that waits to be taken keeps the values that it had.
            self._values[plc] = values = values.copy()
            changes = self._move(values, turn)
        return Scan(self._names[plc], Readings(values, {}, self._types), at, moment), changes

    def _move(self, values: list[Value], turn: int) -> int:
        first = (turn - 1) * self._moving % len(values)
        positions = range(first, min(first + self._moving, len(values)))
        for position in positions:
            # Unlike what it was, and unlike its neighbours'.
            values[position] = _FIRST + turn
        return len(positions)
