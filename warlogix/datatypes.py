"""IEC data types as they are written in a configuration and published in messages.

    parse_data_type("dint")            -> DINT
    parse_data_type("INT[2,3]")        -> INT[2,3], an array of two rows of three
    parse_data_type("STRING[20][5]")   -> STRING[5], five strings of up to 20 characters

A `Structure` is no text of a configuration: only the PLC's program knows its members.

Pure: how a type lies in a PLC's memory is the business of each family.
"""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import TypeAlias, TypeGuard

from warlogix.errors import Malformed

SIGNED = frozenset({"SINT", "INT", "DINT", "LINT", "REAL", "LREAL"})
UNSIGNED = frozenset(
    {"BYTE", "WORD", "DWORD", "LWORD", "USINT", "UINT", "UDINT", "ULINT", "COUNTER"}
)
DURATIONS = frozenset({"TIME", "LTIME", "S5TIME"})
DATES = frozenset({"DATE", "TOD", "LTOD", "DT", "LDT", "DTL"})
STRINGS = frozenset({"STRING", "WSTRING"})
TEXTS = STRINGS | {"CHAR", "WCHAR"}
BASES = SIGNED | UNSIGNED | DURATIONS | DATES | TEXTS | {"BOOL"}

# The most characters that a STRING and a WSTRING can be declared with.
LONGEST = {"STRING": 254, "WSTRING": 16382}
# The characters of a STRING or WSTRING that is declared without a length.
DEFAULT_LENGTH = 254

# Longer names of the same types; the shorter one is published.
_ALIASES = {
    "TIME_OF_DAY": "TOD",
    "LTIME_OF_DAY": "LTOD",
    "DATE_AND_TIME": "DT",
    "DATE_AND_LTIME": "LDT",
    "TIMER": "S5TIME",
}
_FORM = re.compile(r"(?P<name>[A-Z][A-Z0-9_]*)(?P<brackets>(\[[^\[\]]*\])*)")
_REMEDY = "write a type like DINT, STRING[20], INT[10] or INT[2,3]"


@dataclass(frozen=True, slots=True)
class DataType:
    """One IEC type: an elementary one, or an array of it.

    `length` is the characters that a STRING or WSTRING can hold, None where nobody said;
    `shape` is the size of each dimension, () for a single value. `str()` gives the published name.
    """

    base: str
    length: int | None = None
    shape: tuple[int, ...] = ()

    def __str__(self) -> str:
        return f"{self.base}{brackets(self.shape)}"

    @property
    def spelled(self) -> str:
        """Its name with the length of its texts: `STRING[20][5]`."""
        return f"{self.base}{f'[{self.length}]' if self.length else ''}{brackets(self.shape)}"

    @property
    def is_numeric(self) -> bool:
        """Whether its values are JSON numbers, so that a deadband can judge them."""
        return self.base in SIGNED or self.base in UNSIGNED or self.base in DURATIONS

    @property
    def is_signed(self) -> bool:
        """Whether it is a number that can be -1."""
        return self.base in SIGNED


@dataclass(frozen=True, slots=True)
class Structure:
    """A structure that a PLC's program declares, or an array of it.

    `members` are those that a value shows, in the order of the declaration; `shape` is as of a
    `DataType`. `str()` gives the published name.
    """

    name: str
    members: tuple[tuple[str, "Kind"], ...]
    shape: tuple[int, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}{brackets(self.shape)}"

    @property
    def spelled(self) -> str:
        """Its name."""
        return str(self)

    @property
    def is_numeric(self) -> bool:
        """Never: a deadband judges no structure."""
        return False


# What a tag holds, by which a request's value is converted.
Kind: TypeAlias = DataType | Structure


def takes_ack(kind: Kind) -> TypeGuard[DataType]:
    """Whether a tag of this type can hold a trigger's 1 and -1, or a BOOL's true."""
    if not isinstance(kind, DataType) or kind.shape:
        return False
    return kind.is_signed or kind.base == "BOOL"


def can_meet(kind: Kind, wanted: bool | float | str) -> bool:
    """Whether a tag of this type can be compared with the value of a trigger's condition.

    A BOOL may be compared with 0 and 1, as it may be written with them; dates are texts.
    """
    if not isinstance(kind, DataType) or kind.shape:
        return False
    if kind.base == "BOOL":
        return wanted in (0, 1)
    return isinstance(wanted, str) != kind.is_numeric and not isinstance(wanted, bool)


def brackets(shape: tuple[int, ...]) -> str:
    """The end of an array's name: `[10]`, `[2,3]`; "" for a single value."""
    return f"[{','.join(map(str, shape))}]" if shape else ""


# A plant has tags by the thousand, and types by the dozen.
@lru_cache(maxsize=1024)
def parse_data_type(text: str) -> DataType:
    """The type that a text names; case and spaces do not matter.

    Raises `Malformed` with the nearest known type where the name is unknown.
    """
    form = _FORM.fullmatch("".join(text.upper().split()))
    if form is None or not text.isascii():
        raise Malformed(f'"{text}" is not a data type', _REMEDY)
    base = _base(text, form["name"])
    groups = [_numbers(text, group) for group in re.findall(r"\[([^\[\]]*)\]", form["brackets"])]
    length = None
    if base in STRINGS and groups:
        length = _length(text, base, groups.pop(0))
    if len(groups) > 1:
        raise Malformed(f'"{text}" has too many brackets', _REMEDY)
    return DataType(base, length, groups[0] if groups else ())


def _base(text: str, name: str) -> str:
    base = _ALIASES.get(name, name)
    if base in BASES:
        return base
    near = get_close_matches(name, sorted(BASES | _ALIASES.keys()), n=1)
    remedy = f"did you mean {near[0]}?" if near else f"known types are {', '.join(sorted(BASES))}"
    raise Malformed(f'"{text}" is not a known data type', remedy)


def _numbers(text: str, group: str) -> tuple[int, ...]:
    parts = group.split(",")
    if not all(re.fullmatch(r"[0-9]{1,7}", part) and int(part) for part in parts):
        raise Malformed(f'"{text}" has "[{group}]" where sizes from 1 up are expected', _REMEDY)
    return tuple(map(int, parts))


def _length(text: str, base: str, numbers: tuple[int, ...]) -> int:
    longest = LONGEST[base]
    if len(numbers) != 1 or numbers[0] > longest:
        raise Malformed(
            f'"{text}" has no valid length of a {base}',
            f"write {base}[n] with n from 1 to {longest}; an array of them is {base}[n][m]",
        )
    return numbers[0]
