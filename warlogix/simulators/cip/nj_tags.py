"""Reading and writing variables of Omron NJ and NX controllers by name.

A variable is one item, an array too: `Temps` is read with a count of 1 and comes whole, `Temps[2]`
with a count of 3 gives three elements. A part of an item is named by an offset and a size. A single
byte travels with a zero behind it, a BOOL with whether it is forced; several BOOLs of an array as
a byte each, a whole array of them as bits, one of texts with the bytes of each word exchanged.
"""

import struct
from math import prod

from warlogix.simulators.cip.layout import Bits, Elementary, Series, Structure, Text
from warlogix.simulators.cip.memory import NotFound, OutOfRange, Place, Step, path_text
from warlogix.simulators.cip.messages import Answer, Cursor, Message, Refusal, Service, Status
from warlogix.simulators.cip.program import Access
from warlogix.simulators.cip.station import Station

_HEAD = 4
_ABBREVIATED = 0xA0
_BOOL = 0xC1
_BEYOND = 0x1103
_NOT_ACCESSIBLE = 0x8007
_WRONG_LENGTH = 0x800F
_ONE_ITEM = 0x8017
_WRONG_COUNT = 0x8018
_WRONG_INFO = 0x8021
_WRONG_TYPE = 0x8022
_NOT_IN_BULK = 0x8029
_LAST_INDEX = 0xFFFF


class NjTagServices:
    """Carries out what is asked of variables."""

    def __init__(self, station: Station) -> None:
        self._station = station

    def serve(self, message: Message, room: int) -> Answer:
        """Read or write; raises `Refusal`."""
        if message.service == Service.READ:
            return self._read(message, room)
        if message.service == Service.WRITE:
            return self._write(message)
        raise Refusal(Status.SERVICE_NOT_SUPPORTED)

    def _find(self, steps: tuple[Step, ...]) -> Place:
        """The variable, member or element; one of an array of BOOLs is one bit."""
        if any(isinstance(step, int) and step > _LAST_INDEX for step in steps):
            raise Refusal(Status.PATH_SEGMENT_ERROR)
        try:
            place = self._station.memory.find_single(steps)
        except NotFound as exc:
            raise Refusal(Status.PATH_UNKNOWN) from exc
        except OutOfRange as exc:
            raise Refusal(Status.VENDOR, _BEYOND) from exc
        if place.variable.tag.access is Access.NONE:
            raise Refusal(Status.PATH_UNKNOWN)
        refusal = self._station.refusals.get(str(steps[0]).lower())
        if refusal is not None:
            raise refusal
        return place

    def _read(self, message: Message, room: int) -> Answer:
        steps = message.path.before
        place = self._find(steps)
        cursor = Cursor(message.data)
        count = cursor.number(2)
        cursor.end()
        size = _size(place, count, message.path.before)
        self._station.journal.reads[path_text(steps)] += 1
        head = _head(place)
        item = place.laid
        segment = message.path.segment
        if isinstance(item, Text):
            data = _text(item, place, segment)
        elif place.bit is not None:
            data = _bits(place, count)
        else:
            data = _part(bytes(place.variable.raw[place.at : place.at + size]), segment)
            if isinstance(place.element, Text):
                data = _exchanged(data)
            elif size == 1:
                data += b"\0"
        if head[0] == _BOOL and path_text(steps).lower() in self._station.forced:
            data = data[:1] + b"\1"
        if _HEAD + len(head) + len(data) > room:
            raise Refusal(Status.REPLY_TOO_LARGE)
        return Answer(head + data)

    def _write(self, message: Message) -> Answer:
        steps = message.path.before
        journal, name = self._station.journal, path_text(steps)
        try:
            place = self._find(steps)
            if place.variable.tag.access is not Access.READ_WRITE:
                raise Refusal(Status.VENDOR, _NOT_ACCESSIBLE)
            count = self._store(place, message)
        except Refusal as exc:
            journal.note_write(name, message.service, message.data, None, exc.answer.status)
            raise
        value = place.several(count)
        journal.note_write(name, message.service, message.data, value, Status.DONE)
        return Answer()

    def _store(self, place: Place, message: Message) -> int:
        """Put what was sent into its place; the number of elements that it meant."""
        cursor = Cursor(message.data)
        code, info = cursor.number(1), cursor.number(1)
        if info not in (0, 2):
            raise Refusal(Status.INVALID_PARAMETER, _WRONG_INFO, offence=f"AddInfo of {info}")
        if bytes((code, info)) + cursor.take(info) != _head(place):
            raise Refusal(Status.INVALID_PARAMETER, _WRONG_TYPE)
        count = cursor.number(2)
        size = _size(place, count, message.path.before)
        data = cursor.rest()
        segment = message.path.segment
        item = place.laid
        if isinstance(item, Text):
            _store_text(item, place, data, segment)
        elif place.bit is not None:
            _store_bits(place, data, count)
        else:
            _store_bytes(place, data, segment or (0, size), size)
        return count


def _head(place: Place) -> bytes:
    """What stands in front of data: the type, and of structures their checksum."""
    element = place.element
    if place.bit is not None or isinstance(place.laid, Bits):
        return bytes((_BOOL, 0))
    if isinstance(element, Structure):
        return bytes((_ABBREVIATED, 2)) + element.handle.to_bytes(2, "little")
    assert isinstance(element, (Elementary, Text))
    return bytes((element.code, 0))


def _size(place: Place, count: int, steps: tuple[Step, ...]) -> int:
    """The bytes of so many elements; `Refusal` if there are not as many."""
    laid = place.laid
    if isinstance(laid, (Series, Bits)):
        if count not in (1, prod(laid.shape)):
            raise Refusal(Status.INVALID_PARAMETER, _WRONG_COUNT)
        return laid.size
    if not 0 < count <= place.count:
        counted = isinstance(steps[-1], int) or not count
        raise Refusal(Status.INVALID_PARAMETER, _WRONG_COUNT if counted else _ONE_ITEM)
    if isinstance(laid, Text) and count > 1:
        raise Refusal(Status.VENDOR, _NOT_IN_BULK)
    return count * laid.size


def _part(raw: bytes, segment: tuple[int, int] | None) -> bytes:
    offset, size = segment or (0, len(raw))
    if offset + size > len(raw):
        raise Refusal(Status.VENDOR, _BEYOND)
    return raw[offset : offset + size]


def _text(item: Text, place: Place, segment: tuple[int, int] | None) -> bytes:
    """A length and the characters; a part of the place comes with its zeros."""
    raw = place.variable.raw
    text = item.characters(raw, place.at)
    if segment is not None:
        text = _part(bytes(raw[place.at : place.at + item.size]), segment)
    return struct.pack("<H", len(text)) + text


def _store_bytes(place: Place, data: bytes, part: tuple[int, int], size: int) -> None:
    """Replace a part of the bytes of a number, an array or a structure."""
    offset, wanted = part
    if isinstance(place.element, Text):
        raise Refusal(Status.VENDOR, _NOT_IN_BULK)
    if offset + wanted > size:
        raise Refusal(Status.VENDOR, _BEYOND, offence="a part beyond the variable")
    if wanted == 1 and data[1:] == b"\0":
        data = data[:1]
    _expect(data, wanted)
    if place.laid.name == "BOOL" and data[1:2] not in (b"", b"\0"):
        raise Refusal(Status.INVALID_PARAMETER, _WRONG_LENGTH, offence="a BOOL of two bytes")
    place.variable.raw[place.at + offset : place.at + offset + wanted] = data


def _store_text(item: Text, place: Place, data: bytes, segment: tuple[int, int] | None) -> None:
    cursor = Cursor(data)
    text = cursor.take(cursor.number(2))
    cursor.end()
    if segment is not None:
        offset, size = segment
        if offset + size > item.size:
            raise Refusal(Status.VENDOR, _BEYOND)
        _expect(text, size)
        place.write(text, offset)
        return
    if len(text) > item.capacity:
        raise Refusal(Status.VENDOR, _BEYOND)
    item.put_characters(place.variable.raw, place.at, text.partition(b"\0")[0])


def _exchanged(raw: bytes) -> bytes:
    """The bytes of each word in the other order."""
    even = bytearray(raw + bytes(len(raw) % 2))
    even[::2], even[1::2] = even[1::2], even[::2]
    return bytes(even)


def _bits(place: Place, count: int) -> bytes:
    """Elements of an array of BOOLs: one as a BOOL, several as a byte each."""
    first = 8 * place.at + (place.bit or 0)
    number = int.from_bytes(place.variable.raw, "little") >> first
    return bytes(number >> i & 1 for i in range(count)) + bytes(count == 1)


def _store_bits(place: Place, data: bytes, count: int) -> None:
    _expect(data, count if count > 1 else 2)
    given = sum(1 << i for i in range(count) if data[i])
    raw = place.variable.raw
    first = 8 * place.at + (place.bit or 0)
    mask = (1 << count) - 1 << first
    held = int.from_bytes(raw, "little") & ~mask | given << first
    raw[:] = held.to_bytes(len(raw), "little")


def _expect(data: bytes, size: int) -> None:
    if len(data) != size:
        raise Refusal(
            Status.INVALID_PARAMETER, _WRONG_LENGTH, offence=f"{len(data)} of {size} bytes written"
        )
