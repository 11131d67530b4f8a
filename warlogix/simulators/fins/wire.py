"""What travels on port 9600: FINS frames and the FINS/TCP header around them, read and built.

Knows bytes alone: no memory, no sockets, no time. All numbers are big-endian.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from warlogix.simulators.server import ProtocolError

# Of a FINS frame, header included, over Ethernet.
LONGEST_FRAME = 2012
_HEADER = struct.Struct(">BBBBBBBBBB")
_TCP = struct.Struct(">4sIII")
_RESPONSE, _NO_RESPONSE_WANTED = 0x40, 0x01


class TcpCommand(IntEnum):
    """What a FINS/TCP frame is for."""

    CLIENT_NODE = 0
    SERVER_NODE = 1
    FRAME = 2
    ERROR = 3
    CONFIRMATION = 6


class TcpError(IntEnum):
    """Why a FINS/TCP frame is refused."""

    NONE = 0x00
    NO_HEADER = 0x01
    TOO_LONG = 0x02
    UNKNOWN_COMMAND = 0x03
    ALL_IN_USE = 0x20
    NODE_CONNECTED = 0x21
    PROTECTED_NODE = 0x22
    NODE_OUT_OF_RANGE = 0x23
    SAME_NODE = 0x24


@dataclass(frozen=True, slots=True)
class Address:
    """One end of a FINS command: network, node, unit."""

    network: int
    node: int
    unit: int


@dataclass(frozen=True, slots=True)
class Command:
    """One FINS command. `code` is as "0101", `wants_response` is what its header says."""

    destination: Address
    source: Address
    sid: int
    wants_response: bool
    code: str
    body: bytes


def read_command(frame: bytes) -> Command:
    """Read a FINS frame; what is no command is `ProtocolError`."""
    if len(frame) < _HEADER.size + 2:
        raise ProtocolError(f"no FINS command: {frame.hex(' ')}")
    icf, _, _, dna, da1, da2, sna, sa1, sa2, sid = _HEADER.unpack_from(frame)
    if icf & _RESPONSE:
        raise ProtocolError("a FINS response that nobody asked for")
    return Command(
        destination=Address(dna, da1, da2),
        source=Address(sna, sa1, sa2),
        sid=sid,
        wants_response=not icf & _NO_RESPONSE_WANTED,
        code=frame[10:12].hex(),
        body=frame[12:],
    )


def response(command: Command, code: int, data: bytes = b"") -> bytes:
    """The FINS frame that answers a command."""
    to, by = command.source, command.destination
    return (
        _HEADER.pack(
            0xC0, 0, 2, to.network, to.node, to.unit, by.network, by.node, by.unit, command.sid
        )
        + bytes.fromhex(command.code)
        + code.to_bytes(2, "big")
        + data
    )


@dataclass(frozen=True, slots=True)
class TcpFrame:
    """One frame of FINS/TCP; `error` is what the receiver must answer with, NONE if it is right."""

    command: int
    body: bytes
    error: TcpError = TcpError.NONE


class TcpFrames:
    """Cuts a TCP stream into frames, however the network has split or joined them.

    frames.feed(chunk)
    for frame in frames: ...
    """

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, chunk: bytes | bytearray) -> None:
        """Take what has arrived."""
        self._buffer += chunk

    def __iter__(self) -> Iterator[TcpFrame]:
        while len(self._buffer) >= _TCP.size:
            magic, length, command, _ = _TCP.unpack_from(self._buffer)
            if magic != b"FINS":
                raise ProtocolError(f"no FINS/TCP header: {bytes(self._buffer[:8]).hex(' ')}")
            if not 8 <= length <= LONGEST_FRAME + 8:
                yield TcpFrame(command, b"", TcpError.TOO_LONG)
                self._buffer.clear()
                return
            if len(self._buffer) < 8 + length:
                return
            frame = TcpFrame(command, bytes(self._buffer[_TCP.size : 8 + length]))
            del self._buffer[: 8 + length]
            yield frame


def tcp_frame(command: TcpCommand, body: bytes, error: TcpError = TcpError.NONE) -> bytes:
    """A FINS/TCP frame, ready for the wire."""
    return _TCP.pack(b"FINS", 8 + len(body), command, error) + body
