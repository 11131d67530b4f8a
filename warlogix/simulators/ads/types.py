"""The types of a TwinCAT program and how their values lie in memory.

Pure: names become types here, by the declarations of one project; bytes are the codec's business.
Sizes are bytes, except of a BIT, which has none of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from math import prod
from typing import TypeAlias

DEFAULT_LENGTH = 80


class Adst(IntEnum):
    """What a symbol or a data type says its bytes are; arrays say it of their elements."""

    INT16 = 2
    INT32 = 3
    REAL32 = 4
    REAL64 = 5
    INT8 = 16
    UINT8 = 17
    UINT16 = 18
    UINT32 = 19
    INT64 = 20
    UINT64 = 21
    STRING = 30
    WSTRING = 31
    BIT = 33
    BIG = 65


@dataclass(frozen=True, slots=True)
class Elementary:
    """A number, a truth value or a time; `form` is its letter for `struct`."""

    name: str
    adst: Adst
    form: str
    size: int

    @property
    def alignment(self) -> int:
        """Where it may begin: at each multiple of its size."""
        return self.size


@dataclass(frozen=True, slots=True)
class Text:
    """A STRING (`unit` 1) or WSTRING (`unit` 2) that holds `length` characters and a zero."""

    name: str
    length: int
    unit: int

    @property
    def size(self) -> int:
        """All that it takes, the zero at the end included."""
        return (self.length + 1) * self.unit

    @property
    def alignment(self) -> int:
        """Where it may begin."""
        return self.unit

    @property
    def adst(self) -> Adst:
        """One of the two kinds of text."""
        return Adst.STRING if self.unit == 1 else Adst.WSTRING


@dataclass(frozen=True, slots=True)
class Array:
    """Elements side by side; `bounds` are the first and last index of each dimension."""

    name: str
    bounds: tuple[tuple[int, int], ...]
    element: "PlcType"

    @property
    def counts(self) -> tuple[int, ...]:
        """How many elements each dimension has."""
        return tuple(last - first + 1 for first, last in self.bounds)

    @property
    def size(self) -> int:
        """All elements together."""
        return prod(self.counts) * self.element.size

    @property
    def alignment(self) -> int:
        """That of an element."""
        return self.element.alignment

    @property
    def adst(self) -> Adst:
        """That of an element."""
        return self.element.adst


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a structure; `offset` is in bytes, of a BIT in bits."""

    name: str
    type: "PlcType"
    offset: int


@dataclass(frozen=True, slots=True)
class Record:
    """A structure as the compiler laid it out."""

    name: str
    members: tuple[Member, ...]
    size: int
    alignment: int
    adst: Adst = Adst.BIG

    def member(self, name: str) -> Member | None:
        """The member of that name, whose case does not matter."""
        wanted = name.upper()
        return next((each for each in self.members if each.name.upper() == wanted), None)


@dataclass(frozen=True, slots=True)
class Renamed:
    """Another name for a type: an alias, a subrange, or an enumeration with its `constants`."""

    name: str
    base: "PlcType"
    constants: Mapping[str, int] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """That of the base."""
        return self.base.size

    @property
    def alignment(self) -> int:
        """That of the base."""
        return self.base.alignment

    @property
    def adst(self) -> Adst:
        """That of the base."""
        return self.base.adst


@dataclass(frozen=True, slots=True)
class Address:
    """A POINTER TO, a REFERENCE TO or a PVOID on a 64-bit runtime."""

    name: str
    size: int = 8
    alignment: int = 8
    adst: Adst = Adst.UINT64


PlcType: TypeAlias = Elementary | Text | Array | Record | Renamed | Address

BIT = Elementary("BIT", Adst.BIT, "?", 1)
ELEMENTARY = {
    each.name: each
    for each in (
        BIT,
        Elementary("BOOL", Adst.BIT, "?", 1),
        Elementary("BYTE", Adst.UINT8, "B", 1),
        Elementary("SINT", Adst.INT8, "b", 1),
        Elementary("USINT", Adst.UINT8, "B", 1),
        Elementary("WORD", Adst.UINT16, "H", 2),
        Elementary("INT", Adst.INT16, "h", 2),
        Elementary("UINT", Adst.UINT16, "H", 2),
        Elementary("DWORD", Adst.UINT32, "I", 4),
        Elementary("DINT", Adst.INT32, "i", 4),
        Elementary("UDINT", Adst.UINT32, "I", 4),
        Elementary("LWORD", Adst.UINT64, "Q", 8),
        Elementary("LINT", Adst.INT64, "q", 8),
        Elementary("ULINT", Adst.UINT64, "Q", 8),
        Elementary("REAL", Adst.REAL32, "f", 4),
        Elementary("LREAL", Adst.REAL64, "d", 8),
        Elementary("TIME", Adst.UINT32, "I", 4),
        Elementary("TIME_OF_DAY", Adst.UINT32, "I", 4),
        Elementary("TOD", Adst.UINT32, "I", 4),
        Elementary("DATE", Adst.UINT32, "I", 4),
        Elementary("DATE_AND_TIME", Adst.UINT32, "I", 4),
        Elementary("DT", Adst.UINT32, "I", 4),
        Elementary("LTIME", Adst.UINT64, "Q", 8),
        Elementary("LTIME_OF_DAY", Adst.UINT64, "Q", 8),
        Elementary("LTOD", Adst.UINT64, "Q", 8),
        Elementary("LDATE", Adst.UINT64, "Q", 8),
        Elementary("LDATE_AND_TIME", Adst.UINT64, "Q", 8),
        Elementary("LDT", Adst.UINT64, "Q", 8),
    )
}


def plain(type_: PlcType) -> Elementary | Text | Array | Record | Address:
    """The type behind all of its names."""
    while isinstance(type_, Renamed):
        type_ = type_.base
    return type_
