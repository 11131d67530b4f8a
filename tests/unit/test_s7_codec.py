import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warlogix.addresses.s7 import S7Address, parse_s7
from warlogix.datatypes import BASES
from warlogix.drivers.s7.codec import decoder
from warlogix.tags import Value
from warlogix.values import BadValue


def decoded(address: str, data_type: str, raw: bytes, encoding: str = "latin-1") -> Value:
    """What the bytes at an address mean."""
    place = parse_s7(address, data_type)
    assert len(raw) == place.size
    return decoder(place, encoding)(raw)


def at_byte(data_type: str, raw: bytes) -> Value:
    """What the bytes mean as a type."""
    return decoded("DB1.0", data_type, raw)


@pytest.mark.parametrize(
    ("data_type", "raw", "value"),
    [
        ("BYTE", "ff", 255),
        ("WORD", "ff00", 0xFF00),
        ("DWORD", "ffffffff", 0xFFFFFFFF),
        ("LWORD", "ffffffffffffffff", 0xFFFFFFFFFFFFFFFF),
        ("SINT", "80", -128),
        ("INT", "8000", -32768),
        ("DINT", "80000000", -(2**31)),
        ("LINT", "8000000000000000", -(2**63)),
        ("USINT", "ff", 255),
        ("UINT", "ffff", 65535),
        ("UDINT", "ffffffff", 2**32 - 1),
        ("ULINT", "ffffffffffffffff", 2**64 - 1),
        ("REAL", "42910000", 72.5),
        ("REAL", "4048f5c3", 3.14),
        ("LREAL", "40091eb851eb851f", 3.14),
        ("CHAR", "e4", "ä"),
        ("WCHAR", "20ac", "€"),
        ("TIME", "fffffc18", -1000),
        ("LTIME", "ffffffffffffffff", -1),
        ("S5TIME", "0127", 1270),
        ("S5TIME", "1127", 12700),
        ("S5TIME", "2127", 127000),
        ("S5TIME", "3999", 9990000),
        ("S5TIME", "c001", 10),
        ("COUNTER", "0999", 999),
        ("DATE", "3090", "2024-01-15"),
        ("TOD", "0240c8bb", "10:30:00.123"),
        ("LTOD", "0000226106ee5d15", "10:30:00.123456789"),
        ("DT", "2401151030001232", "2024-01-15T10:30:00.123"),
        ("DT", "9001010000000002", "1990-01-01T00:00:00.000"),
        ("DT", "8912312359599997", "2089-12-31T23:59:59.999"),
        ("LDT", "0000000000000000", "1970-01-01T00:00:00.000"),
        ("DTL", "07e8010f020a1e000754d4c0", "2024-01-15T10:30:00.123"),
        ("DTL", "07e8010f020a1e00075bcd15", "2024-01-15T10:30:00.123456789"),
        ("STRING[5]", "0502486900 0000", "Hi"),
        ("STRING[5]", "0500000000 0000", ""),
        ("STRING[5]", "0000000000 0000", ""),
        ("STRING[5]", "0302486900 0000", "Hi"),
        ("STRING[5]", "5002486900 0000", "Hi"),
        ("STRING[2]", "0202e4f6", "äö"),
        ("WSTRING[3]", "0003 0002 20ac 0041 0000", "€A"),
        ("WSTRING[2]", "0002 0002 d83d de00", "\U0001f600"),
    ],
)
def test_each_type_has_its_json_form(data_type: str, raw: str, value: Value) -> None:
    """Full width, exact digits, dates as text, durations as whole numbers."""
    read = at_byte(data_type, bytes.fromhex(raw))
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize("bit", range(8))
def test_each_bit_of_a_byte_is_its_own(bit: int) -> None:
    """A BOOL is the bit that its address names, whatever its neighbours are."""
    assert decoded(f"M0.{bit}", "", bytes((1 << bit,))) is True
    assert decoded(f"M0.{bit}", "", bytes((0xFF ^ 1 << bit,))) is False


@pytest.mark.parametrize(
    ("data_type", "raw", "value"),
    [
        ("INT[3]", "0001 ffff 7fff", [1, -1, 32767]),
        ("INT[2,3]", "0001 0002 0003 0004 0005 0006", [[1, 2, 3], [4, 5, 6]]),
        ("INT[2,1,2]", "0001 0002 0003 0004", [[[1, 2]], [[3, 4]]]),
        ("REAL[2]", "4048f5c3 42910000", [3.14, 72.5]),
        ("BOOL[3]", "05", [True, False, True]),
        ("BOOL[10]", "01 02", [True] + [False] * 8 + [True]),
        ("BOOL[2,3]", "0500 0200", [[True, False, True], [False, True, False]]),
        ("BYTE[3]", "010203", [1, 2, 3]),
        ("BYTE[2,3]", "01020300 04050600", [[1, 2, 3], [4, 5, 6]]),
        ("CHAR[2]", "4142", ["A", "B"]),
        ("STRING[3][2]", "03 01 410000 00 03 02 424300 00", ["A", "BC"]),
        ("STRING[2][2]", "02 01 4100 02 00 0000", ["A", ""]),
        ("WSTRING[1][2]", "0001 0001 20ac 0001 0000 0000", ["€", ""]),
        ("TIME[2]", "00000001 ffffffff", [1, -1]),
        ("DATE[1]", "0000", ["1990-01-01"]),
    ],
)
def test_arrays_are_lists_and_more_dimensions_nest(data_type: str, raw: str, value: Value) -> None:
    """Bits are packed; rows of bits and bytes, and strings, begin at an even byte."""
    assert at_byte(data_type, bytes.fromhex(raw)) == value


@pytest.mark.parametrize(
    ("data_type", "raw", "reason"),
    [
        ("REAL", "7fc00000", "the value is NaN"),
        ("REAL", "7f800000", "the value is +infinity"),
        ("LREAL", "fff0000000000000", "the value is -infinity"),
        ("STRING[5]", "0306486900 0000", "says 6 of 3 characters, which contradicts itself"),
        ("STRING[2]", "0503486900"[:8], "data_type says STRING[2]: write STRING[5]"),
        ("STRING[2]", "ff01 4100", "has at most 254"),
        ("STRING[3][1]", "05 01 410000 00", "data_type says STRING[3]: write STRING[5]"),
        ("WSTRING[1]", "0001 0002 0041", "says 2 of 1 characters, which contradicts itself"),
        ("WSTRING[1]", "ffff 0001 0041", "has at most 16382"),
        ("WSTRING[1]", "0001 0001 d83d", "d8 3d are no character in utf-16-be"),
        ("WCHAR", "dc00", "are no character in utf-16-be"),
        ("S5TIME", "0a00", "16#A00 is no BCD number"),
        ("COUNTER", "000f", "16#00F is no BCD number"),
        ("DT", "2a01151030001232", "is no BCD number"),
        ("DT", "2413151030001232", "2024-13-15T10:30:00 is no date and time"),
        ("DT", "0000000000000000", "2000-00-00T00:00:00 is no date and time"),
        ("DTL", "000000000000000000000000", "0000-00-00T00:00:00 is no date and time"),
        ("DTL", "07e8010f020a1e003b9aca00", "is no part of a second"),
        ("TOD", "05265c00", "86400 s after midnight is no time of day"),
        ("REAL[2]", "42910000 7fc00000", "element 1: the value is NaN"),
    ],
)
def test_bytes_that_are_no_value_say_why(data_type: str, raw: str, reason: str) -> None:
    """The reason is what a message carries in `error`."""
    with pytest.raises(BadValue) as caught:
        at_byte(data_type, bytes.fromhex(raw))
    assert reason in str(caught.value)


def test_the_code_page_of_strings_is_the_endpoints() -> None:
    """CHAR and STRING are read by string_encoding; bytes without a character there are bad."""
    raw = b"\x02\x01\x80\x00"
    assert decoded("DB1.0", "STRING[2]", raw, "cp1252") == "€"
    assert decoded("DB1.0", "CHAR", b"\xe4", "cp1250") == "ä"
    with pytest.raises(BadValue, match="bytes 80 are no character in ascii"):
        decoded("DB1.0", "STRING[2]", raw, "ascii")
    with pytest.raises(BadValue, match="are no character in idna"):
        decoded("DB1.0", "STRING[2]", raw, "idna")


_KINDS = st.builds(
    lambda base, length, shape: (
        base + (f"[{length}]" if base.endswith("STRING") else "") + (f"[{shape}]" if shape else "")
    ),
    st.sampled_from(sorted(BASES)),
    st.integers(1, 9),
    st.sampled_from(["", "1", "3", "2,3", "3,1,2"]),
).filter(lambda kind: kind != "BOOL")


@given(_KINDS, st.data())
def test_any_bytes_are_a_value_of_the_right_shape_or_bad(kind: str, data: st.DataObject) -> None:
    """Memory may hold anything: the decoder gives a value or a reason, and no other error."""
    place = parse_s7("DB1.0", kind)
    raw = data.draw(st.binary(min_size=place.size, max_size=place.size))
    try:
        value = decoder(place, "latin-1")(raw)
    except BadValue:
        return
    for size in place.type.shape:
        assert isinstance(value, list)
        assert len(value) == size
        value = value[0]
    assert not isinstance(value, list)


_NUMBERS = {"SINT": "b", "INT": "h", "DINT": "i", "LINT": "q", "USINT": "B", "ULINT": "Q"}


@given(st.sampled_from(sorted(_NUMBERS)), st.data())
def test_numbers_come_back_as_they_were_stored(kind: str, data: st.DataObject) -> None:
    """What a program stores in an array is what is read, in order."""
    place: S7Address = parse_s7("DB1.0", f"{kind}[4]")
    bits = struct.calcsize(_NUMBERS[kind]) * 8
    low = 0 if kind.startswith("U") else -(1 << bits - 1)
    numbers: list[Any] = data.draw(
        st.lists(st.integers(low, low + (1 << bits) - 1), min_size=4, max_size=4)
    )
    assert decoder(place, "latin-1")(struct.pack(f">4{_NUMBERS[kind]}", *numbers)) == numbers
