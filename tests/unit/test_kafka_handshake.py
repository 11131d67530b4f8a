"""The first question of SASL, and what is taken for an answer."""

import struct
from typing import NoReturn

from hypothesis import given
from hypothesis import strategies as st

from warlogix.kafka.handshake import LARGEST, QUESTION, read_answer, read_length


def answer(*names: bytes, number: int = 1) -> bytes:
    """A broker's answer, without its length."""
    told = b"".join(struct.pack(">h", len(name)) + name for name in names)
    return struct.pack(">ihi", number, 0, len(names)) + told


class _Nameless(bytes):
    """A frame in which nobody may look for names."""

    def __getitem__(self, at: object) -> NoReturn:
        raise AssertionError(f"a name was looked for at {at}")


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


def test_a_count_that_no_answer_has_is_not_counted_to() -> None:
    """Whoever says that two thousand million names follow is no broker, and holds nobody up."""
    assert read_answer(_Nameless(struct.pack(">ihi", 1, 0, 2**31 - 1))) is None


@given(st.binary(min_size=10, max_size=60))
def test_any_bytes_are_an_answer_or_none(frame: bytes) -> None:
    """Whatever a port says, reading it never fails."""
    found = read_answer(frame)
    assert found is None or all(isinstance(name, str) for name in found)
