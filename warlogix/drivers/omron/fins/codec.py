"""Words of Omron memory to values and back, by the type that the tag has.

    codec = Codec(parse_fins("D100", "DINT"), "latin-1", low_word_first=True)
    codec.decode(b"\\x00\\x2a\\x00\\x00")    -> 42
    codec.encode(42)                         -> b"\\x00\\x2a\\x00\\x00"

Each word comes with its high byte first; of the words of a value the low one comes first, unless
the PLC's program does otherwise. A text has two characters in a word and ends at its first NUL.
Raises `BadValue` with the reason. Pure: no plan, no connection.
"""

import struct
from array import array
from collections.abc import Callable
from math import prod
from typing import Any

from warlogix.addresses.fins import FinsAddress
from warlogix.drivers.arrays import each, flattened, nested
from warlogix.drivers.texts import decoded, encoded
from warlogix.tags import Value
from warlogix.values import BadValue, finite, shortest_real

_CODES = {
    "WORD": "H",
    "UINT": "H",
    "INT": "h",
    "DWORD": "I",
    "UDINT": "I",
    "DINT": "i",
    "REAL": "f",
    "LWORD": "Q",
    "ULINT": "Q",
    "LINT": "q",
    "LREAL": "d",
}
_CHECKS: dict[str, Callable[[float], float]] = {"REAL": shortest_real, "LREAL": finite}


class Codec:
    """Values of one address."""

    def __init__(self, address: FinsAddress, encoding: str, *, low_word_first: bool) -> None:
        self._kind = address.type
        self._bit = address.bit
        self._encoding = encoding
        self._low_word_first = low_word_first
        self._count = prod(address.type.shape)
        if address.type.base in _CODES:
            order = "<" if low_word_first else ">"
            self._struct = struct.Struct(f"{order}{self._count}{_CODES[address.type.base]}")

    def decode(self, raw: bytes) -> Value:
        """The value of exactly the words that the address covers."""
        if self._bit is not None:
            return int.from_bytes(raw, "big") >> self._bit & 1 == 1
        flat = self._flat(raw)
        return nested(flat, self._kind.shape) if self._kind.shape else flat[0]

    def encode(self, value: Value) -> bytes:
        """The bytes of numbers and of texts, padded to the length that a text may have."""
        flat = flattened(value, self._kind.shape)
        if self._kind.base == "STRING":
            return b"".join(map(self._characters, flat))
        if not all(map(_is_number(self._kind.base), flat)):
            raise BadValue(f"a value is no {self._kind.base}")
        try:
            if self._kind.base in _CHECKS:
                list(map(finite, flat))
            packed = self._struct.pack(*flat)
        except (struct.error, OverflowError) as exc:
            raise BadValue(f"a value does not fit {self._kind.base}") from exc
        return _swapped(packed) if self._low_word_first else packed

    def _flat(self, raw: bytes) -> list[Value]:
        base = self._kind.base
        if base == "BOOL":
            bits = int.from_bytes(_swapped(raw), "little")
            return [bits >> number & 1 == 1 for number in range(self._count)]
        if base == "STRING":
            step = len(raw) // self._count
            return each([raw[at : at + step] for at in range(0, len(raw), step)], self._text)
        flat = self._struct.unpack(_swapped(raw) if self._low_word_first else raw)
        check = _CHECKS.get(base)
        return list(flat) if check is None else each(flat, check)

    def _text(self, raw: bytes) -> str:
        length = self._kind.length or 0
        used = raw[:length].split(b"\0")[0]
        return decoded(used, self._encoding)

    def _characters(self, text: Any) -> bytes:
        if not isinstance(text, str):
            raise BadValue("a value is no STRING")
        length = self._kind.length or 0
        raw = encoded(text, self._encoding)
        if len(raw) > length:
            raise BadValue(f"the text takes {len(raw)} bytes, and STRING[{length}] has {length}")
        if b"\0" in raw:
            raise BadValue("the text holds a NUL, which would end it")
        return raw.ljust(length, b"\0")


def _is_number(base: str) -> Callable[[Any], bool]:
    wanted = (int, float) if base in _CHECKS else int
    return lambda value: isinstance(value, wanted) and not isinstance(value, bool)


def _swapped(raw: bytes) -> bytes:
    """The same words with their bytes the other way round: a low word first makes little-endian."""
    words = array("H", raw)
    words.byteswap()
    return words.tobytes()
