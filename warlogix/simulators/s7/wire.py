"""What travels on port 102: TPKT frames, COTP and the S7 headers, read and built.

Knows bytes alone: no memory, no sockets, no time. All numbers are big-endian.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from warlogix.simulators.server import ProtocolError

LONGEST_FRAME = 8192
_CONNECT_REQUEST, _CONNECT_CONFIRM, _DISCONNECT, DATA = 0xE0, 0xD0, 0x80, 0xF0
_CALLED_TSAP, _CALLING_TSAP, _TPDU_SIZE = 0xC2, 0xC1, 0xC0


class Kind(IntEnum):
    """What an S7 message is. An ACK carries no data, only the header's error."""

    JOB = 1
    ACK = 2
    ACK_DATA = 3
    USERDATA = 7


class Function(IntEnum):
    """The jobs that the simulator knows."""

    SETUP = 0xF0
    READ = 0x04
    WRITE = 0x05


@dataclass(frozen=True, slots=True)
class Message:
    """One S7 message from a client."""

    kind: int
    reference: int
    parameters: bytes
    data: bytes
    length: int


@dataclass(frozen=True, slots=True)
class Item:
    """One variable of a read or write request.

    `start` is a bit address, of timers and counters the number of the first one.
    """

    transport: int
    count: int
    db: int
    area: int
    start: int


class Frames:
    """Cuts a TCP stream into frames, however the network has split or joined them.

    frames.feed(chunk)
    for tpdu in frames: ...
    """

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, chunk: bytes | bytearray) -> None:
        """Take what has arrived."""
        self._buffer += chunk

    def __iter__(self) -> Iterator[bytes]:
        while len(self._buffer) >= 4:
            version, length = self._buffer[0], int.from_bytes(self._buffer[2:4], "big")
            if version != 3 or not 7 <= length <= LONGEST_FRAME:
                raise ProtocolError(f"no TPKT header: {bytes(self._buffer[:4]).hex(' ')}")
            if len(self._buffer) < length:
                return
            tpdu = bytes(self._buffer[4:length])
            del self._buffer[:length]
            yield tpdu


def frame(tpdu: bytes) -> bytes:
    """One TPDU, ready for the wire."""
    return struct.pack(">BBH", 3, 0, len(tpdu) + 4) + tpdu


def data_frame(message: bytes) -> bytes:
    """One S7 message, ready for the wire."""
    return frame(b"\x02\xf0\x80" + message)


@dataclass(frozen=True, slots=True)
class ConnectRequest:
    """The COTP greeting: the client's reference and the TSAP that it wants."""

    reference: int
    calling: bytes
    called: bytes
    tpdu_size: bytes

    @property
    def rack_and_slot(self) -> tuple[int, int]:
        """What the second byte of a two-byte TSAP says; (-1, -1) for other TSAPs."""
        if len(self.called) != 2:
            return (-1, -1)
        return (self.called[1] >> 5, self.called[1] & 0x1F)


def read_connect_request(tpdu: bytes) -> ConnectRequest:
    """Read the greeting; anything else than a greeting is ProtocolError."""
    if len(tpdu) < 7 or tpdu[1] != _CONNECT_REQUEST or tpdu[0] + 1 != len(tpdu):
        raise ProtocolError(f"no COTP connect request: {tpdu[:8].hex(' ')}")
    options: dict[int, bytes] = {}
    at = 7
    while at + 2 <= len(tpdu):
        code, length = tpdu[at], tpdu[at + 1]
        options[code] = tpdu[at + 2 : at + 2 + length]
        at += 2 + length
    return ConnectRequest(
        reference=int.from_bytes(tpdu[4:6], "big"),
        calling=options.get(_CALLING_TSAP, b""),
        called=options.get(_CALLED_TSAP, b""),
        tpdu_size=options.get(_TPDU_SIZE, b"\x0a"),
    )


def connect_confirm(asked: ConnectRequest) -> bytes:
    """The yes to a greeting."""
    options = b"".join(
        bytes((code, len(value))) + value
        for code, value in (
            (_TPDU_SIZE, asked.tpdu_size),
            (_CALLING_TSAP, asked.calling),
            (_CALLED_TSAP, asked.called),
        )
    )
    fixed = struct.pack(">BHHB", _CONNECT_CONFIRM, asked.reference, 1, 0)
    return frame(bytes((len(fixed) + len(options),)) + fixed + options)


def disconnect_request(asked: ConnectRequest) -> bytes:
    """The no to a greeting: the TSAP is not known here."""
    address_unknown = 3
    return frame(struct.pack(">BBHHB", 6, _DISCONNECT, asked.reference, 0, address_unknown))


def read_message(tsdu: bytes) -> Message:
    """Read an S7 header and split what follows it."""
    if len(tsdu) < 10 or tsdu[0] != 0x32:
        raise ProtocolError(f"no S7 header: {tsdu[:10].hex(' ')}")
    kind, _, reference, parameters, data = struct.unpack_from(">BHHHH", tsdu, 1)
    if kind not in (Kind.JOB, Kind.USERDATA) or len(tsdu) != 10 + parameters + data:
        raise ProtocolError(f"no S7 request: {tsdu[:10].hex(' ')}")
    return Message(kind, reference, tsdu[10 : 10 + parameters], tsdu[10 + parameters :], len(tsdu))


def reply(reference: int, parameters: bytes, data: bytes = b"") -> bytes:
    """The answer to a job that was done."""
    return (
        struct.pack(">BBHHHHH", 0x32, Kind.ACK_DATA, 0, reference, len(parameters), len(data), 0)
        + parameters
        + data
    )


def refusal(reference: int, error: int) -> bytes:
    """The answer to a job that is refused as a whole; the upper byte of `error` is its class."""
    return struct.pack(">BBHHHHH", 0x32, Kind.ACK, 0, reference, 0, 0, error)


def userdata_reply(reference: int, parameters: bytes, data: bytes) -> bytes:
    """The answer to a question of the userdata kind."""
    header = struct.pack(">BBHHHH", 0x32, Kind.USERDATA, 0, reference, len(parameters), len(data))
    return header + parameters + data


def read_items(parameters: bytes) -> tuple[Item, ...]:
    """The variables that a read or write request names.

    One in another notation than "any pointer" has transport 0, which no memory knows.
    """
    if len(parameters) < 2:
        raise ProtocolError("a request that names nothing")
    items: list[Item] = []
    at = 2
    while at + 2 <= len(parameters):
        end = at + 2 + parameters[at + 1]
        specification = parameters[at:end]
        if len(specification) == 12 and specification[:3] == b"\x12\x0a\x10":
            transport, count, db, area = struct.unpack_from(">BHHB", specification, 3)
            start = int.from_bytes(specification[9:12], "big")
            items.append(Item(transport, count, db, area, start))
        else:
            items.append(Item(0, 0, 0, 0, 0))
        at = end
    if at != len(parameters) or len(items) != parameters[1]:
        raise ProtocolError(f"items do not add up: {parameters[:14].hex(' ')}")
    return tuple(items)


@dataclass(frozen=True, slots=True)
class Payload:
    """What a write request wants to put into one variable."""

    transport: int
    length: int
    data: bytes


def read_payloads(data: bytes, count: int) -> tuple[Payload, ...]:
    """The values of a write request, each beginning at an even byte."""
    payloads: list[Payload] = []
    at = 0
    for _ in range(count):
        if at + 4 > len(data):
            raise ProtocolError("a write request ends before its last value")
        transport, length = struct.unpack_from(">BH", data, at + 1)
        size = (length + 7) // 8 if transport in (3, 4, 5) else length
        if at + 4 + size > len(data):
            raise ProtocolError("a write request ends inside a value")
        payloads.append(Payload(transport, length, data[at + 4 : at + 4 + size]))
        at += 4 + size + size % 2
    return tuple(payloads)
