"""A TwinCAT project as a programmer declares it: symbols with their types and first values.

Project(
    symbols=(
        Symbol("MAIN.Speed", "LREAL", 12.5),
        Symbol("MAIN.Motors", "ARRAY [1..3] OF ST_Motor"),
        Symbol("GVL.Version", "STRING(20)", "1.4", access=Access.READ_ONLY),
    ),
    types=(
        Struct("ST_Motor", (Field("On", "BOOL"), Field("Mode", "E_Mode"))),
        Enumeration("E_Mode", {"Idle": 0, "Run": 1}),
        Alias("T_Level", "REAL"),
    ),
)

Types are written as in the declaration of a variable: DINT, STRING(20), WSTRING(20),
ARRAY [0..9] OF INT, ARRAY [1..2,0..3] OF ST_Motor, INT (0..100), POINTER TO INT, REFERENCE TO INT.
A structure may have members of type BIT, which lie side by side in a byte.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from warlogix.tags import Value


class Access(Enum):
    """What the PLC allows clients to do with a symbol."""

    READ_WRITE = "read and write"
    READ_ONLY = "read only"


@dataclass(frozen=True, slots=True)
class Symbol:
    """A variable of the program that clients see, with its first value.

    None stands for zeros; a structure's dict may leave members out, which are zeros then.
    """

    name: str
    type: str
    value: Value = None
    access: Access = Access.READ_WRITE
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """A member of a structure, with its type."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Struct:
    """A structure; members lie at multiples of their size, at most of `pack` bytes.

    TwinCAT 3 packs by 8 unless the attribute `pack_mode` says otherwise.
    """

    name: str
    fields: tuple[Field, ...]
    pack: int = 8


@dataclass(frozen=True, slots=True)
class FunctionBlock:
    """A function block; its instances are told of like structures.

    In front of the members lies a pointer of TwinCAT's own, which no client is told of.
    """

    name: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Enumeration:
    """Named numbers of an integer type."""

    name: str
    constants: Mapping[str, int]
    base: str = "INT"


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name for a type."""

    name: str
    type: str


Declaration: TypeAlias = Struct | FunctionBlock | Enumeration | Alias


@dataclass(frozen=True, slots=True)
class Project:
    """What is loaded into one runtime, that is, into one AMS port."""

    symbols: tuple[Symbol, ...] = ()
    types: tuple[Declaration, ...] = field(default_factory=tuple)
