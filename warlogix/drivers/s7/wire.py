"""Read and write requests and their replies, byte by byte.

python-snap7 reads the length of bits and integers in a multi-variable reply wrongly and refuses the
whole reply for one bad variable; here each variable is bytes or the CPU's own code. Pure.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from warlogix.drivers.exchanges import Nonsense
from warlogix.drivers.s7.pieces import NUMBERED, Piece
from warlogix.drivers.s7.plan import Item

_ITEM = struct.Struct(">BBBBHHB3s")
_ANY_POINTER = (0x12, 0x0A, 0x10)
_BIT, _BYTE = 0x01, 0x02
_VALUE = struct.Struct(">BBH")
# How a written value's length is announced: of bits and of bytes in bits, of others in bytes.
_AS_BITS, _AS_BYTES, _AS_OCTETS = 0x03, 0x04, 0x09
_HEADER = struct.Struct(">BBHHHH")
_REPLY = struct.Struct(">BBHHHHH")
_JOB, _ACK, _ACK_DATA = 1, 2, 3
_READ, _WRITE = 4, 5
# How a value's length is given: these in bits, all others in bytes.
_IN_BITS = (0x03, 0x04, 0x05)
DONE = 0xFF


class Refusal(Exception):
    """The CPU answers the request as a whole with an error; `code` is its class and number."""

    def __init__(self, code: int) -> None:
        super().__init__(f"16#{code:04X}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Request:
    """A read request: its items and its bytes, still without a reference."""

    items: tuple[Item, ...]
    message: bytes


def make_request(items: Sequence[Item]) -> Request:
    """The request for these items."""
    parameters = bytes((_READ, len(items))) + b"".join(map(_pointer, items))
    header = _HEADER.pack(0x32, _JOB, 0, 0, len(parameters), 0)
    return Request(tuple(items), header + parameters)


def _pointer(item: Item) -> bytes:
    if item.area in NUMBERED:
        return _ITEM.pack(
            *_ANY_POINTER, item.area, item.size // 2, 0, item.area, (item.start // 2).to_bytes(3)
        )
    return _ITEM.pack(
        *_ANY_POINTER, _BYTE, item.size, item.db, item.area, (item.start * 8).to_bytes(3)
    )


def make_write(pieces: Sequence[Piece]) -> bytes:
    """The message that writes these pieces, still without a reference."""
    parameters = bytes((_WRITE, len(pieces))) + b"".join(map(_target, pieces))
    data = bytearray()
    for piece in pieces:
        data += bytes(len(data) % 2) + _announced(piece) + piece.data
    return _HEADER.pack(0x32, _JOB, 0, 0, len(parameters), len(data)) + parameters + data


def _target(piece: Piece) -> bytes:
    if piece.bit is None:
        return _pointer(Item(0, piece.area, piece.db, piece.start, len(piece.data)))
    place = (piece.start * 8 + piece.bit).to_bytes(3)
    return _ITEM.pack(*_ANY_POINTER, _BIT, 1, piece.db, piece.area, place)


def _announced(piece: Piece) -> bytes:
    if piece.bit is not None:
        return _VALUE.pack(0, _AS_BITS, 1)
    if piece.area in NUMBERED:
        return _VALUE.pack(0, _AS_OCTETS, len(piece.data))
    return _VALUE.pack(0, _AS_BYTES, 8 * len(piece.data))


def with_reference(message: bytes, reference: int) -> bytes:
    """The same message with its number, which the CPU repeats in its reply."""
    return message[:4] + reference.to_bytes(2, "big") + message[6:]


def read_reply(reply: bytes, reference: int, items: Sequence[Item]) -> list[bytes | int]:
    """Each item's bytes, or the code that the CPU gives instead.

    Raises `Refusal` when the CPU refuses the request, `Nonsense` for all that is no answer to it.
    """
    return _values(reply, _body(reply, reference, _READ, len(items)), items)


def write_reply(reply: bytes, reference: int, count: int) -> list[int]:
    """The code of each written variable, `DONE` or why not; raises as `read_reply` does."""
    codes = reply[_body(reply, reference, _WRITE, count) :]
    if len(codes) != count:
        raise Nonsense(f"{len(codes)} codes for {count} values")
    return list(codes)


def _body(reply: bytes, reference: int, function: int, count: int) -> int:
    """Where the data of a reply begins that answers this request and no other."""
    if len(reply) < _REPLY.size:
        raise Nonsense(f"a reply of {len(reply)} bytes")
    protocol, kind, _, answered, parameters, size, error = _REPLY.unpack_from(reply)
    if protocol != 0x32 or kind not in (_ACK, _ACK_DATA):
        raise Nonsense(f"a reply that begins with {reply[:2].hex(' ')}")
    if answered != reference:
        raise Nonsense(f"the answer to request {answered} instead of {reference}")
    if error:
        raise Refusal(error)
    start: int = _REPLY.size + parameters
    if reply[_REPLY.size : start] != bytes((function, count)) or len(reply) != start + size:
        raise Nonsense("a reply with parameters of another request")
    return start


def _values(reply: bytes, at: int, items: Sequence[Item]) -> list[bytes | int]:
    values: list[bytes | int] = []
    for item in items:
        head = reply[at : at + 4]
        if len(head) < 4:
            raise Nonsense("a reply that ends before its last value")
        length = head[2] << 8 | head[3]
        if head[1] in _IN_BITS:
            length = (length + 7) // 8
        at += 4
        if head[0] != DONE:
            values.append(head[0])
            length = 0
        elif length != item.size or at + length > len(reply):
            raise Nonsense(f"a value of {length} bytes where {item.size} were asked for")
        else:
            values.append(reply[at : at + length])
        at += length + length % 2
    return values
