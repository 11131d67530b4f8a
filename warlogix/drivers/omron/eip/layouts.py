"""How the types of a controller lie in its memory: bytes to values and back.

    layout = array(elementary(0xC3), (2, 3))
    layout.decode(bytes(12))    -> [[0, 0, 0], [0, 0, 0]]

Little-endian; each member of a structure begins at a multiple of its own alignment. Pure.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod

from warlogix.datatypes import DataType, Kind, Structure
from warlogix.drivers.arrays import each, flattened, nested
from warlogix.drivers.cip.types import BOOL, NUMBERS, Unreadable
from warlogix.drivers.little_endian import element
from warlogix.drivers.omron.eip.times import TIMES
from warlogix.drivers.texts import decoded
from warlogix.tags import Value
from warlogix.values import BadValue

STRING, ENUM = 0xD0, 0x07
ABBREVIATED = 0xA0

# Values of an enumeration lie as those of a DINT.
_NUMBERS = {**NUMBERS, ENUM: "DINT"}
_WORD = 16


@dataclass(frozen=True, slots=True)
class Layout:
    """One type. `size` and `align` are bytes; `decode` takes exactly `size` of them.

    `header` stands in front of such values in a message: the type code, of a structure its
    checksum too; of an array those of its elements.
    """

    kind: Kind
    size: int
    align: int
    header: bytes
    decode: Callable[[bytes], Value]
    encode: Callable[[Value], bytes]


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a structure."""

    name: str
    layout: Layout


def elementary(code: int) -> Layout:
    """A number, a truth value, a date or a time; `Unreadable` for other codes."""
    header = bytes((code, 0))
    if code == BOOL:
        return Layout(DataType("BOOL"), 2, 2, header, _decode_bool, _encode_bool)
    if code in TIMES:
        time = TIMES[code]
        return Layout(DataType(time.base), 8, 8, header, time.decode, time.encode)
    if code not in _NUMBERS:
        raise Unreadable(f"its type 16#{code:02X} is none that warlogix reads")
    number = element(_NUMBERS[code])
    return Layout(
        DataType(_NUMBERS[code]),
        number.size,
        number.size,
        header,
        lambda raw: number.decode(raw, 1)[0],
        lambda value: number.encode((value,)),
    )


def string(size: int) -> Layout:
    """A text in UTF-8 with a NUL behind it, in so many bytes."""
    kind = DataType("STRING", max(size - 1, 1))

    def encode(value: Value) -> bytes:
        return text_bytes(value, size).ljust(size, b"\0")

    return Layout(kind, size, 1, bytes((STRING, 0)), _decode_text, encode)


def text_bytes(value: Value, size: int) -> bytes:
    """The bytes of a text, without its NUL; `BadValue` where `size` has no room for both."""
    if not isinstance(value, str):
        raise BadValue(f"{value!r} is no text")
    raw = value.encode()
    if b"\0" in raw:
        raise BadValue("the text holds a NUL, which ends a STRING")
    if len(raw) >= size:
        raise BadValue(f"the text has {len(raw)} bytes and the STRING holds {size - 1}")
    return raw


def array(single: Layout, shape: tuple[int, ...]) -> Layout:
    """An array. BOOLs take a bit each, in whole words; all others lie side by side."""
    assert isinstance(single.kind, DataType)
    kind = DataType(single.kind.base, single.kind.length, shape)
    if kind.base == "BOOL":
        return _bools(kind, single)
    count, numbers = prod(shape), None
    if single.header[0] in _NUMBERS:
        numbers = element(kind.base)

    def decode(raw: bytes) -> Value:
        if numbers is not None:
            return nested(numbers.decode(raw, count), shape)
        return nested(each(_parts(raw, single), single.decode), shape)

    def encode(value: Value) -> bytes:
        values = flattened(value, shape)
        return numbers.encode(values) if numbers else b"".join(map(single.encode, values))

    return Layout(kind, count * single.size, single.align, single.header, decode, encode)


def structures(single: Layout, shape: tuple[int, ...]) -> Layout:
    """An array of structures."""
    assert isinstance(single.kind, Structure)
    kind = Structure(single.kind.name, single.kind.members, shape)
    return Layout(
        kind,
        prod(shape) * single.size,
        single.align,
        single.header,
        lambda raw: nested(each(_parts(raw, single), single.decode), shape),
        lambda value: b"".join(map(single.encode, flattened(value, shape))),
    )


def structure(name: str, members: Sequence[Member], size: int, crc: int) -> Layout:
    """A structure; `Unreadable` where its members do not lie as they do by themselves."""
    places: list[tuple[str, int, Layout]] = []
    end, align = 0, 1
    for member in members:
        start = _aligned(end, member.layout.align)
        places.append((member.name, start, member.layout))
        end, align = start + member.layout.size, max(align, member.layout.align)
    if _aligned(end, align) != size:
        raise Unreadable(f"{name} has offsets of its own: name its members one by one")
    kind = Structure(name, tuple((member.name, member.layout.kind) for member in members))
    header = bytes((ABBREVIATED, 2)) + crc.to_bytes(2, "little")

    def decode(raw: bytes) -> Value:
        value: dict[str, Value] = {}
        for member, start, layout in places:
            try:
                value[member] = layout.decode(raw[start : start + layout.size])
            except BadValue as exc:
                raise BadValue(f"{member}: {exc}") from exc
        return value

    def encode(value: Value) -> bytes:
        if not isinstance(value, dict) or list(value) != [place[0] for place in places]:
            raise BadValue(f"it is no {name}: a structure is written with all its members")
        raw = bytearray(size)
        for member, start, layout in places:
            raw[start : start + layout.size] = layout.encode(value[member])
        return bytes(raw)

    return Layout(kind, size, align, header, decode, encode)


def _bools(kind: DataType, single: Layout) -> Layout:
    count = prod(kind.shape)
    size = 2 * -(-count // _WORD)

    def decode(raw: bytes) -> Value:
        bits = int.from_bytes(raw, "little")
        return nested([bits >> place & 1 == 1 for place in range(count)], kind.shape)

    def encode(value: Value) -> bytes:
        values = flattened(value, kind.shape)
        if not all(isinstance(each, bool) for each in values):
            raise BadValue("an element is no BOOL")
        return sum(1 << place for place, each in enumerate(values) if each).to_bytes(size, "little")

    return Layout(kind, size, 2, single.header, decode, encode)


def _decode_bool(raw: bytes) -> Value:
    # What stands in the second byte is not always 0.
    return raw[0] & 1 == 1


def _encode_bool(value: Value) -> bytes:
    if not isinstance(value, bool):
        raise BadValue(f"{value!r} is no BOOL")
    return bytes((value, 0))


def _decode_text(raw: bytes) -> Value:
    text, end, _ = raw.partition(b"\0")
    if not end:
        raise BadValue(f"the STRING has no end within its {len(raw)} bytes")
    return decoded(text, "utf-8")


def _aligned(offset: int, to: int) -> int:
    return -(-offset // to) * to


def _parts(raw: bytes, single: Layout) -> list[bytes]:
    return [raw[start : start + single.size] for start in range(0, len(raw), single.size)]
