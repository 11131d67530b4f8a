"""Addresses of Siemens S7 memory, as people write them.

    parse_s7("DB1.DBD100", "DINT")       a double word of a data block
    parse_s7("m10.3")                    one bit of the flags
    parse_s7("DB1.20", "STRING[20]")     a byte where the type alone says what is there

Pure: text in, an S7Address or `Malformed` out.
"""

import re
from dataclasses import dataclass
from enum import Enum

from warlogix.addresses.s7_layout import size
from warlogix.datatypes import STRINGS, DataType, parse_data_type
from warlogix.errors import Malformed

# The protocol carries 24 bits of bit address.
_BYTES = 1 << 21
_NUMBERS = 65536

_DB = re.compile(
    r"DB(?P<db>[0-9]{1,9})\.DB(?P<letter>[A-Z])(?P<byte>[0-9]{1,9})(\.(?P<bit>[0-9]{1,9}))?"
)
_UNTYPED = re.compile(r"DB(?P<db>[0-9]{1,9})\.(?P<byte>[0-9]{1,9})(?P<more>.*)")
_MEMORY = re.compile(
    r"(?P<area>[IQMEA])(?P<letter>[A-Z]?)(?P<byte>[0-9]{1,9})(\.(?P<bit>[0-9]{1,9}))?"
)
_NUMBERED = re.compile(r"(?P<area>[TC])(?P<number>[0-9]{1,9})")

_BOOL = DataType("BOOL")
_LETTERS = {"X": "BOOL", "B": "BYTE", "W": "WORD", "D": "DWORD", "L": "LWORD"}
_LETTER_SIZES = {1: "B", 2: "W", 4: "D", 8: "L"}


class S7Area(Enum):
    """A kind of memory; the value is its number on the wire."""

    COUNTERS = 0x1C
    TIMERS = 0x1D
    INPUTS = 0x81
    OUTPUTS = 0x82
    FLAGS = 0x83
    DB = 0x84


_AREAS = {
    "I": S7Area.INPUTS,
    "E": S7Area.INPUTS,
    "Q": S7Area.OUTPUTS,
    "A": S7Area.OUTPUTS,
    "M": S7Area.FLAGS,
    "T": S7Area.TIMERS,
    "C": S7Area.COUNTERS,
}


@dataclass(frozen=True, slots=True)
class S7Address:
    """Where a value is and what it is.

    `text` is the address as written, in upper case and without spaces around. `byte` is the
    offset in bytes; of timers and counters it is their number. `db` is 0 outside of data blocks,
    `bit` is 0 for all but a single BOOL. `size` is in bytes.
    """

    text: str
    area: S7Area
    db: int
    byte: int
    bit: int
    type: DataType
    size: int


def parse_s7(address: str, data_type: str = "") -> S7Address:
    """The place and the type that an address and a data type name together.

    Without `data_type` the letter decides: BOOL, BYTE, WORD, DWORD, LWORD.
    Raises `Malformed` for either of the two texts.
    """
    text = address.strip().upper()
    asked = parse_data_type(data_type) if data_type.strip() else None
    if not address.isascii():
        raise _unreadable(text)
    if form := _DB.fullmatch(text):
        return _lettered(text, S7Area.DB, _db_number(text, form["db"]), form, asked)
    if form := _UNTYPED.fullmatch(text):
        return _untyped(text, form, asked)
    if form := _MEMORY.fullmatch(text):
        return _lettered(text, _AREAS[form["area"]], 0, form, asked)
    if form := _NUMBERED.fullmatch(text):
        return _numbered(text, form, asked)
    raise _unreadable(text)


def _lettered(
    text: str, area: S7Area, db: int, form: re.Match[str], asked: DataType | None
) -> S7Address:
    letter, byte, bit = form["letter"], form["byte"], form["bit"]
    stem = text[: form.start("letter")]
    if not letter and bit is not None:
        letter = "X"
    if letter not in _LETTERS:
        said = f'has the letter "{letter}"' if letter else "does not say how many bits it means"
        raise Malformed(
            f'"{text}" {said}',
            f"write {stem}X{byte}.<bit> for a bit, {stem}B{byte}, {stem}W{byte}, {stem}D{byte} "
            f"or {stem}L{byte} for 1, 2, 4 or 8 bytes",
        )
    if letter == "X":
        return _bit(text, area, db, f"{stem}X{byte}", byte, bit, asked)
    if bit is not None:
        raise Malformed(
            f'"{text}" gives a bit to {_LETTERS[letter]} memory',
            f"write {stem}X{byte}.{bit} for the bit, or {stem}{letter}{byte}",
        )
    kind = asked or DataType(_LETTERS[letter])
    _check_letter(text, letter, stem, byte, kind)
    return _address(text, area, db, byte, kind)


def _bit(
    text: str, area: S7Area, db: int, stem: str, byte: str, bit: str | None, asked: DataType | None
) -> S7Address:
    if bit is None:
        raise Malformed(f'"{text}" has no bit', f"write {stem}.0 to {stem}.7")
    if len(bit) > 1 or bit > "7":
        raise Malformed(f'"{text}" has bit {bit}', "a byte has the bits 0 to 7")
    if asked is not None and asked != _BOOL:
        start = f"{stem[: -len(byte) - 1]}B{byte}"
        raise Malformed(
            f'"{text}" is one bit and cannot hold {asked}',
            f"leave data_type out, or start at a byte, for example {start}",
        )
    return _address(text, area, db, byte, _BOOL, int(bit))


def _check_letter(text: str, letter: str, stem: str, byte: str, kind: DataType) -> None:
    if kind == _BOOL:
        raise Malformed(
            f'"{text}" does not say which bit the BOOL is', f"write {stem}X{byte}.<bit>"
        )
    # Text, arrays and DTL fit no letter; they start at a byte.
    free = kind.shape or kind.base in STRINGS or kind.base == "DTL"
    fitting = "B" if free else _LETTER_SIZES[size(kind)]
    if letter != fitting:
        held = _LETTERS[letter]
        fact = "starts at a byte" if free else f"takes {_bytes(size(kind))}"
        raise Malformed(
            f'"{text}" names a {held}, and {kind} {fact}', f"write {stem}{fitting}{byte}"
        )


def _bytes(count: int) -> str:
    return "1 byte" if count == 1 else f"{count} bytes"


def _untyped(text: str, form: re.Match[str], asked: DataType | None) -> S7Address:
    stem, byte, more = f"DB{form['db']}.DB", form["byte"], form["more"]
    db = _db_number(text, form["db"])
    if more:
        raise Malformed(
            f'"{text}" goes on after the byte with "{more}"',
            f"write {stem}X{byte}.<bit> for a bit; an array's size goes into data_type",
        )
    if asked is None:
        raise Malformed(
            f'"{text}" does not say what is there',
            f"add a data_type, or write {stem}B{byte}, {stem}W{byte}, {stem}D{byte} or so",
        )
    if asked == _BOOL:
        raise Malformed(
            f'"{text}" does not say which bit the BOOL is', f"write {stem}X{byte}.<bit>"
        )
    return _address(text, S7Area.DB, db, byte, asked)


def _numbered(text: str, form: re.Match[str], asked: DataType | None) -> S7Address:
    area = _AREAS[form["area"]]
    kind = asked or DataType("S5TIME" if area is S7Area.TIMERS else "COUNTER")
    if kind.shape or kind.base in STRINGS or kind.base == "BOOL" or size(kind) != 2:
        raise Malformed(
            f'"{text}" holds 2 bytes and cannot be {kind}',
            "leave data_type out; WORD gives the bits as they are",
        )
    if int(form["number"]) >= _NUMBERS:
        raise Malformed(f'"{text}" has a number that is too large', "numbers end at 65535")
    return S7Address(text, area, 0, int(form["number"]), 0, kind, 2)


def _address(
    text: str, area: S7Area, db: int, byte: str, kind: DataType, bit: int = 0
) -> S7Address:
    length = size(kind)
    if int(byte) + length > _BYTES:
        raise Malformed(
            f'"{text}" ends behind the last byte that can be addressed',
            f"offsets are in bytes; the last one is {_BYTES - 1}",
        )
    return S7Address(text, area, db, int(byte), bit, kind, length)


def _db_number(text: str, digits: str) -> int:
    if not 0 < int(digits) < _NUMBERS:
        raise Malformed(f'"{text}" names no data block', "data blocks are DB1 to DB65535")
    return int(digits)


def _unreadable(text: str) -> Malformed:
    if re.fullmatch(r"DB[0-9]{1,9}", text):
        return Malformed(
            f'"{text}" has no offset', f"write {text}.<type><offset>, for example {text}.DBW20"
        )
    return Malformed(
        f'"{text}" is not an S7 address',
        "write DB1.DBX0.0, DB1.DBW20, DB1.20 with a data_type, M10.3, IW4, QD8, T5 or C7",
    )
