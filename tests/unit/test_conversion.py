"""A request's value becomes the tag's own, or the sender is told what the type takes."""

import struct
from fractions import Fraction
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.asked import FLOATS, nearest_float
from warlogix.conversion import convert, parse_json
from warlogix.datatypes import DataType, parse_data_type
from warlogix.errors import BadRequest
from warlogix.tags import Value


def asked(text: str, kind: str) -> Value:
    """What a JSON text becomes as a type."""
    return convert(parse_json(text), parse_data_type(kind))


def refused(text: str, kind: str) -> str:
    """What the sender of a JSON text is told."""
    with pytest.raises(BadRequest) as caught:
        asked(text, kind)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("100", "DINT", 100),
        ("100.0", "DINT", 100),
        ("1e2", "DINT", 100),
        ("10000e-2", "DINT", 100),
        ("-0", "USINT", 0),
        ("-0.0", "USINT", 0),
        ("18446744073709551615", "LWORD", 2**64 - 1),
        ("9007199254740993", "LINT", 2**53 + 1),
        ("9007199254740993.0", "LINT", 2**53 + 1),
        ("true", "BOOL", True),
        ("0", "BOOL", False),
        ("1.0", "BOOL", True),
        ("72.5", "REAL", 72.5),
        ("3.14", "REAL", 3.14),
        ("72", "REAL", 72.0),
        ("16777217.0", "REAL", 16777216.0),
        ("3.4028235e38", "REAL", 3.4028235e38),
        ("-0.0", "REAL", -0.0),
        ("0e99999999999999999999", "REAL", 0.0),
        ("3.14", "LREAL", 3.14),
        ("9007199254740992", "LREAL", 2.0**53),
        ("-1000", "TIME", -1000),
        ("9990000", "S5TIME", 9990000),
        ("999", "COUNTER", 999),
        ('"2024-01-15"', "DATE", "2024-01-15"),
        ('"10:30:00"', "TOD", "10:30:00.000"),
        ('"10:30:00.5"', "TOD", "10:30:00.500"),
        ('"10:30:00.123000"', "TOD", "10:30:00.123"),
        ('"10:30:00.123456789"', "LTOD", "10:30:00.123456789"),
        ('"2024-01-15T10:30:00"', "DT", "2024-01-15T10:30:00.000"),
        ('"2024-01-15T10:30:00.123456"', "LDT", "2024-01-15T10:30:00.123456"),
        ('"2024-01-15T10:30:00.123456789"', "DTL", "2024-01-15T10:30:00.123456789"),
        ('"\\u00e4"', "CHAR", "ä"),
        ('"€"', "WCHAR", "€"),
        ('""', "STRING[5]", ""),
        ('"Hello"', "STRING[5]", "Hello"),
        ('"\U0001f600"', "WSTRING[2]", "\U0001f600"),
        ("[1,2.0]", "INT[2]", [1, 2]),
        ("[[1,2],[3,4]]", "INT[2,2]", [[1, 2], [3, 4]]),
        ('["a","bc"]', "STRING[3][2]", ["a", "bc"]),
    ],
)
def test_what_a_type_takes_is_what_a_read_would_give(text: str, kind: str, value: Value) -> None:
    """The value and its type, at full width and with all of its digits."""
    assert repr(asked(text, kind)) == repr(value)


@pytest.mark.parametrize(
    ("text", "kind", "told"),
    [
        ("300", "BYTE", "300 does not fit BYTE; it takes whole numbers from 0 to 255"),
        ("-1", "UINT", "-1 does not fit UINT; it takes whole numbers from 0 to 65535"),
        ("1.9", "SINT", "1.9 does not fit SINT; it takes whole numbers from -128 to 127"),
        ('"5"', "SINT", '"5" does not fit SINT; it takes whole numbers from -128 to 127'),
        ("true", "SINT", "true does not fit SINT; it takes whole numbers from -128 to 127"),
        ("null", "SINT", "null does not fit SINT; it takes whole numbers from -128 to 127"),
        ("{}", "SINT", "an object does not fit SINT; it takes whole numbers from -128 to 127"),
        ("[1]", "BYTE", "a list of 1 element does not fit BYTE; it takes whole numbers from 0"),
        ("2", "BOOL", "2 does not fit BOOL; it takes true, false, 1 and 0"),
        ('"true"', "BOOL", '"true" does not fit BOOL; it takes true, false, 1 and 0'),
        ("1e39", "REAL", "1E+39 does not fit REAL; it takes numbers from -3.4028235e+38 to 3.40"),
        ("1e-60", "REAL", "1E-60 does not fit REAL: the smallest number above 0 it holds is 1e-45"),
        ("1e309", "LREAL", "does not fit LREAL; it takes numbers from -1.7976931348623157e+308"),
        (
            "16777217",
            "REAL",
            "16777217 does not fit REAL: it cannot hold that whole number exactly, the nearest is "
            "16777216.0, to which it is rounded when written with a decimal point",
        ),
        ("9007199254740993", "LREAL", "the nearest is 9007199254740992.0, to which"),
        ("2147483648", "TIME", "it takes whole numbers of ms from -2147483648 to 2147483647"),
        ("9223372036854775808", "LTIME", "it takes whole numbers of ns from -9223372036854775808"),
        ("1005", "S5TIME", "1005 does not fit S5TIME; it takes whole numbers of ms from 0 to 9990"),
        ("1000", "COUNTER", "it takes whole numbers from 0 to 999"),
        ('"2024-02-30"', "DATE", "there is no such day; it takes dates like"),
        ('"1989-12-31"', "DATE", "from 1990-01-01 to 2169-06-06"),
        ('"15.01.2024"', "DATE", "it is no date; it takes dates like"),
        ('"24:00:00"', "TOD", "there is no such time of day; it takes times of day like"),
        ('"10:30:00.1234"', "TOD", 'like "10:30:00.123", to the millisecond'),
        ('"10:30"', "TOD", "it is no time of day"),
        ('"2024-01-15T10:30:00Z"', "DTL", "it is no date and time; it takes moments like"),
        ('"2090-01-01T00:00:00"', "DT", "to 2089-12-31T23:59:59.999"),
        ('"2262-04-11T23:47:16.854775808"', "LDT", "to 2262-04-11T23:47:16.854775807"),
        ('"1969-12-31T23:59:59"', "DTL", "from 1970-01-01T00:00:00.000"),
        ('"ab"', "CHAR", '"ab" does not fit CHAR; it takes text of one character'),
        ('"\U0001f600"', "WCHAR", "it takes text of one UTF-16 character"),
        ("7", "STRING[5]", "7 does not fit STRING[5]; it takes text of at most 5 characters"),
        ('"Hello!"', "STRING[5]", "it has 6 characters; it takes text of at most 5 characters"),
        ('"' + "x" * 255 + '"', "STRING", "it has 255 characters; it takes text of at most 254"),
        ('"\U0001f600"', "WSTRING[1]", "it has 2 characters"),
        ('"\\ud83d"', "WSTRING[5]", "it holds half a surrogate pair, which is no character"),
        ("[1]", "INT[2]", "a list of 1 element does not fit; INT[2] takes a list of 2 elements"),
        ("5", "INT[2]", "5 does not fit; INT[2] takes a list of 2 elements there"),
        (
            "[[1,2],[3]]",
            "INT[2,2]",
            "element [1]: a list of 1 element does not fit; INT[2,2] takes",
        ),
        ("[1,2]", "INT[2,2]", "element [0]: 1 does not fit; INT[2,2] takes a list of 2 elements"),
        ("[1,40000]", "INT[2]", "element [1]: 40000 does not fit INT; it takes whole numbers"),
        ("[null]", "INT[1]", "element [0]: null does not fit INT"),
        ('["abc"]', "STRING[2][1]", 'element [0]: "abc" does not fit STRING[2]: it has 3'),
    ],
)
def test_what_a_type_does_not_take_is_named_with_its_range(text: str, kind: str, told: str) -> None:
    """The value, the type and what it takes instead; nothing is truncated or wrapped."""
    assert told in refused(text, kind)


@pytest.mark.parametrize(
    "text", ["", "nul", "NaN", "Infinity", "-Infinity", "01", "1.", "[1", "\\"]
)
def test_what_is_no_json_is_a_bad_request(text: str) -> None:
    """NaN and infinities are none either."""
    with pytest.raises(BadRequest, match="the value is no JSON"):
        parse_json(text)


_MANY = 1_000_000
_ENDLESS = [
    "9" * _MANY,
    "0." + "1" * _MANY,
    "1" + "0" * _MANY + f"e-{_MANY}",
    "1e1000000000",
    "1e-1000000000",
    f"1e{'9' * 1000}",
    "[" * _MANY,
    f'"{"x" * _MANY}"',
]


@pytest.mark.parametrize("text", _ENDLESS, ids=lambda text: text[:4])
@pytest.mark.parametrize("kind", ["LINT", "REAL", "LREAL", "BOOL", "S5TIME", "STRING", "DATE"])
def test_no_value_is_slow_or_long_in_an_error(text: str, kind: str) -> None:
    """Millions of digits are refused like any others, in a line that can be read."""
    started = process_time()
    try:
        value = asked(text, kind)
    except BadRequest as exc:
        told = str(exc)
    else:
        told = repr(value)
    assert process_time() - started < 10
    assert len(told) < 400


_LONG = st.from_regex(r"-?(0|[1-9][0-9]{0,45})\.[0-9]{1,60}([eE][-+]?[0-9]{1,2})?", fullmatch=True)


@given(st.one_of(_LONG, st.integers(1, 0x7F7FFFFE)))
def test_a_real_is_rounded_once(given_: str | int) -> None:
    """Also beside the middle of two floats, which a double on the way would make a middle."""
    for text in [given_] if isinstance(given_, str) else _around_the_middle(given_):
        nearest = nearest_float(Fraction(text), *FLOATS["REAL"])
        if nearest:
            value = asked(text, "REAL")
            assert struct.pack(">f", value) == struct.pack(">f", float(nearest))


def _around_the_middle(bits: int) -> list[str]:
    """The middle between a float and the next one, exactly and with a bit more and less."""
    low, high = (struct.unpack(">f", (bits + n).to_bytes(4, "big"))[0] for n in (0, 1))
    middle = (Fraction(low) + Fraction(high)) / 2
    scaled = middle * 10**200
    digits = f"{scaled.numerator // scaled.denominator}e-200"
    more, less = (f"{int(digits[:-5]) + n}e-200" for n in (1, -1))
    return [digits, more, less]


def test_every_small_integer_is_itself_or_refused() -> None:
    """For each type of one byte, all the numbers around its range."""
    for base, numbers in {
        "SINT": range(-128, 128),
        "USINT": range(256),
        "BYTE": range(256),
    }.items():
        for number in range(-300, 600):
            try:
                assert convert(number, DataType(base)) == number
                assert number in numbers
            except BadRequest:
                assert number not in numbers
