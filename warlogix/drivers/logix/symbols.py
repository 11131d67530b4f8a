"""The list of a controller's tags, page by page.

    request = page("", 0, WITH_ACCESS)        # controller tags; "Program:Main" for a program's
    symbols = parse_page(reply.data, WITH_ACCESS)
    request = page("", symbols[-1].instance + 1, WITH_ACCESS)     # while the status is MORE

Pure.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from warlogix.drivers.cip.messages import Request
from warlogix.drivers.cip.paths import instance_path, symbol_path
from warlogix.drivers.exchanges import Nonsense

_LIST, _SYMBOLS = 0x55, 0x6B
_NAME, _TYPE, _SIZES, _ACCESS = 1, 2, 8, 10
WITHOUT_ACCESS = (_NAME, _TYPE, _SIZES)
# Controllers below revision 18 do not know who may do what with a tag.
WITH_ACCESS = (*WITHOUT_ACCESS, _ACCESS)

_HEAD = struct.Struct("<IH")
_TAIL = struct.Struct("<HIII")
_STRUCTURED, _SYSTEM = 0x8000, 0x1000
_PROGRAM = "Program:"
# Names of the controller's own objects; tags of modules have a colon too, as Local:1:I.
_INTERNAL = ("Routine:", "Task:", "Map:", "Cxn:", "UDI:", "__")
_READ_WRITE, _NONE = 0, 3


@dataclass(frozen=True, slots=True)
class Symbol:
    """A tag as the controller lists it.

    `type` is the number of an elementary type, or of a structure's template where `structured`.
    `shape` counts elements of it in each dimension.
    """

    instance: int
    name: str
    type: int
    structured: bool
    shape: tuple[int, ...]
    access: int = _READ_WRITE
    system: bool = False

    @property
    def is_tag(self) -> bool:
        """Whether it is what a person knows as a tag."""
        return not self.system and not self.is_program and not self.name.startswith(_INTERNAL)

    @property
    def is_program(self) -> bool:
        """Whether it stands for a program, which has tags of its own."""
        return self.name.startswith(_PROGRAM)

    @property
    def readable(self) -> bool:
        """Whether the controller gives its value away."""
        return self.access != _NONE

    @property
    def writable(self) -> bool:
        """Whether the controller lets others write it."""
        return self.access == _READ_WRITE


def page(scope: str, instance: int, attributes: Sequence[int]) -> Request:
    """Asks for the tags of a scope from an instance on."""
    path = (symbol_path(scope) if scope else b"") + instance_path(_SYMBOLS, instance)
    return Request(
        _LIST, path, struct.pack(f"<{1 + len(attributes)}H", len(attributes), *attributes)
    )


def parse_page(data: bytes, attributes: Sequence[int]) -> list[Symbol]:
    """The tags of one page; `Nonsense` for one that is cut short or out of order."""
    symbols: list[Symbol] = []
    at, last = 0, -1
    while at < len(data):
        symbol, at = _symbol(data, at, _ACCESS in attributes)
        if symbol.instance <= last:
            raise Nonsense("a list of tags that is out of order")
        last = symbol.instance
        symbols.append(symbol)
    return symbols


def _symbol(data: bytes, at: int, with_access: bool) -> tuple[Symbol, int]:
    try:
        instance, length = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        name = data[at : at + length]
        at += length
        kind, *sizes = _TAIL.unpack_from(data, at)
        at += _TAIL.size
        access = data[at] & 3 if with_access else _READ_WRITE
    except (struct.error, IndexError) as exc:
        raise Nonsense("a list of tags that is cut short") from exc
    structured = bool(kind & _STRUCTURED)
    number = kind & 0xFFF if structured else kind & 0xFF
    shape = tuple(sizes[: kind >> 13 & 3])
    symbol = Symbol(
        instance, name.decode("latin-1"), number, structured, shape, access, bool(kind & _SYSTEM)
    )
    return symbol, at + with_access
