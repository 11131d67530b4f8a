"""Ways to spoil an answer on its way out, for `CipSimulator.spoil`.

The request was carried out before: a write whose answer is spoilt has been written.
"""

from random import Random

_HEADER = 24
_SEND_UNIT_DATA = 0x70


def silence(_answer: bytes) -> bytes:
    """Never answer."""
    return b""


def cut(_answer: bytes) -> None:
    """Cut the connection instead of answering."""


def truncate(answer: bytes) -> bytes:
    """Lose the last byte of the message; every length says that there is one less."""
    shorter = bytearray(answer[:-1])
    shorter[2:4] = (len(shorter) - _HEADER).to_bytes(2, "little")
    item = _last_item(answer)
    if item:
        size = int.from_bytes(answer[item - 2 : item], "little") - 1
        shorter[item - 2 : item] = size.to_bytes(2, "little")
    return bytes(shorter)


def scramble(answer: bytes) -> bytes:
    """Keep the frame and send noise in it, the same noise for the same answer."""
    return answer[:_HEADER] + Random(answer).randbytes(len(answer) - _HEADER)


def answer_another(answer: bytes) -> bytes:
    """Give the answer the marks of a request that was never made.

    A connected answer gets another sequence number, an unconnected one another context.
    """
    other = bytearray(answer)
    at = _last_item(answer) if answer[0] == _SEND_UNIT_DATA else 12
    other[at] ^= 0x55
    other[at + 1] ^= 0x55
    return bytes(other)


def _last_item(answer: bytes) -> int:
    """Where the data of a sent message's second item begin, 0 in frames without items."""
    if answer[0] not in (0x6F, _SEND_UNIT_DATA) or len(answer) < _HEADER + 16:
        return 0
    address = int.from_bytes(answer[_HEADER + 10 : _HEADER + 12], "little")
    return _HEADER + 16 + address
