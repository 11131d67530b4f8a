"""What a controller tells of its variables, their types and their names, byte by byte.

Variables (class 16#6B, or their own names) and types (16#6C) answer Get Attributes All; names are
listed by the Tag Name Server (16#6A). Pure.
"""

import struct
from dataclasses import dataclass

from warlogix.drivers.cip.messages import Request
from warlogix.drivers.cip.paths import instance_path, symbol_path
from warlogix.drivers.exchanges import Nonsense

GET_ALL = 0x01
LIST = 0x5F
ARRAY = 0xA3
STRUCTURES = (0xA0, 0xA2)

_SERVER, _VARIABLE, _TYPE = 0x6A, 0x6B, 0x6C
_PUBLISHED = 2
_PAGE = 100
_MOST_DIMENSIONS = 3
_LARGEST = 1 << 24


@dataclass(frozen=True, slots=True)
class Declared:
    """The type of a variable or of a member.

    `size` is the bytes of one value, of an array's element. `element` is the type code of an
    array's elements. `type` is the number of the type object that says more, 0 for none.
    """

    size: int
    code: int
    element: int
    shape: tuple[int, ...]
    lower: tuple[int, ...]
    type: int


@dataclass(frozen=True, slots=True)
class TypeObject:
    """A structure, or a member of one.

    `declared.type` is the number of its first member, or of the structure that it is. `next` is
    that of the member behind it, 0 for none.
    """

    declared: Declared
    name: str
    members: int
    crc: int
    next: int


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the names that the controller has; `more` are behind them."""

    names: tuple[str, ...]
    more: bool


def ask_variable(name: str) -> Request:
    """Asks what a variable is."""
    return Request(GET_ALL, symbol_path(name))


def ask_type(number: int) -> Request:
    """Asks what a type object is."""
    return Request(GET_ALL, instance_path(_TYPE, number))


def ask_names(first: int) -> Request:
    """Asks for the published variables from the first-th on, counted from 1."""
    return Request(LIST, instance_path(_SERVER, 0), struct.pack("<IIH", first, _PAGE, _PUBLISHED))


def parse_variable(raw: bytes) -> Declared:
    """What a variable is."""
    try:
        size, code, element, dimensions = struct.unpack_from("<IBBB", raw)
        _check_dimensions(dimensions)
        shape = struct.unpack_from(f"<{dimensions}I", raw, 8)
        (number,) = struct.unpack_from("<I", raw, 20 + 4 * dimensions)
        lower = struct.unpack_from(f"<{dimensions}I", raw, 24 + 4 * dimensions)
    except struct.error as exc:
        raise Nonsense(f"a variable's attributes of {len(raw)} bytes") from exc
    return _checked(Declared(size, code, element, shape, lower, number))


def parse_type(raw: bytes) -> TypeObject:
    """What a type object is."""
    try:
        size, code, element, dimensions = struct.unpack_from("<IxBBB", raw)
        _check_dimensions(dimensions)
        shape = struct.unpack_from(f"<{dimensions}I", raw, 8)
        at = 8 + 4 * dimensions
        members, crc, length = struct.unpack_from("<H4xHB", raw, at)
        name = raw[at + 9 : at + 9 + length].decode()
        at += 9 + length
        at += at % 2
        following, number = struct.unpack_from("<II", raw, at)
        lower = struct.unpack_from(f"<{dimensions}I", raw, at + 8)
    except (struct.error, UnicodeDecodeError) as exc:
        raise Nonsense(f"a type's attributes of {len(raw)} bytes") from exc
    declared = _checked(Declared(size, code, element, shape, lower, number))
    return TypeObject(declared, name, members, crc, following)


def parse_names(raw: bytes) -> Page:
    """A page of names."""
    names: list[str] = []
    try:
        count, more = struct.unpack_from("<HB", raw)
        at = 4
        for _ in range(count):
            length, kind, size = struct.unpack_from("<4xHH4xB", raw, at)
            name = raw[at + 13 : at + 13 + size]
            if kind != _VARIABLE or 7 + size > length or len(name) != size:
                raise Nonsense("a name whose length contradicts itself")
            names.append(name.decode())
            at += 6 + length
    except (struct.error, UnicodeDecodeError) as exc:
        raise Nonsense(f"a list of names of {len(raw)} bytes") from exc
    return Page(tuple(names), bool(more and names))


def _check_dimensions(count: int) -> None:
    if count > _MOST_DIMENSIONS:
        raise Nonsense(f"an array of {count} dimensions")


def _checked(declared: Declared) -> Declared:
    """The same; `Nonsense` where what it says of itself would take all memory."""
    total = declared.size
    for length in declared.shape:
        total *= length
    if total > _LARGEST or (declared.code == ARRAY and not all(declared.shape or (0,))):
        raise Nonsense(f"a value of {total} bytes")
    return declared
