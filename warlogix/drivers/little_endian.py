"""Elementary values as CIP and ADS lay them: little-endian, one behind the other.

    element("DINT").decode(b"\\x01\\x00\\x00\\x00\\x02\\x00\\x00\\x00", 2)    -> [1, 2]
    element("INT").encode([-2])                                         -> b"\\xfe\\xff"

Values are in the form that messages carry. Pure: no protocol, no connection.
"""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isinf

from warlogix.tags import Value
from warlogix.values import BadValue, finite, shortest_real

_INTEGERS = {
    "SINT": "b",
    "USINT": "B",
    "BYTE": "B",
    "INT": "h",
    "UINT": "H",
    "WORD": "H",
    "DINT": "i",
    "UDINT": "I",
    "DWORD": "I",
    "LINT": "q",
    "ULINT": "Q",
    "LWORD": "Q",
}


@dataclass(frozen=True, slots=True)
class Element:
    """How one type lies in memory. `size` is the bytes of one value.

    `decode` takes the bytes of exactly `count` values; `BadValue` says what is no value of the
    type, and which element it is where there are several. `encode` raises `BadValue` for what does
    not fit.
    """

    size: int
    decode: Callable[[bytes, int], list[Value]]
    encode: Callable[[Sequence[Value]], bytes]


def element(base: str) -> Element:
    """The element of an IEC type, by its published name; `KeyError` for one that has none here."""
    return _ELEMENTS[base]


def _integers(base: str) -> Element:
    code = _INTEGERS[base]
    size = struct.calcsize("<" + code)
    low = -(1 << 8 * size - 1) if code.islower() else 0
    high = low + (1 << 8 * size) - 1

    def decode(raw: bytes, count: int) -> list[Value]:
        return list(struct.unpack(f"<{count}{code}", raw))

    def encode(values: Sequence[Value]) -> bytes:
        for value in values:
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                raise BadValue(f"{value!r} is no {base}, which holds {low} to {high}")
        return struct.pack(f"<{len(values)}{code}", *values)

    return Element(size, decode, encode)


def _decode_bools(raw: bytes, count: int) -> list[Value]:
    if len(raw) != count:
        raise struct.error(f"{len(raw)} bytes for {count} BOOLs")
    return [byte != 0 for byte in raw]


def _encode_bools(values: Sequence[Value]) -> bytes:
    for value in values:
        if not isinstance(value, bool):
            raise BadValue(f"{value!r} is no BOOL")
    return bytes(value is True for value in values)


def _decode_reals(raw: bytes, count: int) -> list[Value]:
    return _judged(struct.unpack(f"<{count}f", raw), shortest_real)


def _decode_lreals(raw: bytes, count: int) -> list[Value]:
    return _judged(struct.unpack(f"<{count}d", raw), finite)


def _judged(numbers: tuple[float, ...], judge: Callable[[float], float]) -> list[Value]:
    try:
        return [judge(number) for number in numbers]
    except BadValue:
        if len(numbers) == 1:
            raise
    for place, number in enumerate(numbers):
        try:
            judge(number)
        except BadValue as exc:
            raise BadValue(f"element {place}: {exc}") from exc
    raise AssertionError("an element was bad and is not any more")


def _floats(base: str, code: str, decode: Callable[[bytes, int], list[Value]]) -> Element:
    pack = struct.Struct("<" + code).pack

    def packed(value: Value) -> bytes:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise BadValue(f"{value!r} is no {base}")
        try:
            number = finite(float(value))
            raw = pack(number)
        except OverflowError as exc:
            raise BadValue(f"{value} does not fit a {base}") from exc
        if isinf(struct.unpack("<" + code, raw)[0]):
            raise BadValue(f"{value} does not fit a {base}")
        return raw

    def encode(values: Sequence[Value]) -> bytes:
        return b"".join(map(packed, values))

    return Element(struct.calcsize("<" + code), decode, encode)


_ELEMENTS = {base: _integers(base) for base in _INTEGERS} | {
    "BOOL": Element(1, _decode_bools, _encode_bools),
    "REAL": _floats("REAL", "f", _decode_reals),
    "LREAL": _floats("LREAL", "d", _decode_lreals),
}
