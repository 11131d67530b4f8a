"""Structures: from the controller's templates to values with members, and back.

    layout = Structures(templates, "latin-1").layout(0x123)
    layout.decode(raw, 1)    -> [{"Speed": 1450, "Running": True}]

Members that nobody declared, as the bytes that hold BOOLs, are not shown. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from warlogix.datatypes import DataType, Structure
from warlogix.drivers.arrays import each
from warlogix.drivers.cip.types import BOOL, DWORD, Unreadable
from warlogix.drivers.logix.blocks import Block, Bools, words
from warlogix.drivers.logix.layouts import Layout, Text, elementary, structure_wire
from warlogix.drivers.logix.templates import Member, Template
from warlogix.tags import Value
from warlogix.values import BadValue

_STRUCTURED, _ARRAY, _NUMBER, _CODE = 0x8000, 0x2000, 0xFFF, 0xFF
# The bytes that hold a program's BOOLs; what of them is no BOOL is nothing.
_HOST = "ZZZZZZZZZZ"
# What the controller's own types, as TIMER, keep for themselves: their BOOLs are bits of it.
_OWN = ("CTL", "Control")


@dataclass(frozen=True, slots=True)
class Sample:
    """A place that is in no list: what it is tells only an answer to reading it."""

    path: str


class Unlearnt(Exception):
    """What was not asked for yet: a template by its number, a scope by its name, a sample."""

    def __init__(self, what: int | str | Sample) -> None:
        super().__init__(what)
        self.what = what


@dataclass(frozen=True, slots=True)
class Flag:
    """A BOOL of a structure: a bit of the byte where it lies."""

    bit: int

    @property
    def kind(self) -> DataType:
        """BOOL."""
        return DataType("BOOL")


@dataclass(frozen=True, slots=True)
class Field:
    """A member of a structure and where it lies."""

    name: str
    offset: int
    part: Block | Bools | Flag

    @property
    def end(self) -> int:
        """The first byte behind it."""
        return self.offset + (1 if isinstance(self.part, Flag) else self.part.size)

    def decode(self, raw: bytes) -> Value:
        """The member's value, from the structure's bytes."""
        if isinstance(self.part, Flag):
            return raw[self.offset] >> self.part.bit & 1 == 1
        try:
            return self.part.decode(raw[self.offset : self.end])
        except BadValue as exc:
            raise BadValue(f"{self.name}: {exc}") from exc

    def encode(self, raw: bytearray, value: Value) -> None:
        """Put the member's value in its place."""
        try:
            if not isinstance(self.part, Flag):
                raw[self.offset : self.end] = self.part.encode(value)
            elif isinstance(value, bool):
                raw[self.offset] |= value << self.part.bit
            else:
                raise BadValue(f"{value!r} is no BOOL")
        except BadValue as exc:
            raise BadValue(f"{self.name}: {exc}") from exc


@dataclass(frozen=True, slots=True)
class Compound:
    """A structure's layout.

    `fields` are the members that a value has; `unshown` names those that hold something and are
    not shown, `shared` those that lie in one place with another.
    """

    name: str
    size: int
    wire: bytes
    fields: tuple[Field, ...]
    unshown: tuple[str, ...]
    shared: tuple[Field, ...] = ()

    @property
    def kind(self) -> Structure:
        """The structure's name and members."""
        return Structure(self.name, tuple((field.name, field.part.kind) for field in self.fields))

    def field(self, name: str) -> Field:
        """The member of a name, whose case does not matter; `Unreadable` where there is none."""
        for field in self.fields:
            if field.name.casefold() == name.casefold():
                return field
        raise Unreadable(f"{self.name} has no member {name}")

    def decode(self, raw: bytes, count: int) -> list[Value]:
        """So many structures, each a dict in the order of the members."""
        starts = range(0, count * self.size, self.size)
        return each([raw[at : at + self.size] for at in starts], self._decode)

    def encode(self, values: Sequence[Value]) -> bytes:
        """The bytes of structures; `BadValue` for what would put more or less than the value."""
        if hidden := self.hidden():
            raise BadValue(
                f"{self.name} has members that its value does not show ({', '.join(hidden)}): "
                "write its members one by one"
            )
        return b"".join(map(self._encode, values))

    def hidden(self) -> tuple[str, ...]:
        """The members that hold something and that a value does not show, those of members too."""
        found = list(self.unshown)
        for field in self.fields:
            layout = field.part.layout if isinstance(field.part, Block) else None
            if isinstance(layout, Compound):
                found += [f"{field.name}.{name}" for name in layout.hidden()]
        return tuple(found)

    def _decode(self, raw: bytes) -> Value:
        return {field.name: field.decode(raw) for field in self.fields}

    def _encode(self, value: Value) -> bytes:
        if not isinstance(value, dict):
            raise BadValue(f"{value!r} is no {self.name}")
        if list(value) != [field.name for field in self.fields]:
            raise BadValue(f"a value of {self.name} has exactly its members, in their order")
        raw = bytearray(self.size)
        for field in self.fields:
            field.encode(raw, value[field.name])
        # A word and its bits cannot say different things.
        for field in self.shared:
            if field.decode(bytes(raw)) != value[field.name]:
                raise BadValue(f"{field.name} contradicts another member in the same place")
        return bytes(raw)


StructureLayout: TypeAlias = Compound | Text


class Structures:
    """The layouts of all structures whose templates are known; each is made once.

    A template that the controller does not give is there as the reason why.
    """

    def __init__(self, templates: Mapping[int, Template | str], encoding: str) -> None:
        self._templates = templates
        self._encoding = encoding
        self._layouts: dict[int, StructureLayout] = {}
        self._making: set[int] = set()

    def layout(self, number: int) -> StructureLayout:
        """The layout of a template.

        `Unlearnt` where it, or one in it, was not asked for; `Unreadable` says why there is none.
        """
        if (made := self._layouts.get(number)) is not None:
            return made
        template = self._templates.get(number)
        if template is None:
            raise Unlearnt(number)
        if isinstance(template, str):
            raise Unreadable(template)
        if number in self._making:
            raise Unreadable(f"the structure {template.name} is said to be within itself")
        self._making.add(number)
        try:
            made = self._make(template)
        finally:
            self._making.discard(number)
        self._layouts[number] = made
        return made

    def _make(self, template: Template) -> StructureLayout:
        if text := _string(template, self._encoding):
            return text
        shown, unshown = [], []
        for member in template.members:
            if _is_shown(member, template):
                shown.append(self._field(member, template))
            elif not member.name.startswith(_HOST):
                unshown.append(member.name or "one without a name")
        wire = structure_wire(template.sizes.handle)
        size, shared = template.sizes.value, _shared(shown)
        return Compound(template.name, size, wire, tuple(shown), tuple(unshown), shared)

    def _field(self, member: Member, template: Template) -> Field:
        part, offset = self._part(member), member.offset
        if isinstance(part, Flag):
            offset, part = offset + part.bit // 8, Flag(part.bit % 8)
        field = Field(member.name, offset, part)
        if field.end > template.sizes.value:
            raise Unreadable(
                f"the structure {template.name} is said to be shorter than its members"
            )
        return field

    def _part(self, member: Member) -> Block | Bools | Flag:
        if member.type & _STRUCTURED:
            layout: Layout = self.layout(member.type & _NUMBER)
        elif _is_flag(member):
            return Flag(member.info)
        elif member.type & _CODE == DWORD:
            return words(member.info or 1)
        else:
            layout = elementary(member.type & _CODE)
        return Block(layout, (member.info,) if member.type & _ARRAY else ())


def _is_shown(member: Member, template: Template) -> bool:
    if member.name in _OWN:
        return not any(
            _is_flag(other) and other.offset in range(member.offset, member.offset + 4)
            for other in template.members
        )
    return bool(member.name) and not member.name.startswith((_HOST, "__"))


def _is_flag(member: Member) -> bool:
    return member.type & _CODE == BOOL and not member.type & (_ARRAY | _STRUCTURED)


def _shared(fields: Sequence[Field]) -> tuple[Field, ...]:
    """BOOLs that are bits of another member, and those members."""
    flags = [field for field in fields if isinstance(field.part, Flag)]
    pairs = [
        (flag, host)
        for host in fields
        if not isinstance(host.part, Flag)
        for flag in flags
        if host.offset <= flag.offset < host.end
    ]
    return tuple(field for pair in pairs for field in pair)


def _string(template: Template, encoding: str) -> Text | None:
    """A string's layout, where the structure is one: a length and characters, nothing else."""
    if [member.name for member in template.members] != ["LEN", "DATA"]:
        return None
    length, data = template.members
    characters = elementary(0xC2).wire[0] | _ARRAY
    if (length.type, length.offset, data.type, data.offset) != (0xC4, 0, characters, 4):
        return None
    size = template.sizes.value
    if 4 + data.info > size:
        return None
    return Text(data.info, size, structure_wire(template.sizes.handle), encoding)
