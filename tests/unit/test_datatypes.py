import pytest
from hypothesis import given
from hypothesis import strategies as st

from warlogix.datatypes import BASES, DataType, parse_data_type
from warlogix.errors import Malformed


@pytest.mark.parametrize(
    ("text", "meant", "published"),
    [
        ("DINT", DataType("DINT"), "DINT"),
        (" dint ", DataType("DINT"), "DINT"),
        ("Real", DataType("REAL"), "REAL"),
        ("STRING", DataType("STRING"), "STRING"),
        ("STRING[20]", DataType("STRING", 20), "STRING"),
        ("string [ 20 ]", DataType("STRING", 20), "STRING"),
        ("WSTRING[16382]", DataType("WSTRING", 16382), "WSTRING"),
        ("STRING[20][5]", DataType("STRING", 20, (5,)), "STRING[5]"),
        ("STRING[20][2,3]", DataType("STRING", 20, (2, 3)), "STRING[2,3]"),
        ("DINT[10]", DataType("DINT", None, (10,)), "DINT[10]"),
        ("INT[2,3]", DataType("INT", None, (2, 3)), "INT[2,3]"),
        ("BOOL[1]", DataType("BOOL", None, (1,)), "BOOL[1]"),
        ("TIME_OF_DAY", DataType("TOD"), "TOD"),
        ("DATE_AND_TIME", DataType("DT"), "DT"),
        ("DTL", DataType("DTL"), "DTL"),
    ],
)
def test_a_type_is_read_and_published_by_its_iec_name(
    text: str, meant: DataType, published: str
) -> None:
    """Case and spaces do not matter, aliases collapse, and a string loses its length."""
    assert parse_data_type(text) == meant
    assert str(meant) == published


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("DNIT", "did you mean DINT?"),
        ("reel", "did you mean REAL?"),
        ("STRNG[20]", "did you mean STRING?"),
        ("XYZZY", "known types are"),
        ("", "write a type like"),
        ("INT[", "write a type like"),
        ("INT[]", "write a type like"),
        ("INT[0]", "write a type like"),
        ("INT[-1]", "write a type like"),
        ("INT[2][3]", "write a type like"),
        ("STRING[255]", "from 1 to 254"),
        ("STRING[1,2]", "from 1 to 254"),
        ("STRING[10][2][3]", "write a type like"),
        ("d\u0131nt", "write a type like"),
    ],
)
def test_a_type_that_cannot_be_meant_is_refused_with_a_remedy(text: str, remedy: str) -> None:
    """The remedy names the nearest known type, or the form that is expected."""
    with pytest.raises(Malformed) as caught:
        parse_data_type(text)
    assert remedy in caught.value.remedy


@pytest.mark.parametrize("base", sorted(BASES))
def test_every_type_is_known_by_its_published_name(base: str) -> None:
    """What is published can be configured."""
    assert parse_data_type(base) == DataType(base)


def test_a_deadband_is_for_numbers_only() -> None:
    """Numbers, durations and arrays of them are numeric; bits, dates and text are not."""
    numeric = {"BYTE", "DINT", "REAL", "TIME", "INT[3]", "COUNTER"}
    other = {"BOOL", "BOOL[8]", "STRING", "CHAR", "DATE", "TOD", "DTL"}
    assert all(parse_data_type(text).is_numeric for text in numeric)
    assert not any(parse_data_type(text).is_numeric for text in other)


def test_minus_one_fits_signed_types_only() -> None:
    """An acknowledgement of -1 needs a signed number."""
    assert [
        b for b in ("INT", "LREAL", "UINT", "WORD", "BOOL") if parse_data_type(b).is_signed
    ] == [
        "INT",
        "LREAL",
    ]


@given(st.text())
def test_any_text_is_a_type_or_malformed(text: str) -> None:
    """No input makes the parser fail in any other way."""
    try:
        parsed = parse_data_type(text)
    except Malformed:
        return
    assert parsed.base in BASES
