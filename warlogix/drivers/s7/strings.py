"""The headers of STRING and WSTRING in the PLC, which are looked at before a text is written.

Whatever data_type says, the header knows how much room there is, and it is never written. Pure.
"""

from collections.abc import Sequence

from warlogix.addresses.s7 import S7Address
from warlogix.datatypes import DEFAULT_LENGTH, LONGEST, DataType
from warlogix.drivers.s7.pieces import LENGTH_BYTES, Piece, element_starts
from warlogix.drivers.s7.plan import Want


def header_wants(address: S7Address) -> list[Want]:
    """The headers to read, one of each string."""
    size = 2 * LENGTH_BYTES[address.type.base]
    return [
        Want(address.area.value, address.db, start, size, number)
        for number, start in enumerate(element_starts(address))
    ]


def refused_text(address: S7Address, headers: Sequence[bytes], pieces: Sequence[Piece]) -> str:
    """Why the texts cannot be written to strings with these headers, "" if they can."""
    for number, (header, piece) in enumerate(zip(headers, pieces, strict=True)):
        if reason := _refused(address.type, header, piece):
            return f"element {number}: {reason}" if address.type.shape else reason
    return ""


def _refused(kind: DataType, header: bytes, piece: Piece) -> str:
    base, size = kind.base, LENGTH_BYTES[kind.base]
    most, length = int.from_bytes(header[:size], "big"), int.from_bytes(header[size:], "big")
    needed, capacity = len(piece.data) // size - 1, kind.length or DEFAULT_LENGTH
    said = f"the {base}'s header in the PLC says {length} of {most} characters"
    if length > most or most > LONGEST[base]:
        return f"{said}, which contradicts itself; check that the {base} begins at this address"
    if not most:
        return f"{said}: it is not initialized; give it a start value in the PLC's program"
    if kind.shape and most != capacity:
        return f"{said}, data_type says {base}[{capacity}]: write {base}[{most}]"
    if needed > most:
        return f"the text has {needed} characters and the {base} in the PLC holds {most}"
    return ""
