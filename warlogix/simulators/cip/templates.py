"""A Logix controller's templates: how it tells its structures to clients.

Pure but for the station that it reads.
"""

from warlogix.simulators.cip.layout import Bits, Field, Series, Structure
from warlogix.simulators.cip.logix_lists import symbol_type
from warlogix.simulators.cip.messages import Answer, Cursor, Message, Refusal, Status
from warlogix.simulators.cip.station import Station

_HEAD = 4
# What the size that is told counts beside the definition's own bytes.
_BESIDE = 23
_PREDEFINED = {"STRING": "ASCIISTRING82"}


def describe_template(station: Station, message: Message) -> Answer:
    """The attributes of a template that were asked for."""
    structure = _structure(station, message)
    words = _words(_definition(structure))
    known = {
        1: structure.handle.to_bytes(2, "little"),
        2: len(structure.fields).to_bytes(2, "little"),
        3: bytes(2),
        4: words.to_bytes(4, "little"),
        5: structure.size.to_bytes(4, "little"),
    }
    cursor = Cursor(message.data)
    attributes = [cursor.number(2) for _ in range(cursor.number(2))]
    cursor.end()
    data, whole = len(attributes).to_bytes(2, "little"), True
    for number in attributes:
        data += number.to_bytes(2, "little")
        if number in known:
            data += b"\0\0" + known[number]
        else:
            data, whole = data + Status.ATTRIBUTE_NOT_SUPPORTED.to_bytes(2, "little"), False
    return Answer(data, Status.DONE if whole else Status.LIST_ERROR)


def read_template(station: Station, message: Message, room: int) -> Answer:
    """Bytes of a template's definition, from an offset on."""
    definition = _definition(_structure(station, message))
    definition = definition.ljust(4 * _words(definition) - _BESIDE + 3, b"\0")
    cursor = Cursor(message.data)
    offset, size = cursor.number(4), cursor.number(2)
    cursor.end()
    if offset > len(definition):
        raise Refusal(Status.INVALID_PARAMETER, offence=f"template from {offset} on")
    wanted = definition[offset : offset + size]
    room = min(room, station.page) - _HEAD
    if len(wanted) > room:
        return Answer(wanted[: room // 4 * 4], Status.PARTIAL)
    return Answer(wanted)


def _structure(station: Station, message: Message) -> Structure:
    structure = station.types.structures.get(message.path.instance or 0)
    if structure is None or message.path.before:
        raise Refusal(Status.PATH_UNKNOWN)
    return structure


def _words(definition: bytes) -> int:
    return -(-(len(definition) + _BESIDE) // 4)


def _definition(structure: Structure) -> bytes:
    """The members' places, then the names; behind the type's own two characters for each member."""
    places = b"".join(map(_place, structure.fields))
    name = _PREDEFINED.get(structure.name, structure.name)
    marks = "EB" * len(structure.fields)
    named = name if structure.predefined else f"{name};n{marks}"
    names = [named, *(field.name for field in structure.fields)]
    return places + b"".join(one.encode() + b"\0" for one in names)


def _place(field: Field) -> bytes:
    laid = field.laid
    info = field.bit or 0
    if isinstance(laid, (Series, Bits)):
        info = laid.count
    kind = symbol_type(laid)
    return b"".join(
        (info.to_bytes(2, "little"), kind.to_bytes(2, "little"), field.offset.to_bytes(4, "little"))
    )
