"""EtherNet/IP frames as a server sees them: the 24-byte header and the items inside.

Pure: bytes in, bytes out.
"""

import enum
import struct
from collections.abc import Iterator
from dataclasses import dataclass

_HEADER = struct.Struct("<HHII8sI")
_ITEMS = struct.Struct("<IHH")
_ITEM = struct.Struct("<HH")


class Command(enum.IntEnum):
    """What a frame asks for."""

    NOP = 0x00
    LIST_SERVICES = 0x04
    LIST_IDENTITY = 0x63
    LIST_INTERFACES = 0x64
    REGISTER_SESSION = 0x65
    UNREGISTER_SESSION = 0x66
    SEND_RR_DATA = 0x6F
    SEND_UNIT_DATA = 0x70


class FrameStatus(enum.IntEnum):
    """The header's word on a frame."""

    DONE = 0x00
    UNKNOWN_COMMAND = 0x01
    INCORRECT_DATA = 0x03
    INVALID_SESSION = 0x64
    UNSUPPORTED_VERSION = 0x69


class ItemType(enum.IntEnum):
    """What an item holds."""

    NULL_ADDRESS = 0x00
    IDENTITY = 0x0C
    CONNECTED_ADDRESS = 0xA1
    CONNECTED_DATA = 0xB1
    UNCONNECTED_DATA = 0xB2
    SERVICES = 0x100


class BadFrame(Exception):
    """The data of a frame are not what its command needs; the text says how."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One message with its header."""

    command: int
    session: int
    status: int
    context: bytes
    options: int
    data: bytes

    def answered(
        self, data: bytes = b"", status: int = FrameStatus.DONE, session: int | None = None
    ) -> bytes:
        """The frame that answers this one."""
        owner = self.session if session is None else session
        return _HEADER.pack(self.command, len(data), owner, status, self.context, 0) + data


class Frames:
    """Cuts a stream of bytes into frames."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, chunk: bytes | bytearray) -> None:
        """Take in what has arrived."""
        self._held += chunk

    def __iter__(self) -> Iterator[bytes]:
        while len(self._held) >= _HEADER.size:
            size = _HEADER.size + int.from_bytes(self._held[2:4], "little")
            if len(self._held) < size:
                return
            frame = bytes(self._held[:size])
            del self._held[:size]
            yield frame


def read_frame(raw: bytes) -> Frame:
    """A whole frame, taken apart."""
    command, _, session, status, context, options = _HEADER.unpack_from(raw)
    return Frame(command, session, status, context, options, raw[_HEADER.size :])


def read_items(data: bytes, address: ItemType, content: ItemType) -> tuple[bytes, bytes]:
    """The address and the message of a sent frame; `BadFrame` if it holds anything else."""
    if len(data) < _ITEMS.size:
        raise BadFrame(f"{len(data)} bytes hold no items")
    interface, _, count = _ITEMS.unpack_from(data)
    if interface or count != 2:
        raise BadFrame(f"interface {interface} with {count} items")
    at, found = _ITEMS.size, []
    for expected in (address, content):
        if len(data) < at + _ITEM.size:
            raise BadFrame("the items are cut short")
        kind, size = _ITEM.unpack_from(data, at)
        at += _ITEM.size
        if kind != expected or len(data) < at + size:
            raise BadFrame(f"item {kind:#06x} of {size} bytes where {expected:#06x} belongs")
        found.append(data[at : at + size])
        at += size
    if at != len(data):
        raise BadFrame(f"{len(data) - at} bytes behind the items")
    return found[0], found[1]


def items(*content: tuple[ItemType, bytes]) -> bytes:
    """A count and the items; what stands in front depends on the command."""
    packed = b"".join(_ITEM.pack(kind, len(data)) + data for kind, data in content)
    return len(content).to_bytes(2, "little") + packed


def sent(*content: tuple[ItemType, bytes]) -> bytes:
    """The data of a frame that carries a CIP message."""
    return bytes(6) + items(*content)
