"""Where a group begins, case by case."""

import pytest

from warlogix.kafka.positions import Foreign, Position
from warlogix.writeback.beginning import begin

NEW = "new"
SPANS = {0: (5, 50), 1: (0, 20)}


def at(offset: int, topic: str = NEW, *unanswered: int) -> Position:
    """A position of ours."""
    return Position(offset, topic, unanswered)


def test_a_group_without_a_position_begins_at_the_end_of_every_partition() -> None:
    """The owner of partition 0 places the group everywhere, in one commit."""
    beginning = begin([0], {0: None, 1: None}, SPANS, NEW, fresh=False)
    assert beginning is not None
    assert beginning.starts == {0: at(50)}
    assert beginning.commit == {0: at(50), 1: at(20)}


def test_a_fresh_topic_is_read_from_its_first_record() -> None:
    """What was sent to a topic that the gateway has made is for the gateway."""
    beginning = begin([0, 1], {0: None, 1: None}, SPANS, NEW, fresh=True)
    assert beginning is not None
    assert beginning.starts == {0: at(5), 1: at(0)}


def test_others_wait_until_the_group_is_placed() -> None:
    """Whoever does not own partition 0 does not decide where the group begins."""
    assert begin([1], {0: None, 1: None}, SPANS, NEW, fresh=False) is None


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (at(30, NEW, 12, 29), at(30, NEW, 12, 29)),  # goes on where it was
        (None, at(5)),  # a partition that was added
        (at(30, "old", 29), at(5)),  # a topic that was made anew
        (at(3), at(5)),  # what retention has removed
        (at(70, NEW, 60), at(50)),  # what the broker has lost is not read twice
        (Foreign(47), at(50, NEW, 47, 48, 49)),  # an operator's tool has set the group back
        (Foreign(90), at(50)),
    ],
)
def test_a_partition_begins_where_its_position_says(
    found: Position | Foreign | None, expected: Position
) -> None:
    """A position is kept if it can be, else the partition begins at the beginning."""
    beginning = begin([0], {0: found, 1: at(7)}, SPANS, NEW, fresh=False)
    assert beginning is not None
    assert beginning.starts == beginning.commit == {0: expected}
