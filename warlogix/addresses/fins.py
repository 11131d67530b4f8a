"""Addresses of Omron memory as FINS reaches it, as people write them.

    parse_fins("D100", "DINT")           two words of data memory
    parse_fins("cio0.05")                one bit
    parse_fins("E1_200", "STRING[20]")   text in bank 1 of the extended memory

Without a separator the bank is one hexadecimal digit: `E0100` is word 100 of bank 0.
Pure: text in, a FinsAddress or `Malformed` out.
"""

import re
from dataclasses import dataclass
from enum import Enum
from math import prod

from warlogix.datatypes import DataType, parse_data_type
from warlogix.errors import Malformed

_FORM = re.compile(
    r"(?:(?P<area>CIO|W|H|A|DM|D)|EM?(?:(?P<long>[0-9A-F]{1,2})[_:]|(?P<short>[0-9A-F])))"
    r"(?P<word>[0-9]{1,8})(?:\.(?P<bit>[0-9]{1,2}))?"
)
_BANK_ONLY = re.compile(r"EM?[0-9A-F]{1,2}")
_LAST_BANK = 0x18
# Bytes of the types that CS, CJ, CP, NJ and NX controllers keep in this memory.
_SIZES = {"WORD": 2, "UINT": 2, "INT": 2} | dict.fromkeys(("DWORD", "UDINT", "DINT", "REAL"), 4)
_SIZES |= dict.fromkeys(("LWORD", "ULINT", "LINT", "LREAL"), 8)


class FinsArea(Enum):
    """A kind of memory; the value is the name that people write."""

    CIO = "CIO"
    WORK = "W"
    HOLDING = "H"
    AUXILIARY = "A"
    DATA = "D"
    EXTENDED = "E"


_LAST_WORD = {
    FinsArea.CIO: 6143,
    FinsArea.WORK: 511,
    FinsArea.HOLDING: 1535,
    FinsArea.AUXILIARY: 11535,
    FinsArea.DATA: 32767,
    FinsArea.EXTENDED: 32767,
}


@dataclass(frozen=True, slots=True)
class FinsAddress:
    """Where a value is and what it is.

    `text` is the address as written, in upper case and without spaces around. `bank` is 0 outside
    of the extended memory, `bit` is None for all but a single BOOL, `words` is what a read takes.
    """

    text: str
    area: FinsArea
    bank: int
    word: int
    bit: int | None
    type: DataType
    words: int


def parse_fins(address: str, data_type: str = "") -> FinsAddress:
    """The place and the type that an address and a data type name together.

    Without `data_type` a word is a WORD and a bit is a BOOL.
    Raises `Malformed` for either of the two texts.
    """
    text = address.strip().upper()
    asked = parse_data_type(data_type) if data_type.strip() else None
    form = _FORM.fullmatch(text) if text.isascii() else None
    if form is None:
        raise _unreadable(text)
    area, bank = _area(text, form)
    word = int(form["word"])
    if form["bit"] is not None:
        bit = _bit(text, form["bit"], asked)
        return _inside(FinsAddress(text, area, bank, word, bit, DataType("BOOL"), 1))
    kind = asked or DataType("WORD")
    if kind == DataType("BOOL"):
        raise Malformed(f'"{text}" does not say which bit the BOOL is', f"write {text}.<bit>")
    return _inside(FinsAddress(text, area, bank, word, None, kind, _words(text, kind)))


def _area(text: str, form: re.Match[str]) -> tuple[FinsArea, int]:
    if form["area"]:
        return FinsArea("D" if form["area"] == "DM" else form["area"]), 0
    bank = int(form["long"] or form["short"], 16)
    if bank > _LAST_BANK:
        raise Malformed(f'"{text}" names bank {bank:X}', "banks are E0 to E18, in hexadecimal")
    return FinsArea.EXTENDED, bank


def _bit(text: str, digits: str, asked: DataType | None) -> int:
    if int(digits) > 15:
        raise Malformed(f'"{text}" has bit {digits}', "a word has the bits 0 to 15")
    if asked is not None and asked != DataType("BOOL"):
        raise Malformed(
            f'"{text}" is one bit and cannot hold {asked}',
            f"leave data_type out, or write {text.partition('.')[0]} for the word",
        )
    return int(digits)


def _words(text: str, kind: DataType) -> int:
    count = prod(kind.shape)
    if kind.base == "BOOL":
        return -(-count // 16)
    if kind.base == "STRING":
        if kind.length is None:
            raise Malformed(
                f'"{text}" is a STRING of unknown length', "write STRING[n], n in characters"
            )
        return -(-kind.length // 2) * count
    if kind.base not in _SIZES:
        raise Malformed(
            f'"{text}" cannot hold {kind}: Omron memory has no such type',
            f"use BOOL, STRING[n], {', '.join(_SIZES)} or an array of them",
        )
    return _SIZES[kind.base] // 2 * count


def _inside(address: FinsAddress) -> FinsAddress:
    last = _LAST_WORD[address.area]
    if address.word + address.words - 1 > last:
        raise Malformed(
            f'"{address.text}" ends behind the last word of its area',
            f"the last word of {address.area.value} is {last}",
        )
    return address


def _unreadable(text: str) -> Malformed:
    if _BANK_ONLY.fullmatch(text):
        return Malformed(f'"{text}" has no word', f"write {text}_<word>, for example {text}_100")
    return Malformed(
        f'"{text}" is not an Omron memory address',
        "write CIO0.05, W10, H20, A100, D100, DM100 or E0_100",
    )
