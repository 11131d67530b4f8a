"""The values and the reasons of a scan while it is made, copied only when something changed."""

from collections.abc import Callable, Sequence

from warlogix.tags import Readings, Value
from warlogix.values import BadValue

# Seconds until what the PLC refused is asked for again: a block is away while it is downloaded, and
# its changes until it is asked for again are never seen.
TRY_AGAIN_AFTER = 10.0


class Columns:
    """One value and maybe one reason per tag.

    What `readings` has given away never changes: the columns are copied before the next change.
    """

    def __init__(self, size: int) -> None:
        self._values: list[Value] = [None] * size
        self._bad: dict[int, str] = {}
        self._changed = False

    def set_decoded(self, index: int, decode: Callable[[bytes], Value], raw: bytes) -> None:
        """Note what the bytes mean: a value, or why they are none."""
        try:
            value = decode(raw)
        except BadValue as exc:
            self.set_bad(index, str(exc))
            return
        self._begin()
        self._values[index] = value
        self._bad.pop(index, None)

    def set_values(self, positions: range | Sequence[int], values: Sequence[Value]) -> None:
        """Note good values, one for each position."""
        self._begin()
        if isinstance(positions, range):
            self._values[positions.start : positions.stop] = values
        else:
            for index, value in zip(positions, values, strict=True):
                self._values[index] = value
        if self._bad:
            for index in positions:
                self._bad.pop(index, None)

    def set_bad(self, index: int, reason: str) -> None:
        """Note why there is no value."""
        self._begin()
        self._values[index] = None
        self._bad[index] = reason

    def _begin(self) -> None:
        if not self._changed:
            self._values, self._bad = self._values.copy(), self._bad.copy()
            self._changed = True

    def take_changed(self) -> bool:
        """Whether anything was noted since the last time this was asked."""
        changed, self._changed = self._changed, False
        return changed

    def readings(self, types: tuple[str, ...]) -> Readings:
        """What was noted so far."""
        return Readings(self._values, self._bad, types)
