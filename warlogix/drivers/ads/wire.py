"""AMS frames and the ADS commands in them, byte by byte.

    raw = frame(target, source, invoke=7, request=read(0xF005, handle, 4))
    head = parse_head(raw[:HEAD_SIZE])
    data = read_data(reply)

All numbers are little-endian. Pure: bytes in, bytes out.

Errors: `Nonsense` for what no router sends; `AdsRefusal` for what the PLC refuses.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum

from warlogix.drivers.exchanges import Nonsense

HEAD_SIZE = 38
# The longest frame that is taken: more than the symbols of the largest projects.
MOST_BYTES = 64 * 1024 * 1024

_HEAD = struct.Struct("<HI6sH6sHHHIII")
_AMS_SIZE = 32
_REQUEST, _RESPONSE = 0x0004, 0x0005
_PLACE = struct.Struct("<III")
_PLACE_BOTH = struct.Struct("<IIII")
_RESULT = struct.Struct("<I")
_RESULT_SIZE = struct.Struct("<II")


class Command(IntEnum):
    """What a server is asked to do."""

    READ = 2
    WRITE = 3
    STATE = 4
    READ_WRITE = 9


class AdsRefusal(Exception):
    """What serves at an AMS port refuses a request; `code` says why."""

    def __init__(self, code: int) -> None:
        super().__init__(f"error 16#{code:X}")
        self.code = code


class RouterRefusal(AdsRefusal):
    """The router refuses it, and nobody behind the router has got it."""


@dataclass(frozen=True, slots=True)
class AmsAddress:
    """Who is meant: six bytes of Net ID, and a port."""

    net_id: bytes
    port: int


@dataclass(frozen=True, slots=True)
class Request:
    """A command with its data; `most` is the most bytes of data in its reply."""

    command: Command
    data: bytes
    most: int


@dataclass(frozen=True, slots=True)
class Head:
    """What stands in front of a frame's data. `error` is the router's, 0 for none."""

    target: AmsAddress
    source: AmsAddress
    command: int
    size: int
    error: int
    invoke: int


def net_id(text: str) -> bytes:
    """The six bytes of a Net ID; `ValueError` for what is none."""
    parts = text.split(".")
    if len(parts) != 6 or not all(part.isdecimal() and int(part) < 256 for part in parts):
        raise ValueError(f'"{text}" is no AMS Net ID: write six numbers like 192.168.1.50.1.1')
    return bytes(map(int, parts))


def frame(target: AmsAddress, source: AmsAddress, invoke: int, request: Request) -> bytes:
    """A whole request."""
    size = len(request.data)
    addresses = target.net_id, target.port, source.net_id, source.port
    head = _HEAD.pack(0, _AMS_SIZE + size, *addresses, request.command, _REQUEST, size, 0, invoke)
    return head + request.data


def parse_head(raw: bytes) -> Head:
    """What stands in front of a reply's data."""
    zero, length, target, target_port, source, source_port, *rest = _HEAD.unpack(raw)
    command, flags, size, error, invoke = rest
    if zero or length != _AMS_SIZE + size or length > MOST_BYTES:
        raise Nonsense("a frame whose lengths do not fit")
    if flags & 0xFF not in (_REQUEST, _RESPONSE):
        raise Nonsense("a frame that is neither a request nor a reply")
    # A notification is a request of the PLC's: nobody waits for its number.
    invoke = invoke if flags & 1 else 0
    to, by = AmsAddress(target, target_port), AmsAddress(source, source_port)
    return Head(to, by, command, size, error, invoke)


def state() -> Request:
    """Ask for the state of what serves at the port."""
    return Request(Command.STATE, b"", 8)


def read(group: int, offset: int, size: int) -> Request:
    """Ask for at most so many bytes."""
    return Request(Command.READ, _PLACE.pack(group, offset, size), _RESULT_SIZE.size + size)


def write(group: int, offset: int, data: bytes) -> Request:
    """Write bytes."""
    return Request(Command.WRITE, _PLACE.pack(group, offset, len(data)) + data, _RESULT.size)


def read_write(group: int, offset: int, size: int, data: bytes) -> Request:
    """Give bytes and ask for at most so many."""
    place = _PLACE_BOTH.pack(group, offset, size, len(data))
    return Request(Command.READ_WRITE, place + data, _RESULT_SIZE.size + size)


def read_data(reply: bytes) -> bytes:
    """What a read, or a read and write, brought."""
    _check_result(reply)
    if len(reply) < _RESULT_SIZE.size:
        raise Nonsense("a reply without its length")
    size = _RESULT_SIZE.unpack_from(reply)[1]
    data = reply[_RESULT_SIZE.size :]
    if size != len(data):
        raise Nonsense("a reply whose length does not fit")
    return data


def check_written(reply: bytes) -> None:
    """Return where a write was carried out."""
    _check_result(reply)
    if len(reply) != _RESULT.size:
        raise Nonsense("an answer to a write whose length does not fit")


def _check_result(reply: bytes) -> None:
    if len(reply) < _RESULT.size:
        raise Nonsense("a reply without a result")
    (code,) = _RESULT.unpack_from(reply)
    if code:
        raise AdsRefusal(code)
