"""The nouns of the outbox: what goes in, what comes out, what waits."""

from dataclasses import dataclass

from msgspec import Struct

from warlogix.messages import Batch

# What a full buffer may lose: a newer value takes an old one's place. Everything else stays.
DROPPABLE = frozenset({"changes", "packs"})


@dataclass(frozen=True, slots=True)
class NewRow:
    """A batch to keep until each of `clusters` has confirmed it, in the order of its lane."""

    lane: str
    clusters: tuple[str, ...]
    batch: Batch


@dataclass(frozen=True, slots=True)
class Receipt:
    """What `append` did: `ids` has each row's number in its lane, 0 for one that was nothing.

    A row is nothing when it has no messages, or is for no cluster. `durable` is False while the
    rows are in memory alone because the disk takes nothing.
    """

    ids: tuple[int, ...]
    durable: bool


class Audience(Struct, frozen=True):
    """The clusters that a row is for, and the number that stands for this set in the file."""

    number: int
    clusters: frozenset[str]


class Row(Struct, frozen=True, gc=False):
    """A batch as kept. `id` is its number in its lane, from 1 without gaps.

    `since` is when it was appended, in ms of the outbox's own clock; `size` is in bytes.
    """

    id: int
    batch: Batch
    audience: Audience
    since: int
    size: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """What one cluster has not confirmed: how many messages, and how old the oldest is (seconds).

    `dropped` counts the messages that it will never get, since the file was begun.
    """

    messages: int
    oldest: float
    dropped: int
