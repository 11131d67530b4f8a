"""A window in parts: each can be listed by a commit, and together they are the window."""

from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from warlogix.kafka.positions import Position
from warlogix.writeback.ledger import Ledger
from warlogix.writeback.window import Arrival, listable
from warlogix.writes.requests import Unreadable


def arrivals(offsets: list[int]) -> list[Arrival]:
    """Records of one partition at these offsets."""
    ledger = Ledger(0, Position(0, "topic"))
    return [Arrival(ledger, Unreadable(0, at, 0, None, (), b"", ""), 0) for at in offsets]


@given(st.lists(st.sampled_from([1, 1, 1, 2, 3, 100, 10**6]), max_size=6000))
def test_the_parts_of_a_window_can_be_listed_each(gaps: list[int]) -> None:
    """Whatever gaps transactions and compaction have left between offsets, every part can be
    listed by a commit, none is empty, and nothing is lost or moved."""
    window = arrivals(list(accumulate(gaps)))
    parts = list(listable(window))
    assert [each for part in parts for each in part] == window
    for part in parts:
        assert not part or part[0].ledger.lists([each.request.offset for each in part])


def test_a_window_of_single_transactions_is_several_parts() -> None:
    """Ten thousand records with a gap behind each do not fit into one commit, neighbours do."""
    assert len(list(listable(arrivals(list(range(0, 20_000, 2)))))) > 1
    assert len(list(listable(arrivals(list(range(10_000)))))) == 1
