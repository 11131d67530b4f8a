"""How values lie in a PLC's memory, and how they become values and bytes again.

    layout = Array(Plain(DataType("INT"), element("INT")), (2, 3))
    layout.decode(raw)         [[1, 2, 3], [4, 5, 6]]
    layout.encode(value)       the same bytes

`decode` gets exactly `size` bytes; `BadValue` says where in the value the fault is. `encode` raises
it for what does not fit. `kept` says why a whole value must not be written, "" where it may: the
memory holds something then that the value does not show. Pure.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Protocol, TypeVar

from warlogix.datatypes import DataType, Kind, Structure
from warlogix.drivers.arrays import flattened, nested
from warlogix.drivers.little_endian import Element
from warlogix.tags import Value
from warlogix.values import BadValue

P = TypeVar("P")
T = TypeVar("T")


class Layout(Protocol):
    """What every layout is. `alignment` is the bytes by which its place can be divided."""

    @property
    def kind(self) -> Kind:
        """The type of its values."""

    @property
    def size(self) -> int:
        """The bytes that it takes."""

    @property
    def alignment(self) -> int:
        """What its offset in a structure is a multiple of, unless that is packed."""

    @property
    def kept(self) -> str:
        """Why a whole value must not be written; "" where it may."""

    def decode(self, raw: bytes) -> Value:
        """The value of the bytes."""

    def encode(self, value: Value) -> bytes:
        """The bytes of the value."""


@dataclass(frozen=True, slots=True)
class Plain:
    """One elementary value."""

    kind: DataType
    element: Element
    alignment: int
    kept: str = ""

    @property
    def size(self) -> int:
        """As its element's."""
        return self.element.size

    def decode(self, raw: bytes) -> Value:
        """The value."""
        return self.element.decode(raw, 1)[0]

    def encode(self, value: Value) -> bytes:
        """Its bytes."""
        return self.element.encode([value])


@dataclass(frozen=True, slots=True)
class Bits:
    """One bit, or an array of bits one behind the other; `shape` is () for one."""

    shape: tuple[int, ...]
    alignment: int = 1
    kept: str = ""

    @property
    def kind(self) -> DataType:
        """BOOL, or an array of it."""
        return DataType("BOOL", None, self.shape)

    @property
    def size(self) -> int:
        """The bytes that the bits begin."""
        return (prod(self.shape) + 7) // 8

    def decode(self, raw: bytes) -> Value:
        """The bits from the lowest of the first byte."""
        number = int.from_bytes(raw, "little")
        flat: list[Value] = [number >> place & 1 == 1 for place in range(prod(self.shape))]
        return nested(flat, self.shape) if self.shape else flat[0]

    def encode(self, value: Value) -> bytes:
        """Whole bytes, the bits that are no part of the value 0."""
        flat = flattened(value, self.shape)
        if not all(isinstance(bit, bool) for bit in flat):
            raise BadValue("what is no BOOL does not fit a bit")
        number = sum(1 << place for place, bit in enumerate(flat) if bit)
        return number.to_bytes(self.size, "little")


@dataclass(frozen=True, slots=True)
class Array:
    """Elements one behind the other, the last index counting fastest."""

    element: "Plain | Record"
    shape: tuple[int, ...]

    @property
    def kind(self) -> Kind:
        """The element's, with the shape; an array of arrays has both shapes."""
        return replace(self.element.kind, shape=self.shape)

    @property
    def size(self) -> int:
        """All elements."""
        return self.element.size * prod(self.shape)

    @property
    def alignment(self) -> int:
        """As its element's."""
        return self.element.alignment

    @property
    def kept(self) -> str:
        """As its element's."""
        return self.element.kept

    def decode(self, raw: bytes) -> Value:
        """Nested lists, a list for each dimension."""
        if isinstance(self.element, Plain):
            flat = self.element.element.decode(raw, prod(self.shape))
        else:
            size, decode = self.element.size, self.element.decode
            starts = range(0, len(raw), size)
            flat = _placed(decode, [raw[start : start + size] for start in starts])
        return nested(flat, self.shape)

    def encode(self, value: Value) -> bytes:
        """All elements' bytes."""
        flat = flattened(value, self.shape)
        if isinstance(self.element, Plain):
            return self.element.element.encode(flat)
        return b"".join(_placed(self.element.encode, flat))


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a structure; `bit` is where it begins, in bits from the structure's start."""

    name: str
    bit: int
    layout: Layout

    @property
    def end(self) -> int:
        """The byte behind it."""
        count = prod(self.layout.kind.shape)
        bits = count if isinstance(self.layout, Bits) else 8 * self.layout.size
        return (self.bit + bits + 7) // 8

    def decode(self, raw: bytes) -> Value:
        """Its value, from the structure's bytes."""
        start, shift = divmod(self.bit, 8)
        layout = self.layout
        if not shift:
            return layout.decode(raw[start : start + layout.size])
        number = int.from_bytes(raw[start : start + layout.size + 1], "little") >> shift
        return layout.decode(number.to_bytes(layout.size + 1, "little")[: layout.size])

    def encode_into(self, whole: bytearray, value: Value) -> None:
        """Put its value into the structure's bytes, which are 0 there."""
        start, shift = divmod(self.bit, 8)
        raw = self.layout.encode(value)
        if not isinstance(self.layout, Bits):
            whole[start : start + len(raw)] = raw
            return
        number = int.from_bytes(raw, "little") << shift
        for place, byte in enumerate(number.to_bytes(len(raw) + 1, "little"), start):
            if byte:
                whole[place] |= byte


@dataclass(frozen=True, slots=True)
class Record:
    """A structure: its members that a value shows, in the order of the declaration."""

    name: str
    size: int
    members: tuple[Member, ...]
    kept: str

    @property
    def kind(self) -> Structure:
        """The structure's name and members."""
        return Structure(
            self.name, tuple((member.name, member.layout.kind) for member in self.members)
        )

    @property
    def alignment(self) -> int:
        """The largest of its members'."""
        return max((member.layout.alignment for member in self.members), default=1)

    def decode(self, raw: bytes) -> Value:
        """An object with every member."""
        value: dict[str, Value] = {}
        for member in self.members:
            try:
                value[member.name] = member.decode(raw)
            except BadValue as exc:
                raise BadValue(f"{member.name}: {exc}") from exc
        return value

    def encode(self, value: Value) -> bytes:
        """The bytes of all members; what lies between them is 0."""
        names = [member.name for member in self.members]
        if not isinstance(value, dict) or list(value) != names:
            raise BadValue(f"{self.name} takes an object with the members {', '.join(names)}")
        whole = bytearray(self.size)
        for member in self.members:
            try:
                member.encode_into(whole, value[member.name])
            except BadValue as exc:
                raise BadValue(f"{member.name}: {exc}") from exc
        return bytes(whole)


def _placed(call: Callable[[P], T], parts: Sequence[P]) -> list[T]:
    """What each part gives; what is bad tells its place."""
    made: list[T] = []
    for place, part in enumerate(parts):
        try:
            made.append(call(part))
        except BadValue as exc:
            raise BadValue(f"element {place}: {exc}") from exc
    return made
