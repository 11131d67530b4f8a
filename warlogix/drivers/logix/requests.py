"""The services that read and write a place, byte by byte.

    read(place)                     all of it, where it fits into one answer
    read_from(place, 480)           what of it comes behind so many bytes
    writes(place, value, size)      one request, or as many as a value needs

Pure.
"""

from collections.abc import Iterator

from warlogix.drivers.cip.messages import Reply, Request
from warlogix.drivers.cip.packing import Cost
from warlogix.drivers.cip.paths import instance_path, symbol_path
from warlogix.drivers.exchanges import Nonsense
from warlogix.drivers.logix.blocks import Bit, Block, Bools
from warlogix.drivers.logix.layouts import Elementary, wire_size
from warlogix.drivers.logix.places import Place
from warlogix.tags import Value

_READ, _WRITE, _READ_PART, _WRITE_PART, _MODIFY = 0x4C, 0x4D, 0x52, 0x53, 0x4E
_GET_ATTRIBUTES = 0x03
_REPLY_HEAD = 4
_COUNT, _OFFSET = 2, 4
# What is no number is cut at the places of its members, which begin at every fourth byte.
_CUT = 4

# Five numbers of the controller that move with its program, its tags and its types.
STATE = Request(
    _GET_ATTRIBUTES,
    instance_path(0xAC, 1),
    b"".join(number.to_bytes(2, "little") for number in (5, 1, 2, 3, 4, 10)),
)
# The answer: a head, how many there are, and each with its number and status.
STATE_COST = Cost(len(STATE.encode()), _REPLY_HEAD + 2 + 5 * 4 + 5 * 4)


def read(place: Place) -> Request:
    """Asks for all of a place."""
    return Request(_READ, symbol_path(place.path), _counted(place))


def read_one(path: str) -> Request:
    """Asks for one value by the name of its place alone."""
    return Request(_READ, symbol_path(path), (1).to_bytes(_COUNT, "little"))


def read_cost(place: Place) -> Cost:
    """The bytes of that request and of its answer."""
    answer = _REPLY_HEAD + len(place.part.wire) + place.part.size
    return Cost(len(read(place).encode()), answer)


def read_from(place: Place, offset: int) -> Request:
    """Asks for what comes behind so many bytes of a place."""
    data = _counted(place) + offset.to_bytes(_OFFSET, "little")
    return Request(_READ_PART, symbol_path(place.path), data)


def split_type(reply: Reply) -> tuple[bytes, bytes]:
    """The type in a read's answer, and the bytes behind it."""
    end = wire_size(reply.data)
    if len(reply.data) < end:
        raise Nonsense("a value without its type")
    return reply.data[:end], reply.data[end:]


def writes(place: Place, value: Value, size: int) -> list[Request]:
    """The requests that write a value, none with more than `size` bytes.

    Bits, and BOOLs that are not whole words, are changed within their words by the PLC itself.
    Raises `BadValue` for a value that does not fit.
    """
    part = place.part
    data = part.encode(value)
    if isinstance(part, Block):
        return list(_elements(place, part, data, size))
    return list(_words(place, part, data, part.mask(), size))


def _elements(place: Place, part: Block, data: bytes, size: int) -> Iterator[Request]:
    path = symbol_path(place.path)
    head = part.wire + part.count.to_bytes(_COUNT, "little")
    whole = Request(_WRITE, path, head + data)
    if len(whole.encode()) <= size:
        yield whole
        return
    cut = part.unit if isinstance(part.layout, Elementary) else _CUT
    room = size - len(Request(_WRITE_PART, path, head).encode()) - _OFFSET
    step = max(room // cut, 1) * cut
    for at in range(0, len(data), step):
        offset = at.to_bytes(_OFFSET, "little")
        yield Request(_WRITE_PART, path, head + offset + data[at : at + step])


def _words(
    place: Place, part: Bools | Bit, data: bytes, mask: bytes, size: int
) -> Iterator[Request]:
    """Whole words as they are, in runs; of others the bits that the mask has."""
    unit = part.unit
    most = max(
        (size - len(Request(_WRITE, symbol_path(place.path_of_word(1))).encode()) - 4) // unit, 1
    )
    at = 0
    while at < len(data):
        number, end = at // unit, at
        while mask[end : end + unit] == b"\xff" * unit and end < at + most * unit:
            end += unit
        path = symbol_path(
            place.path_of_word(number) if place.word is not None or at else place.path
        )
        if end > at:
            count = ((end - at) // unit).to_bytes(_COUNT, "little")
            yield Request(_WRITE, path, part.wire + count + data[at:end])
        else:
            end = at + unit
            yield Request(_MODIFY, path, _masks(data[at:end], mask[at:end]))
        at = end


def _masks(bits: bytes, mask: bytes) -> bytes:
    """The bits that become one, and those that do not become zero."""
    kept = bytes(bit | ~own & 0xFF for bit, own in zip(bits, mask, strict=True))
    return len(bits).to_bytes(2, "little") + bits + kept


def _counted(place: Place) -> bytes:
    return place.part.count.to_bytes(_COUNT, "little")
