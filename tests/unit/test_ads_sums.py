import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warlogix.drivers.ads.sums import (
    Part,
    Question,
    sum_answers,
    sum_ask,
    sum_read,
    sum_read_results,
    sum_write,
)
from warlogix.drivers.exchanges import Nonsense

PARTS = (Part(0xF005, 1, 2), Part(0xF005, 2, 4), Part(0xF008, 0, 1))
QUESTIONS = (Question(0xF003, b"a\0", 4), Question(0xF003, b"bc\0", 4))


def test_a_sum_read_is_the_bytes_of_the_specification() -> None:
    """How many parts stands where an offset stands, the places in the data."""
    request = sum_read(PARTS[:2])
    assert request.data == bytes.fromhex(
        "80f00000 02000000 0e000000 1800000005f00000 01000000 02000000 05f00000 02000000 04000000"
    )
    assert request.most == 8 + 14


def test_each_part_has_its_own_result() -> None:
    """What is refused fills its place all the same, so that its neighbours stay where they are."""
    data = struct.pack("<III", 0, 1808, 0) + b"ab" + bytes(4) + b"\x07"
    assert sum_read_results(data, PARTS) == [b"ab", 1808, b"\x07"]


@pytest.mark.parametrize("size", [0, 11, 18, 20])
def test_results_that_do_not_fill_their_places_are_nonsense(size: int) -> None:
    """A reply with too few or too many bytes is never cut into values."""
    with pytest.raises(Nonsense):
        sum_read_results(bytes(size), PARTS)


def test_questions_carry_their_data_behind_their_heads() -> None:
    """Two names, asked for their handles in one request."""
    assert sum_ask(QUESTIONS).data == bytes.fromhex(
        "82f00000 02000000 18000000 25000000"
        "03f00000 00000000 04000000 02000000 03f00000 00000000 04000000 03000000"
        "6100 626300"
    )


def test_each_question_has_its_own_answer() -> None:
    """Answers have the length that they say, and may be shorter than was asked."""
    data = struct.pack("<IIII", 0, 4, 1808, 0) + b"\x01\x00\x00\x2d"
    assert sum_answers(data, QUESTIONS) == [b"\x01\x00\x00\x2d", 1808]


@pytest.mark.parametrize(
    "data",
    [
        bytes(15),
        struct.pack("<IIII", 0, 4, 0, 4) + bytes(7),
        struct.pack("<IIII", 0, 4, 0, 4) + bytes(9),
        struct.pack("<IIII", 0, 5, 0, 4) + bytes(9),
    ],
)
def test_answers_that_do_not_add_up_are_nonsense(data: bytes) -> None:
    """Cut off, too long, or longer than what was asked."""
    with pytest.raises(Nonsense):
        sum_answers(data, QUESTIONS)


def test_many_writes_are_one_request() -> None:
    """Two handles given back."""
    assert sum_write([(0xF006, 0, b"\x01\0\0\0"), (0xF006, 0, b"\x02\0\0\0")]).data == (
        bytes.fromhex("81f00000 02000000 08000000 20000000")
        + bytes.fromhex("06f00000 00000000 04000000") * 2
        + bytes.fromhex("01000000 02000000")
    )


@given(st.binary(max_size=60))
def test_any_data_are_results_or_nonsense(data: bytes) -> None:
    """Nothing that a PLC sends raises anything else, and no part gets a wrong length."""
    with suppress(Nonsense):
        values = sum_read_results(data, PARTS)
        sizes = [part.size for part in PARTS]
        for each, size in zip(values, sizes, strict=True):
            assert isinstance(each, int) or len(each) == size
    with suppress(Nonsense):
        answers = sum_answers(data, QUESTIONS)
        assert all(isinstance(each, int) or len(each) <= 4 for each in answers)
