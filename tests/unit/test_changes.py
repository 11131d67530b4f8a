"""Which readings are changes: pure tables."""

from collections.abc import Sequence

import pytest

from warlogix.changes import ChangeDetector
from warlogix.tags import Deadband, Deviation, Readings, Tag, Value

PERCENT = Deviation.PERCENT


def readings(*values: Value, bad: Sequence[int] = (), types: tuple[str, ...] = ()) -> Readings:
    """Readings with these values."""
    return Readings(values, dict.fromkeys(bad, "why"), types)


def published(tag: Tag, *values: Value) -> list[bool]:
    """Whether each of the values, read one after another, is published."""
    detector = ChangeDetector([tag])
    types = ("T",)
    return [
        detector.detect(Readings([value], {}, types), now=float(i)) == [0]
        for i, value in enumerate(values)
    ]


def test_first_reading_is_published_whatever_it_is() -> None:
    """A tag is published at its first reading, good, bad, zero or empty."""
    detector = ChangeDetector([Tag(name) for name in "abcd"])
    assert detector.detect(readings(0, None, "", False, bad=[1]), now=0.0) == [0, 1, 2, 3]


def test_each_change_once_and_nothing_else() -> None:
    """One change gives one message, and 10,000 unchanged polls give none."""
    detector = ChangeDetector([Tag("a"), Tag("b")])
    detector.detect(readings(1, "x"), now=0.0)
    assert detector.detect(readings(2, "x"), now=1.0) == [0]
    assert not any(detector.detect(readings(2, "x"), now=float(n)) for n in range(10_000))


def test_quality_changes_are_published_once() -> None:
    """Going bad is published once, and so is the first good reading after it, equal or not."""
    detector = ChangeDetector([Tag("a")])
    steps = [readings(7), readings(None, bad=[0]), readings(None, bad=[0]), readings(7)]
    assert [detector.detect(step, now=0.0) for step in steps] == [[0], [0], [], [0]]


def test_a_new_type_is_published_although_the_value_is_equal() -> None:
    """A tag whose type moved (1 as DINT, then 1.0 as REAL) is published again."""
    detector = ChangeDetector([Tag("a"), Tag("b")])
    detector.detect(readings(1, 5, types=("DINT", "INT")), now=0.0)
    assert detector.detect(readings(1.0, 5, types=("REAL", "INT")), now=1.0) == [0]


@pytest.mark.parametrize(
    ("amount", "deviation", "values", "expected"),
    [
        (0.5, Deviation.ABSOLUTE, [10.0, 10.5, 10.51, 10.4], [True, False, True, False]),
        (0.5, Deviation.ABSOLUTE, [10, 11, 10, 9], [True, True, True, True]),
        (0.1, Deviation.ABSOLUTE, [3.1, 3.2, 3.21], [True, False, True]),
        (1.0, Deviation.ABSOLUTE, [0, 1, 2, 3], [True, False, True, False]),
        (2.0, PERCENT, [100.0, 102.0, 102.1, 100.1], [True, False, True, False]),
        (2.0, PERCENT, [-100.0, -102.0, -102.1], [True, False, True]),
        (10.0, PERCENT, [0.0, 0.0001, 0.0], [True, True, True]),
        (0.0, Deviation.ABSOLUTE, [5, 5, 6], [True, False, True]),
        (5.0, Deviation.ABSOLUTE, [[1, 2], [6, 7], [6, 8]], [True, False, True]),
        (5.0, Deviation.ABSOLUTE, [[1, 2], [1, 2, 3]], [True, True]),
        (5.0, Deviation.ABSOLUTE, [[[1], [2]], [[1], [8]]], [True, True]),
        (1.0, Deviation.ABSOLUTE, [2**62, 2**62 + 1, 2**62 + 2], [True, False, True]),
    ],
)
def test_deadband(
    amount: float, deviation: Deviation, values: list[Value], expected: list[bool]
) -> None:
    """A number counts when it moved by more than the deadband from the last published one."""
    assert published(Tag("a", deadband=Deadband(amount, deviation)), *values) == expected


def test_deadband_is_judged_against_the_published_value() -> None:
    """Small steps that never leave the band one by one are published once they have, together."""
    tag = Tag("a", deadband=Deadband(1.0))
    assert published(tag, 0.0, 0.6, 1.2, 1.8, 2.4) == [True, False, True, False, True]


def test_deadband_never_hides_quality() -> None:
    """A tag with a deadband is published when it goes bad and when it comes back, equal or not."""
    assert published(Tag("a", deadband=Deadband(9.0)), 1.0, None, None, 1.0) == [
        True,
        True,
        False,
        True,
    ]


def test_ignored_members_alone_are_no_change() -> None:
    """A structure counts as changed only by members that are not ignored, at any depth."""
    tag = Tag("a", ignore_changes=frozenset({"Clock", "Inner.Beat"}))
    first: Value = {"Clock": 1, "Inner": {"Beat": 1, "Load": 5}}
    ticked: Value = {"Clock": 2, "Inner": {"Beat": 2, "Load": 5}}
    moved: Value = {"Clock": 3, "Inner": {"Beat": 3, "Load": 6}}
    assert published(tag, first, ticked, moved, moved) == [True, False, True, False]


def test_ignored_members_in_arrays_of_structures() -> None:
    """Ignored members are ignored in each element of an array of structures."""
    tag = Tag("a", ignore_changes=frozenset({"Clock"}))
    before: Value = [{"Clock": 1, "N": 1}, {"Clock": 1, "N": 2}]
    after: Value = [{"Clock": 9, "N": 1}, {"Clock": 9, "N": 2}]
    assert published(tag, before, after) == [True, False]


def test_max_interval_does_not_drift() -> None:
    """Polls that come a little late do not push the next publication further away."""
    detector = ChangeDetector([Tag("a", max_interval=3.0)])
    moments = [0.0, 0.51, 1.0, 1.5, 2.0, 2.5, 3.01, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0, 6.5]
    seen = [moment for moment in moments if detector.detect(readings(1), now=moment)]
    assert seen == [0.0, 3.01, 6.0]


def test_max_interval_publishes_again_and_a_change_resets_it() -> None:
    """Without a change a tag is published again after `max_interval`; a change starts it anew."""
    detector = ChangeDetector([Tag("a", max_interval=60.0), Tag("b")])
    seen = [
        (moment, detector.detect(readings(value, 0), now=moment))
        for moment, value in [(0.0, 1), (59.0, 1), (60.0, 1), (90.0, 2), (120.0, 2), (150.0, 2)]
    ]
    assert seen == [(0.0, [0, 1]), (59.0, []), (60.0, [0]), (90.0, [0]), (120.0, []), (150.0, [0])]
