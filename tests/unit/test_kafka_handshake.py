"""The first question of SASL, and what is taken for an answer."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from warlogix.kafka.handshake import LARGEST, QUESTION, read_answer, read_length


def answer(*names: bytes, number: int = 1) -> bytes:
    """A broker's answer, without its length."""
    told = b"".join(struct.pack(">h", len(name)) + name for name in names)
    return struct.pack(">ihi", number, 0, len(names)) + told


def test_the_question_is_a_sasl_handshake() -> None:
    """It has its own length, asks by SaslHandshake in version 1, and holds no secret."""
    length, kind, version = struct.unpack_from(">ihh", QUESTION)
    assert length == len(QUESTION) - 4
    assert (kind, version) == (17, 1)


def test_an_answer_lists_mechanisms() -> None:
    """The mechanisms come as they are offered, none from a port without SASL."""
    assert read_answer(answer(b"PLAIN", b"GSSAPI")) == ("PLAIN", "GSSAPI")
    assert read_answer(answer()) == ()


def test_what_answers_something_else_is_told() -> None:
    """Another question's answer, and lengths that no answer has, are none."""
    assert read_answer(answer(b"PLAIN", number=2)) is None
    assert read_length(b"HTTP") is None
    assert read_length(b"\x15\x03\x03\x00") is None
    assert read_length(struct.pack(">i", LARGEST)) == LARGEST


@given(st.binary(min_size=10, max_size=60))
def test_any_bytes_are_an_answer_or_none(frame: bytes) -> None:
    """Whatever a port says, reading it never fails."""
    found = read_answer(frame)
    assert found is None or all(isinstance(name, str) for name in found)
