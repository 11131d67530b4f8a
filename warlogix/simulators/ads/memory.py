"""One runtime's variables: where each lies, and what it holds.

Pure: a project in, bytes and values out. No handles, no services, no time.
"""

import re
from dataclasses import dataclass

from warlogix.simulators.ads import codec
from warlogix.simulators.ads.compiler import Types
from warlogix.simulators.ads.project import Access, Project, Symbol
from warlogix.simulators.ads.types import BIT, Array, PlcType, Record, plain
from warlogix.tags import Value

# Where TwinCAT's data area begins for clients; below it there is nothing.
BASE = 0x5DC00
_SLACK = 64
_ALIGNMENT = 8
_STEPS = re.compile(r"(?=[.\[])")
_INDEX = re.compile(r"\[\s*-?\d+\s*(,\s*-?\d+\s*)*\]")


@dataclass(frozen=True, slots=True)
class Place:
    """A symbol, a member or an element, and where it lies.

    `offset` counts bytes from the beginning of the memory; `bit` is the number of a BIT's bit
    from there, None for all else.
    """

    name: str
    type: PlcType
    offset: int
    access: Access
    comment: str = ""
    bit: int | None = None

    @property
    def size(self) -> int:
        """The bytes that a client reads and writes."""
        return self.type.size


class Memory:
    """The variables of a loaded project.

    `shift` moves them all, as every new compilation does.
    """

    def __init__(self, project: Project, shift: int) -> None:
        self.types = Types(project.types)
        self.symbols: dict[str, Place] = {}
        at = _ALIGNMENT * shift
        for symbol in project.symbols:
            type_ = self.types.type(symbol.type)
            at = -(-at // _ALIGNMENT) * _ALIGNMENT
            self.symbols[symbol.name.upper()] = _placed(symbol, type_, at)
            at += type_.size
        self.bytes = bytearray(at + _SLACK)
        for symbol in project.symbols:
            if symbol.value is not None:
                self.put(symbol.name, symbol.value)

    def find(self, path: str) -> Place | None:
        """What a path like `MAIN.Motors[2].Speed` names; None if there is none.

        Case does not matter.
        """
        steps = _STEPS.split(path.strip())
        for count in range(len(steps), 0, -1):
            place = self.symbols.get("".join(steps[:count]).upper())
            if place is not None:
                return _descend(place, steps[count:])
        return None

    def put(self, path: str, value: Value) -> None:
        """Give a variable a value as the program itself would."""
        place = self._found(path)
        if place.bit is not None:
            codec.set_bit(self.bytes, place.bit, bool(value))
        else:
            codec.encode(place.type, value, self.bytes, place.offset)

    def get(self, path: str) -> Value:
        """The value that a variable holds."""
        place = self._found(path)
        if place.bit is not None:
            return codec.decode_member(BIT, self.bytes, 0, place.bit)
        return codec.decode(place.type, self.bytes, place.offset)

    def touched(self, start: int, length: int) -> list[Place]:
        """The symbols that have bytes in a stretch of the memory, in their order there."""
        end = start + length
        places = self.symbols.values()
        return [each for each in places if each.offset < end and start < each.offset + each.size]

    def _found(self, path: str) -> Place:
        place = self.find(path)
        if place is None:
            raise KeyError(path)
        return place


def _placed(symbol: Symbol, type_: PlcType, at: int) -> Place:
    bit = at * 8 if type_ is BIT else None
    return Place(symbol.name, type_, at, symbol.access, symbol.comment, bit)


def _descend(place: Place, steps: list[str]) -> Place | None:
    """The member or element that the steps lead to."""
    for step in steps:
        inner = _element(place, step) if step.startswith("[") else _member(place, step[1:])
        if inner is None:
            return None
        place = inner
    return place


def _member(place: Place, name: str) -> Place | None:
    form = plain(place.type)
    member = form.member(name) if isinstance(form, Record) else None
    if member is None:
        return None
    path = f"{place.name}.{member.name}"
    if member.type is BIT:
        bit = place.offset * 8 + member.offset
        return Place(path, member.type, bit // 8, place.access, bit=bit)
    return Place(path, member.type, place.offset + member.offset, place.access)


def _element(place: Place, step: str) -> Place | None:
    form = plain(place.type)
    if not isinstance(form, Array) or not _INDEX.fullmatch(step):
        return None
    indices = [int(part) for part in step[1:-1].split(",")]
    if len(indices) != len(form.bounds):
        return None
    number = 0
    for index, (first, last), count in zip(indices, form.bounds, form.counts, strict=True):
        if not first <= index <= last:
            return None
        number = number * count + index - first
    path = f"{place.name}[{','.join(map(str, indices))}]"
    return Place(path, form.element, place.offset + number * form.element.size, place.access)
