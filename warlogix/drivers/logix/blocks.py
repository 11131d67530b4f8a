"""What lies together in a controller's memory: one value, an array, the bits of a BOOL array.

    block = Block(elementary(0xC4), (2, 3))
    block.decode(raw)    -> [[1, 2, 3], [4, 5, 6]]

Pure.
"""

from dataclasses import dataclass, replace
from math import prod
from typing import TypeAlias

from warlogix.datatypes import DataType, Kind
from warlogix.drivers.arrays import flattened, nested
from warlogix.drivers.cip.types import BOOL, DWORD
from warlogix.drivers.logix.layouts import Layout, ShortText, elementary
from warlogix.tags import Value
from warlogix.values import BadValue

_WORD_BITS = 32


@dataclass(frozen=True, slots=True)
class Block:
    """One value, or an array of them by its dimensions."""

    layout: Layout
    shape: tuple[int, ...] = ()

    @property
    def kind(self) -> Kind:
        """The type with its dimensions."""
        return replace(self.layout.kind, shape=self.shape)

    @property
    def wire(self) -> bytes:
        """The type of an element as services carry it."""
        return self.layout.wire

    @property
    def count(self) -> int:
        """How many elements it has."""
        return prod(self.shape)

    @property
    def size(self) -> int:
        """Its bytes, the most of them where that differs."""
        return self.count * self.layout.size

    @property
    def unit(self) -> int:
        """The bytes that belong together."""
        return self.layout.size

    @property
    def is_fixed(self) -> bool:
        """Whether it always has `size` bytes."""
        return not isinstance(self.layout, ShortText)

    def decode(self, raw: bytes) -> Value:
        """The value that the bytes are."""
        flat = self.layout.decode(raw, self.count)
        return nested(flat, self.shape) if self.shape else flat[0]

    def encode(self, value: Value) -> bytes:
        """The bytes of a value; `BadValue` for what does not fit."""
        return self.layout.encode(flattened(value, self.shape))


@dataclass(frozen=True, slots=True)
class Bools:
    """An array of BOOLs, which Logix keeps as bits of words of 32.

    `first` is the bit of the first word where it begins, `length` its number of BOOLs.
    """

    first: int
    length: int

    @property
    def kind(self) -> DataType:
        """BOOL with the number of them."""
        return DataType("BOOL", None, (self.length,))

    @property
    def wire(self) -> bytes:
        """The type of a word as services carry it."""
        return bytes((DWORD, 0))

    @property
    def count(self) -> int:
        """How many words it reaches into."""
        return -(-(self.first + self.length) // _WORD_BITS)

    @property
    def size(self) -> int:
        """The bytes of these words."""
        return 4 * self.count

    @property
    def unit(self) -> int:
        """The bytes that belong together."""
        return 4

    @property
    def is_fixed(self) -> bool:
        """Always."""
        return True

    def decode(self, raw: bytes) -> Value:
        """The BOOLs, in order."""
        bits = int.from_bytes(raw, "little") >> self.first
        return [bits >> place & 1 == 1 for place in range(self.length)]

    def encode(self, value: Value) -> bytes:
        """The words, with zeros around what is its own."""
        bits = 0
        for place, each in enumerate(flattened(value, (self.length,))):
            if not isinstance(each, bool):
                raise BadValue(f"{each!r} is no BOOL")
            bits |= each << place + self.first
        return bits.to_bytes(self.size, "little")

    def mask(self) -> bytes:
        """The bits of the words that are its own."""
        own = (1 << self.length) - 1 << self.first
        return own.to_bytes(self.size, "little")


@dataclass(frozen=True, slots=True)
class Bit:
    """One bit of an integer, or of the words of a BOOL array."""

    host: Layout
    number: int

    @property
    def kind(self) -> DataType:
        """BOOL."""
        return DataType("BOOL")

    @property
    def wire(self) -> bytes:
        """The type of the integer as services carry it."""
        return self.host.wire

    @property
    def count(self) -> int:
        """One integer."""
        return 1

    @property
    def size(self) -> int:
        """The bytes of the integer."""
        return self.host.size

    @property
    def unit(self) -> int:
        """The bytes that belong together."""
        return self.host.size

    @property
    def is_fixed(self) -> bool:
        """Always."""
        return True

    def decode(self, raw: bytes) -> Value:
        """Whether the bit is set."""
        return int.from_bytes(raw, "little") >> self.number & 1 == 1

    def encode(self, value: Value) -> bytes:
        """The integer with this bit alone."""
        if not isinstance(value, bool):
            raise BadValue(f"{value!r} is no BOOL")
        return (value << self.number).to_bytes(self.size, "little")

    def mask(self) -> bytes:
        """The bit of the integer that is its own."""
        return (1 << self.number).to_bytes(self.size, "little")


Part: TypeAlias = Block | Bools | Bit


def words(count: int) -> Bools:
    """A whole array of BOOLs by its number of words."""
    return Bools(0, _WORD_BITS * count)


def word_bit(index: int) -> tuple[int, Bit]:
    """Where a BOOL of an array is: the word, and the bit in it."""
    return index // _WORD_BITS, Bit(elementary(DWORD), index % _WORD_BITS)


def word_bits(index: int, length: int) -> tuple[int, Bools]:
    """Where a part of an array of BOOLs is: the first word, and the bits from there."""
    return index // _WORD_BITS, Bools(index % _WORD_BITS, length)


def is_bool(layout: Layout) -> bool:
    """Whether it is a BOOL of its own."""
    return layout.wire == bytes((BOOL, 0))
