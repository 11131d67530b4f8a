import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warlogix.drivers.little_endian import element
from warlogix.values import BadValue

INTEGERS = {
    "SINT": (-128, 127),
    "USINT": (0, 255),
    "BYTE": (0, 255),
    "INT": (-32768, 32767),
    "UINT": (0, 65535),
    "WORD": (0, 65535),
    "DINT": (-(2**31), 2**31 - 1),
    "UDINT": (0, 2**32 - 1),
    "DWORD": (0, 2**32 - 1),
    "LINT": (-(2**63), 2**63 - 1),
    "ULINT": (0, 2**64 - 1),
    "LWORD": (0, 2**64 - 1),
}


@pytest.mark.parametrize("base", INTEGERS)
def test_integers_go_both_ways_at_their_limits(base: str) -> None:
    """Least and greatest values of each type are what is read of what was written."""
    low, high = INTEGERS[base]
    kind = element(base)
    raw = kind.encode([low, high, 1])
    assert len(raw) == 3 * kind.size
    assert raw[: kind.size] == low.to_bytes(kind.size, "little", signed=low < 0)
    assert kind.decode(raw, 3) == [low, high, 1]


@pytest.mark.parametrize("base", INTEGERS)
def test_what_does_not_fit_an_integer_is_refused(base: str) -> None:
    """One beyond each limit, a fraction, text and a truth value are no integers of the type."""
    low, high = INTEGERS[base]
    for wrong in (low - 1, high + 1, 0.5, "1", True, None):
        with pytest.raises(BadValue, match=base):
            element(base).encode([wrong])


def test_reals_are_the_shortest_numbers() -> None:
    """A REAL comes as the number with the fewest digits that gives its four bytes back."""
    raw = struct.pack("<3f", 3.14, -0.1, 1e10)
    assert element("REAL").decode(raw, 3) == [3.14, -0.1, 1e10]
    assert element("REAL").encode([3.14, -0.1, 10_000_000_000]) == raw


@given(st.binary(min_size=4, max_size=4))
def test_any_real_is_written_as_it_was_read(raw: bytes) -> None:
    """Any four bytes are a REAL that is written back as the same bytes, or no value."""
    try:
        values = element("REAL").decode(raw, 1)
    except BadValue:
        return
    assert element("REAL").encode(values) == raw


@pytest.mark.parametrize(("base", "code"), [("REAL", "f"), ("LREAL", "d")])
def test_nan_and_infinities_are_no_values(base: str, code: str) -> None:
    """What JSON cannot carry is named, with its place where there are several."""
    with pytest.raises(BadValue, match=r"^the value is NaN"):
        element(base).decode(struct.pack("<" + code, float("nan")), 1)
    with pytest.raises(BadValue, match=r"^element 1: the value is \+infinity"):
        element(base).decode(struct.pack("<2" + code, 0.5, float("inf")), 2)
    with pytest.raises(BadValue, match="NaN"):
        element(base).encode([float("nan")])


def test_what_does_not_fit_a_real_is_refused() -> None:
    """Numbers beyond the last REAL, truth values and text are refused."""
    for wrong in (1e39, 10**400, True, "1.5"):
        with pytest.raises(BadValue, match="REAL"):
            element("REAL").encode([wrong])


def test_truth_values_take_a_byte_each() -> None:
    """Any byte but 0 is true, and true is written as 1."""
    assert element("BOOL").decode(b"\x00\x01\xff", 3) == [False, True, True]
    assert element("BOOL").encode([False, True]) == b"\x00\x01"
    with pytest.raises(BadValue, match="no BOOL"):
        element("BOOL").encode([1])


@pytest.mark.parametrize("base", ["BOOL", "DINT", "REAL", "LREAL"])
def test_bytes_of_another_length_are_never_decoded(base: str) -> None:
    """A byte too many or too few is an error, not a value."""
    size = element(base).size
    for raw in (bytes(2 * size - 1), bytes(2 * size + 1)):
        with pytest.raises(struct.error):
            element(base).decode(raw, 2)
