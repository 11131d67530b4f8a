"""Where a group begins in each partition of the write topic; pure.

    beginning = begin(mine, committed, spans, topic_id, fresh)

A group without any position in the topic begins at its end; everything else that has no usable
position begins at the beginning, where what is too old is answered as expired. Only the owner of
partition 0 places a new group, in one commit for all partitions, so that two instances that start
together agree on where it began.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from warlogix.kafka.positions import Foreign, Position

# What is behind somebody else's position is answered, unless it is more than this.
_MOST_FOREIGN = 100_000

Committed: TypeAlias = Mapping[int, Position | Foreign | None]
# The offsets from the first up to, and without, the end.
Spans: TypeAlias = Mapping[int, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Beginning:
    """The position of each partition that is ours, and what to commit before anything is read."""

    starts: Mapping[int, Position]
    commit: Mapping[int, Position]


def begin(
    mine: Collection[int], committed: Committed, spans: Spans, topic_id: str, *, fresh: bool
) -> Beginning | None:
    """Where to begin; None while the owner of partition 0 has yet to place the group.

    `fresh` says that the topic was made after the gateway's start, by itself or anew.
    """
    if not any(committed.values()):
        if 0 not in mine:
            return None
        places = {number: span[0 if fresh else 1] for number, span in spans.items()}
        new = {number: Position(offset, topic_id) for number, offset in places.items()}
        return Beginning({number: new[number] for number in mine}, new)
    starts = {
        number: _start(committed[number], spans[number], Position(0, topic_id)) for number in mine
    }
    return Beginning(starts, starts)


def _start(found: Position | Foreign | None, span: tuple[int, int], new: Position) -> Position:
    first, end = span
    if found is None or (isinstance(found, Position) and found.topic_id != new.topic_id):
        return replace(new, offset=first)
    # Below the first is what retention has removed; beyond the end, what a broker has lost.
    offset = min(max(found.offset, first), end)
    if isinstance(found, Foreign):
        # Set by another program or by hand, and maybe back: what is behind it may have been
        # executed, so it is answered, and not executed again.
        since = max(offset, end - _MOST_FOREIGN)
        return replace(new, offset=end, unanswered=tuple(range(since, end)))
    return found if offset == found.offset else replace(new, offset=offset)
