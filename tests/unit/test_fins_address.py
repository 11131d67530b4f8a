import pytest
from hypothesis import given
from hypothesis import strategies as st

from warlogix.addresses.fins import FinsArea, parse_fins
from warlogix.datatypes import DataType
from warlogix.errors import Malformed


@pytest.mark.parametrize(
    ("text", "data_type", "area", "bank", "word", "bit", "kind", "words"),
    [
        ("D100", "", FinsArea.DATA, 0, 100, None, "WORD", 1),
        ("dm100", "dint", FinsArea.DATA, 0, 100, None, "DINT", 2),
        (" D100 ", "LREAL", FinsArea.DATA, 0, 100, None, "LREAL", 4),
        ("CIO0.05", "", FinsArea.CIO, 0, 0, 5, "BOOL", 1),
        ("W511.15", "BOOL", FinsArea.WORK, 0, 511, 15, "BOOL", 1),
        ("H20", "INT[10]", FinsArea.HOLDING, 0, 20, None, "INT[10]", 10),
        ("A448", "UINT", FinsArea.AUXILIARY, 0, 448, None, "UINT", 1),
        ("D200", "DINT[2,3]", FinsArea.DATA, 0, 200, None, "DINT[2,3]", 12),
        ("D300", "STRING[21]", FinsArea.DATA, 0, 300, None, "STRING", 11),
        ("D300", "STRING[3][4]", FinsArea.DATA, 0, 300, None, "STRING[4]", 8),
        ("D0", "BOOL[17]", FinsArea.DATA, 0, 0, None, "BOOL[17]", 2),
        ("E0100", "", FinsArea.EXTENDED, 0, 100, None, "WORD", 1),
        ("EM1_200", "REAL", FinsArea.EXTENDED, 1, 200, None, "REAL", 2),
        ("e18:7.3", "", FinsArea.EXTENDED, 0x18, 7, 3, "BOOL", 1),
        ("EMC100", "", FinsArea.EXTENDED, 12, 100, None, "WORD", 1),
    ],
)
def test_an_address_says_where_and_what(
    text: str,
    data_type: str,
    area: FinsArea,
    bank: int,
    word: int,
    bit: int | None,
    kind: str,
    words: int,
) -> None:
    """An address and its data type together name area, bank, word, bit, type and size."""
    address = parse_fins(text, data_type)
    assert (address.area, address.bank, address.word) == (area, bank, word)
    assert (address.bit, str(address.type), address.words) == (bit, kind, words)
    assert address.text == text.strip().upper()


@pytest.mark.parametrize(
    ("text", "data_type", "fact"),
    [
        ("", "", "is not an Omron memory address"),
        ("D", "", "is not an Omron memory address"),
        ("X100", "", "is not an Omron memory address"),
        ("D-1", "", "is not an Omron memory address"),
        ("D٣", "", "is not an Omron memory address"),
        ("E0", "", "has no word"),
        ("E1F_0", "", "names bank 1F"),
        ("D100.16", "", "has bit 16"),
        ("D100.5", "INT", "is one bit and cannot hold INT"),
        ("D100", "BOOL", "does not say which bit"),
        ("D100", "BYTE", "Omron memory has no such type"),
        ("D100", "DTL", "Omron memory has no such type"),
        ("D100", "STRING", "unknown length"),
        ("D100", "DIMT", "not a known data type"),
        ("D32768", "", "ends behind the last word"),
        ("D32767", "DINT", "ends behind the last word"),
        ("W512", "", "ends behind the last word"),
        ("D99999999", "", "ends behind the last word"),
        ("D" + "9" * 5000, "", "is not an Omron memory address"),
    ],
)
def test_what_is_no_address_is_refused_with_a_fact(text: str, data_type: str, fact: str) -> None:
    """A text that names no memory is refused, and the refusal says why."""
    with pytest.raises(Malformed) as caught:
        parse_fins(text, data_type)
    assert fact in caught.value.fact
    assert caught.value.remedy


@given(st.text(max_size=30), st.text(max_size=20))
def test_any_text_is_read_or_refused(text: str, data_type: str) -> None:
    """Whatever the texts are, parsing gives an address or `Malformed`."""
    try:
        address = parse_fins(text, data_type)
    except Malformed:
        return
    assert parse_fins(address.text, str(data_type)) == address


@given(
    st.sampled_from(["CIO", "W", "H", "A", "D", "DM", "E0", "EMA_", "E18_"]),
    st.integers(0, 500),
    st.integers(0, 15),
)
def test_each_bit_of_each_area_can_be_named(area: str, word: int, bit: int) -> None:
    """Every bit of every area has an address of its own."""
    address = parse_fins(f"{area}{word}.{bit}")
    assert (address.word, address.bit, address.type) == (word, bit, DataType("BOOL"))
