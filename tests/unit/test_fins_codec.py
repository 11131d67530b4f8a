"""Words of Omron memory to values and back: the order of words, bits, texts, and no values."""

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warlogix.addresses.fins import parse_fins
from warlogix.drivers.omron.fins.codec import Codec
from warlogix.tags import Value
from warlogix.values import BadValue


def codec(name: str, data_type: str = "", *, low: bool = True, encoding: str = "latin-1") -> Codec:
    """The codec of an address."""
    return Codec(parse_fins(name, data_type), encoding, low_word_first=low)


LOW_FIRST: list[tuple[str, str, Value]] = [
    ("WORD", "8001", 0x8001),
    ("UINT", "ffff", 65535),
    ("INT", "fffe", -2),
    ("DWORD", "5678 1234", 0x12345678),
    ("UDINT", "0000 8000", 1 << 31),
    ("DINT", "ee90 fffe", -70000),
    ("REAL", "f5c3 4048", 3.14),
    ("LWORD", "0004 0003 0002 0001", 0x0001000200030004),
    ("ULINT", "0000 0000 0000 8000", 1 << 63),
    ("LINT", "fffb ffff ffff ffff", -5),
    ("LREAL", "0000 0000 0000 3ff8", 1.5),
    ("INT[2,2]", "0001 0002 0003 ffff", [[1, 2], [3, -1]]),
    ("DINT[2]", "0001 0000 0000 0001", [1, 65536]),
    ("STRING[4]", "4142 4344", "ABCD"),
]
# These end within a word, and what is written of them is told by the tests of the pieces.
PADDED: list[tuple[str, str, Value]] = [
    ("BOOL[18]", "8001 0002", [True, *[False] * 14, True, False, True]),
    ("BOOL[2,2]", "0006", [[False, True], [True, False]]),
    ("STRING[5]", "4142 0000 0000", "AB"),
    ("STRING[3][2]", "4142 4300 4400 0000", ["ABC", "D"]),
]


@pytest.mark.parametrize(("data_type", "raw", "value"), LOW_FIRST)
def test_values_lie_low_word_first(data_type: str, raw: str, value: Value) -> None:
    """Each type is read with its low word first, and encoded the same way."""
    tried = codec("D100", data_type)
    assert tried.decode(bytes.fromhex(raw)) == value
    assert tried.encode(value) == bytes.fromhex(raw)


@pytest.mark.parametrize(("data_type", "raw", "value"), PADDED)
def test_values_may_end_within_a_word(data_type: str, raw: str, value: Value) -> None:
    """Bits are counted from the lowest of the first word; each text begins at a word."""
    assert codec("D100", data_type).decode(bytes.fromhex(raw)) == value


def test_values_may_lie_high_word_first() -> None:
    """With `word_order` the other way round the words of a value are, and its bytes are not."""
    assert codec("D0", "DINT", low=False).decode(bytes.fromhex("0001 0002")) == 0x10002
    assert codec("D0", "LREAL", low=False).encode(1.5) == struct.pack(">d", 1.5)
    assert codec("D0", "INT[2]", low=False).decode(bytes.fromhex("0001 0002")) == [1, 2]


@given(st.integers(0, 15), st.integers(0, 65535))
def test_a_bit_is_that_of_its_number(bit: int, word: int) -> None:
    """Bit 0 is the lowest of the word, bit 15 the highest."""
    assert codec(f"W3.{bit}").decode(word.to_bytes(2, "big")) is bool(word >> bit & 1)


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=3, max_size=3))
def test_reals_come_back_as_the_same_bits(values: list[float]) -> None:
    """What is decoded is encoded to the same bytes, in either order of words."""
    for low in (True, False):
        tried = codec("D0", "REAL[3]", low=low)
        raw = tried.encode(list(values))
        assert tried.encode(tried.decode(raw)) == raw


@given(st.text(st.characters(codec="latin-1", exclude_characters="\0"), max_size=6))
def test_texts_come_back(text: str) -> None:
    """A text that fits is padded with NULs to its length and read back as it was."""
    tried = codec("D0", "STRING[6]")
    assert tried.decode(tried.encode(text)) == text
    assert len(tried.encode(text)) == 6


def test_a_text_ends_at_its_first_nul() -> None:
    """What lies behind the end, or beside an odd length's last character, is not looked at."""
    assert codec("D0", "STRING[6]").decode(b"A\0\xff\xffBC") == "A"
    assert codec("D0", "STRING[3]", encoding="utf-8").decode(b"ABC\xff") == "ABC"


@pytest.mark.parametrize(
    ("data_type", "raw", "reason"),
    [
        ("REAL", struct.pack("<f", math.nan), "the value is NaN"),
        ("LREAL[2]", bytes(8) + struct.pack("<d", -math.inf), "element 1: the value is -infinity"),
    ],
)
def test_what_is_no_number_is_bad(data_type: str, raw: bytes, reason: str) -> None:
    """NaN and the infinities are named, with the element where there are several."""
    words = b"".join(raw[at : at + 2][::-1] for at in range(0, len(raw), 2))
    with pytest.raises(BadValue, match=reason):
        codec("D0", data_type).decode(words)


def test_bytes_that_are_no_characters_are_bad() -> None:
    """The reason names the bytes and the code page."""
    with pytest.raises(BadValue, match="bytes ff are no character in utf-8"):
        codec("D0", "STRING[2]", encoding="utf-8").decode(b"A\xff")


@pytest.mark.parametrize(
    ("data_type", "value", "reason"),
    [
        ("INT", 32768, "does not fit INT"),
        ("UINT", -1, "does not fit UINT"),
        ("INT", True, "no INT"),
        ("INT", "1", "no INT"),
        ("DINT", 1.0, "no DINT"),
        ("REAL", 1e39, "does not fit REAL"),
        ("INT[2]", [1], r"has not the shape \[2\]"),
        ("INT[2,2]", [1, 2], r"has not the shape \[2,2\]"),
        ("INT", [1], "no INT"),
        ("STRING[2]", "ABC", "takes 3 bytes"),
        ("STRING[2]", 7, "no STRING"),
        ("STRING[4]", "A\0B", "NUL"),
        ("STRING[4]", "\u20ac", 'latin-1 has no "\u20ac"'),
    ],
)
def test_what_does_not_fit_is_refused(data_type: str, value: Value, reason: str) -> None:
    """Nothing is ever cut, wrapped or taken for another type."""
    with pytest.raises(BadValue, match=reason):
        codec("D0", data_type).encode(value)


def test_a_text_counts_in_bytes_of_its_code_page() -> None:
    """A text whose characters are few enough and whose bytes are not is refused."""
    assert codec("D0", "STRING[4]", encoding="utf-8").encode("\u00e4\u00f6") == "äö".encode()
    with pytest.raises(BadValue, match="takes 6 bytes"):
        codec("D0", "STRING[4]", encoding="utf-8").encode("\u00e4\u00f6\u00fc")
