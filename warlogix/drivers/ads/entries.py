"""What a PLC tells of its symbols and its data types, byte by byte.

    entry = parse_symbol(raw)       entry.name, entry.type_name, entry.size
    entry = parse_type(raw)         entry.members, entry.bounds

Pure. Errors: `Nonsense` for bytes that are no such entry.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from warlogix.drivers.exchanges import Nonsense

# Flags of a symbol.
SYMBOL_REFERENCE, SYMBOL_INTERFACE, READ_ONLY, SYMBOL_METHOD = 0x04, 0x10, 0x20, 0x80
# Flags of a type or a member.
REFERENCE, METHOD, BITS, PROPERTY = 0x04, 0x08, 0x20, 0x40
INTERFACE = 0x400
STATIC = 0x20000

_SYMBOL = struct.Struct("<IIIIIIHHH")
_TYPE = struct.Struct("<IIIIIIIIHHHHH")
_BOUND = struct.Struct("<iI")
# A member's entry is of the same form; only those of a type have members of their own.
_DEEPEST = 4


@dataclass(frozen=True, slots=True)
class SymbolEntry:
    """One variable. `code` is the number of its elementary type, as far as it has one."""

    name: str
    type_name: str
    size: int
    code: int
    flags: int


@dataclass(frozen=True, slots=True)
class TypeEntry:
    """One data type, or one member of a structure.

    `type_name` is the type that an alias, an enumeration, the elements of an array or a member
    have. `size` and `offset` count bytes, or bits where `flags` has BITS. `bounds` are the first
    index and the number of elements of each dimension.
    """

    name: str
    type_name: str
    size: int
    offset: int
    code: int
    flags: int
    bounds: tuple[tuple[int, int], ...]
    members: tuple["TypeEntry", ...]


def parse_symbol(raw: bytes) -> SymbolEntry:
    """One symbol, which the bytes begin with."""
    return _symbol(raw, *_extent(raw, 0, _SYMBOL.size, len(raw)))


def parse_symbols(raw: bytes) -> Iterator[SymbolEntry]:
    """Every symbol of an upload."""
    at = 0
    while at < len(raw):
        start, end = _extent(raw, at, _SYMBOL.size, len(raw))
        yield _symbol(raw, start, end)
        at = end


def parse_type(raw: bytes) -> TypeEntry:
    """One data type, which the bytes begin with."""
    return _type(raw, *_extent(raw, 0, _TYPE.size, len(raw)), 0)


def parse_types(raw: bytes) -> Iterator[TypeEntry]:
    """Every data type of an upload."""
    at = 0
    while at < len(raw):
        start, end = _extent(raw, at, _TYPE.size, len(raw))
        yield _type(raw, start, end, 0)
        at = end


def _extent(raw: bytes, at: int, least: int, limit: int) -> tuple[int, int]:
    """Where an entry begins and ends, by the length in front of it."""
    if at + least > limit:
        raise Nonsense("an entry that is cut off")
    length = int.from_bytes(raw[at : at + 4], "little")
    if length < least or at + length > limit:
        raise Nonsense("an entry whose length does not fit")
    return at, at + length


def _symbol(raw: bytes, start: int, end: int) -> SymbolEntry:
    _, _, _, size, code, flags, *lengths = _SYMBOL.unpack_from(raw, start)
    (name, type_name, _), _ = _texts(raw, start + _SYMBOL.size, end, lengths)
    # The upper half of the flags is something else in some versions.
    return SymbolEntry(name, type_name, size, code, flags & 0xFFFF)


def _type(raw: bytes, start: int, end: int, depth: int) -> TypeEntry:
    if depth == _DEEPEST:
        raise Nonsense("a data type whose members are nested too deeply")
    _, _, _, _, size, offset, code, flags, *counts = _TYPE.unpack_from(raw, start)
    lengths, (dimensions, members) = counts[:3], counts[3:]
    (name, type_name, _), at = _texts(raw, start + _TYPE.size, end, lengths)
    if at + dimensions * _BOUND.size > end:
        raise Nonsense("a data type whose dimensions are cut off")
    bounds = tuple(
        _BOUND.unpack_from(raw, at + number * _BOUND.size) for number in range(dimensions)
    )
    at += dimensions * _BOUND.size
    inner: list[TypeEntry] = []
    for _ in range(members):
        first, last = _extent(raw, at, _TYPE.size, end)
        inner.append(_type(raw, first, last, depth + 1))
        at = last
    return TypeEntry(name, type_name, size, offset, code, flags, bounds, tuple(inner))


def _texts(raw: bytes, at: int, end: int, lengths: list[int]) -> tuple[list[str], int]:
    """Texts with a zero behind each, and where they end."""
    texts: list[str] = []
    for length in lengths:
        if at + length >= end or raw[at + length]:
            raise Nonsense("an entry whose texts do not fit")
        texts.append(raw[at : at + length].decode("latin-1"))
        at += length + 1
    return texts, at
