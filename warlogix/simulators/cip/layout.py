"""How values of declared types lie in a controller's memory, and values to bytes and back.

    types = lay_out_logix(program.types, numbers)
    motor = types.of("Motor[4]")
    raw = bytearray(motor.size)
    motor.put(raw, 0, [{"Speed": 1.5, ...}, ...])
    motor.get(raw, 0)

Pure. Values have the form that messages have: numbers, text, nested lists, objects. A NaN is
itself.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, prod
from typing import Any, Protocol

from warlogix.values import shortest_real

STRUCTURE_CODE = 0x02A0
DWORD_CODE = 0xD3
HOST = "ZZZZZZZZZZ"
# Structures with higher numbers are the controller's own.
LAST_OF_PROGRAM = 0xEFF


class Laid(Protocol):
    """A type with its place in memory."""

    @property
    def name(self) -> str:
        """How it is written."""

    @property
    def size(self) -> int:
        """Its bytes."""

    @property
    def align(self) -> int:
        """What its place is a multiple of."""

    def get(self, raw: bytes | bytearray, at: int) -> Any:
        """The value that the bytes from `at` on hold."""

    def put(self, raw: bytearray, at: int, value: Any) -> None:
        """Change the bytes from `at` on so that they hold the value."""


@dataclass(frozen=True, slots=True)
class Elementary:
    """A number or a truth value; `code` is its CIP type code, `form` its struct format."""

    name: str
    code: int
    form: str

    @property
    def size(self) -> int:
        """Its bytes."""
        return struct.calcsize("<" + self.form)

    @property
    def align(self) -> int:
        """What its place is a multiple of."""
        return self.size

    def get(self, raw: bytes | bytearray, at: int) -> Any:
        """The value in its place."""
        value = struct.unpack_from("<" + self.form, raw, at)[0]
        if self.name == "BOOL":
            return bool(value)
        return shortest_real(value) if self.form == "f" and isfinite(value) else value

    def put(self, raw: bytearray, at: int, value: Any) -> None:
        """Change the value in its place."""
        struct.pack_into("<" + self.form, raw, at, value)


@dataclass(frozen=True, slots=True)
class Text:
    """A text that is a type of its own: `size` bytes, with its length in front or a NUL behind."""

    code: int
    size: int
    counted: bool
    encoding: str
    name: str = "STRING"
    align: int = 1

    def get(self, raw: bytes | bytearray, at: int) -> str:
        """The value in its place."""
        return self.characters(raw, at).decode(self.encoding)

    def put(self, raw: bytearray, at: int, value: str) -> None:
        """Change the value in its place."""
        self.put_characters(raw, at, value.encode(self.encoding))

    def characters(self, raw: bytes | bytearray, at: int) -> bytes:
        """The encoded text alone."""
        held = bytes(raw[at : at + self.size])
        return held[1 : 1 + held[0]] if self.counted else held.partition(b"\0")[0]

    def put_characters(self, raw: bytearray, at: int, text: bytes) -> None:
        """Replace the text; `ValueError` if there is no room."""
        if len(text) > self.capacity:
            raise ValueError(f"{len(text)} bytes of text in a {self.name} of {self.capacity}")
        held = bytes((len(text),)) + text if self.counted else text
        raw[at : at + self.size] = held.ljust(self.size, b"\0")

    @property
    def capacity(self) -> int:
        """The most bytes of text."""
        return self.size - 1


@dataclass(frozen=True, slots=True)
class Field:
    """A member in its place; `bit` is that of a BOOL inside the byte at `offset`."""

    name: str
    laid: Laid
    offset: int
    bit: int | None = None

    @property
    def shown(self) -> bool:
        """Whether values show it."""
        return not self.name.startswith((HOST, "__"))

    def get(self, raw: bytes | bytearray, at: int) -> Any:
        """Its value in a structure that begins at `at`."""
        if self.bit is not None:
            return bool(raw[at + self.offset] >> self.bit & 1)
        return self.laid.get(raw, at + self.offset)

    def put(self, raw: bytearray, at: int, value: Any) -> None:
        """Change it in a structure that begins at `at`."""
        if self.bit is None:
            self.laid.put(raw, at + self.offset, value)
        elif value:
            raw[at + self.offset] |= 1 << self.bit
        else:
            raw[at + self.offset] &= ~(1 << self.bit)


@dataclass(frozen=True, slots=True)
class Structure:
    """A structure; `capacity` makes it a string of LEN and DATA, whose value is text."""

    name: str
    fields: tuple[Field, ...]
    size: int
    align: int
    number: int
    handle: int
    capacity: int | None = None

    def get(self, raw: bytes | bytearray, at: int) -> Any:
        """The value in its place."""
        if self.capacity is None:
            shown = (one for one in self.fields if one.shown)
            return {one.name: one.get(raw, at) for one in shown if not self._keeps(one)}
        length = int.from_bytes(raw[at : at + 4], "little")
        return bytes(raw[at + 4 : at + 4 + min(length, self.capacity)]).decode("latin-1")

    def put(self, raw: bytearray, at: int, value: Any) -> None:
        """Change the value in its place."""
        if self.capacity is None:
            for name, inner in value.items():
                self.field(name).put(raw, at, inner)
            return
        text = value.encode("latin-1")
        if len(text) > self.capacity:
            raise ValueError(f"{len(text)} characters in a {self.name} of {self.capacity}")
        raw[at : at + 4] = len(text).to_bytes(4, "little")
        raw[at + 4 : at + 4 + self.capacity] = text.ljust(self.capacity, b"\0")

    @property
    def predefined(self) -> bool:
        """Whether it is a type of the controller's own, as TIMER."""
        return self.number > LAST_OF_PROGRAM

    def _keeps(self, field: Field) -> bool:
        """Whether a type of the controller's own keeps the member for itself."""
        return self.predefined and field.name == "CTL"

    def field(self, name: str) -> Field:
        """The member of that name, whatever its case; `KeyError` if there is none."""
        for field in self.fields:
            if field.name.lower() == name.lower():
                return field
        raise KeyError(f"{self.name} has no member {name}")


@dataclass(frozen=True, slots=True)
class Series:
    """An array. `lower` are the lower bounds of its dimensions, () for zeros."""

    of: Laid
    shape: tuple[int, ...]
    lower: tuple[int, ...] = ()
    align: int = 1

    @property
    def name(self) -> str:
        """How it is written."""
        return f"{self.of.name}[{','.join(map(str, self.shape))}]"

    @property
    def count(self) -> int:
        """The number of elements."""
        return prod(self.shape)

    @property
    def size(self) -> int:
        """Its bytes."""
        return self.count * self.of.size

    def get(self, raw: bytes | bytearray, at: int) -> Any:
        """The value in its place."""
        flat = [self.of.get(raw, at + index * self.of.size) for index in range(self.count)]
        return nested(flat, self.shape)

    def put(self, raw: bytearray, at: int, value: Any) -> None:
        """Change the value in its place."""
        for index, inner in enumerate(flattened(value, self.shape)):
            self.of.put(raw, at + index * self.of.size, inner)


@dataclass(frozen=True, slots=True)
class Bits:
    """An array of BOOLs, packed into words of `of`."""

    of: Elementary
    shape: tuple[int, ...]
    lower: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """How it is written."""
        return f"BOOL[{','.join(map(str, self.shape))}]"

    @property
    def count(self) -> int:
        """The number of words."""
        return -(-prod(self.shape) // (8 * self.of.size))

    @property
    def size(self) -> int:
        """Its bytes."""
        return self.count * self.of.size

    @property
    def align(self) -> int:
        """What its place is a multiple of."""
        return self.of.align

    def get(self, raw: bytes | bytearray, at: int) -> Any:
        """The value in its place."""
        number = int.from_bytes(raw[at : at + self.size], "little")
        return nested([bool(number >> bit & 1) for bit in range(prod(self.shape))], self.shape)

    def put(self, raw: bytearray, at: int, value: Any) -> None:
        """Change the value in its place."""
        number = sum(1 << bit for bit, inner in enumerate(flattened(value, self.shape)) if inner)
        raw[at : at + self.size] = number.to_bytes(self.size, "little")


def nested(flat: Sequence[Any], shape: tuple[int, ...]) -> list[Any]:
    """A flat list as lists in lists, the last dimension innermost."""
    if len(shape) == 1:
        return list(flat)
    step = prod(shape[1:])
    return [nested(flat[i * step : (i + 1) * step], shape[1:]) for i in range(shape[0])]


def flattened(value: Any, shape: tuple[int, ...]) -> list[Any]:
    """The opposite of `nested`; `ValueError` if the lists do not have that shape."""
    if len(value) != shape[0]:
        raise ValueError(f"{len(value)} elements where {shape[0]} belong")
    if len(shape) == 1:
        return list(value)
    return [inner for row in value for inner in flattened(row, shape[1:])]


def aligned(offset: int, to: int) -> int:
    """The first place from `offset` on that is a multiple of `to`."""
    return -(-offset // to) * to
