"""How one value of a type lies in a controller's memory: elementary types and strings.

    layout = elementary(0xC4)
    layout.decode(b"\\x01\\x00\\x00\\x00", 1)    -> [1]

A layout knows its type's `kind` for messages, its `size` in bytes, `wire`, the type as services
carry it, and makes `count` values of bytes and bytes of values. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from warlogix.datatypes import DataType, Kind
from warlogix.drivers.arrays import each
from warlogix.drivers.cip.types import BOOL, NUMBERS, Unreadable
from warlogix.drivers.little_endian import Element, element
from warlogix.drivers.texts import decoded, encoded
from warlogix.tags import Value
from warlogix.values import BadValue

_NAMES = {BOOL: "BOOL", **NUMBERS}
SHORT_STRING = 0xDA
_STRUCTURE = b"\xa0\x02"
_LONGEST_SHORT = 255
_SHORT = DataType("STRING", _LONGEST_SHORT)


class Layout(Protocol):
    """How one value lies in memory."""

    @property
    def kind(self) -> Kind:
        """The type of one value, for messages and for converting."""

    @property
    def size(self) -> int:
        """The bytes of one value, the most of them where that differs."""

    @property
    def wire(self) -> bytes:
        """The type as services carry it."""

    def decode(self, raw: bytes, count: int) -> list[Value]:
        """So many values; `BadValue` where there are none."""

    def encode(self, values: Sequence[Value]) -> bytes:
        """The bytes of values; `BadValue` for what does not fit."""


@dataclass(frozen=True, slots=True)
class Elementary:
    """A number or a BOOL."""

    kind: DataType
    wire: bytes
    element: Element

    @property
    def size(self) -> int:
        """The bytes of one value."""
        return self.element.size

    @property
    def bits(self) -> int:
        """How many bits can be addressed one by one, 0 where none can."""
        return 0 if self.kind.base in ("BOOL", "REAL", "LREAL") else 8 * self.size

    def decode(self, raw: bytes, count: int) -> list[Value]:
        """So many values."""
        return self.element.decode(raw, count)

    def encode(self, values: Sequence[Value]) -> bytes:
        """The bytes of values."""
        return self.element.encode(values)


def elementary(code: int) -> Elementary:
    """The layout of an elementary type; `Unreadable` for a code that stands for none."""
    name = _NAMES.get(code)
    if name is None:
        raise Unreadable(f"the PLC's type 16#{code:02X} is none that warlogix reads")
    return Elementary(DataType(name), bytes((code, 0)), element(name))


@dataclass(frozen=True, slots=True)
class Text:
    """A string of Logix: its length in four bytes, and room for `capacity` characters."""

    capacity: int
    size: int
    wire: bytes
    encoding: str

    @property
    def kind(self) -> DataType:
        """STRING, and how long it can be."""
        return DataType("STRING", self.capacity)

    def decode(self, raw: bytes, count: int) -> list[Value]:
        """So many texts; `BadValue` for a length that contradicts the room."""
        starts = range(0, count * self.size, self.size)
        return each([raw[at : at + self.size] for at in starts], self._text)

    def encode(self, values: Sequence[Value]) -> bytes:
        """The bytes of texts; `BadValue` for one that is too long or has foreign characters."""
        return b"".join(self._raw(value) for value in values)

    def _text(self, raw: bytes) -> Value:
        length = int.from_bytes(raw[:4], "little", signed=True)
        if not 0 <= length <= self.capacity:
            raise BadValue(
                f"the STRING's header says {length} of {self.capacity} characters, "
                "which contradicts itself"
            )
        return decoded(raw[4 : 4 + length], self.encoding)

    def _raw(self, value: Value) -> bytes:
        text = _fitting(value, self.encoding, self.capacity)
        return (len(text).to_bytes(4, "little") + text).ljust(self.size, b"\0")


@dataclass(frozen=True, slots=True)
class ShortText:
    """A string of Micro800: its length in one byte, its characters, and no room behind."""

    encoding: str
    kind: DataType = _SHORT
    wire: bytes = b"\xda\x00"
    size: int = 1 + _LONGEST_SHORT

    def decode(self, raw: bytes, count: int) -> list[Value]:
        """So many texts, one close behind the other."""
        found: list[bytes] = []
        at = 0
        for _ in range(count):
            end = at + 1 + raw[at] if at < len(raw) else at + 1
            found.append(raw[at + 1 : end])
            at = end
        if at != len(raw):
            raise BadValue("the STRING's header contradicts what follows it")
        return each(found, lambda text: decoded(text, self.encoding))

    def encode(self, values: Sequence[Value]) -> bytes:
        """The bytes of texts; `BadValue` for one that is too long or has foreign characters."""
        texts = [_fitting(value, self.encoding, _LONGEST_SHORT) for value in values]
        return b"".join(bytes((len(text),)) + text for text in texts)


def structure_wire(handle: int) -> bytes:
    """The type of a structure as services carry it."""
    return _STRUCTURE + handle.to_bytes(2, "little")


def wire_size(raw: bytes) -> int:
    """How many of the first bytes of a read's answer are its type."""
    return 4 if raw[:2] == _STRUCTURE else 2


def _fitting(value: Value, encoding: str, capacity: int) -> bytes:
    """The bytes of a text that is not too long."""
    if not isinstance(value, str):
        raise BadValue(f"{value!r:.100} is no STRING")
    raw = encoded(value, encoding)
    if len(raw) > capacity:
        raise BadValue(f"the text has {len(raw)} characters and the STRING holds {capacity}")
    return raw
