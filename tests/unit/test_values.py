import struct
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from warlogix.values import (
    BadValue,
    calendar_text,
    date_text,
    finite,
    moment_text,
    shortest_real,
    time_text,
)


def real(bits: int) -> float:
    """The 32-bit float with these bits."""
    value: float = struct.unpack(">f", struct.pack(">I", bits))[0]
    return value


def is_read_as(decimal: Fraction, bits: int) -> bool:
    """Whether a decimal is read as the positive 32-bit float with these bits: exact arithmetic."""
    value, below = Fraction(real(bits)), Fraction(real(bits - 1))
    largest = bits == 0x7F7FFFFF
    above = 2 * value - below if largest else Fraction(real(bits + 1))
    low, high = (value + below) / 2, (value + above) / 2
    return low < decimal < high or (bits % 2 == 0 and decimal in (low, high))


def fewest_digits(bits: int) -> int:
    """The fewest significant digits of any decimal that is read as this positive float."""
    value = Fraction(real(bits))
    for digits in range(1, 10):
        exponent = int(f"{real(bits):.{digits - 1}e}".split("e")[1])
        step = Fraction(10) ** (exponent - digits + 1)
        if any(is_read_as((value // step + n) * step, bits) for n in (0, 1)):
            return digits
    raise AssertionError("nine digits are always enough")


@pytest.mark.parametrize(
    ("value", "shortest"),
    [
        (72.5, "72.5"),
        (72.0, "72.0"),
        (3.14, "3.14"),
        (0.1, "0.1"),
        (-0.1, "-0.1"),
        (1e10, "10000000000.0"),
        (1e16, "1e+16"),
        (16777216.0, "16777216.0"),
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (3.4028235e38, "3.4028235e+38"),
        (1.1754944e-38, "1.1754944e-38"),
        (1e-45, "1e-45"),
    ],
)
def test_a_real_has_the_digits_a_person_would_write(value: float, shortest: str) -> None:
    """72.5 and 3.14 stay what they are, always with a point or an exponent."""
    assert repr(shortest_real(struct.unpack(">f", struct.pack(">f", value))[0])) == shortest


@given(st.integers(1, 0x7F7FFFFF))
@example(0x00800000)
@example(0x0F800000)
@example(0x6C800000)
@example(0x7F000000)
@example(0x7F7FFFFF)
@example(1)
def test_a_real_comes_back_from_the_fewest_digits(bits: int) -> None:
    """No shorter decimal gives the same 32 bits; judged by exact fractions, both signs."""
    short = shortest_real(real(bits))
    digits = repr(short).split("e")[0].replace(".", "").strip("0")
    assert struct.pack(">f", short) == struct.pack(">I", bits)
    assert is_read_as(Fraction(repr(short)), bits)
    assert len(digits) <= fewest_digits(bits)
    assert shortest_real(-real(bits)) == -short


@given(st.integers(1, 254), st.integers(-2, 2))
def test_a_real_is_exact_around_powers_of_two(exponent: int, beside: int) -> None:
    """Where the neighbours are unequally far the digits are still the fewest."""
    bits = (exponent << 23) + beside
    short = shortest_real(real(bits))
    assert is_read_as(Fraction(repr(short)), bits)
    digits = repr(short).split("e")[0].replace(".", "").strip("0")
    assert len(digits) <= fewest_digits(bits)


@pytest.mark.parametrize(
    ("bits", "reason"),
    [(0x7FC00000, "NaN"), (0x7F800000, "+infinity"), (0xFF800000, "-infinity")],
)
def test_what_json_cannot_carry_is_named(bits: int, reason: str) -> None:
    """NaN and the infinities are no values, whatever the width."""
    with pytest.raises(BadValue, match=reason.replace("+", r"\+")):
        shortest_real(real(bits))
    with pytest.raises(BadValue, match=reason.replace("+", r"\+")):
        finite(real(bits))


def test_dates_and_times_are_text_without_a_zone() -> None:
    """A fraction has 3, 6 or 9 digits, what it takes."""
    assert date_text(0) == "1990-01-01"
    assert date_text(12432) == "2024-01-15"
    assert time_text(0) == "00:00:00.000"
    assert time_text(37_800_123_000_000) == "10:30:00.123"
    assert time_text(37_800_123_456_000) == "10:30:00.123456"
    assert time_text(37_800_123_456_789) == "10:30:00.123456789"
    assert moment_text(0) == "1970-01-01T00:00:00.000"
    assert moment_text(-1) == "1969-12-31T23:59:59.999999999"
    assert calendar_text(2024, 1, 15, 10, 30, 0, 123_000_000) == "2024-01-15T10:30:00.123"


@given(st.integers(-(1 << 63), (1 << 63) - 1))
def test_every_64_bit_count_of_ns_is_a_moment(nanoseconds: int) -> None:
    """LDT has no bad values."""
    assert moment_text(nanoseconds)[10] == "T"


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ((2024, 13, 1, 0, 0, 0, 0), "2024-13-01T00:00:00 is no date and time"),
        ((2023, 2, 29, 0, 0, 0, 0), "no date and time"),
        ((2024, 1, 1, 24, 0, 0, 0), "no date and time"),
        ((0, 0, 0, 0, 0, 0, 0), "0000-00-00T00:00:00 is no date and time"),
        ((2024, 1, 1, 0, 0, 0, 1_000_000_000), "no part of a second"),
    ],
)
def test_a_moment_that_never_was_is_no_value(parts: tuple[int, ...], reason: str) -> None:
    """The reason shows what was read."""
    with pytest.raises(BadValue, match=reason):
        calendar_text(*parts)


def test_a_time_beyond_midnight_is_no_value() -> None:
    """A day ends before 24:00."""
    assert time_text(86_399_999_999_999) == "23:59:59.999999999"
    with pytest.raises(BadValue, match="86400 s after midnight"):
        time_text(86_400_000_000_000)
