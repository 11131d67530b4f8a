"""What a Logix controller tells of its program: its tags, its name, and whether it has changed.

Pure but for the station that it reads.
"""

from binascii import crc32
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from warlogix.simulators.cip.layout import Bits, Elementary, Laid, Series, Structure, Text
from warlogix.simulators.cip.memory import Variable
from warlogix.simulators.cip.messages import Answer, Cursor, Message, Refusal, Status
from warlogix.simulators.cip.program import Access
from warlogix.simulators.cip.station import Station

_STRUCTURE = 0x8000
_SYSTEM = 0x1000
_NOT_ALIAS = 1 << 26
_BOOL = 0xC1
_HEAD = 4
# What a controller lists beside tags, by the kinds of symbol that they are.
_PROGRAM_SYMBOL = _SYSTEM | 0x68
_MAP_SYMBOL = _SYSTEM | 0x69
_ROUTINE_SYMBOL = _SYSTEM | 0x6D
_TASK_SYMBOL = _SYSTEM | 0x70
_COUNTERS = {1: 2, 2: 2, 3: 4, 4: 4, 10: 4}


@dataclass(frozen=True, slots=True)
class Symbol:
    """An entry of the tag list."""

    instance: int
    name: str
    type: int
    element_size: int = 4
    dimensions: tuple[int, ...] = ()
    access: int = Access.READ_WRITE

    def attribute(self, number: int) -> bytes:
        """One of its attributes; `Refusal` for one that symbols do not have."""
        sizes = (*self.dimensions, 0, 0, 0)[:3]
        match number:
            case 1:
                return len(self.name).to_bytes(2, "little") + self.name.encode()
            case 2:
                return self.type.to_bytes(2, "little")
            case 3 | 5:
                return (0x1000_0000 + 16 * self.instance + number).to_bytes(4, "little")
            case 6:
                return _NOT_ALIAS.to_bytes(4, "little")
            case 7:
                return self.element_size.to_bytes(2, "little")
            case 8:
                return b"".join(size.to_bytes(4, "little") for size in sizes)
            case 10:
                return bytes((self.access,))
        raise Refusal(Status.ATTRIBUTE_NOT_SUPPORTED, offence=f"symbol attribute {number}")


def symbol_type(laid: Laid) -> int:
    """The two bytes by which the tag list tells a type."""
    if isinstance(laid, Bits):
        return 1 << 13 | laid.of.code
    if isinstance(laid, Series):
        return len(laid.shape) << 13 | symbol_type(laid.of)
    if isinstance(laid, Structure):
        return _STRUCTURE | laid.number
    assert isinstance(laid, (Elementary, Text))
    return laid.code


def list_instances(station: Station, message: Message, room: int) -> Answer:
    """The symbols from an instance on, as many as fit, with the attributes asked for."""
    path = message.path
    cursor = Cursor(message.data)
    attributes = [cursor.number(2) for _ in range(cursor.number(2))]
    cursor.end()
    room = min(room, station.page) - _HEAD
    data = b""
    for symbol in _symbols(station, _scope(station, message)):
        if symbol.instance < (path.instance or 0):
            continue
        entry = symbol.instance.to_bytes(4, "little")
        entry += b"".join(map(symbol.attribute, attributes))
        if len(data) + len(entry) > room:
            return Answer(data, Status.PARTIAL)
        data += entry
    return Answer(data)


def program_name(station: Station) -> Answer:
    """The name of the program that runs."""
    name = station.program.name.encode()
    return Answer(len(name).to_bytes(2, "little") + name)


def change_counters(station: Station, message: Message) -> Answer:
    """The attributes that are others after a download than before."""
    if message.path.instance != 1:
        raise Refusal(Status.OBJECT_DOES_NOT_EXIST)
    cursor = Cursor(message.data)
    attributes = [cursor.number(2) for _ in range(cursor.number(2))]
    cursor.end()
    data, whole = len(attributes).to_bytes(2, "little"), True
    for number in attributes:
        data += number.to_bytes(2, "little")
        size = _COUNTERS.get(number)
        if size is None:
            data, whole = data + Status.ATTRIBUTE_NOT_SUPPORTED.to_bytes(2, "little"), False
            continue
        data += b"\0\0" + _counter(station, number).to_bytes(size, "little")
    return Answer(data, Status.DONE if whole else Status.LIST_ERROR)


def _counter(station: Station, number: int) -> int:
    """A checksum that every download moves, or one of two constants."""
    constant = {1: 5, 2: 2}.get(number)
    return crc32(bytes((number, station.generation & 0xFF))) if constant is None else constant


def _scope(station: Station, message: Message) -> str:
    before = message.path.before
    if not before:
        return ""
    name = str(before[0]).lower()
    scope = name.removeprefix("program:")
    if len(before) > 1 or scope == name or scope not in station.memory.scopes:
        raise Refusal(Status.PATH_UNKNOWN)
    return scope


def _symbols(station: Station, scope: str) -> Iterator[Symbol]:
    """All entries of a scope by their number; those of the system come last."""
    variables = station.memory.scopes[scope].values()
    last = 0
    for variable in variables:
        last = variable.instance
        if variable.tag.access is not Access.NONE:
            yield _symbol(variable)
    if scope:
        yield Symbol(last + 1, "Routine:MainRoutine", _ROUTINE_SYMBOL)
        return
    for number, name in enumerate(station.memory.names.values(), last + 1):
        yield Symbol(number, f"Program:{name}", _PROGRAM_SYMBOL)
        last = number
    yield Symbol(last + 1, "Map:Local", _MAP_SYMBOL)
    yield Symbol(last + 2, "Task:MainTask", _TASK_SYMBOL)


def _symbol(variable: Variable) -> Symbol:
    laid = variable.laid
    shape: tuple[int, ...] = (laid.count,) if isinstance(laid, Bits) else ()
    if isinstance(laid, Series):
        shape = laid.shape
    size = laid.size // (prod(shape) if shape else 1)
    tag, kind = variable.tag, symbol_type(laid)
    if kind == _BOOL:
        # A BOOL is told with the bit that it has in its byte.
        kind |= variable.instance % 8 << 8
    return Symbol(variable.instance, tag.name, kind, size, shape, tag.access)
