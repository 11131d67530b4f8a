"""Values to bytes of S7 memory, by the type that the tag has: the way back from `elements`.

    encode = encoder(DataType("INT"), "latin-1")
    encode(-2)    -> b"\\xff\\xfe"

Values are in the form that a read gives; `BadValue` says why a text is none in the code page. Of
strings these are the characters alone: their headers are the PLC's. Pure.
"""

import struct
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeAlias

from warlogix.datatypes import DataType
from warlogix.drivers.s7.elements import ELEMENTS
from warlogix.drivers.texts import encoded
from warlogix.values import (
    S5TIME_UNITS,
    BadValue,
    calendar,
    days_since_1990,
    finite,
    ns_since_1970,
    ns_since_midnight,
)

Encode: TypeAlias = Callable[[Any], bytes]

_MS = 1_000_000
_REAL, _LREAL = struct.Struct(">f"), struct.Struct(">d")
_DTL = struct.Struct(">HBBBBBBI")


def encoder(kind: DataType, encoding: str) -> Encode:
    """The function that makes bytes of one element's value, of all types but BOOL.

    `encoding` is the 8-bit code page of CHAR and STRING.
    """
    if kind.base == "CHAR":
        return lambda value: _single_byte(value, encoding)
    if kind.base == "STRING":
        return lambda value: encoded(value, encoding)
    if kind.base in ("WSTRING", "WCHAR"):
        return lambda value: encoded(value, "utf-16-be")
    return _ENCODERS.get(kind.base) or struct.Struct(">" + ELEMENTS[kind.base].code).pack


def _single_byte(value: str, encoding: str) -> bytes:
    raw = encoded(value, encoding)
    if len(raw) != 1:
        raise BadValue(f'"{value}" takes {len(raw)} bytes in {encoding}, and a CHAR is one')
    return raw


def _bcd(number: int, digits: int) -> int:
    return int(f"{number:0{digits}d}", 16)


def _s5time(ms: int) -> bytes:
    for code, unit in enumerate(S5TIME_UNITS):
        if ms % unit == 0 and ms <= 999 * unit:
            return (code << 12 | _bcd(ms // unit, 3)).to_bytes(2, "big")
    raise BadValue(f"{ms} ms are no S5TIME")


def _weekday(moment: datetime) -> int:
    """Sunday is 1."""
    return moment.isoweekday() % 7 + 1


def _date_and_time(text: str) -> bytes:
    moment, nanosecond = calendar(text)
    return bytes.fromhex(f"{moment:%y%m%d%H%M%S}{nanosecond // _MS:03d}{_weekday(moment)}")


def _dtl(text: str) -> bytes:
    moment, nanosecond = calendar(text)
    clock = (moment.hour, moment.minute, moment.second)
    day = (moment.year, moment.month, moment.day)
    return _DTL.pack(*day, _weekday(moment), *clock, nanosecond)


_ENCODERS: dict[str, Encode] = {
    "REAL": lambda number: _REAL.pack(finite(number)),
    "LREAL": lambda number: _LREAL.pack(finite(number)),
    "S5TIME": _s5time,
    "COUNTER": lambda number: _bcd(number, 3).to_bytes(2, "big"),
    "DATE": lambda text: days_since_1990(text).to_bytes(2, "big"),
    "TOD": lambda text: (ns_since_midnight(text) // _MS).to_bytes(4, "big"),
    "LTOD": lambda text: ns_since_midnight(text).to_bytes(8, "big"),
    "DT": _date_and_time,
    "LDT": lambda text: ns_since_1970(text).to_bytes(8, "big", signed=True),
    "DTL": _dtl,
}
