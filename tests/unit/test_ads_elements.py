from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warlogix.drivers.ads.elements import base_of_code, base_of_name, plain, text
from warlogix.drivers.little_endian import Element
from warlogix.values import BadValue


def element(name: str, size: int) -> Element:
    """How a type of the program lies."""
    base = base_of_name(name)
    assert base is not None
    found = plain(base, size)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("BOOL", "01", True),
        ("BIT", "00", False),
        ("BYTE", "ff", 255),
        ("WORD", "00ff", 0xFF00),
        ("DWORD", "ffffffff", 0xFFFFFFFF),
        ("LWORD", "ffffffffffffffff", 0xFFFFFFFFFFFFFFFF),
        ("SINT", "80", -128),
        ("INT", "0080", -32768),
        ("DINT", "00000080", -(2**31)),
        ("LINT", "0000000000000080", -(2**63)),
        ("USINT", "ff", 255),
        ("UINT", "ffff", 65535),
        ("UDINT", "ffffffff", 2**32 - 1),
        ("ULINT", "ffffffffffffffff", 2**64 - 1),
        ("REAL", "c3f54840", 3.14),
        ("LREAL", "1f85eb51b81e0940", 3.14),
        ("TIME", "e8030000", 1000),
        ("TIME", "ffffffff", 4_294_967_295),
        ("LTIME", "ffffffffffffffff", 2**64 - 1),
        ("DATE", "8075a465", "2024-01-15"),
        ("DATE", "00000000", "1970-01-01"),
        ("DATE", "8053feff", "2106-02-06"),
        ("TIME_OF_DAY", "bbc84002", "10:30:00.123"),
        ("TOD", "ff5b2605", "23:59:59.999"),
        ("DATE_AND_TIME", "2809a565", "2024-01-15T10:30:00.000"),
        ("DT", "ffffffff", "2106-02-07T06:28:15.000"),
        ("LTOD", "155dee0661220000", "10:30:00.123456789"),
        ("LDATE_AND_TIME", "155da5fa977eaa17", "2024-01-15T10:30:00.123456789"),
        ("LDATE", "0000b7f3365caa17", "2024-01-15"),
        ("UINT16", "0100", 1),
        ("DOUBLE", "000000000000f83f", 1.5),
    ],
)
def test_a_type_means_the_same_in_both_directions(name: str, raw: str, value: Any) -> None:
    """Every elementary type of a TwinCAT program, some at their limits."""
    size = len(raw) // 2
    assert element(name, size).decode(bytes.fromhex(raw), 1) == [value]
    assert element(name, size).encode([value]) == bytes.fromhex(raw)


@pytest.mark.parametrize(
    ("name", "size", "value"),
    [
        ("TIME", 4, -1),
        ("TIME", 4, 2**32),
        ("TIME", 4, True),
        ("LTIME", 8, 2**64),
        ("LTIME", 8, 1.5),
        ("DATE", 4, "1969-12-31"),
        ("DATE", 4, "2106-02-08"),
        ("DATE", 4, 5),
        ("TOD", 4, "10:30:00.1234"),
        ("TOD", 4, "24:00:00"),
        ("DT", 4, "2024-01-15T10:30:00.500"),
        ("DT", 4, "1969-12-31T23:59:59"),
        ("LDT", 8, "1969-12-31T23:59:59.999999999"),
    ],
)
def test_what_a_type_cannot_hold_is_refused(name: str, size: int, value: Any) -> None:
    """Nothing is rounded, wrapped or cut, so that the PLC never gets another value than asked."""
    with pytest.raises(BadValue):
        element(name, size).encode([value])


def test_a_time_of_day_beyond_midnight_is_bad() -> None:
    """A TOD of more than a day is no time of day; in an array its place is told."""
    with pytest.raises(BadValue, match="no time of day"):
        element("TOD", 4).decode(b"\x00\x5c\x26\x05", 1)
    with pytest.raises(BadValue, match=r"element 1: .* no time of day"):
        element("TOD", 4).decode(bytes(4) + b"\x00\x5c\x26\x05", 2)


def test_a_type_of_another_size_is_none() -> None:
    """A name that says another size than the PLC is not believed."""
    assert plain("DINT", 2) is None
    assert plain("TIME", 8) is None
    assert base_of_name("ST_MOTOR") is None
    assert base_of_code(65) is None


def test_a_number_stands_for_a_type_without_a_name() -> None:
    """What a type's name does not say, its number does."""
    assert [base_of_code(code) for code in (33, 2, 5)] == ["BOOL", "INT", "LREAL"]


@pytest.mark.parametrize(
    ("base", "encoding", "value", "raw"),
    [
        ("STRING", "latin-1", "Höhe", b"H\xf6he\0\0"),
        ("STRING", "utf-8", "Höh", b"H\xc3\xb6h\0\0"),
        ("STRING", "latin-1", "12345", b"12345\0"),
        ("WSTRING", "latin-1", "H€", b"H\0\xac\x20" + bytes(8)),
        ("WSTRING", "latin-1", "a😀", b"a\0\x3d\xd8\x00\xde" + bytes(6)),
    ],
)
def test_a_text_ends_at_its_zero(base: str, encoding: str, value: str, raw: bytes) -> None:
    """Room for five characters; what stands behind the end is no part of the text."""
    found = text(base, 5, encoding)
    assert found.encode([value]) == raw
    assert found.decode(raw, 1) == [value]
    cut = value[:1] + "\0\0\0" if base == "WSTRING" else value[:1] + "\0xy"
    behind = cut.encode("utf-16-le" if base == "WSTRING" else encoding)
    assert found.decode(behind.ljust(len(raw), b"\0"), 1) == [value[:1]]


@pytest.mark.parametrize(
    ("base", "raw", "said"),
    [
        ("STRING", b"123456", "does not end within its 5 characters"),
        ("WSTRING", b"1\x002\x003\x004\x005\x006\x00", "does not end within its 5 characters"),
        ("WSTRING", b"\x3d\xd8" + bytes(10), "3d d8 are no character in utf-16-le"),
    ],
)
def test_a_text_that_contradicts_itself_is_bad(base: str, raw: bytes, said: str) -> None:
    """A program that wrote over a text's end is told, not guessed at."""
    with pytest.raises(BadValue, match=said):
        text(base, 5, "latin-1").decode(raw, 1)


@pytest.mark.parametrize(
    ("base", "value", "said"),
    [
        ("STRING", "123456", "the text has 6 characters and the one in the PLC holds 5"),
        ("WSTRING", "ääääää", "the text has 6 characters and the one in the PLC holds 5"),
        ("STRING", "€", 'latin-1 has no "€"'),
        ("STRING", "a\0b", "a character 0"),
        ("WSTRING", "\ud83d", "utf-16-le has no"),
        ("STRING", 5, "is no text"),
    ],
)
def test_a_text_that_does_not_fit_is_refused(base: str, value: Any, said: str) -> None:
    """Never cut, never with another character in its place."""
    with pytest.raises(BadValue, match=said):
        text(base, 5, "latin-1").encode([value])


@given(st.lists(st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=7)))
def test_any_texts_come_back(values: list[str]) -> None:
    """An array of strings, each with its own end; nothing of one is in its neighbour."""
    for base in ("STRING", "WSTRING"):
        found = text(base, 7, "latin-1")
        assert found.decode(found.encode(values), len(values)) == values
