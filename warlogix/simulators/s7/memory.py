"""A CPU's memory and its judgement on each variable that is asked of it.

Knows items and bytes; no headers, no sockets, no time. A variable that cannot be read or written
gets a code of its own and costs its neighbours nothing.
"""

from dataclasses import dataclass, field
from enum import IntEnum

from warlogix.simulators.s7.wire import Item, Payload


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


_NUMBERED = {Area.COUNTERS: Transport.COUNTER, Area.TIMERS: Transport.TIMER}
_WIDTH = {
    Transport.BIT: 1,
    Transport.BYTE: 1,
    Transport.CHAR: 1,
    Transport.WORD: 2,
    Transport.INT: 2,
    Transport.DWORD: 4,
    Transport.DINT: 4,
    Transport.REAL: 4,
    Transport.COUNTER: 2,
    Transport.TIMER: 2,
}
_ENCODING = {
    Transport.BIT: Encoding.BIT,
    Transport.BYTE: Encoding.BYTES,
    Transport.CHAR: Encoding.OCTETS,
    Transport.WORD: Encoding.BYTES,
    Transport.INT: Encoding.INTEGER,
    Transport.DWORD: Encoding.BYTES,
    Transport.DINT: Encoding.INTEGER,
    Transport.REAL: Encoding.REAL,
    Transport.COUNTER: Encoding.OCTETS,
    Transport.TIMER: Encoding.OCTETS,
}
_LENGTH_IN_BITS = (Encoding.BYTES, Encoding.INTEGER)
_ENCODINGS = frozenset(Encoding)


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

    def judge(self, item: Item) -> ItemCode:
        """Whether the item names something that is there and may be named so."""
        block = self.area(item.area, item.db)
        if item.transport not in _WIDTH:
            return ItemCode.TYPE_NOT_SUPPORTED
        if not block:
            return ItemCode.OBJECT_DOES_NOT_EXIST
        numbered = _NUMBERED.get(Area(item.area))
        if numbered is None and item.transport in _NUMBERED.values():
            return ItemCode.TYPE_NOT_SUPPORTED
        if numbered is not None and item.transport != numbered:
            return ItemCode.TYPE_NOT_SUPPORTED
        if item.transport == Transport.BIT and item.count != 1:
            return ItemCode.TYPE_NOT_SUPPORTED
        first, size = span(item)
        misplaced_bit = numbered is None and item.transport != Transport.BIT and item.start % 8
        if item.count < 1 or first + size > len(block) or misplaced_bit:
            return ItemCode.ADDRESS_OUT_OF_RANGE
        return ItemCode.DONE

    def read(self, item: Item) -> bytes:
        """The bytes of an item that was judged done; a bit comes in position 0."""
        first, size = span(item)
        block = self.area(item.area, item.db)
        if item.transport == Transport.BIT:
            return bytes((block[first] >> (item.start % 8) & 1,))
        return bytes(block[first : first + size])

    def write(self, item: Item, data: bytes) -> None:
        """Put the bytes of an item that was judged done; a bit leaves its seven neighbours."""
        first, size = span(item)
        block = self.area(item.area, item.db)
        if item.transport == Transport.BIT:
            mask = 1 << item.start % 8
            block[first] = block[first] | mask if data[0] & 1 else block[first] & ~mask
        else:
            block[first : first + size] = data


def span(item: Item) -> tuple[int, int]:
    """The first byte of an item and how many bytes it has."""
    width = _WIDTH[Transport(item.transport)]
    if item.area in (Area.TIMERS, Area.COUNTERS):
        return item.start * width, item.count * width
    return item.start // 8, item.count * width


def judge_payload(item: Item, payload: Payload) -> ItemCode:
    """Whether the value fits the variable that it is meant for."""
    is_bit = item.transport == Transport.BIT
    if is_bit != (payload.transport == Encoding.BIT) or payload.transport not in _ENCODINGS:
        return ItemCode.TYPE_INCONSISTENT
    if len(payload.data) != span(item)[1] or (is_bit and payload.length != 1):
        return ItemCode.TYPE_INCONSISTENT
    return ItemCode.DONE


def encode(item: Item, data: bytes) -> bytes:
    """The value of an item as it stands in a reply, without the padding to an even byte."""
    encoding = _ENCODING[Transport(item.transport)]
    length = len(data) * 8 if encoding in _LENGTH_IN_BITS else len(data)
    return bytes((ItemCode.DONE, encoding)) + length.to_bytes(2, "big") + data


def encode_failure(code: ItemCode) -> bytes:
    """The place of an item that could not be read."""
    return bytes((code, 0, 0, 0))
