"""What a write request asks for by the documented rules, worked out in another way than the code.

    asked_for(text, kind)             the value that must be in the PLC then, or REFUSED
    is_as_asked(value, asked, kind)   whether a value that was read is that one

Numbers are fractions here, and a float is found bit by bit.
"""

import json
import re
import struct
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from warlogix.datatypes import DataType

REFUSED = object()

_SIGNED = {"SINT": 1, "INT": 2, "DINT": 4, "LINT": 8, "TIME": 4, "LTIME": 8}
_UNSIGNED = {"BYTE": 1, "WORD": 2, "DWORD": 4, "LWORD": 8}
_UNSIGNED |= {"USINT": 1, "UINT": 2, "UDINT": 4, "ULINT": 8}
LIMITS = {base: (-(256**size // 2), 256**size // 2 - 1) for base, size in _SIGNED.items()}
LIMITS |= {base: (0, 256**size - 1) for base, size in _UNSIGNED.items()}
LIMITS |= {"COUNTER": (0, 999), "S5TIME": (0, 9_990_000), "BOOL": (0, 1)}
_MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{1,9})?")
_CLOCK = re.compile(r"([0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{1,9})?")
FLOATS = {"REAL": (24, -149, 128), "LREAL": (53, -1074, 1024)}


@dataclass(frozen=True)
class Literal:
    """A number as it stands in a JSON text."""

    text: str

    @property
    def value(self) -> Fraction:
        """The number itself."""
        return Fraction(self.text)

    @property
    def is_written_whole(self) -> bool:
        """Whether neither point nor exponent is written."""
        return self.text.lstrip("-").isdigit()


def asked_for(text: str, kind: DataType) -> Any:
    """The value of this type that a JSON text asks for; `REFUSED` for none."""
    value = json.loads(text, parse_int=Literal, parse_float=Literal)
    return _shaped(value, kind.base, kind.length or 254, kind.shape)


def _shaped(value: Any, base: str, length: int, shape: tuple[int, ...]) -> Any:
    if not shape:
        return _single(value, base, length)
    if not isinstance(value, list) or len(value) != shape[0]:
        return REFUSED
    inner = [_shaped(each, base, length, shape[1:]) for each in value]
    return REFUSED if any(each is REFUSED for each in inner) else inner


def _single(value: Any, base: str, length: int) -> Any:
    if isinstance(value, bool):
        return value if base == "BOOL" else REFUSED
    if isinstance(value, Literal):
        return _number(value, base)
    if isinstance(value, str):
        return _text(value, base, length)
    return REFUSED


def _number(literal: Literal, base: str) -> Any:
    value = literal.value
    if base in FLOATS:
        nearest = nearest_float(value, *FLOATS[base])
        if nearest is None or (value and not nearest):
            return REFUSED
        return REFUSED if literal.is_written_whole and nearest != value else nearest
    if base not in LIMITS or value.denominator != 1:
        return REFUSED
    low, high = LIMITS[base]
    if not low <= value <= high:
        return REFUSED
    if base == "S5TIME" and not any(
        value in range(0, 1000 * u, u) for u in (10, 100, 1000, 10_000)
    ):
        return REFUSED
    return bool(value) if base == "BOOL" else int(value)


def nearest_float(value: Fraction, digits: int, lowest: int, highest: int) -> Fraction | None:
    """The binary number of so many digits that is nearest, the even one of two; None beyond."""
    if not value:
        return value
    size = abs(value)
    exponent = size.numerator.bit_length() - size.denominator.bit_length()
    if Fraction(2) ** exponent > size:
        exponent -= 1
    step = Fraction(2) ** max(exponent - digits + 1, lowest)
    nearest = round(size / step) * step
    if nearest >= Fraction(2) ** highest:
        return None
    return nearest if value > 0 else -nearest


def _text(text: str, base: str, length: int) -> Any:
    if any(0xD800 <= ord(each) < 0xE000 for each in text):
        return REFUSED
    words = sum(2 if ord(each) > 0xFFFF else 1 for each in text)
    match base:
        case "CHAR":
            return text if len(text) == 1 and ord(text) < 256 else REFUSED
        case "WCHAR":
            return text if words == 1 else REFUSED
        case "STRING":
            fits = len(text) <= length and all(ord(each) < 256 for each in text)
            return text if fits else REFUSED
        case "WSTRING":
            return text if words <= length else REFUSED
        case "DATE":
            return _day(text)
        case "TOD" | "LTOD":
            return _clock(text, base)
        case "DT" | "LDT" | "DTL":
            return _moment(text, base)
    return REFUSED


def _day(text: str) -> Any:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return REFUSED
    try:
        day = datetime.strptime(text, "%Y-%m-%d")
    except ValueError:
        return REFUSED
    return text if datetime(1990, 1, 1) <= day <= datetime(2169, 6, 6) else REFUSED


def _clock(text: str, base: str) -> Any:
    form = _CLOCK.fullmatch(text)
    if not form:
        return REFUSED
    try:
        datetime.strptime(form[1], "%H:%M:%S")
    except ValueError:
        return REFUSED
    return REFUSED if form[1].endswith(":60") else _with_fraction(form[1], form[2], base)


def _moment(text: str, base: str) -> Any:
    form = _MOMENT.fullmatch(text)
    if not form or form[2].endswith((":60", ":61")):
        return REFUSED
    try:
        moment = datetime.strptime(f"{form[1]}T{form[2]}", "%Y-%m-%dT%H:%M:%S")
    except ValueError:
        return REFUSED
    fraction = int((form[3] or ".")[1:].ljust(9, "0"))
    since = (moment - datetime(1970, 1, 1)) // timedelta(seconds=1) * 10**9 + fraction
    if base == "DT" and not 1990 <= moment.year < 2090:
        return REFUSED
    if base in ("LDT", "DTL") and not (-(2**63) if base == "LDT" else 0) <= since < 2**63:
        return REFUSED
    return _with_fraction(f"{form[1]}T{form[2]}", form[3], base)


def _with_fraction(stem: str, fraction: str | None, base: str) -> Any:
    digits = (fraction or ".")[1:].rstrip("0")
    if base in ("TOD", "DT") and len(digits) > 3:
        return REFUSED
    return f"{stem}.{digits.ljust(max(3, -(-len(digits) // 3) * 3), '0')}"


def is_as_asked(value: Any, asked: Any, kind: DataType) -> bool:
    """Whether a value that was read is what was asked for: of the same type, numbers exactly.

    A REAL is told with fewer digits than it has: its 32 bits are compared.
    """
    if isinstance(asked, list):
        pairs = zip(value, asked, strict=True)
        return isinstance(value, list) and all(is_as_asked(*pair, kind) for pair in pairs)
    if isinstance(asked, Fraction):
        if kind.base == "REAL":
            value = struct.unpack(">f", struct.pack(">f", value))[0]
        return isinstance(value, float) and asked == Fraction(value)
    return type(value) is type(asked) and bool(value == asked)
