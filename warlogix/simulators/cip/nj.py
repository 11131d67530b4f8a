"""The objects of Omron NJ and NX controllers: the list of variables and what each of them is.

0x6A  tag name server: how many variables, and their names page by page
0x6B  variables, by number or by name: size, type, dimensions
0x6C  types: structures, whose members are chained objects of the same class
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from warlogix.simulators.cip.layout import Bits, Elementary, Laid, Series, Structure, Text
from warlogix.simulators.cip.memory import NotFound, OutOfRange, Variable
from warlogix.simulators.cip.messages import Answer, Cursor, Message, Refusal, Service, Status
from warlogix.simulators.cip.nj_tags import NjTagServices
from warlogix.simulators.cip.program import Access
from warlogix.simulators.cip.station import Station

STRUCTURE = 0xA2
ARRAY = 0xA3
_VARIABLE = 0x6B
_SYSTEM, _USER = 1, 2
_REVISION = 1


class NjObjects:
    """Answers what is asked of a controller's own objects."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._tags = NjTagServices(station)

    def serve(self, message: Message, room: int) -> Answer:
        """Carry a request out; `room` is the most bytes of its answer. Raises `Refusal`."""
        match message.path.class_, message.service:
            case 0x6A, Service.GET_ALL:
                return self._count()
            case 0x6A, Service.LIST_VARIABLES:
                return self._list(message, room)
            case 0x6B, Service.GET_ALL:
                return self._tell_variable(message.path.instance or 0)
            case 0x6C, Service.GET_ALL:
                return self._tell_type(message.path.instance or 0)
            case None, Service.GET_ALL:
                return self._tell_named(message)
            case None, _:
                return self._tags.serve(message, room)
        known = message.path.class_ in (0x6A, 0x6B, 0x6C)
        raise Refusal(Status.SERVICE_NOT_SUPPORTED if known else Status.PATH_UNKNOWN)

    def _published(self) -> list[Variable]:
        variables = self._station.memory.scopes[""].values()
        return [one for one in variables if one.tag.access is not Access.NONE]

    def _count(self) -> Answer:
        return Answer(struct.pack("<HH", _REVISION, len(self._published())))

    def _list(self, message: Message, room: int) -> Answer:
        """Names from a place in the list on. Names of the system begin with an underscore."""
        cursor = Cursor(message.data)
        start, most, kind = cursor.number(4), cursor.number(4), cursor.number(2)
        cursor.end()
        if kind not in (_SYSTEM, _USER) or not start:
            raise Refusal(Status.INVALID_PARAMETER, offence=f"names from {start}, kind {kind}")
        room = min(room, self._station.page) - 8
        chosen = [
            one for one in self._published() if one.tag.name.startswith("_") == (kind == _SYSTEM)
        ]
        data, count = b"", 0
        for place, variable in enumerate(chosen[start - 1 :], start):
            name = variable.tag.name.encode()
            entry = struct.pack("<HIB", _VARIABLE, variable.instance, len(name)) + name
            entry += bytes(len(entry) % 2)
            entry = struct.pack("<IH", place, len(entry)) + entry
            if count == most or len(data) + len(entry) > room:
                return Answer(struct.pack("<HBB", count, 1, 0) + data)
            data, count = data + entry, count + 1
        return Answer(struct.pack("<HBB", count, 0, 0) + data)

    def _tell_named(self, message: Message) -> Answer:
        """A variable by its name; members and elements are not told."""
        steps = message.path.before
        if len(steps) != 1:
            raise Refusal(Status.PATH_UNKNOWN)
        try:
            place = self._station.memory.find(steps)
        except (NotFound, OutOfRange) as exc:
            raise Refusal(Status.PATH_UNKNOWN) from exc
        return self._tell_variable(place.variable.instance)

    def _tell_variable(self, instance: int) -> Answer:
        for variable in self._published():
            if variable.instance == instance:
                shape = _shape(variable.laid)
                number = _number(variable.laid)
                lower = shape.lower or (0,) * len(shape.sizes)
                data = struct.pack("<IBBBB", shape.size, shape.code, shape.of, len(shape.sizes), 0)
                data += _numbers(shape.sizes) + struct.pack("<III", number, 0, 0)
                return Answer(data + struct.pack("<I", number) + _numbers(lower))
        raise Refusal(Status.PATH_UNKNOWN)

    def _tell_type(self, number: int) -> Answer:
        structures = self._station.types.structures
        if not number:
            last = max((one.number + len(one.fields) for one in structures.values()), default=0)
            return Answer(struct.pack("<HH", _REVISION, last))
        for entry in _entries(structures.values()):
            if entry.number == number:
                return Answer(entry.encode())
        raise Refusal(Status.PATH_UNKNOWN)


@dataclass(frozen=True, slots=True)
class _Shape:
    """How a type is told: an array by the size and the code of an element."""

    size: int
    code: int
    of: int
    sizes: tuple[int, ...] = ()
    lower: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Entry:
    """A type object: a structure, or one of its members."""

    number: int
    name: str
    laid: Laid
    members: int
    crc: int
    next: int
    nesting: int

    def encode(self) -> bytes:
        shape = _shape(self.laid)
        lower = shape.lower or (0,) * len(shape.sizes)
        name = self.name.encode()
        head = struct.pack("<IBBBB", shape.size, 0, shape.code, shape.of, len(shape.sizes))
        head += _numbers(shape.sizes) + struct.pack("<HIHB", self.members, 0, self.crc, len(name))
        return (
            head
            + name
            + bytes(1 - len(name) % 2)
            + struct.pack("<II", self.next, self.nesting)
            + _numbers(lower)
        )


def _entries(structures: Iterable[Structure]) -> Iterator[_Entry]:
    for one in structures:
        first = one.number + 1 if one.fields else 0
        yield _Entry(one.number, one.name, one, len(one.fields), one.handle, 0, first)
        for number, field in enumerate(one.fields, first):
            following = number + 1 if field is not one.fields[-1] else 0
            nested = _number(field.laid)
            yield _Entry(number, field.name, field.laid, 0, 0, following, nested)


def _shape(laid: Laid) -> _Shape:
    if isinstance(laid, Bits):
        return _Shape(2, ARRAY, 0xC1, laid.shape, laid.lower)
    if isinstance(laid, Series):
        return _Shape(laid.of.size, ARRAY, _code(laid.of), laid.shape, laid.lower)
    return _Shape(laid.size, _code(laid), 0)


def _code(laid: Laid) -> int:
    if isinstance(laid, Structure):
        return STRUCTURE
    assert isinstance(laid, (Elementary, Text))
    return laid.code


def _number(laid: Laid) -> int:
    """The type object of a structure, or of an array of them; 0 for other types."""
    inner = laid.of if isinstance(laid, Series) else laid
    return inner.number if isinstance(inner, Structure) else 0


def _numbers(numbers: tuple[int, ...]) -> bytes:
    return b"".join((number & 0xFFFF_FFFF).to_bytes(4, "little") for number in numbers)
