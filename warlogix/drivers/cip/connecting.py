"""The requests that open and close a CIP connection, and the way through a chassis. Pure.

request = forward_open(Offer(4002, ours=0x71190427, serial=7, originator=1), backplane(0))
theirs = parse_forward_open(reply, offer)
"""

import struct
from dataclasses import dataclass

from warlogix.drivers.cip.messages import Reply, Request
from warlogix.drivers.cip.paths import instance_path
from warlogix.drivers.exchanges import Nonsense

_CONNECTION_MANAGER = instance_path(0x06, 1)
_MESSAGE_ROUTER = instance_path(0x02, 1)
SEND = 0x52
_OPEN, _OPEN_LARGE, _CLOSE = 0x54, 0x5B, 0x4E
# How long the PLC may take to carry out one of these: 2**10 ms, five times.
_TICKS = bytes((0x0A, 0x05))
_VENDOR = 0x1337
# A message on the connection at least every 2 s times 512, 17 minutes, keeps it open.
_INTERVAL_US = 2_000_000
_INTERVALS = 7
# Point to point, low priority, of variable size.
_SMALL, _LARGE = 0x4200, 0x42000000
_LARGEST_SMALL = 0x1FF
# A server that is asked (class 3).
_TRANSPORT = 0xA3
_OPENED = struct.Struct("<IIHHI")


@dataclass(frozen=True, slots=True)
class Offer:
    """A connection as this side proposes it.

    `size` is the most bytes of a message with its number. `ours` is this side's name for the
    connection; `serial` and `originator` tell it from all others that the PLC has.
    """

    size: int
    ours: int
    serial: int
    originator: int

    @property
    def triad(self) -> bytes:
        """What the PLC knows the connection by."""
        return struct.pack("<HHI", self.serial, _VENDOR, self.originator)


def backplane(slot: int) -> bytes:
    """The way from a chassis' network module to the module in a slot."""
    return bytes((1, slot))


def forward_open(offer: Offer, route: bytes) -> Request:
    """Asks for the connection; with the large form where the size needs it."""
    large = offer.size > _LARGEST_SMALL
    one_way = struct.pack("<I", _INTERVAL_US) + (
        struct.pack("<I", _LARGE | offer.size) if large else struct.pack("<H", _SMALL | offer.size)
    )
    data = b"".join(
        (
            _TICKS,
            struct.pack("<II", 0, offer.ours),
            offer.triad,
            bytes((_INTERVALS, 0, 0, 0)),
            one_way,
            one_way,
            bytes((_TRANSPORT,)),
            _counted(route + _MESSAGE_ROUTER),
        )
    )
    return Request(_OPEN_LARGE if large else _OPEN, _CONNECTION_MANAGER, data)


def parse_forward_open(reply: Reply, offer: Offer) -> int:
    """The PLC's name for the connection, from a reply with status 0."""
    if len(reply.data) < _OPENED.size:
        raise Nonsense("an opened connection that is cut short")
    theirs, ours, *_ = _OPENED.unpack_from(reply.data)
    if ours != offer.ours or reply.data[8:16] != offer.triad:
        raise Nonsense("another connection than was asked for")
    return int(theirs)


def forward_close(offer: Offer, route: bytes) -> Request:
    """Gives the connection back."""
    path = route + _MESSAGE_ROUTER
    data = _TICKS + offer.triad + bytes((len(path) // 2, 0)) + path
    return Request(_CLOSE, _CONNECTION_MANAGER, data)


def unconnected_send(request: Request, route: bytes) -> Request:
    """Has the network module pass a request on; the reply is that of the request itself."""
    message = request.encode()
    data = _TICKS + len(message).to_bytes(2, "little") + message + bytes(len(message) % 2)
    return Request(SEND, _CONNECTION_MANAGER, data + bytes((len(route) // 2, 0)) + route)


def _counted(path: bytes) -> bytes:
    return bytes((len(path) // 2,)) + path
