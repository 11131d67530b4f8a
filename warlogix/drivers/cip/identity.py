"""What a device says it is, in its reply to List Identity. Pure."""

import struct
from dataclasses import dataclass

from warlogix.drivers.exchanges import Nonsense

_ITEM = struct.Struct("<HHH")
_IDENTITY = 0x0C
# Behind the version of the protocol and the socket's address.
_FIELDS = struct.Struct("<18xHHHBB2xIB")


# The ODVA's numbers of vendors.
ROCKWELL, OMRON = 1, 47


@dataclass(frozen=True, slots=True)
class Identity:
    """A device's name plate; `revision` is its firmware's, major and minor."""

    vendor: int
    device_type: int
    product_code: int
    revision: tuple[int, int]
    serial: int
    product: str


def parse_identity(data: bytes) -> Identity:
    """The first identity in the data of the reply."""
    fields = data[_ITEM.size :]
    if len(fields) < _FIELDS.size:
        raise Nonsense("an identity that is cut short")
    count, kind, length = _ITEM.unpack_from(data)
    if count < 1 or kind != _IDENTITY or not _FIELDS.size <= length <= len(fields):
        raise Nonsense("an identity of a form of its own")
    vendor, device, product, major, minor, serial, size = _FIELDS.unpack_from(fields)
    if _FIELDS.size + size > length:
        raise Nonsense("an identity whose name is cut short")
    name = fields[_FIELDS.size : _FIELDS.size + size].decode("latin-1").strip()
    return Identity(vendor, device, product, (major, minor), serial, name)
