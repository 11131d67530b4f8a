"""Ways to spoil an answer on its way out, for `FinsSimulator.spoil`.

The command was carried out before: a write whose answer is spoilt has been written. An answer comes
with its FINS/TCP header or, over UDP, without one.
"""

from collections.abc import Callable
from random import Random

_MAGIC = b"FINS"
_TCP_HEADER, _FINS_HEADER, _SID = 16, 10, 9


def silence(_answer: bytes) -> bytes:
    """Never answer."""
    return b""


def cut(_answer: bytes) -> None:
    """Cut the connection instead of answering; over UDP nothing is answered."""


def truncate(answer: bytes) -> bytes:
    """Lose the last byte of the message and announce the shorter length."""
    return _changed(answer, lambda frame: frame[:-1])


def scramble(answer: bytes) -> bytes:
    """Keep the frame and send noise in it, the same noise for the same answer."""
    return _changed(answer, lambda frame: Random(frame).randbytes(len(frame)))


def answer_another(answer: bytes) -> bytes:
    """Give the answer the number of a command that was never sent."""
    return _changed(answer, _renumbered)


def _renumbered(frame: bytes) -> bytes:
    return frame[:_SID] + bytes((frame[_SID] ^ 0x55,)) + frame[_SID + 1 :]


def _changed(answer: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """The answer with another FINS frame in it; a greeting has none and stays."""
    if not answer.startswith(_MAGIC):
        return change(answer)
    frame = answer[_TCP_HEADER:]
    if len(frame) <= _FINS_HEADER:
        return answer
    changed = change(frame)
    return _MAGIC + (8 + len(changed)).to_bytes(4, "big") + answer[8:_TCP_HEADER] + changed
