"""What travels on port 48898: AMS/TCP frames and the ADS requests in them, read and built.

Knows bytes alone: no memory, no sockets, no time. All numbers are little-endian.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from warlogix.simulators.server import ProtocolError

# What a router's memory takes of one request.
LONGEST_FRAME = 4 * 1024 * 1024
_TCP_HEADER = struct.Struct("<HI")
_AMS_HEADER = struct.Struct("<6sH6sHHHIII")
_REQUEST, _RESPONSE = 0x0004, 0x0005
HEADERS = _TCP_HEADER.size + _AMS_HEADER.size


class Command(IntEnum):
    """The ADS services, as an AMS header names them."""

    READ_DEVICE_INFO = 1
    READ = 2
    WRITE = 3
    READ_STATE = 4
    WRITE_CONTROL = 5
    ADD_NOTIFICATION = 6
    DELETE_NOTIFICATION = 7
    NOTIFICATION = 8
    READ_WRITE = 9


class Group(IntEnum):
    """The index groups that a PLC serves."""

    DATA = 0x4040
    DATA_BITS = 0x4041
    HANDLE_BY_NAME = 0xF003
    VALUE_BY_NAME = 0xF004
    VALUE_BY_HANDLE = 0xF005
    RELEASE_HANDLE = 0xF006
    PLACE_BY_NAME = 0xF007
    SYMBOL_VERSION = 0xF008
    SYMBOL_BY_NAME = 0xF009
    SYMBOL_UPLOAD = 0xF00B
    UPLOAD_INFO = 0xF00C
    TYPE_UPLOAD = 0xF00E
    UPLOAD_INFO_2 = 0xF00F
    TYPE_BY_NAME = 0xF011
    SUM_READ = 0xF080
    SUM_WRITE = 0xF081
    SUM_READ_WRITE = 0xF082
    DEVICE_DATA = 0xF100


class Code(IntEnum):
    """What became of a request: 0, an error of the router below 0x700, else one of the device."""

    DONE = 0
    NO_SUCH_PORT = 0x06
    NO_ROUTE = 0x07
    UNKNOWN_COMMAND = 0x08
    SERVICE_NOT_SUPPORTED = 0x701
    INVALID_GROUP = 0x702
    INVALID_OFFSET = 0x703
    INVALID_ACCESS = 0x704
    INVALID_SIZE = 0x705
    SYMBOL_NOT_FOUND = 0x710
    SYMBOL_VERSION_INVALID = 0x711


class Refused(Exception):
    """The PLC says no to a request, or to one part of a sum."""

    def __init__(self, code: Code) -> None:
        super().__init__(code.name)
        self.code = code


@dataclass(frozen=True, slots=True)
class Packet:
    """One AMS request: who asks whom for what."""

    target: bytes
    target_port: int
    source: bytes
    source_port: int
    command: int
    invoke_id: int
    data: bytes


class Frames:
    """Cuts a TCP stream into AMS packets, however the network has split or joined them.

    frames.feed(chunk)
    for raw in frames: ...
    """

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, chunk: bytes | bytearray) -> None:
        """Take what has arrived."""
        self._buffer += chunk

    def __iter__(self) -> Iterator[bytes]:
        while len(self._buffer) >= _TCP_HEADER.size:
            reserved, length = _TCP_HEADER.unpack_from(self._buffer)
            if reserved or not _AMS_HEADER.size <= length <= LONGEST_FRAME:
                raise ProtocolError(f"no AMS/TCP header: {bytes(self._buffer[:6]).hex(' ')}")
            end = _TCP_HEADER.size + length
            if len(self._buffer) < end:
                return
            raw = bytes(self._buffer[_TCP_HEADER.size : end])
            del self._buffer[:end]
            yield raw


def read_packet(raw: bytes) -> Packet:
    """Read an AMS request; what is none, is `ProtocolError`."""
    target, target_port, source, source_port, command, flags, length, error, invoke_id = (
        _AMS_HEADER.unpack_from(raw)
    )
    if flags != _REQUEST or error or length != len(raw) - _AMS_HEADER.size:
        raise ProtocolError(f"no AMS request: {raw[16:32].hex(' ')}")
    data = raw[_AMS_HEADER.size :]
    return Packet(target, target_port, source, source_port, command, invoke_id, data)


def answer(asked: Packet, data: bytes) -> bytes:
    """The response to a request that reached its ADS port, ready for the wire."""
    return _response(asked, Code.DONE, data)


def router_error(asked: Packet, code: Code) -> bytes:
    """The response to a request that did not reach an ADS port, ready for the wire."""
    return _response(asked, code, b"")


def _response(asked: Packet, error: Code, data: bytes) -> bytes:
    header = _AMS_HEADER.pack(
        asked.source,
        asked.source_port,
        asked.target,
        asked.target_port,
        asked.command,
        _RESPONSE,
        len(data),
        error,
        asked.invoke_id,
    )
    return _TCP_HEADER.pack(0, len(header) + len(data)) + header + data


def net_id(text: str) -> bytes:
    """The six bytes of an AMS Net ID like `5.18.3.7.1.1`."""
    parts = bytes(map(int, text.split(".")))
    if len(parts) != 6:
        raise ValueError(f'"{text}" is no AMS Net ID')
    return parts


def net_id_text(raw: bytes) -> str:
    """The opposite of `net_id`."""
    return ".".join(map(str, raw))
