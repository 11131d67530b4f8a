"""Single values of S7 memory: how each type is unpacked, and what is no value of it.

Pure: a converter gets what `struct` has unpacked and returns the value, or raises `BadValue`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from warlogix.datatypes import LONGEST
from warlogix.drivers.texts import decoded
from warlogix.tags import Value
from warlogix.values import (
    S5TIME_UNITS,
    BadValue,
    calendar_text,
    date_text,
    finite,
    moment_text,
    shortest_real,
    time_text,
)

Convert: TypeAlias = Callable[[Any], Value]


@dataclass(frozen=True, slots=True)
class Element:
    """The `struct` code of a type, and what makes a value of it; None for as it is."""

    code: str
    convert: Convert | None = None


def string(capacity: int, encoding: str, in_array: bool) -> Convert:
    """The converter of a STRING: a byte each for capacity and length, then characters."""

    def convert(raw: bytes) -> Value:
        _check_header("STRING", raw[0], raw[1], capacity, in_array)
        return decoded(raw[2 : 2 + raw[1]], encoding)

    return convert


def wstring(capacity: int, in_array: bool) -> Convert:
    """The converter of a WSTRING: a word each for capacity and length, then UTF-16."""

    def convert(raw: bytes) -> Value:
        most, length = int.from_bytes(raw[:2], "big"), int.from_bytes(raw[2:4], "big")
        _check_header("WSTRING", most, length, capacity, in_array)
        return decoded(raw[4 : 4 + 2 * length], "utf-16-be")

    return convert


def _check_header(name: str, most: int, length: int, capacity: int, in_array: bool) -> None:
    """A header may say another capacity than data_type, as long as the text was read whole.

    In an array the capacity also says where the next string begins, so there it must be the same;
    0 is what memory holds that no program has initialized.
    """
    said = f"the {name}'s header says {length} of {most} characters"
    if length > most:
        raise BadValue(f"{said}, which contradicts itself")
    if most > LONGEST[name]:
        raise BadValue(f"{said}, and a {name} has at most {LONGEST[name]}")
    if length > capacity or (in_array and most not in (0, capacity)):
        raise BadValue(f"{said}, data_type says {name}[{capacity}]: write {name}[{most}]")


def _bcd(nibbles: int, digits: int) -> int:
    number = 0
    for shift in range(4 * digits - 4, -1, -4):
        digit = nibbles >> shift & 0xF
        if digit > 9:
            raise BadValue(f"16#{nibbles:0{digits}X} is no BCD number")
        number = number * 10 + digit
    return number


def _s5time(word: int) -> Value:
    return _bcd(word & 0xFFF, 3) * S5TIME_UNITS[word >> 12 & 3]


def _counter(word: int) -> Value:
    return _bcd(word & 0xFFF, 3)


def _date_and_time(raw: bytes) -> Value:
    # The last digit is the day of the week, which the date says as well.
    digits = f"{_bcd(int.from_bytes(raw, 'big') >> 4, 15):015d}"
    year, month, day, hour, minute, second = (int(digits[at : at + 2]) for at in range(0, 12, 2))
    year += 1900 if year >= 90 else 2000
    return calendar_text(year, month, day, hour, minute, second, int(digits[12:]) * 1_000_000)


def _dtl(raw: bytes) -> Value:
    # Byte 4 is the day of the week, which the date says as well.
    year, (month, day), (hour, minute, second) = int.from_bytes(raw[:2], "big"), raw[2:4], raw[5:8]
    return calendar_text(year, month, day, hour, minute, second, int.from_bytes(raw[8:], "big"))


ELEMENTS: dict[str, Element] = {
    "BYTE": Element("B"),
    "WORD": Element("H"),
    "DWORD": Element("I"),
    "LWORD": Element("Q"),
    "SINT": Element("b"),
    "INT": Element("h"),
    "DINT": Element("i"),
    "LINT": Element("q"),
    "USINT": Element("B"),
    "UINT": Element("H"),
    "UDINT": Element("I"),
    "ULINT": Element("Q"),
    "REAL": Element("f", shortest_real),
    "LREAL": Element("d", finite),
    "WCHAR": Element("2s", lambda raw: decoded(raw, "utf-16-be")),
    "TIME": Element("i"),
    "LTIME": Element("q"),
    "S5TIME": Element("H", _s5time),
    "COUNTER": Element("H", _counter),
    "DATE": Element("H", date_text),
    "TOD": Element("I", lambda ms: time_text(ms * 1_000_000)),
    "LTOD": Element("Q", time_text),
    "DT": Element("8s", _date_and_time),
    "LDT": Element("q", moment_text),
    "DTL": Element("12s", _dtl),
}
