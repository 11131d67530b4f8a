"""Values to bytes of S7 memory: the decoder of the same type makes the same value of them again."""

from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.json_values import KINDS, json_for
from warlogix.addresses.s7 import parse_s7
from warlogix.conversion import convert, parse_json
from warlogix.datatypes import DataType
from warlogix.drivers.s7.codec import decoder
from warlogix.drivers.s7.encode import encoder
from warlogix.errors import BadRequest
from warlogix.tags import Value
from warlogix.values import BadValue


def encoded(value: Value, base: str, encoding: str = "latin-1") -> bytes:
    """The bytes of a value."""
    return encoder(DataType(base), encoding)(value)


def decoded(raw: bytes, base: str) -> Value:
    """What is read from such bytes."""
    return decoder(parse_s7("DB1.0", base), "latin-1")(raw)


@pytest.mark.parametrize(
    ("base", "value", "raw"),
    [
        ("INT", -2, "fffe"),
        ("LWORD", 2**64 - 1, "ffffffffffffffff"),
        ("REAL", 3.14, "4048f5c3"),
        ("LREAL", 3.14, "40091eb851eb851f"),
        ("CHAR", "ä", "e4"),
        ("WCHAR", "€", "20ac"),
        ("STRING", "Hä", "48e4"),
        ("WSTRING", "\U0001f600", "d83dde00"),
        ("TIME", -1000, "fffffc18"),
        ("S5TIME", 0, "0000"),
        ("S5TIME", 1270, "0127"),
        ("S5TIME", 12700, "1127"),
        ("S5TIME", 9990000, "3999"),
        ("COUNTER", 999, "0999"),
        ("DATE", "2024-01-15", "3090"),
        ("TOD", "10:30:00.123", "0240c8bb"),
        ("LTOD", "10:30:00.123456789", "0000226106ee5d15"),
        ("DT", "2024-01-15T10:30:00.123", "2401151030001232"),
        ("DT", "1990-01-01T00:00:00.000", "9001010000000002"),
        ("LDT", "1969-12-31T23:59:59.999999999", "ffffffffffffffff"),
        ("DTL", "2024-01-15T10:30:00.123456789", "07e8010f020a1e00075bcd15"),
        ("DTL", "2024-01-14T00:00:00.000", "07e8010e0100000000000000"),
    ],
)
def test_each_type_has_its_bytes(base: str, value: Value, raw: str) -> None:
    """Big-endian, BCD where the PLC counts in it, and Sunday is day 1 of the week."""
    assert encoded(value, base).hex() == raw


@pytest.mark.parametrize("base", ["INT", "WORD", "UINT"])
def test_every_16_bits_come_back(base: str) -> None:
    """What is decoded is encoded to the same bytes, for all of them."""
    encode, decode = encoder(DataType(base), ""), decoder(parse_s7("DB1.0", base), "")
    for number in range(1 << 16):
        raw = number.to_bytes(2, "big")
        assert encode(decode(raw)) == raw


def test_every_day_comes_back() -> None:
    """From 1990-01-01 on, 65536 days."""
    for number in range(1 << 16):
        raw = encoded((date(1990, 1, 1) + timedelta(days=number)).isoformat(), "DATE")
        assert raw == number.to_bytes(2, "big")


def test_every_s5time_and_counter_comes_back() -> None:
    """Whichever of its units it was written with, its ms are the same."""
    for digits in range(1000):
        assert decoded(encoded(digits, "COUNTER"), "COUNTER") == digits
        for unit in (10, 100, 1000, 10_000):
            assert decoded(encoded(digits * unit, "S5TIME"), "S5TIME") == digits * unit


@given(KINDS.filter(lambda kind: kind.base != "BOOL"), st.data())
def test_what_was_converted_is_what_its_bytes_say(kind: DataType, data: st.DataObject) -> None:
    """Any value of any type; a code page that lacks a character is the only error."""
    element = DataType(kind.base, kind.length)
    try:
        value = convert(parse_json(data.draw(json_for(element))), element)
        raw = encoder(element, "latin-1")(value)
    except BadRequest:
        return
    except BadValue:
        assert element.base in ("CHAR", "STRING")
        return
    if element.base in ("STRING", "WSTRING"):
        assert raw.decode("latin-1" if element.base == "STRING" else "utf-16-be") == value
    else:
        assert repr(decoded(raw, element.base)) == repr(value)


@pytest.mark.parametrize("encoding", ["ascii", "cp1250", "shift_jis", "idna", "utf-7"])
@given(text=st.text(max_size=5))
def test_a_text_is_read_back_or_refused_in_any_code_page(encoding: str, text: str) -> None:
    """No code page replaces a character silently."""
    with suppress(BadValue):
        assert encoded(text, "STRING", encoding).decode(encoding) == text
