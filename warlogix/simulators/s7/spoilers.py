"""Ways to spoil an answer on its way out, for `S7Simulator.spoil`.

The request was carried out before: a write whose answer is spoilt has been written.
"""

from random import Random


def silence(_answer: bytes) -> bytes:
    """Never answer."""
    return b""


def cut(_answer: bytes) -> None:
    """Cut the connection instead of answering."""


def truncate(answer: bytes) -> bytes:
    """Lose the last byte of the message and announce the shorter length."""
    return answer[:2] + (len(answer) - 1).to_bytes(2, "big") + answer[4:-1]


def scramble(answer: bytes) -> bytes:
    """Keep the frame and send noise in it, the same noise for the same answer."""
    return answer[:7] + Random(answer).randbytes(len(answer) - 7)


def answer_another(answer: bytes) -> bytes:
    """Give the answer the reference of a request that was never made."""
    reference = int.from_bytes(answer[11:13], "big") ^ 0x5555
    return answer[:11] + reference.to_bytes(2, "big") + answer[13:]
