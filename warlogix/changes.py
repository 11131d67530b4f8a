"""Decides which readings of a PLC are changes worth a message.

Rule of this file: `now` is an argument. It knows no clock, no Trio, no Kafka and no encoding.

A change is judged against the last *published* value. A value that is bad is None here, and one
that was never published is neither good nor bad, so one comparison covers values and quality: the
first reading, a value that moved, a tag that went bad and a tag that came back.
"""

from collections.abc import Callable, Sequence
from itertools import compress
from math import inf, isclose
from operator import ne
from typing import Final

from warlogix.tags import Deadband, Deviation, Readings, Tag, Value


class _Never:
    """Stands where no value was published yet; equal to nothing."""

    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = object.__hash__


_NEVER: Final = _Never()

_Judge = Callable[[Value, Value], bool]


def difference(tag: Tag) -> Callable[[Value, Value], bool]:
    """Tells whether the first of two values of this tag is a change against the second.

    By the tag's deadband and ignored members; None is a bad value, and a change of quality counts.
    """
    judge = _judge_of(tag)

    def differs(new: Value, old: Value) -> bool:
        if new is None or old is None:
            return new is not old
        return new != old and (judge is None or judge(new, old))

    return differs


class ChangeDetector:
    """What was last published of one PLC's tags, and what is new against it.

    detector = ChangeDetector(tags)
    for position in detector.detect(scan.readings, scan.moment):
        ...  # publish readings.values[position]
    """

    def __init__(self, tags: Sequence[Tag]) -> None:
        self._published: list[Value | _Never] = [_NEVER] * len(tags)
        self._types: tuple[str, ...] | None = None
        self._differences: dict[int, _Judge] = {
            position: difference(tag)
            for position, tag in enumerate(tags)
            if tag.deadband is not None or tag.ignore_changes
        }
        self._intervals = {
            position: tag.max_interval
            for position, tag in enumerate(tags)
            if tag.max_interval is not None
        }
        self._due = dict.fromkeys(self._intervals, inf)
        self._next_due = inf

    def detect(self, readings: Readings, now: float) -> list[int]:
        """Positions to publish, in order; they count as published from here on.

        `now` is monotonic seconds and serves `max_interval` alone.
        """
        published = self._published
        values = readings.values
        if len(values) != len(published):
            raise ValueError(f"{len(values)} readings of {len(published)} tags")
        # Most of all work of a quiet plant is this comparison.
        differing = compress(range(len(values)), map(ne, values, published))
        # A value that does not equal itself is no change.
        changed = [at for at in differing if values[at] is not published[at]]
        if self._differences:
            changed = [position for position in changed if self._counts(position, values[position])]
        if readings.types is not self._types:
            changed = self._with_new_types(changed, readings.types)
        if self._intervals:
            changed = self._with_due(changed, now)
        for position in changed:
            published[position] = values[position]
        return changed

    def _counts(self, position: int, new: Value) -> bool:
        differs = self._differences.get(position)
        old = self._published[position]
        return differs is None or isinstance(old, _Never) or differs(new, old)

    def _with_new_types(self, changed: list[int], types: tuple[str, ...]) -> list[int]:
        """A tag whose type moved is published, equal or not: its readers must learn of it."""
        before, self._types = self._types, types
        if before is None or before == types:
            return changed
        moved = {i for i, (new, old) in enumerate(zip(types, before, strict=True)) if new != old}
        return sorted(moved.union(changed))

    def _with_due(self, changed: list[int], now: float) -> list[int]:
        for position in changed:
            if position in self._intervals:
                self._rearm(position, now)
        if now < self._next_due:
            return changed
        late = {position for position, due in self._due.items() if due <= now}
        for position in late:
            # From the deadline, not from this poll, so that a late poll delays no later one.
            self._rearm(position, max(self._due[position], now - self._intervals[position]))
        self._next_due = min(self._due.values())
        return sorted(late.union(changed))

    def _rearm(self, position: int, now: float) -> None:
        self._due[position] = due = now + self._intervals[position]
        self._next_due = min(self._next_due, due)


def _judge_of(tag: Tag) -> _Judge | None:
    """How a difference of this tag's values is judged; None where any difference counts."""
    if (deadband := tag.deadband) is not None:
        return lambda new, old: _outside(new, old, deadband)
    if ignored := tag.ignore_changes:
        return lambda new, old: _without(new, ignored) != _without(old, ignored)
    return None


def _outside(new: Value, old: Value, deadband: Deadband) -> bool:
    if isinstance(new, list) and isinstance(old, list):
        if len(new) != len(old):
            return True
        return any(_outside(a, b, deadband) for a, b in zip(new, old, strict=True))
    if not isinstance(new, int | float) or not isinstance(old, int | float):
        return new != old
    amount = deadband.amount
    if deadband.deviation is Deviation.PERCENT:
        amount *= abs(old) / 100
    moved = abs(new - old)
    # 3.2 - 3.1 is 0.10000000000000009: a step of exactly the deadband stays inside it.
    return moved > amount and not isclose(moved, amount, rel_tol=1e-9)


def _without(value: Value, ignored: frozenset[str]) -> Value:
    """The value without the ignored members, which are named from the top: `Status.Clock`."""
    if isinstance(value, list):
        return [_without(element, ignored) for element in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _without(member, _below(name, ignored))
        for name, member in value.items()
        if name not in ignored
    }


def _below(name: str, ignored: frozenset[str]) -> frozenset[str]:
    prefix = name + "."
    return frozenset(path[len(prefix) :] for path in ignored if path.startswith(prefix))
