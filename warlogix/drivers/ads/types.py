"""How a symbol lies in memory, by its type's name and what the PLC tells of that type.

    types = Types(encoding="latin-1")
    layout = types.layout(symbol)

What the types need that are not known yet is collected in `wanted`: tell it with `learn` and ask
again. Pure: nobody is asked here.

Errors: `Unreadable` says why there is no value of such a type; `Untold` that something is wanted.
"""

import re
from dataclasses import replace
from math import prod

from warlogix.datatypes import DataType
from warlogix.drivers.ads.elements import (
    TEXT_CODES,
    base_of_code,
    base_of_name,
    plain,
    text,
)
from warlogix.drivers.ads.entries import (
    BITS,
    INTERFACE,
    METHOD,
    PROPERTY,
    REFERENCE,
    STATIC,
    SYMBOL_INTERFACE,
    SYMBOL_METHOD,
    SYMBOL_REFERENCE,
    SymbolEntry,
    TypeEntry,
)
from warlogix.drivers.ads.layouts import Array, Bits, Layout, Member, Plain, Record

_POINTERS = re.compile(r"(POINTER|REFERENCE) TO .*|PVOID", re.IGNORECASE | re.DOTALL)
_ARRAY = re.compile(r"ARRAY\s*\[([^\]]*)\]\s*OF\s+(.*)", re.IGNORECASE | re.DOTALL)
_BOUNDS = re.compile(r"\s*(-?\d+)\s*\.\.\s*(-?\d+)\s*")
_TEXT = re.compile(r"(W?STRING)(?:\s*[(\[]\s*(\d+)\s*[)\]])?", re.IGNORECASE)
_SUBRANGE = re.compile(r"(\w+)\s*\(.*\)", re.DOTALL)
_BIT = "BIT"
# A type that a PLC tells of itself by itself must not keep anybody busy.
_DEEPEST = 24


class Unreadable(Exception):
    """There are no values of this type; the text says why."""


class Untold(Exception):
    """Something must be learned first."""


class Types:
    """What is known of the types of one program. `encoding` is the code page of STRING."""

    def __init__(self, encoding: str) -> None:
        self.wanted: set[str] = set()
        self._encoding = encoding
        self._entries: dict[str, TypeEntry | None] = {}
        # What was found out, or why nothing was, and what is being found out.
        self._found: dict[tuple[str, int, int], Layout | str] = {}
        self._open: set[tuple[str, int, int]] = set()

    def learn(self, name: str, entry: TypeEntry | None) -> None:
        """What the PLC tells of a type, None where it tells nothing."""
        self._entries[name] = entry
        self.wanted.discard(name)

    def layout(self, symbol: SymbolEntry) -> Layout:
        """How a symbol lies."""
        if symbol.flags & (SYMBOL_REFERENCE | SYMBOL_INTERFACE | SYMBOL_METHOD):
            raise Unreadable(f"{symbol.type_name} points to a value and is none")
        return self._layout(symbol.type_name, symbol.size, symbol.code, 0, 0)

    def _layout(self, name: str, size: int, code: int, flags: int, depth: int) -> Layout:
        """The same for a type's name and size.

        `code` is the number of its elementary type, by which it is read where its name says
        nothing; `flags` are those of the member or the type that has this name.
        """
        if flags & (REFERENCE | METHOD) or _POINTERS.fullmatch(name):
            raise Unreadable(f"{name} points to a value and is none")
        key = name, size, code
        found = self._found.get(key)
        if found is None:
            if depth > _DEEPEST or key in self._open:
                raise Unreadable(f"{name} is nested too deeply")
            self._open.add(key)
            try:
                found = self._found[key] = self._find(name, size, code, depth)
            except Unreadable as exc:
                found = self._found[key] = str(exc)
            finally:
                self._open.discard(key)
        if isinstance(found, str):
            raise Unreadable(found)
        return found

    def _find(self, name: str, size: int, code: int, depth: int) -> Layout:
        found = self._by_name(name, size, code, depth)
        if found is None:
            found = self._by_entry(name, size, code, depth)
        if found.size != size:
            raise Unreadable(f"{name} takes {found.size} bytes, and the PLC says {size}")
        return found

    def _by_name(self, name: str, size: int, code: int, depth: int) -> Layout | None:
        """What needs no more than the name."""
        if array := _ARRAY.fullmatch(name):
            shape = _shape(array[1])
            return self._array(array[2].strip(), shape, size, code, depth) if shape else None
        if written := _TEXT.fullmatch(name):
            return self._text(written[1].upper(), written[2], size)
        return _plain(base_of_name(name.upper()), size)

    def _array(self, name: str, shape: tuple[int, ...], size: int, code: int, depth: int) -> Layout:
        if name.upper() == _BIT:
            return Bits(shape)
        count = prod(shape)
        if size % count:
            raise Unreadable(f"{count} elements of {name} do not take {size} bytes")
        element = self._layout(name, size // count, code, 0, depth + 1)
        if isinstance(element, Array):
            return Array(element.element, (*shape, *element.shape))
        if isinstance(element, (Plain, Record)):
            return Array(element, shape)
        raise Unreadable(f"an array of {name}")

    def _text(self, base: str, length: str | None, size: int) -> Layout:
        """A text; without a length in the name its size tells."""
        unit = 2 if base == "WSTRING" else 1
        characters = int(length) if length else size // unit - 1
        if characters < 1:
            raise Unreadable(f"a {base} of {size} bytes")
        kind = DataType(base, characters)
        return Plain(kind, text(base, characters, self._encoding), unit)

    def _by_entry(self, name: str, size: int, code: int, depth: int) -> Layout:
        """What the PLC must tell: structures, aliases, enumerations, arrays with odd names."""
        subrange = _SUBRANGE.fullmatch(name)
        if subrange and (found := _plain(base_of_name(subrange[1].upper()), size)):
            return found
        if not name:
            return self._by_code(name, size, code)
        if name not in self._entries:
            self.wanted.add(name)
            raise Untold(name)
        entry = self._entries[name]
        if entry is not None:
            if entry.flags & INTERFACE:
                raise Unreadable(f"{name} is an interface, which points to a value and is none")
            if entry.bounds:
                shape = tuple(count for _, count in entry.bounds)
                return self._array(entry.type_name, shape, size, entry.code, depth)
            if entry.members:
                return self._record(entry, depth)
            if entry.type_name and entry.type_name != name:
                return self._layout(entry.type_name, size, entry.code, entry.flags, depth + 1)
        return self._by_code(name, size, code)

    def _by_code(self, name: str, size: int, code: int) -> Layout:
        if base := TEXT_CODES.get(code):
            return self._text(base, None, size)
        if found := _plain(base_of_code(code), size):
            return found
        raise Unreadable(f"the PLC does not tell how {name} lies in its memory")

    def _record(self, entry: TypeEntry, depth: int) -> Record:
        """A structure; a member that is no value is left out and keeps the whole from writing."""
        members: list[Member] = []
        hidden, untold = "", False
        for told in entry.members:
            if told.flags & (PROPERTY | STATIC):
                continue
            try:
                members.append(self._member(told, depth))
            except Unreadable as exc:
                hidden = hidden or f"its member {told.name} has no value ({exc})"
            except Untold:
                untold = True
        if untold:
            raise Untold(entry.name)
        if not members:
            raise Unreadable(f"{entry.name} has no member that has a value")
        record = Record(entry.name, entry.size, tuple(members), "")
        if any(member.end > entry.size for member in members):
            raise Unreadable(f"{entry.name} has members beyond its {entry.size} bytes")
        kept = hidden or _not_shown(record)
        return replace(record, kept=kept and f"{entry.name} cannot be written as a whole: {kept}")

    def _member(self, told: TypeEntry, depth: int) -> Member:
        if not told.flags & BITS:
            layout = self._layout(told.type_name, told.size, told.code, told.flags, depth + 1)
            return Member(told.name, 8 * told.offset, layout)
        if told.type_name.upper() == _BIT:
            return Member(told.name, told.offset, Bits(()))
        array = _ARRAY.fullmatch(told.type_name)
        shape = _shape(array[1]) if array and array[2].strip().upper() == _BIT else ()
        if not shape:
            raise Unreadable(f"{told.type_name} is a field of bits")
        return Member(told.name, told.offset, Bits(shape))


def _plain(base: str | None, size: int) -> Plain | None:
    if base is None:
        return None
    found = plain(base, size)
    return None if found is None else Plain(DataType(base), found, size)


def _shape(bounds: str) -> tuple[int, ...]:
    """The size of each dimension; () where the bounds are no numbers."""
    parts = [_BOUNDS.fullmatch(part) for part in bounds.split(",")]
    sizes = tuple(int(part[2]) - int(part[1]) + 1 for part in parts if part)
    return sizes if len(sizes) == len(parts) and min(sizes) > 0 else ()


def _not_shown(record: Record) -> str:
    """Why writing the whole would change what its value does not show, "" where it would not.

    Between members there may be as much as aligning the next one takes; more is something that the
    PLC does not tell of, as what stands in front of a function block's members.
    """
    ended = 0
    for member in sorted(record.members, key=lambda member: member.bit):
        layout = member.layout
        if member.bit < ended or (member.bit % 8 and not isinstance(layout, Bits)):
            return f"its member {member.name} shares its memory with another"
        if member.bit // 8 - (ended + 7) // 8 >= layout.alignment:
            return f"in front of its member {member.name} lies what a value does not show"
        if layout.kept:
            return layout.kept
        ended = member.bit + (prod(layout.shape) if isinstance(layout, Bits) else 8 * layout.size)
    if record.size - (ended + 7) // 8 >= record.alignment:
        return "behind its members lies what a value does not show"
    return ""
