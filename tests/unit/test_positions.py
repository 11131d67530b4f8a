"""The text in an offset commit: what goes in comes out, it fits, and rubbish is recognised."""

import base64
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warlogix.kafka.positions import LONGEST, Position, TooLong, decode, encode, fits, fitting

ID = "Uo8pL3PZTxWZ0nIbUYIBIg"
MEMBERS = st.text("0123456789abcdef", max_size=6)
TOPIC_IDS = st.text("abcXYZ019-_", max_size=22)


@st.composite
def positions(draw: st.DrawFn) -> Position:
    """Positions as a group may come to, with up to 300 unanswered offsets."""
    offset = draw(st.integers(0, 2**63 - 1))
    back = draw(st.sets(st.integers(1, min(offset, 2_000) or 1), max_size=300))
    far = draw(st.sets(st.integers(0, max(0, offset - 1)), max_size=3))
    unanswered = sorted({offset - each for each in back if each <= offset} | far) if offset else []
    return Position(offset, draw(TOPIC_IDS), tuple(unanswered), draw(MEMBERS))


@given(positions())
def test_what_goes_in_comes_out(position: Position) -> None:
    """A position that was encoded is decoded as it was, and its text is short ASCII."""
    text = encode(position)
    assert decode(position.offset, text) == position
    assert text.isascii()
    assert len(text) <= LONGEST


def test_the_text_is_a_format() -> None:
    """The text does not change from release to release: commits outlive a gateway."""
    position = Position(120, ID, (1, 2, 3, 50, 117, 119), "3fa9c1")
    assert encode(position) == f"warlogix1 {ID} 3fa9c1 AAKEAV0C"
    assert encode(Position(0, "")) == "warlogix1   "


@pytest.mark.parametrize(
    "unanswered",
    [
        range(1_000_000 - 1),
        range(994_400, 1_000_000, 2),
        range(0, 1_000_000, 1_000),
        [*range(10_000), *range(20_000, 30_000), 999_999],
    ],
)
def test_much_fits(unanswered: range | list[int]) -> None:
    """A run of any length, every other of 5,600 offsets, and a thousand far apart fit."""
    position = Position(1_000_000, ID, tuple(unanswered))
    assert fits(position)
    assert decode(1_000_000, encode(position)) == position


def test_too_much_does_not_fit() -> None:
    """What a commit cannot hold is told before, and never cut."""
    position = Position(1_000_000, ID, tuple(range(0, 1_000_000, 200)))
    assert not fits(position)
    with pytest.raises(TooLong, match="5000 unanswered"):
        encode(position)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "mine",
        "warlogix1",
        "warlogix2 id 3 AAKEAV0C",
        "warlogix1 id 3 AAKEAV0C more",
        "warlogix1 id -3 AAKEAV0C",
        "warlogix1 id three AAKEAV0C",
        "warlogix1 id ² AAKEAV0C",
        "warlogix1 id 3 AAKEAV0",
        "warlogix1 id 3 A?KEAV0C",
        "warlogix1 id 3 ÄÄKEAV0C",
        "warlogix1 id 3 gA==",
        "warlogix1 id 3 AQ==",
        "warlogix1 id 3 AQA=",
        "warlogix1 id 3 /wE=",
        "warlogix1 id 3 ////////////////",
        "warlogix1 id 3 Af////8P",
    ],
)
def test_rubbish_is_not_ours(text: str | None) -> None:
    """A text of others, of another version, or damaged is no position and no error."""
    assert decode(120, text) is None


@given(st.integers(0, 2**63 - 1), st.text(max_size=100))
def test_no_text_is_an_error(offset: int, text: str) -> None:
    """Whatever somebody committed can be looked at."""
    decode(offset, text)
    decode(offset, f"warlogix1 id 1 {text}")


@given(st.integers(0, 2**40), st.binary(max_size=60))
def test_no_bytes_are_an_error(offset: int, packed: bytes) -> None:
    """Whatever the runs' bytes are, offsets come out sorted and below the position, or nothing."""
    position = decode(offset, f"warlogix1 id 1 {base64.b64encode(packed).decode()}")
    if position is not None:
        unanswered = position.unanswered
        assert list(unanswered) == sorted(set(unanswered))
        assert all(0 <= each < offset for each in unanswered)


def test_more_open_offsets_than_are_read_back_do_not_fit() -> None:
    """A list that nobody would read again is never written."""
    assert not fits(Position(2_000_000, ID, tuple(range(1_000_001))))


@given(st.integers(0, 2**32), st.sampled_from([0.01, 0.3, 0.7]))
def test_what_must_be_committed_always_fits(seed: int, share: float) -> None:
    """Where the list would be too long it has more offsets than are open, and never fewer."""
    chance = random.Random(seed)
    unanswered = {offset for offset in range(40_000) if chance.random() < share}
    position = fitting(Position(50_000, ID, tuple(sorted(unanswered))))
    assert decode(50_000, encode(position)) == position
    assert unanswered <= set(position.unanswered)


def test_what_fits_is_left_as_it_is() -> None:
    """Nothing is listed that need not be."""
    position = Position(120, ID, (1, 50, 119))
    assert fitting(position) is position
