"""The frames that carry CIP on TCP: a header of 24 bytes, and what stands in it.

    frame = register_session()
    head = parse_header(first_24_bytes)         # head.length bytes follow
    handle = session_of(head, body)

Pure: no connection, no counting.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum

from warlogix.drivers.exchanges import Nonsense

HEADER_SIZE = 24

_HEADER = struct.Struct("<HHII8sI")
# A device's reply to anything asked here is shorter by far.
_LONGEST = 0xFFC0
_ITEMS = struct.Struct("<IHH")
_ITEM = struct.Struct("<HH")
_NULL, _UNCONNECTED, _ADDRESS, _CONNECTED = 0x00, 0xB2, 0xA1, 0xB1
_NO_CONTEXT = bytes(8)

_STATUSES = {
    0x01: "it does not know the command",
    0x02: "it has no memory left",
    0x03: "it finds the data malformed",
    0x64: "it does not know the session",
    0x65: "it finds the length wrong",
    0x69: "it does not speak this version of the protocol",
}


class Command(IntEnum):
    """What a frame is for."""

    LIST_IDENTITY = 0x63
    REGISTER = 0x65
    UNREGISTER = 0x66
    UNCONNECTED = 0x6F
    CONNECTED = 0x70


@dataclass(frozen=True, slots=True)
class Header:
    """What stands in front of a frame's data; `length` is that of the data."""

    command: int
    length: int
    session: int
    status: int
    context: bytes


def frame(command: Command, session: int, context: bytes, data: bytes = b"") -> bytes:
    """A whole frame."""
    return _HEADER.pack(command, len(data), session, 0, context, 0) + data


def parse_header(raw: bytes) -> Header:
    """The header of a frame; `Nonsense` for one that announces more than a device sends."""
    command, length, session, status, context, _ = _HEADER.unpack(raw)
    if length > _LONGEST:
        raise Nonsense(f"a frame that announces {length} bytes")
    return Header(command, length, session, status, context)


def refusal(status: int) -> str:
    """What a device means by the status of a frame."""
    return _STATUSES.get(status, f"encapsulation status 16#{status:X}")


def register_session() -> bytes:
    """The frame that opens a session."""
    return frame(Command.REGISTER, 0, _NO_CONTEXT, struct.pack("<HH", 1, 0))


def unregister_session(session: int) -> bytes:
    """The frame that closes it; there is no reply."""
    return frame(Command.UNREGISTER, session, _NO_CONTEXT)


def unconnected(session: int, context: bytes, message: bytes) -> bytes:
    """A message outside of any CIP connection."""
    items = _ITEMS.pack(0, 0, 2) + _ITEM.pack(_NULL, 0) + _ITEM.pack(_UNCONNECTED, len(message))
    return frame(Command.UNCONNECTED, session, context, items + message)


def connected(session: int, connection: int, sequence: int, message: bytes) -> bytes:
    """A message within a CIP connection, `connection` being the PLC's name for it."""
    address = _ITEM.pack(_ADDRESS, 4) + connection.to_bytes(4, "little")
    item = _ITEM.pack(_CONNECTED, 2 + len(message)) + sequence.to_bytes(2, "little")
    data = _ITEMS.pack(0, 0, 2) + address + item + message
    return frame(Command.CONNECTED, session, _NO_CONTEXT, data)


def unconnected_reply(data: bytes) -> bytes:
    """The message in the data of a reply; `Nonsense` when its items are others."""
    return _message(data, _NULL, b"", _UNCONNECTED)


def connected_reply(data: bytes, connection: int, sequence: int) -> bytes:
    """The message in the data of a reply, `connection` being this side's name for it.

    `Nonsense` when it belongs to another connection or answers another message.
    """
    message = _message(data, _ADDRESS, connection.to_bytes(4, "little"), _CONNECTED)
    if len(message) < 2:
        raise Nonsense("a message without its number")
    answered = int.from_bytes(message[:2], "little")
    if answered != sequence:
        raise Nonsense(f"the answer to message {answered} instead of {sequence}")
    return message[2:]


def _message(data: bytes, address_type: int, address: bytes, message_type: int) -> bytes:
    head = _ITEM.pack(address_type, len(address)) + address
    start = _ITEMS.size + len(head) + _ITEM.size
    if len(data) < start or data[6:8] != b"\x02\x00":
        raise Nonsense("a frame without the two items of an answer")
    if data[_ITEMS.size : start - _ITEM.size] != head:
        raise Nonsense("an answer with the address of another connection")
    kind, length = _ITEM.unpack_from(data, start - _ITEM.size)
    if kind != message_type or length != len(data) - start:
        raise Nonsense("an answer whose length contradicts its frame")
    return data[start:]
