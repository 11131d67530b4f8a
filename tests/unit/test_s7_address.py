import pytest
from hypothesis import given
from hypothesis import strategies as st

from warlogix.addresses.s7 import S7Area, parse_s7
from warlogix.errors import Malformed


@pytest.mark.parametrize(
    ("address", "data_type", "area", "db", "byte", "bit", "published", "size"),
    [
        ("DB1.DBX4.7", "", S7Area.DB, 1, 4, 7, "BOOL", 1),
        ("DB1.DBB4", "", S7Area.DB, 1, 4, 0, "BYTE", 1),
        ("DB1.DBW4", "", S7Area.DB, 1, 4, 0, "WORD", 2),
        ("DB1.DBD4", "", S7Area.DB, 1, 4, 0, "DWORD", 4),
        ("DB65535.DBL4", "", S7Area.DB, 65535, 4, 0, "LWORD", 8),
        ("DB1.DBX4.7", "bool", S7Area.DB, 1, 4, 7, "BOOL", 1),
        ("DB1.DBD100", "DINT", S7Area.DB, 1, 100, 0, "DINT", 4),
        ("DB1.DBD100", "REAL", S7Area.DB, 1, 100, 0, "REAL", 4),
        ("DB1.DBL0", "LREAL", S7Area.DB, 1, 0, 0, "LREAL", 8),
        ("DB1.DBL0", "DATE_AND_TIME", S7Area.DB, 1, 0, 0, "DT", 8),
        ("I0.0", "", S7Area.INPUTS, 0, 0, 0, "BOOL", 1),
        ("E1.2", "", S7Area.INPUTS, 0, 1, 2, "BOOL", 1),
        ("QX3.4", "", S7Area.OUTPUTS, 0, 3, 4, "BOOL", 1),
        ("AW6", "INT", S7Area.OUTPUTS, 0, 6, 0, "INT", 2),
        ("M10.3", "", S7Area.FLAGS, 0, 10, 3, "BOOL", 1),
        ("MB20", "STRING[10]", S7Area.FLAGS, 0, 20, 0, "STRING", 12),
        ("ML8", "LINT", S7Area.FLAGS, 0, 8, 0, "LINT", 8),
        ("T5", "", S7Area.TIMERS, 0, 5, 0, "S5TIME", 2),
        ("C7", "", S7Area.COUNTERS, 0, 7, 0, "COUNTER", 2),
        ("C7", "WORD", S7Area.COUNTERS, 0, 7, 0, "WORD", 2),
        ("DB1.20", "STRING[20]", S7Area.DB, 1, 20, 0, "STRING", 22),
        ("DB1.DBB20", "STRING[20]", S7Area.DB, 1, 20, 0, "STRING", 22),
        ("DB1.20", "WSTRING[20]", S7Area.DB, 1, 20, 0, "WSTRING", 44),
        ("DB1.20", "STRING", S7Area.DB, 1, 20, 0, "STRING", 256),
        ("DB1.20", "DTL", S7Area.DB, 1, 20, 0, "DTL", 12),
        ("DB1.20", "INT[10]", S7Area.DB, 1, 20, 0, "INT[10]", 20),
        ("DB1.DBB20", "INT[2,3]", S7Area.DB, 1, 20, 0, "INT[2,3]", 12),
        ("DB1.20", "BOOL[17]", S7Area.DB, 1, 20, 0, "BOOL[17]", 3),
        ("DB1.20", "BOOL[2,3]", S7Area.DB, 1, 20, 0, "BOOL[2,3]", 4),
        ("DB1.20", "BYTE[2,3]", S7Area.DB, 1, 20, 0, "BYTE[2,3]", 8),
        ("DB1.20", "STRING[5][3]", S7Area.DB, 1, 20, 0, "STRING[3]", 24),
    ],
)
def test_an_address_and_a_type_name_one_place(
    address: str,
    data_type: str,
    area: S7Area,
    db: int,
    byte: int,
    bit: int,
    published: str,
    size: int,
) -> None:
    """Every documented form is read, with the letter's type where none is given."""
    parsed = parse_s7(address, data_type)
    assert (parsed.area, parsed.db, parsed.byte, parsed.bit) == (area, db, byte, bit)
    assert (str(parsed.type), parsed.size) == (published, size)


def test_the_published_address_is_in_upper_case_without_spaces_around() -> None:
    """Case does not matter and spaces around are ignored."""
    assert parse_s7("  db1.dbd100 ").text == "DB1.DBD100"
    assert parse_s7("e0.0").text == "E0.0"


@pytest.mark.parametrize(
    ("address", "data_type", "fact", "remedy"),
    [
        ("DB1", "", "has no offset", "DB1.DBW20"),
        ("M10", "", "does not say how many bits", "MX10.<bit>"),
        ("I3", "", "does not say how many bits", "IB3"),
        ("DB1.DBX0", "", "has no bit", "DB1.DBX0.0 to DB1.DBX0.7"),
        ("MX0", "", "has no bit", "MX0.0"),
        ("DB1.DBX0.8", "", "has bit 8", "0 to 7"),
        ("M10.12", "", "has bit 12", "0 to 7"),
        ("DB1.DBW0.3", "", "gives a bit to WORD", "DB1.DBX0.3"),
        ("DB1.DBQ4", "", 'letter "Q"', "DB1.DBX4.<bit>"),
        ("DB1.DBW0", "REAL", "REAL takes 4 bytes", "DB1.DBD0"),
        ("MD0", "INT", "INT takes 2 bytes", "MW0"),
        ("DB1.DBB0", "BOOL", "which bit", "DB1.DBX0.<bit>"),
        ("DB1.DBX0.0", "INT", "is one bit", "DB1.DBB0"),
        ("M1.0", "BOOL[8]", "is one bit", "MB1"),
        ("DB1.DBW20", "INT[10]", "starts at a byte", "DB1.DBB20"),
        ("DB1.DBD20", "STRING[2]", "starts at a byte", "DB1.DBB20"),
        ("DB1.20", "", "does not say what is there", "data_type"),
        ("DB1.20", "BOOL", "which bit", "DB1.DBX20.<bit>"),
        ("DB1.4.0", "BOOL", 'goes on after the byte with ".0"', "DB1.DBX4.<bit>"),
        ("DB1.4[3]", "INT", 'goes on after the byte with "[3]"', "data_type"),
        ("DB0.DBW0", "", "names no data block", "DB1 to DB65535"),
        ("DB65536.DBW0", "", "names no data block", "DB1 to DB65535"),
        ("MB2097152", "", "behind the last byte", "2097151"),
        ("MW2097151", "", "behind the last byte", "2097151"),
        ("DB1.0", "INT[9999999,9999999]", "behind the last byte", "2097151"),
        ("T5", "DINT", "holds 2 bytes", "WORD"),
        ("T5", "S5TIME[2]", "holds 2 bytes", "WORD"),
        ("C65536", "", "too large", "65535"),
        ("Z5", "", "is not an S7 address", "DB1.DBX0.0"),
        ("", "", "is not an S7 address", "DB1.DBX0.0"),
        ("\u0131b0", "", "is not an S7 address", "DB1.DBX0.0"),
        ("MB\u0663", "", "is not an S7 address", "DB1.DBX0.0"),
        ("DB1.DBW0", "DNIT", "not a known data type", "DINT"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_remedy(
    address: str, data_type: str, fact: str, remedy: str
) -> None:
    """A fault says what is wrong and what to write instead."""
    with pytest.raises(Malformed) as caught:
        parse_s7(address, data_type)
    assert fact in caught.value.fact
    assert remedy in caught.value.remedy


_NEARLY = st.from_regex(r"(DB[0-9]{0,6}\.)?(DB|I|Q|M|T|C)?[XBWDL]?[0-9]{0,8}(\.[0-9]{0,3})?")


@given(_NEARLY | st.text(), st.sampled_from(["", "INT", "BOOL", "STRING[3]", "INT[2,2]"]))
def test_any_text_is_an_address_within_range_or_malformed(address: str, data_type: str) -> None:
    """No input makes the parser fail in any other way or leave the range of the protocol."""
    try:
        parsed = parse_s7(address, data_type)
    except Malformed:
        return
    assert 0 <= parsed.db < 65536
    assert parsed.byte + parsed.size <= 1 << 21
    assert 0 <= parsed.bit <= 7
    assert parse_s7(parsed.text, data_type) == parsed


def test_a_number_of_thousands_of_digits_is_malformed() -> None:
    """Python's own limit on reading long numbers never shows."""
    with pytest.raises(Malformed):
        parse_s7("MB" + "9" * 5000)
