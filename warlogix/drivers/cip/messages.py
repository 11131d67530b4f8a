"""CIP requests and replies, byte by byte.

    request = Request(0x4C, symbol_path("Speed"), b"\\x01\\x00")
    reply = parse_reply(raw, request.service)

Several requests travel in one Multiple Service Packet where the PLC has it:

    packet = multiple(requests)
    replies = parse_multiple(parse_reply(raw, packet.service), requests)

A reply that cannot be the answer is `Nonsense`. Pure: no connection.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from warlogix.drivers.exchanges import Nonsense

DONE = 0x00
# The reply holds a part: the rest is to be asked for from where it ends.
MORE = 0x06
# Of a Multiple Service Packet: at least one of the services in it failed.
PARTLY = 0x1E

_MULTIPLE = 0x0A
_MESSAGE_ROUTER = bytes((0x20, 0x02, 0x24, 0x01))
_IS_REPLY = 0x80
_HEAD = 4


@dataclass(frozen=True, slots=True)
class Request:
    """One service of one object; `path` is as `paths` makes it."""

    service: int
    path: bytes
    data: bytes = b""

    def encode(self) -> bytes:
        """The bytes of the request."""
        return bytes((self.service, len(self.path) // 2)) + self.path + self.data


@dataclass(frozen=True, slots=True)
class Reply:
    """What a service came to. `status` is 0 when it was done; `service` is that of the request."""

    service: int
    status: int
    extended: tuple[int, ...]
    data: bytes


def parse_reply(raw: bytes, service: int) -> Reply:
    """The reply to a request with this service; `Nonsense` for what is none."""
    if len(raw) < _HEAD:
        raise Nonsense(f"a reply of {len(raw)} bytes")
    if raw[0] != service | _IS_REPLY or raw[1]:
        raise Nonsense(f"a reply that begins with {raw[:2].hex(' ')} to service 16#{service:02X}")
    start = _HEAD + 2 * raw[3]
    if len(raw) < start:
        raise Nonsense("a reply that ends within its status")
    extended = struct.unpack_from(f"<{raw[3]}H", raw, _HEAD)
    return Reply(service, raw[2], extended, raw[start:])


def multiple(requests: Sequence[Request]) -> Request:
    """One request that carries these, in order."""
    encoded = [request.encode() for request in requests]
    offset, offsets = 2 + 2 * len(encoded), []
    for each in encoded:
        offsets.append(offset)
        offset += len(each)
    head = struct.pack(f"<{1 + len(offsets)}H", len(offsets), *offsets)
    return Request(_MULTIPLE, _MESSAGE_ROUTER, head + b"".join(encoded))


def parse_multiple(reply: Reply, requests: Sequence[Request]) -> list[Reply]:
    """Each request's reply, in order, from a reply with status `DONE` or `PARTLY`.

    `Nonsense` when what the packet says of itself does not add up.
    """
    raw = reply.data
    if len(raw) < 2 or int.from_bytes(raw[:2], "little") != len(requests):
        raise Nonsense(f"a packet without the {len(requests)} replies that were asked for")
    begin = 2 + 2 * len(requests)
    if len(raw) < begin:
        raise Nonsense("a packet that ends within its offsets")
    offsets = struct.unpack_from(f"<{len(requests)}H", raw, 2)
    ends = (*offsets[1:], len(raw))
    if offsets[:1] != (begin,)[: len(offsets)] or any(
        start + _HEAD > end for start, end in zip(offsets, ends, strict=True)
    ):
        raise Nonsense("a packet whose offsets contradict themselves")
    return [
        parse_reply(raw[start:end], request.service)
        for start, end, request in zip(offsets, ends, requests, strict=True)
    ]
