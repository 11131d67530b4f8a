"""Dates and times of a controller: 64 bits of ns each. Pure.

They are published as the types that count ns: TIME as LTIME, TIME_OF_DAY as LTOD, DATE_AND_TIME as
LDT.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass

from warlogix.drivers.little_endian import element
from warlogix.tags import Value
from warlogix.values import (
    DAY_NS,
    BadValue,
    date_text,
    days_since_1990,
    moment_text,
    ns_since_1970,
    ns_since_midnight,
    time_text,
)

_NS = struct.Struct("<q")
_DAYS_TO_1990 = 7305


@dataclass(frozen=True, slots=True)
class Time:
    """One such type: its published name, and how its values go both ways."""

    base: str
    decode: Callable[[bytes], Value]
    encode: Callable[[Value], bytes]


def _decoder(text: Callable[[int], Value]) -> Callable[[bytes], Value]:
    def decode(raw: bytes) -> Value:
        nanoseconds: int = _NS.unpack(raw)[0]
        try:
            return text(nanoseconds)
        except (OverflowError, ValueError) as exc:
            raise BadValue(str(exc)) from exc

    return decode


def _encoder(nanoseconds: Callable[[str], int]) -> Callable[[Value], bytes]:
    def encode(value: Value) -> bytes:
        if not isinstance(value, str):
            raise BadValue(f"{value!r} is no text of a date or a time")
        try:
            return _NS.pack(nanoseconds(value))
        except struct.error as exc:
            raise BadValue(f"{value} is beyond what 64 bits of ns reach") from exc

    return encode


def _day(nanoseconds: int) -> str:
    return date_text(nanoseconds // DAY_NS - _DAYS_TO_1990)


def _day_ns(text: str) -> int:
    return (days_since_1990(text) + _DAYS_TO_1990) * DAY_NS


_LTIME = element("LINT")
_DURATION = Time(
    "LTIME", lambda raw: _LTIME.decode(raw, 1)[0], lambda value: _LTIME.encode((value,))
)

# By their codes in messages.
TIMES = {
    0x08: Time("DATE", _decoder(_day), _encoder(_day_ns)),
    0x09: _DURATION,
    0xDB: _DURATION,
    0x0A: Time("LDT", _decoder(moment_text), _encoder(ns_since_1970)),
    0x0B: Time("LTOD", _decoder(time_text), _encoder(ns_since_midnight)),
}
