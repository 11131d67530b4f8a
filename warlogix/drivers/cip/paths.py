"""Tag names and object instances as the path of a request.

    symbol_path("Program:Main.Line[2,3].Speed")
    instance_path(0x6B, 12)

Pure: what the PLC has is not known here.
"""

import re
import struct
from collections.abc import Iterable

from warlogix.errors import Malformed

_SYMBOL = 0x91
_CLASS, _INSTANCE, _ELEMENT, _ATTRIBUTE = 0x20, 0x24, 0x28, 0x30
_LONGEST = 255
_PART = re.compile(r"(?P<name>[^\W\d][\w:]*)(?P<indexes>(\[\s*\d{1,10}(\s*,\s*\d{1,10})*\s*\])*)")
_REMEDY = "write a name like Speed, Motor[3].Speed or Table[1,2]"


def symbol_path(name: str) -> bytes:
    """The path of a tag by its name: members after dots, elements in brackets.

    `Malformed` for what cannot be the name of a tag. A bit's number is no part of a name.
    """
    return b"".join(_segments(name, part) for part in name.strip().split("."))


def _segments(name: str, part: str) -> bytes:
    form = _PART.fullmatch(part)
    if form is None:
        raise Malformed(f'"{name}" is not a tag name', _REMEDY)
    raw = form["name"].encode()
    if len(raw) > _LONGEST:
        raise Malformed(f'"{name}" has a part of {len(raw)} bytes, at most {_LONGEST}', _REMEDY)
    symbol = bytes((_SYMBOL, len(raw))) + raw + bytes(len(raw) % 2)
    indexes = [int(index) for index in re.findall(r"\d+", form["indexes"])]
    if any(index >= 1 << 32 for index in indexes):
        raise Malformed(f'"{name}" has an index beyond 32 bits', _REMEDY)
    return symbol + elements_path(indexes)


def instance_path(class_: int, instance: int, attribute: int | None = None) -> bytes:
    """The path of an object, or of one attribute of it."""
    path = _logical(_CLASS, class_) + _logical(_INSTANCE, instance)
    return path if attribute is None else path + _logical(_ATTRIBUTE, attribute)


def elements_path(indexes: Iterable[int]) -> bytes:
    """What stands behind the path of an array for one of its elements."""
    return b"".join(_logical(_ELEMENT, index) for index in indexes)


def _logical(segment: int, number: int) -> bytes:
    """A number in the shortest form that holds it."""
    if number < 1 << 8:
        return bytes((segment, number))
    if number < 1 << 16:
        return struct.pack("<BBH", segment | 1, 0, number)
    return struct.pack("<BBI", segment | 2, 0, number)
