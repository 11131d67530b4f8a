"""What is known of requests from one membership to the next."""

from tests.unit.write_requests import WALL, request
from warlogix.kafka.positions import Position
from warlogix.writeback.past import Past


def test_what_was_taken_is_known_for_a_while() -> None:
    """A record that a commit covered is known as long as it could be executed again."""
    past = Past(30)
    past.take([request(offset=7)], 100.0)
    assert past.took(request(offset=7))
    past.take([request(offset=8)], 131.0)
    assert not past.took(request(offset=7))


def test_another_record_at_the_same_place_is_not_taken_for_it() -> None:
    """A topic made anew has the same offsets, and its records may have the same time or none."""
    past = Past(30)
    past.take([request(offset=7, timestamp=-1)], 100.0)
    assert not past.took(request(value=6, offset=7, timestamp=-1))
    assert not past.took(request(offset=7, timestamp=WALL))


def test_what_is_remembered_has_a_bound() -> None:
    """A flood of requests does not fill the memory: the oldest are forgotten."""
    past = Past(30)
    past.take([request(offset=offset) for offset in range(50_001)], 0.0)
    assert not past.took(request(offset=0))
    assert past.took(request(offset=50_000))


def test_a_request_is_spared_only_by_the_very_commit_that_lists_it() -> None:
    """If another member's commit lists it, that one may have taken and executed it."""
    for found, spared in (
        (Position(8, "topic", (7,), "aaa"), True),
        (Position(8, "topic", (7,), "bbb"), False),
        (Position(7, "topic", (), "aaa"), False),
    ):
        past = Past(30)
        past.spare("aaa", [request(offset=7), request(offset=7, partition=1)])
        past.settle(0, found)
        assert past.spared(request(offset=7)) is spared
        assert past.spared(request(offset=7, partition=1))
