"""A CPU's memory and its judgement on each variable that is asked of it.

Knows items and bytes; no headers, no sockets, no time. A variable that cannot be read or written
gets a code of its own and costs its neighbours nothing.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache

from warlogix.simulators.s7.wire import Item, Payload, read_items


class Area(IntEnum):
    """The memory areas, as they are numbered on the wire."""

    COUNTERS = 0x1C
    TIMERS = 0x1D
    INPUTS = 0x81
    OUTPUTS = 0x82
    MARKERS = 0x83
    DB = 0x84


class Transport(IntEnum):
    """How a request names what it wants."""

    BIT = 1
    BYTE = 2
    CHAR = 3
    WORD = 4
    INT = 5
    DWORD = 6
    DINT = 7
    REAL = 8
    COUNTER = 0x1C
    TIMER = 0x1D


class ItemCode(IntEnum):
    """A CPU's word on one variable."""

    DONE = 0xFF
    ACCESS_DENIED = 0x03
    ADDRESS_OUT_OF_RANGE = 0x05
    TYPE_NOT_SUPPORTED = 0x06
    TYPE_INCONSISTENT = 0x07
    OBJECT_DOES_NOT_EXIST = 0x0A


class Encoding(IntEnum):
    """How values are announced in a reply: some by their bits, some by their bytes."""

    BIT = 3
    BYTES = 4
    INTEGER = 5
    REAL = 7
    OCTETS = 9


_NUMBERED: dict[int, Transport] = {Area.COUNTERS: Transport.COUNTER, Area.TIMERS: Transport.TIMER}
_WIDTH_AND_ENCODING = {
    Transport.BIT: (1, Encoding.BIT),
    Transport.BYTE: (1, Encoding.BYTES),
    Transport.CHAR: (1, Encoding.OCTETS),
    Transport.WORD: (2, Encoding.BYTES),
    Transport.INT: (2, Encoding.INTEGER),
    Transport.DWORD: (4, Encoding.BYTES),
    Transport.DINT: (4, Encoding.INTEGER),
    Transport.REAL: (4, Encoding.REAL),
    Transport.COUNTER: (2, Encoding.OCTETS),
    Transport.TIMER: (2, Encoding.OCTETS),
}
_LENGTH_IN_BITS = (Encoding.BYTES, Encoding.INTEGER)
_ENCODINGS = frozenset(Encoding)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item lies, as far as it says so itself, and how its value is announced.

    `code` is DONE unless the item is wrong whatever the memory holds. `mask` is 0 but for a bit.
    """

    item: Item
    code: ItemCode
    first: int = 0
    size: int = 0
    mask: int = 0
    announcement: bytes = b""


@lru_cache(maxsize=4096)
def read_places(parameters: bytes) -> tuple[Place, ...]:
    """The places that a request names; clients ask the same again and again, hence the cache."""
    return tuple(map(place, read_items(parameters)))


def place(item: Item) -> Place:
    """Where an item lies."""
    numbered = _NUMBERED.get(item.area)
    if item.transport not in _WIDTH_AND_ENCODING:
        return Place(item, ItemCode.TYPE_NOT_SUPPORTED)
    transport = Transport(item.transport)
    is_bit = transport is Transport.BIT
    if numbered not in (None, transport) or (numbered is None and transport in _NUMBERED.values()):
        return Place(item, ItemCode.TYPE_NOT_SUPPORTED)
    if is_bit and item.count != 1:
        return Place(item, ItemCode.TYPE_NOT_SUPPORTED)
    if item.count < 1 or (numbered is None and not is_bit and item.start % 8):
        return Place(item, ItemCode.ADDRESS_OUT_OF_RANGE)
    width, encoding = _WIDTH_AND_ENCODING[transport]
    size = item.count * width
    length = size * 8 if encoding in _LENGTH_IN_BITS else size
    return Place(
        item,
        ItemCode.DONE,
        first=item.start * width if numbered else item.start // 8,
        size=size,
        mask=1 << item.start % 8 if is_bit else 0,
        announcement=bytes((ItemCode.DONE, encoding)) + length.to_bytes(2, "big"),
    )


@dataclass(slots=True)
class Memory:
    """What a CPU holds. The byte arrays are live: what a test puts in is what clients read.

    Timers and counters take two bytes each. An empty area does not exist, as timers and counters
    do not for clients of an S7-1200 or S7-1500.
    """

    dbs: dict[int, bytearray]
    inputs: bytearray = field(default_factory=lambda: bytearray(128))
    outputs: bytearray = field(default_factory=lambda: bytearray(128))
    markers: bytearray = field(default_factory=lambda: bytearray(256))
    timers: bytearray = field(default_factory=bytearray)
    counters: bytearray = field(default_factory=bytearray)

    def area(self, area: int, db: int) -> bytearray:
        """The bytes of an area or data block; empty when there is no such thing."""
        match area:
            case Area.DB:
                return self.dbs.get(db, bytearray())
            case Area.INPUTS:
                return self.inputs
            case Area.OUTPUTS:
                return self.outputs
            case Area.MARKERS:
                return self.markers
            case Area.TIMERS:
                return self.timers
            case Area.COUNTERS:
                return self.counters
        return bytearray()

    def judge(self, place: Place) -> ItemCode:
        """Whether the place is there and may be named so."""
        if place.code is ItemCode.TYPE_NOT_SUPPORTED:
            return place.code
        block = self.area(place.item.area, place.item.db)
        if not block:
            return ItemCode.OBJECT_DOES_NOT_EXIST
        if place.first + place.size > len(block):
            return ItemCode.ADDRESS_OUT_OF_RANGE
        return place.code

    def read(self, place: Place) -> bytes:
        """The value at a place that was judged done, announced; a bit comes in position 0."""
        block = self.area(place.item.area, place.item.db)
        if place.mask:
            return place.announcement + bytes((bool(block[place.first] & place.mask),))
        return place.announcement + block[place.first : place.first + place.size]

    def write(self, place: Place, data: bytes) -> None:
        """Put a value that fits to a place that was judged done; a bit leaves its neighbours."""
        block = self.area(place.item.area, place.item.db)
        if not place.mask:
            block[place.first : place.first + place.size] = data
        elif data[0] & 1:
            block[place.first] |= place.mask
        else:
            block[place.first] &= ~place.mask


def judge_payload(place: Place, payload: Payload) -> ItemCode:
    """Whether the value fits the place that it is meant for."""
    is_bit = place.mask != 0
    if is_bit != (payload.transport == Encoding.BIT) or payload.transport not in _ENCODINGS:
        return ItemCode.TYPE_INCONSISTENT
    if len(payload.data) != place.size or (is_bit and payload.length != 1):
        return ItemCode.TYPE_INCONSISTENT
    return ItemCode.DONE
