import pytest
from hypothesis import given
from hypothesis import strategies as st

from warlogix.config.units import duration_text, parse_duration, parse_size
from warlogix.errors import Malformed


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("250ms", 0.25),
        ("2s", 2.0),
        ("1m30s", 90.0),
        ("7d", 604800.0),
        ("1d2h3m4s5ms", 93784.005),
        ("1.5s", 1.5),
        ("0ms", 0.0),
        ("90m", 5400.0),
    ],
)
def test_a_duration_is_read_in_seconds(text: str, seconds: float) -> None:
    """A text with units is that many seconds."""
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "value",
    [
        "",
        "5",
        "s",
        "-5s",
        "5 s",
        "1s1m",
        "1s 5ms",
        "5S",
        "1h1h",
        "٣s",
        "9" * 20 + "d",
        None,
        [],
        {},
    ],
)
def test_what_is_no_duration_is_refused(value: object) -> None:
    """A text that is no duration is refused."""
    with pytest.raises(Malformed) as caught:
        parse_duration(value)
    assert "unit" in caught.value.remedy


@pytest.mark.parametrize("parse", [parse_duration, parse_size])
@pytest.mark.parametrize(
    "value", [5, 0, -1, 0.5, float("nan"), pytest.param(1 << 20_000, id="huge")]
)
def test_a_bare_number_is_named_as_such(parse: object, value: object) -> None:
    """A number without a unit is refused in those words, however large it is."""
    assert callable(parse)
    with pytest.raises(Malformed, match="bare number"):
        parse(value)


@pytest.mark.parametrize("parse", [parse_duration, parse_size])
@pytest.mark.parametrize("value", [True, False])
def test_true_is_no_number(parse: object, value: object) -> None:
    """`true` is neither a duration nor a size, nor called a number."""
    assert callable(parse)
    with pytest.raises(Malformed, match="is not a"):
        parse(value)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1GB", 10**9),
        ("100MB", 10**8),
        ("1.5kB", 1500),
        ("1KB", 1000),
        ("64MiB", 64 * 2**20),
        ("2TiB", 2 * 2**40),
        ("500 MB", 5 * 10**8),
        ("10B", 10),
    ],
)
def test_a_size_is_read_in_bytes(text: str, size: int) -> None:
    """A text with a unit is that many bytes."""
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "5", "GB", "-1GB", "1gb", "1 G", "9999999999TB"])
def test_what_is_no_size_is_refused(text: str) -> None:
    """A text that is no size is refused."""
    with pytest.raises(Malformed):
        parse_size(text)


@given(st.integers(0, 100 * 365 * 86_400_000))
def test_a_duration_survives_being_shown(milliseconds: int) -> None:
    """What a duration is shown as is read back as the same."""
    seconds = parse_duration(f"{milliseconds}ms")
    assert parse_duration(duration_text(seconds)) == pytest.approx(seconds, abs=1e-6)
