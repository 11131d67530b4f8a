"""Elementary values as a TwinCAT PLC lays them, by the name that a type has in its program.

    plain("INT", 2)                    INT
    plain("DATE_AND_TIME", 4)          DT, whole seconds since 1970
    text("WSTRING", 80, "latin-1")     a text of up to 80 characters and its end

Pure: no protocol, no connection. `decode` and `encode` are those of `Element`.
"""

import struct
from collections.abc import Callable, Sequence

from warlogix.drivers.arrays import each
from warlogix.drivers.little_endian import Element, element
from warlogix.drivers.texts import decoded, encoded
from warlogix.tags import Value
from warlogix.values import (
    BadValue,
    date_text,
    days_since_1990,
    moment_text,
    ns_since_1970,
    ns_since_midnight,
    time_text,
)

_MS, _SECOND, _DAY = 1_000_000, 1_000_000_000, 86_400
# From 1970, where the PLC's calendar begins, to 1990, where that of `date_text` does.
_DAYS_TO_1990 = 7305

# The names that programs and libraries give to types, and what they are.
_BASES = {
    "BIT": "BOOL",
    "BITARR8": "BYTE",
    "BITARR16": "WORD",
    "BITARR32": "DWORD",
    "INT8": "SINT",
    "UINT8": "USINT",
    "INT16": "INT",
    "UINT16": "UINT",
    "INT32": "DINT",
    "UINT32": "UDINT",
    "INT64": "LINT",
    "UINT64": "ULINT",
    "FLOAT": "REAL",
    "DOUBLE": "LREAL",
    "TIME_OF_DAY": "TOD",
    "LTIME_OF_DAY": "LTOD",
    "DATE_AND_TIME": "DT",
    "LDATE_AND_TIME": "LDT",
    "DATE_AND_LTIME": "LDT",
    "LDATE": "DATE",
}
_INTEGERS = {"SINT", "USINT", "INT", "UINT", "DINT", "UDINT", "LINT", "ULINT"}
_SHARED = _INTEGERS | {"BOOL", "BYTE", "WORD", "DWORD", "LWORD", "REAL", "LREAL"}
# The numbers of elementary types, for a type whose name says nothing.
_CODES = {
    2: "INT",
    3: "DINT",
    4: "REAL",
    5: "LREAL",
    16: "SINT",
    17: "USINT",
    18: "UINT",
    19: "UDINT",
    20: "LINT",
    21: "ULINT",
    33: "BOOL",
}
TEXT_CODES = {30: "STRING", 31: "WSTRING"}


def base_of_name(name: str) -> str | None:
    """The IEC type that a name in upper case means; None for no elementary one."""
    base = _BASES.get(name, name)
    return base if base in _SHARED or (base, 4) in _COUNTED or (base, 8) in _COUNTED else None


def base_of_code(code: int) -> str | None:
    """The IEC type that a number means; None for no elementary one without a length."""
    return _CODES.get(code)


def plain(base: str, size: int) -> Element | None:
    """How an IEC type lies in so many bytes; None where it does not."""
    counted = _COUNTED.get((base, size))
    if counted is not None or base not in _SHARED:
        return counted
    found = element(base)
    return found if found.size == size else None


def text(base: str, length: int, encoding: str) -> Element:
    """How a STRING or WSTRING of so many characters lies: they and a zero that ends them.

    `encoding` is the code page of STRING.
    """
    if base == "STRING":
        return _texts(
            length + 1, lambda raw: _narrow(raw, encoding), lambda value: encoded(value, encoding)
        )
    return _texts(2 * (length + 1), _wide, lambda value: encoded(value, "utf-16-le"))


def _texts(size: int, decode: Callable[[bytes], str], encode: Callable[[str], bytes]) -> Element:
    def decode_all(raw: bytes, count: int) -> list[Value]:
        parts = [raw[start : start + size] for start in range(0, count * size, size)]
        return each(parts, decode)

    def encode_one(value: Value) -> bytes:
        if not isinstance(value, str):
            raise BadValue(f"{value!r} is no text")
        if "\0" in value:
            raise BadValue("the text holds a character 0, which ends a text in the PLC")
        raw, unit = encode(value), len(encode(" "))
        if len(raw) > size - unit:
            has, most = len(raw) // unit, size // unit - 1
            raise BadValue(f"the text has {has} characters and the one in the PLC holds {most}")
        return raw.ljust(size, b"\0")

    return Element(size, decode_all, lambda values: b"".join(map(encode_one, values)))


def _narrow(raw: bytes, encoding: str) -> str:
    characters, end, _ = raw.partition(b"\0")
    if not end:
        raise BadValue(f"the STRING does not end within its {len(raw) - 1} characters")
    return decoded(characters, encoding)


def _wide(raw: bytes) -> str:
    end = next((at for at in range(0, len(raw), 2) if not (raw[at] or raw[at + 1])), None)
    if end is None:
        raise BadValue(f"the WSTRING does not end within its {len(raw) // 2 - 1} characters")
    return decoded(raw[:end], "utf-16-le")


def _counted(code: str, decode: Callable[[int], Value], encode: Callable[[Value], int]) -> Element:
    """A type that counts something in an unsigned integer."""
    size = struct.calcsize("<" + code)
    limit = 1 << 8 * size

    def decode_all(raw: bytes, count: int) -> list[Value]:
        return each(struct.unpack(f"<{count}{code}", raw), decode)

    def encode_all(values: Sequence[Value]) -> bytes:
        numbers = [encode(value) for value in values]
        for number, value in zip(numbers, values, strict=True):
            if not 0 <= number < limit:
                raise BadValue(f"{value} is out of the range of this type in the PLC")
        return struct.pack(f"<{len(numbers)}{code}", *numbers)

    return Element(size, decode_all, encode_all)


def _whole(value: Value) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadValue(f"{value!r} is no whole number")
    return value


def _by_text(parse: Callable[[str], int], unit: int, what: str) -> Callable[[Value], int]:
    def encode(value: Value) -> int:
        if not isinstance(value, str):
            raise BadValue(f"{value!r} is no text")
        count, rest = divmod(parse(value), unit)
        if rest:
            raise BadValue(f"{value} is not in {what}, which is all that this type counts")
        return count

    return encode


def _day_of(seconds: int) -> str:
    return date_text(seconds // _DAY - _DAYS_TO_1990)


def _seconds(text: str) -> int:
    return (days_since_1990(text) + _DAYS_TO_1990) * _DAY


_COUNTED = {
    ("TIME", 4): _counted("I", lambda count: count, _whole),
    ("LTIME", 8): _counted("Q", lambda count: count, _whole),
    ("DATE", 4): _counted("I", _day_of, _by_text(_seconds, 1, "days")),
    ("DATE", 8): _counted(
        "Q",
        lambda count: _day_of(count // _SECOND),
        _by_text(lambda text: _seconds(text) * _SECOND, 1, "days"),
    ),
    ("TOD", 4): _counted(
        "I",
        lambda count: time_text(count * _MS),
        _by_text(ns_since_midnight, _MS, "whole ms"),
    ),
    ("LTOD", 8): _counted("Q", time_text, _by_text(ns_since_midnight, 1, "ns")),
    ("DT", 4): _counted(
        "I",
        lambda count: moment_text(count * _SECOND),
        _by_text(ns_since_1970, _SECOND, "whole seconds"),
    ),
    ("LDT", 8): _counted("Q", moment_text, _by_text(ns_since_1970, 1, "ns")),
}
