"""The first question of Kafka's SASL, as bytes: which mechanisms a port offers, if any.

    await stream.send_all(QUESTION)
    answer = read_answer(frame)         # without its four bytes of length

A broker answers it before anybody has logged in, on every kind of port, and no user and no
password is in it.
"""

import struct

_SASL_HANDSHAKE, _VERSION, _NUMBER = 17, 1, 1
_CLIENT, _MECHANISM = b"warlogix", b"PLAIN"
_BODY = struct.pack(
    f">hhih{len(_CLIENT)}sh{len(_MECHANISM)}s",
    *(_SASL_HANDSHAKE, _VERSION, _NUMBER),
    *(len(_CLIENT), _CLIENT, len(_MECHANISM), _MECHANISM),
)
QUESTION = struct.pack(">i", len(_BODY)) + _BODY
LARGEST = 10_000
_HEAD = 10


def read_length(head: bytes) -> int | None:
    """How long the answer is, from its first four bytes; None when they begin no answer."""
    (length,) = struct.unpack(">i", head)
    return length if _HEAD <= length <= LARGEST else None


def read_answer(frame: bytes) -> tuple[str, ...] | None:
    """The mechanisms that the port offers, none without SASL; None for what is no answer."""
    number, _error, count = struct.unpack_from(">ihi", frame)
    if number != _NUMBER or count > LARGEST:
        return None
    names = []
    at = _HEAD
    for _ in range(count):
        size = int.from_bytes(frame[at : at + 2], "big")
        names.append(frame[at + 2 : at + 2 + size])
        at += 2 + size
    if at != len(frame) or not all(name.isascii() for name in names):
        return None
    return tuple(name.decode("ascii") for name in names)
