"""What one partition's book says: what is covered, what is open, where to read again."""

from hypothesis import given
from hypothesis import strategies as st

from warlogix.kafka.positions import Position
from warlogix.writeback.ledger import Ledger


def ledger(offset: int = 10, *unanswered: int) -> Ledger:
    """A partition as it was taken over."""
    return Ledger(0, Position(offset, "topic", unanswered))


def test_what_a_commit_covers_is_open_until_it_is_settled() -> None:
    """An offset that was covered rides in the position until its answer is confirmed."""
    book = ledger()
    book.cover([10, 11, 12])
    assert book.position() == Position(13, "topic", (10, 11, 12))
    book.settle([11])
    assert book.position() == Position(13, "topic", (10, 12))
    assert book.dirty


def test_what_has_only_arrived_is_not_covered() -> None:
    """The position goes no further than the window that is settled, whatever came since."""
    book = ledger()
    for offset in (10, 11, 12):
        book.arrive(offset)
    book.cover([10])
    assert book.position().offset == 11


def test_settling_the_unknown_changes_nothing() -> None:
    """An offset that is not open is none of this partition's business."""
    book = ledger()
    book.settle([99])
    assert not book.dirty


def test_reading_begins_at_the_first_orphan() -> None:
    """Requests that an earlier owner left open are read again, and so is what may be repeated."""
    assert ledger(10, 3, 7).read_from(8) == 3
    assert ledger(10, 7).read_from(5) == 5
    assert ledger(10).read_from(12) == 10


def test_an_orphan_is_adopted_once() -> None:
    """A request of an earlier owner is answered by the first who reads it, and stays open."""
    book = ledger(10, 3)
    assert book.adopt(3)
    assert not book.adopt(3)
    assert book.position().unanswered == (3,)


def test_orphans_that_retention_has_removed_are_given_up() -> None:
    """An orphan below what the partition still has is nobody's, and leaves the position."""
    book = ledger(10, 3, 7)
    assert book.bury(5) == [3]
    assert book.position().unanswered == (7,)


def test_offsets_that_go_back_are_another_topic() -> None:
    """A record below one that has arrived belongs to a topic that was made anew."""
    book = ledger()
    book.read_from(10)
    assert book.arrive(10)
    assert not book.arrive(10)


@given(st.lists(st.tuples(st.integers(1, 4), st.sets(st.integers(0, 40))), max_size=10))
def test_every_offset_below_the_position_is_settled_or_open(
    steps: list[tuple[int, set[int]]],
) -> None:
    """At every moment what the position covers is either confirmed or listed as unanswered."""
    book, confirmed, at = ledger(0), set[int](), 0
    for count, settled in steps:
        book.cover(range(at, at + count))
        at += count
        known = {offset for offset in settled if offset < at}
        book.settle(known)
        confirmed |= known
        position = book.position()
        assert position.offset == at
        assert set(position.unanswered) == set(range(at)) - confirmed
