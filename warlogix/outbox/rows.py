"""The nouns of the outbox: what goes in, what comes out, what waits."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from msgspec import Struct

from warlogix.messages import Batch
from warlogix.topics import PACKS_LANE, Topic

# What a full buffer may lose: a newer value takes an old one's place. Everything else stays.
DROPPABLE = frozenset({Topic.CHANGES.value, PACKS_LANE})


class NewRow(Struct, frozen=True, gc=False):
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


class Appends(Protocol):
    """Who keeps rows: the outbox, or somebody who looks at what goes there."""

    async def append(self, rows: Sequence[NewRow], /) -> Receipt:
        """Keep the rows, in this order; they are on disk when this returns."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that a cluster refuses for itself, as it was sent, and why."""

    topic: str
    key: bytes | None
    value: bytes | None
    timestamp: int
    headers: Sequence[tuple[str, bytes | None]]
    reason: str


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

    Since the file was begun, `dropped` counts the messages that it never got for want of room, and
    `refused` those that its brokers did not take.
    """

    messages: int
    oldest: float
    dropped: int
    refused: int
