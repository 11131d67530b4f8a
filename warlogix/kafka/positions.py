"""How far a group has come in a partition, as the text that rides in an offset commit's metadata.

    text = encode(Position(offset=120, topic_id=..., unanswered=(117, 119), member="3fa9c1"))
    decode(120, text)       # the same position; None for a text that is not ours

It decides from values alone. Kafka takes 4,096 bytes; a text is ASCII and at most 4,000 long. The
offsets not answered yet are kept as runs, from the newest to the oldest: one offset alone costs a
byte or two, a run of any length hardly more.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

LONGEST = 4_000
_VERSION = "warlogix1"
_HEX = re.compile("[0-9a-f]*")
# No offset and no count is larger: a damaged text must not become a list that fills the memory.
_LARGEST = 2**64
_MOST = 1_000_000


class TooLong(Exception):
    """A position has more unanswered offsets, in more runs, than a commit's metadata can hold."""


@dataclass(frozen=True, slots=True)
class Position:
    """Every record below `offset` was taken; those in `unanswered` have no confirmed answer yet.

    `unanswered` is in ascending order, all below `offset`. `topic_id` is Kafka's own, which a topic
    made anew does not share; `member` is the membership that committed it, "" where nobody said.
    """

    offset: int
    topic_id: str
    unanswered: tuple[int, ...] = ()
    member: str = ""


@dataclass(frozen=True, slots=True)
class Foreign:
    """A position that somebody else committed: another program, or an operator's tool."""

    offset: int


def encode(position: Position) -> str:
    """The position as metadata. *Errors*: `TooLong`."""
    text = _text(position)
    if len(text) > LONGEST:
        raise TooLong(f"{len(position.unanswered)} unanswered offsets do not fit into a commit")
    return text


def fits(position: Position) -> bool:
    """Whether a commit's metadata can hold the position."""
    return len(position.unanswered) < _MOST and len(_text(position)) <= LONGEST


def fitting(position: Position) -> Position:
    """The position with more offsets listed, where the text would be too long: gaps are closed.

    To list what has been answered costs an answer too many; to leave out what has not, the answer.
    """
    widest = 1
    while len(_text(position)) > LONGEST:
        position = replace(position, unanswered=_closed(position.unanswered, widest))
        widest *= 2
    return position


def _closed(unanswered: Sequence[int], widest: int) -> tuple[int, ...]:
    """The offsets with those between neighbours that are no further apart."""
    closed = list(unanswered[:1])
    for offset in unanswered[1:]:
        between = range(closed[-1] + 1, offset)
        closed.extend(between if len(between) <= widest else ())
        closed.append(offset)
    return tuple(closed)


def decode(offset: int, metadata: str | None) -> Position | None:
    """The position committed with this metadata; None when the text is not ours."""
    match (metadata or "").split(" "):
        case [version, topic_id, member, runs] if version == _VERSION and _HEX.fullmatch(member):
            pass
        case _:
            return None
    try:
        unanswered = _offsets(offset, base64.b64decode(runs, validate=True))
    except (binascii.Error, ValueError):
        return None
    return Position(offset, topic_id, unanswered, member)


def _text(position: Position) -> str:
    runs = bytearray()
    below = position.offset
    for first, last in _runs(reversed(position.unanswered)):
        # The lowest bit says whether a length follows.
        gap, more = below - 1 - last, last - first
        runs += _varint(gap << 1 | (more > 0))
        if more:
            runs += _varint(more)
        below = first
    packed = base64.b64encode(runs).decode()
    return f"{_VERSION} {position.topic_id} {position.member} {packed}"


def _runs(descending: Iterable[int]) -> Iterator[tuple[int, int]]:
    """First and last of each stretch of neighbours, the newest stretch first."""
    first = last = None
    for offset in descending:
        if first is not None and offset == first - 1:
            first = offset
            continue
        if first is not None and last is not None:
            yield first, last
        first = last = offset
    if first is not None and last is not None:
        yield first, last


def _offsets(below: int, packed: bytes) -> tuple[int, ...]:
    """What `_text` packed, ascending. *Errors*: `ValueError` for bytes that it did not make."""
    numbers = _numbers(packed)
    descending: list[int] = []
    for number in numbers:
        last = below - 1 - (number >> 1)
        more = 0
        if number & 1:
            more = next(numbers, 0)
            if not more:
                raise ValueError("a length is missing")
        below = last - more
        if below < 0 or len(descending) + more >= _MOST:
            raise ValueError("no such offsets")
        descending.extend(range(last, below - 1, -1))
    return tuple(reversed(descending))


def _varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first; the highest bit says that more follow."""
    packed = bytearray()
    while number > 0x7F:
        packed.append(number & 0x7F | 0x80)
        number >>= 7
    packed.append(number)
    return bytes(packed)


def _numbers(packed: bytes) -> Iterator[int]:
    number = shift = 0
    for byte in packed:
        number |= (byte & 0x7F) << shift
        shift += 7
        if number > _LARGEST:
            raise ValueError("a number is too large")
        if not byte & 0x80:
            yield number
            number = shift = 0
    if shift:
        raise ValueError("a number is cut off")
