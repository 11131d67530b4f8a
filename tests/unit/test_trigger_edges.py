"""Which sights of a condition are edges."""

from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import given

from warlogix.tags import Tag
from warlogix.triggers import Condition, Edges, Sight, State, Trigger

DONE, ACK = Tag("Done", type="BOOL"), Tag("Ack", type="INT", writable=True)
TRIGGER = Trigger(
    name="t",
    plc="Main",
    tag=DONE,
    condition=Condition("==", True),
    data=(),
    ack=None,
    ack_timeout=30,
    debounce=0.1,
    interval=1,
    is_apart=False,
    clusters=("Local",),
    topic="",
    metadata={},
)
WITH_ACK = replace(TRIGGER, ack=ACK)
LOW, HIGH = State("", False, 3), State("", True, 3)
ACKED = State("", True, 3, 1)
NOTHING, EDGE, FALL, GAP = Sight.NOTHING, Sight.EDGE, Sight.FALL, Sight.GAP


def seen(trigger: Trigger, state: State | None, *sights: bool | None) -> list[Sight]:
    """What the sights mean, a second apart."""
    edges = Edges(trigger)
    return [edges.see(sight, now, state) for now, sight in enumerate(sights)]


def test_only_the_rise_of_a_condition_is_an_edge() -> None:
    """A condition that goes on to hold fires once, and again when it has fallen in between."""
    sights = seen(TRIGGER, LOW, False, True, True, False, False, True)
    assert sights == [FALL, EDGE, NOTHING, FALL, NOTHING, EDGE]


def test_a_gap_is_told_once_and_only_where_something_was_known() -> None:
    """Nothing is known at the start, so the first sights of a PLC that is away say nothing."""
    assert seen(TRIGGER, LOW, None, None, False, None, None) == [
        NOTHING,
        NOTHING,
        FALL,
        GAP,
        NOTHING,
    ]


def test_a_condition_that_holds_behind_a_gap_is_judged_by_what_was_known() -> None:
    """It is an edge if it did not hold before, also where the gap hid that it rose."""
    assert seen(TRIGGER, LOW, True) == [EDGE]
    assert seen(TRIGGER, LOW, False, None, True) == [FALL, GAP, EDGE]
    assert seen(TRIGGER, HIGH, True) == [NOTHING]
    assert seen(TRIGGER, HIGH, True, None, True, False) == [NOTHING, GAP, NOTHING, FALL]


def test_a_fall_that_was_seen_counts_although_it_is_not_on_disk_yet() -> None:
    """A disk that lags behind hides no edge."""
    assert seen(TRIGGER, HIGH, True, False, None, True) == [NOTHING, FALL, GAP, EDGE]
    assert seen(WITH_ACK, ACKED, True, False, None, True) == [Sight.UNSURE, FALL, GAP, EDGE]


def test_without_a_written_ack_a_condition_behind_a_gap_is_an_edge() -> None:
    """A program that waits for its ack gets another event; with an ack, that decides."""
    assert seen(WITH_ACK, HIGH, True) == [EDGE]
    assert seen(WITH_ACK, ACKED, True) == [Sight.UNSURE]
    assert seen(WITH_ACK, LOW, True) == [EDGE]


@pytest.mark.parametrize(
    ("state", "pause", "sight"),
    [
        (ACKED, 1.4, NOTHING),
        (ACKED, 1.6, Sight.UNSURE),
        (HIGH, 1.6, NOTHING),
        (LOW, 1.6, NOTHING),
    ],
)
def test_a_look_that_comes_late_may_have_missed_a_fall(
    state: State, pause: float, sight: Sight
) -> None:
    """A program that was low for twice the interval is noticed by the ack that it has taken; one
    whose ack is not written yet holds its condition, and goes on to wait for that."""
    edges = Edges(WITH_ACK)
    edges.see(True, 0, state)
    assert edges.see(True, 1, state) is NOTHING
    assert edges.see(True, 1 + pause, state) is sight
    assert edges.see(True, 2 + pause, state) is NOTHING


def test_the_first_sight_ever_is_no_edge() -> None:
    """A condition that holds at the first start tells nothing of when it began."""
    assert seen(TRIGGER, None, True, True) == [Sight.FIRST, NOTHING]
    assert seen(WITH_ACK, None, None, True) == [NOTHING, Sight.FIRST]


def test_an_edge_inside_the_debounce_time_fires_when_it_is_over() -> None:
    """It is not lost, and it is not counted if the condition has fallen by then."""
    edges = Edges(replace(TRIGGER, debounce=1.0))
    script = [(0.0, True), (0.3, False), (0.5, True), (0.9, True), (1.0, True), (1.1, True)]
    assert [edges.see(sight, now, LOW) for now, sight in script] == [
        EDGE,
        FALL,
        NOTHING,
        NOTHING,
        EDGE,
        NOTHING,
    ]
    script = [(1.2, False), (1.4, True), (1.6, False), (2.1, False), (2.2, True)]
    assert [edges.see(sight, now, LOW) for now, sight in script] == [
        FALL,
        NOTHING,
        FALL,
        NOTHING,
        EDGE,
    ]


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=60), st.floats(0, 1))
def test_without_gaps_each_rise_that_outlasts_the_debounce_time_is_one_edge(
    steps: list[tuple[float, bool]], debounce: float
) -> None:
    """Edges are never closer than the debounce time, one condition that holds has one at most, and
    a rise that finds the time over has its edge at once."""
    edges, now, last, before, fired = (
        Edges(replace(TRIGGER, debounce=debounce)),
        0.0,
        -9.0,
        False,
        False,
    )
    for pause, holds in steps:
        now += pause
        sight = edges.see(holds, now, LOW)
        fired = fired and before and holds
        if sight is EDGE:
            assert holds
            assert not fired
            assert now - last >= debounce or now >= last + debounce
            last, fired = now, True
        elif holds and not fired:
            assert now < last + debounce
        before = holds
