"""Many small requests in one: each part has its own result.

    request = sum_read(parts)
    results = sum_read_results(read_data(reply), parts)

A result is the bytes of its part, or the code with which the PLC refuses it. Pure.

Errors: `Nonsense` where the results do not add up to what was asked.
"""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from warlogix.drivers.ads.wire import Request, read_write
from warlogix.drivers.exchanges import Nonsense

# So many parts does a PLC take at once, by its maker's advice.
MOST_PARTS = 500

_SUM_READ, _SUM_WRITE, _SUM_READ_WRITE = 0xF080, 0xF081, 0xF082
_PLACE = struct.Struct("<III")
_PLACE_BOTH = struct.Struct("<IIII")
_CODE = 4


@dataclass(frozen=True, slots=True)
class Part:
    """So many bytes of a place."""

    group: int
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Question:
    """Bytes given to a place, and at most `size` asked back."""

    group: int
    data: bytes
    size: int


def sum_read(parts: Sequence[Part]) -> Request:
    """Ask for the bytes of many places."""
    places = b"".join(_PLACE.pack(part.group, part.offset, part.size) for part in parts)
    size = sum(_CODE + part.size for part in parts)
    return read_write(_SUM_READ, len(parts), size, places)


def sum_read_results(data: bytes, parts: Sequence[Part]) -> list[bytes | int]:
    """Each place's bytes, or its code; what is refused fills its place all the same."""
    head = _CODE * len(parts)
    if len(data) != head + sum(part.size for part in parts):
        raise Nonsense(f"{len(data)} bytes for {len(parts)} values, which do not fit them")
    codes = struct.unpack_from(f"<{len(parts)}I", data)
    bounds = pairwise(accumulate((part.size for part in parts), initial=head))
    return [code or data[start:end] for code, (start, end) in zip(codes, bounds, strict=True)]


def sum_write(places: Iterable[tuple[int, int, bytes]]) -> Request:
    """Write to many places: group, offset and bytes of each."""
    listed = list(places)
    heads = b"".join(_PLACE.pack(group, offset, len(data)) for group, offset, data in listed)
    written = b"".join(data for _, _, data in listed)
    return read_write(_SUM_WRITE, len(listed), _CODE * len(listed), heads + written)


def sum_ask(questions: Sequence[Question]) -> Request:
    """Ask many questions."""
    heads = b"".join(
        _PLACE_BOTH.pack(each.group, 0, each.size, len(each.data)) for each in questions
    )
    given = b"".join(each.data for each in questions)
    size = sum(2 * _CODE + each.size for each in questions)
    return read_write(_SUM_READ_WRITE, len(questions), size, heads + given)


def sum_answers(data: bytes, questions: Sequence[Question]) -> list[bytes | int]:
    """Each question's answer, or its code."""
    head = 2 * _CODE * len(questions)
    if len(data) < head:
        raise Nonsense(f"{len(data)} bytes for {len(questions)} answers")
    numbers = struct.unpack_from(f"<{2 * len(questions)}I", data)
    codes, sizes = numbers[::2], numbers[1::2]
    if len(data) != head + sum(sizes):
        raise Nonsense(f"{len(data)} bytes for {len(questions)} answers, which do not fit them")
    if any(size > each.size for size, each in zip(sizes, questions, strict=True)):
        raise Nonsense("an answer that is longer than what was asked")
    bounds = pairwise(accumulate(sizes, initial=head))
    return [code or data[start:end] for code, (start, end) in zip(codes, bounds, strict=True)]
