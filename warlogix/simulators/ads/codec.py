"""The values of messages as the bytes of a PLC's memory, and back.

Values have the form that messages carry: texts, times as numbers of ms (ns for the long ones),
days and moments as text, arrays as nested lists, structures as dicts. Bytes beyond a value's own
are never touched.
"""

import codecs
import struct
from math import isfinite

from warlogix.simulators.ads.types import (
    BIT,
    Address,
    Array,
    Elementary,
    PlcType,
    Record,
    Text,
    plain,
)
from warlogix.tags import Value
from warlogix.values import (
    date_text,
    days_since_1990,
    moment_text,
    ns_since_1970,
    ns_since_midnight,
    shortest_real,
    time_text,
)

_DAY = 86_400
_1970_TO_1990 = 7_305
_MS, _S = 1_000_000, 1_000_000_000
# Windows-1252 as Windows has it: the five bytes without a character stand for themselves.
_CHARACTERS = "".join(
    chr(byte) if byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else bytes((byte,)).decode("cp1252")
    for byte in range(256)
)
_BYTES = codecs.charmap_build(_CHARACTERS)


def text_bytes(text: str) -> bytes:
    """Names and STRINGs as a PLC has them."""
    return codecs.charmap_encode(text, "strict", _BYTES)[0]


def bytes_text(raw: bytes) -> str:
    """The opposite of `text_bytes`."""
    return codecs.charmap_decode(raw, "strict", _CHARACTERS)[0]


def encode(type_: PlcType, value: Value, memory: bytearray, at: int) -> None:
    """Put a value of a type into memory; ValueError or struct.error if it is none.

    Of a structure the members that the dict names are written.
    """
    form = plain(type_)
    if isinstance(form, Elementary):
        struct.pack_into("<" + form.form, memory, at, _number(form.name, value))
    elif isinstance(form, Text):
        memory[at : at + form.size] = _text_field(form, value)
    elif isinstance(form, Array):
        _encode_array(form, value, form.counts, memory, at)
    elif isinstance(form, Record):
        _encode_members(form, value, memory, at)
    else:
        raise ValueError(f"a {form.name} has no value")


def decode(type_: PlcType, memory: bytes | bytearray, at: int) -> Value:
    """The value of a type that lies in memory; None for pointers and references."""
    form = plain(type_)
    if isinstance(form, Elementary):
        return _shown(form.name, struct.unpack_from("<" + form.form, memory, at)[0])
    if isinstance(form, Text):
        return _text_shown(form, bytes(memory[at : at + form.size]))
    if isinstance(form, Array):
        return _decode_array(form, form.counts, memory, at)
    if isinstance(form, Address):
        return None
    return {each.name: decode_member(each.type, memory, at, each.offset) for each in form.members}


def decode_member(type_: PlcType, memory: bytes | bytearray, at: int, offset: int) -> Value:
    """A member of the structure at a place; a BIT's offset counts bits."""
    if type_ is BIT:
        return bool(memory[at + offset // 8] >> offset % 8 & 1)
    return decode(type_, memory, at + offset)


def set_bit(memory: bytearray, bit: int, value: bool) -> None:
    """Write one bit and leave its seven neighbours."""
    mask = 1 << bit % 8
    memory[bit // 8] = memory[bit // 8] & ~mask | mask * value


def _encode_array(
    form: Array, value: Value, counts: tuple[int, ...], memory: bytearray, at: int
) -> None:
    if not isinstance(value, list) or len(value) != counts[0]:
        raise ValueError(f"{value!r} is no list of {counts[0]}")
    step = form.element.size
    for count in counts[1:]:
        step *= count
    for index, each in enumerate(value):
        if len(counts) > 1:
            _encode_array(form, each, counts[1:], memory, at + index * step)
        else:
            encode(form.element, each, memory, at + index * step)


def _decode_array(
    form: Array, counts: tuple[int, ...], memory: bytes | bytearray, at: int
) -> list[Value]:
    step = form.element.size
    for count in counts[1:]:
        step *= count
    places = range(at, at + counts[0] * step, step)
    if len(counts) > 1:
        return [_decode_array(form, counts[1:], memory, place) for place in places]
    return [decode(form.element, memory, place) for place in places]


def _encode_members(form: Record, value: Value, memory: bytearray, at: int) -> None:
    if not isinstance(value, dict):
        raise ValueError(f"{value!r} is no {form.name}")
    for name, each in value.items():
        member = form.member(name)
        if member is None:
            raise ValueError(f"a {form.name} has no member {name}")
        if member.type is BIT:
            set_bit(memory, at * 8 + member.offset, bool(each))
        else:
            encode(member.type, each, memory, at + member.offset)


def _text_field(form: Text, value: Value) -> bytes:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")
    raw = value.encode("utf-16-le") if form.unit == 2 else text_bytes(value)
    if len(raw) > form.length * form.unit:
        raise ValueError(f"{value!r} is longer than {form.name}")
    return raw.ljust(form.size, b"\0")


def _text_shown(form: Text, raw: bytes) -> str:
    units = [raw[at : at + form.unit] for at in range(0, len(raw), form.unit)]
    zero = bytes(form.unit)
    used = b"".join(units[: units.index(zero)]) if zero in units else raw
    return used.decode("utf-16-le", "surrogatepass") if form.unit == 2 else bytes_text(used)


def _number(name: str, value: Value) -> Value:
    """A value as the number that memory holds."""
    if not isinstance(value, str):
        return value
    match name:
        case "DATE":
            return (days_since_1990(value) + _1970_TO_1990) * _DAY
        case "LDATE":
            return (days_since_1990(value) + _1970_TO_1990) * _DAY * _S
        case "TOD" | "TIME_OF_DAY":
            return ns_since_midnight(value) // _MS
        case "LTOD" | "LTIME_OF_DAY":
            return ns_since_midnight(value)
        case "DT" | "DATE_AND_TIME":
            return ns_since_1970(value) // _S
        case "LDT" | "LDATE_AND_TIME":
            return ns_since_1970(value)
    raise ValueError(f"{value!r} is no {name}")


def _shown(name: str, number: bool | int | float) -> Value:
    """The opposite of `_number`."""
    match name:
        case "REAL":
            return shortest_real(number) if isfinite(number) else number
        case "DATE":
            return date_text(int(number) // _DAY - _1970_TO_1990)
        case "LDATE":
            return date_text(int(number) // (_DAY * _S) - _1970_TO_1990)
        case "TOD" | "TIME_OF_DAY":
            return time_text(int(number) * _MS)
        case "LTOD" | "LTIME_OF_DAY":
            return time_text(int(number))
        case "DT" | "DATE_AND_TIME":
            return moment_text(int(number) * _S)
        case "LDT" | "LDATE_AND_TIME":
            return moment_text(int(number))
    return number
