"""What a simulated controller's program declares: tags, structures, texts.

    Program(
        tags=(Tag("Speed", "REAL", 72.5), Tag("Motors", "Motor[4]"), Tag("Title", "STRING")),
        programs={"Main": (Tag("Step", "DINT"),)},
        types=(Record("Motor", (Member("Speed", "REAL"), Member("Running", "BOOL"))),),
    )

Pure. A type is written as its name, its dimensions in brackets: `DINT`, `INT[2,3]`, `Motor[4]`;
`STRING(20)` is a text of 20 characters where the family lets a tag choose (NJ, Micro800).
"""

import enum
import re
from dataclasses import dataclass, field
from typing import Any

_FORM = re.compile(r"(?P<base>[^\[\]()]+)(\((?P<length>\d+)\))?(\[(?P<shape>\d+(,\d+)*)\])?")


class Access(enum.IntEnum):
    """What clients may do with a tag; the numbers are those of attribute 10."""

    READ_WRITE = 0
    READ_ONLY = 2
    NONE = 3


@dataclass(frozen=True, slots=True)
class Tag:
    """A variable of the program.

    `value` is what it begins with, None for zeros. `lower` are the lower bounds of an array's
    dimensions, for NJ controllers; () for zeros.
    """

    name: str
    type: str
    value: Any = None
    access: Access = Access.READ_WRITE
    lower: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a structure; one whose name begins with `__` is hidden, as in add-ons.

    `bit` makes a BOOL one of another member's bits, `("CTL", 31)`, as in the type TIMER.
    """

    name: str
    type: str
    bit: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """A structure type."""

    name: str
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class StringType:
    """A string type of a Logix program's own, for texts of up to `capacity` characters."""

    name: str
    capacity: int


TIMER = Record(
    "TIMER",
    (
        Member("CTL", "DWORD"),
        Member("PRE", "DINT"),
        Member("ACC", "DINT"),
        Member("EN", "BOOL", ("CTL", 31)),
        Member("TT", "BOOL", ("CTL", 30)),
        Member("DN", "BOOL", ("CTL", 29)),
    ),
)


@dataclass(frozen=True, slots=True)
class Program:
    """All that is downloaded to a controller.

    `programs` holds the tags of each program's own scope (`Program:Main.Step`). A type stands
    behind those that it uses.
    """

    tags: tuple[Tag, ...] = ()
    programs: dict[str, tuple[Tag, ...]] = field(default_factory=dict)
    types: tuple[Record | StringType, ...] = ()
    name: str = "Line"


@dataclass(frozen=True, slots=True)
class TypeText:
    """A written type, taken apart."""

    base: str
    length: int | None
    shape: tuple[int, ...]


def parse_type(text: str) -> TypeText:
    """Take `Motor[4]` or `STRING(20)[2,3]` apart; `ValueError` for what is no type."""
    form = _FORM.fullmatch(text)
    if form is None:
        raise ValueError(f"{text!r} is no type")
    shape = tuple(map(int, form["shape"].split(","))) if form["shape"] else ()
    return TypeText(form["base"], int(form["length"]) if form["length"] else None, shape)
