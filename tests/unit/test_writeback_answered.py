"""What an instance knows of its own answers, and for how long."""

from collections.abc import Sequence
from typing import cast

from warlogix.kafka.positions import Position
from warlogix.messages import Origin
from warlogix.outbox import Outbox
from warlogix.writeback.answered import LANES, Answered

RESPONSES, DEAD_LETTERS = LANES


class FakeOutbox:
    """Answers of two topics wait in it; rows of `gone` were lost."""

    def __init__(self) -> None:
        self.gone: set[int] = set()

    async def waiting_origins(self, cluster: str, lane: str) -> Sequence[tuple[int, Origin]]:
        """What waits, by the record that it answers."""
        assert cluster == "Local"
        if lane == DEAD_LETTERS:
            return [(9, Origin("writes", 0, 5, 105))]
        return [(1, Origin("writes", 0, 5, 105)), (1, Origin("other", 0, 6, 106))]

    def lost(self, cluster: str, lane: str, row_id: int) -> bool:
        """Whether a damaged file took it."""
        assert cluster == "Local"
        return lane == RESPONSES and row_id in self.gone


def answered(outbox: FakeOutbox) -> Answered:
    """Nothing is known yet."""
    return Answered(cast("Outbox", outbox), "Local", "writes")


async def test_what_waits_in_the_buffer_is_recalled() -> None:
    """Each answer of this topic is known by its record, in both lanes, and no other's is."""
    known = answered(FakeOutbox())
    await known.recall()
    assert known.rows((0, 5, 105)) == {RESPONSES: 1, DEAD_LETTERS: 9}
    assert known.rows((0, 6, 106)) == {}


def test_an_answer_is_known_until_a_commit_does_not_list_it() -> None:
    """What a successful commit covers and does not list is forgotten; the rest is kept, and so is
    what it says nothing about: later records, other partitions."""
    known = answered(FakeOutbox())
    for partition, offset in ((0, 3), (0, 4), (0, 7), (1, 3)):
        known.note((partition, offset, 100 + offset), RESPONSES, offset)
    known.committed({0: Position(7, "topic", (4,))})
    found = {(p, o): known.rows((p, o, 100 + o)) for p, o in ((0, 3), (0, 4), (0, 7), (1, 3))}
    assert found == {
        (0, 3): {},
        (0, 4): {RESPONSES: 4},
        (0, 7): {RESPONSES: 7},
        (1, 3): {RESPONSES: 3},
    }


def test_another_record_at_the_same_place_was_not_answered() -> None:
    """A topic that was made anew has the same offsets again: the record's time tells them apart."""
    known = answered(FakeOutbox())
    known.note((0, 3, 103), RESPONSES, 1)
    assert known.rows((0, 3, 999)) == {}


def test_an_answer_that_was_lost_is_not_known_any_more() -> None:
    """What a damaged buffer has taken with it is answered again by whoever is asked."""
    outbox = FakeOutbox()
    known = answered(outbox)
    known.note((0, 3, 103), RESPONSES, 1)
    outbox.gone.add(1)
    assert known.rows((0, 3, 103)) == {}
