"""Which bytes and bits of S7 memory are written for a value, and which of them in one request.

    for pieces in requests(make_pieces(address, [1, 2, 3], "latin-1"), pdu=480): ...

The pieces are the value and nothing else: no padding, no bit beside it, and of a string not the
capacity in its header. Pure: no plan of reads, no connection.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import prod
from typing import Any

from warlogix.addresses.s7 import S7Address, S7Area
from warlogix.addresses.s7_layout import element_size, row_size, stride
from warlogix.datatypes import STRINGS, DataType
from warlogix.drivers.arrays import flattened
from warlogix.drivers.s7.encode import encoder
from warlogix.drivers.s7.plan import MOST_ITEMS
from warlogix.tags import Value
from warlogix.values import BadValue

# Of a request: its header and parameters before the items; each item and the header of its value.
_REQUEST_HEAD, _REQUEST_ITEM = 12, 16
# Of a STRING and a WSTRING: the bytes of the capacity, which stay, and of the length behind it.
LENGTH_BYTES = {"STRING": 1, "WSTRING": 2}
# The areas on the wire whose places are counted by words.
NUMBERED = frozenset({S7Area.TIMERS.value, S7Area.COUNTERS.value})


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes that follow each other, or one bit, written as one variable.

    `start` is in bytes, of timers and counters twice their number. `unit` is how many bytes belong
    together, so that they are not torn apart. `bit` is None for bytes; of a bit `data` is 0 or 1.
    """

    area: int
    db: int
    start: int
    data: bytes
    unit: int = 1
    bit: int | None = None


def first_byte(address: S7Address) -> int:
    """Where an address begins; timers and counters count as two bytes each."""
    return address.byte * 2 if address.area.value in NUMBERED else address.byte


def element_starts(address: S7Address) -> list[int]:
    """Where each element begins, in order; of all types but BOOL."""
    kind, start = address.type, first_byte(address)
    if not kind.shape:
        return [start]
    rows = range(0, prod(kind.shape[:-1]) * row_size(kind), row_size(kind))
    return [start + row + stride(kind) * column for row in rows for column in range(kind.shape[-1])]


def make_pieces(address: S7Address, value: Value, encoding: str) -> list[Piece]:
    """The pieces of a value that is in the form of a read.

    Raises `BadValue` for a text that the code page cannot hold, and for another shape.
    """
    flat = _flat(value, address.type)
    if address.type.base == "BOOL":
        return _bits(address, flat)
    encode, kind = encoder(address.type, encoding), address.type
    raws = [encode(each) for each in flat]
    if kind.base in STRINGS:
        size = LENGTH_BYTES[kind.base]
        raws = [(len(raw) // size).to_bytes(size, "big") + raw for raw in raws]
        starts, unit = [start + size for start in element_starts(address)], size
    else:
        starts, unit = element_starts(address), element_size(kind)
    area, db = address.area.value, address.db
    return _joined(
        Piece(area, db, start, raw, unit) for start, raw in zip(starts, raws, strict=True)
    )


def _flat(value: Value, kind: DataType) -> list[Any]:
    flat = flattened(value, kind.shape)
    if kind.base == "BOOL" and not all(isinstance(each, bool) for each in flat):
        raise BadValue(f"the value is no {kind}")
    return flat


def _bits(address: S7Address, flat: list[bool]) -> list[Piece]:
    """Whole bytes where all eight bits are the value's, and bit by bit where they are not."""
    kind, area, db = address.type, address.area.value, address.db
    if not kind.shape:
        return [Piece(area, db, address.byte, bytes((flat[0],)), bit=address.bit)]
    columns, step, pieces = kind.shape[-1], row_size(kind), []
    for number in range(0, len(flat), columns):
        start = address.byte + number // columns * step
        whole, row = columns // 8, flat[number : number + columns]
        value = sum(1 << place for place, bit in enumerate(row[: 8 * whole]) if bit)
        if whole:
            pieces.append(Piece(area, db, start, value.to_bytes(whole, "little")))
        for bit, on in enumerate(row[8 * whole :]):
            pieces.append(Piece(area, db, start + whole, bytes((on,)), bit=bit))
    return _joined(pieces)


def _joined(pieces: Iterable[Piece]) -> list[Piece]:
    """Fewer pieces: those that follow each other without a gap are one."""
    joined: list[list[Piece]] = []
    end = -1
    for piece in pieces:
        if piece.bit is None and piece.start == end:
            joined[-1].append(piece)
        else:
            joined.append([piece])
        end = piece.start + len(piece.data) if piece.bit is None else -1
    return [replace(parts[0], data=b"".join(part.data for part in parts)) for parts in joined]


def requests(pieces: Iterable[Piece], pdu: int) -> list[tuple[Piece, ...]]:
    """The pieces request by request, none with more than a CPU takes in a message of `pdu` bytes.

    A piece that is longer is cut, and its end goes first: a string's length, which stands before
    its characters, says nothing of characters that are not there yet.
    """
    packed: list[list[Piece]] = []
    room = 0
    for piece in _cut(pieces, pdu - _REQUEST_HEAD - _REQUEST_ITEM):
        needed = _REQUEST_ITEM + len(piece.data) + len(piece.data) % 2
        # The last value of a request needs no padding.
        if not packed or len(packed[-1]) == MOST_ITEMS or needed - len(piece.data) % 2 > room:
            packed.append([])
            room = pdu - _REQUEST_HEAD
        packed[-1].append(piece)
        room -= needed
    return [tuple(request) for request in packed]


def _cut(pieces: Iterable[Piece], longest: int) -> Iterator[Piece]:
    for piece in pieces:
        step = max(longest // piece.unit, 1) * piece.unit
        for at in reversed(range(0, len(piece.data), step)):
            yield replace(piece, start=piece.start + at, data=piece.data[at : at + step])
