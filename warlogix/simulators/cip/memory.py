"""The tags of a running program with their bytes, and what a name or a path leads to.

    memory = Memory(program, types)
    place = memory.find(("Motors", 2, "Speed"))
    place.get()

Pure.
"""

import re
from dataclasses import dataclass
from math import prod
from typing import Any

from warlogix.simulators.cip.layout import Bits, Elementary, Laid, Series, Structure
from warlogix.simulators.cip.program import Access, Program, Tag
from warlogix.simulators.cip.types import Types

_STEP = re.compile(r"(?P<name>[^.\[\]]+)(\[(?P<index>-?\d+(,-?\d+)*)\])?")
Step = str | int


class NotFound(Exception):
    """There is nothing of that name."""


class OutOfRange(Exception):
    """The array has no such element."""


@dataclass(slots=True)
class Variable:
    """A tag with its bytes. `instance` is its number in its own scope's list."""

    tag: Tag
    laid: Laid
    raw: bytearray
    instance: int


@dataclass(frozen=True, slots=True)
class Place:
    """A part of a variable: all of it, a member, an element.

    `count` is how many elements follow in the same array, this one included; of a whole array all
    of them, `laid` being the array. `bit` is that of a BOOL inside the byte at `at`.
    """

    variable: Variable
    laid: Laid
    at: int
    count: int = 1
    bit: int | None = None

    @property
    def element(self) -> Laid:
        """The type of one element."""
        return self.laid.of if isinstance(self.laid, (Series, Bits)) else self.laid

    def get(self) -> Any:
        """The value."""
        if self.bit is not None:
            return bool(self.variable.raw[self.at] >> self.bit & 1)
        return self.laid.get(self.variable.raw, self.at)

    def several(self, count: int) -> Any:
        """The value; of more than one element of an array a list of theirs."""
        if count == 1 or self.bit is not None or isinstance(self.laid, (Series, Bits)):
            return self.get()
        size = self.laid.size
        return [self.laid.get(self.variable.raw, self.at + i * size) for i in range(count)]

    def put(self, value: Any) -> None:
        """Change the value."""
        raw = self.variable.raw
        if self.bit is None:
            self.laid.put(raw, self.at, value)
        else:
            raw[self.at] = raw[self.at] & ~(1 << self.bit) | bool(value) << self.bit

    def read(self) -> bytes:
        """The bytes of all elements."""
        if self.bit is not None:
            return bytes((int(self.get()),))
        return bytes(self.variable.raw[self.at : self.at + self.count * self.element.size])

    def write(self, data: bytes, offset: int = 0) -> None:
        """Replace bytes from an offset on."""
        if self.bit is not None:
            self.put(any(data))
        else:
            self.variable.raw[self.at + offset : self.at + offset + len(data)] = data


class Memory:
    """All variables, by scope ("" is the controller's) and lower-case name."""

    def __init__(self, program: Program, types: Types, first: int = 1) -> None:
        self.types = types
        self.scopes: dict[str, dict[str, Variable]] = {"": {}}
        self.names: dict[str, str] = {}
        numbers = iter(range(first, 1 << 31))
        self._take(program.tags, "", numbers)
        for name, tags in program.programs.items():
            self.names[name.lower()] = name
            self._take(tags, name.lower(), iter(range(first, 1 << 31)))

    def find(self, steps: tuple[Step, ...]) -> Place:
        """What a path of names and indices leads to; `NotFound`, `OutOfRange`."""
        scope, rest = self._scope(steps)
        if not rest or not isinstance(rest[0], str):
            raise NotFound(path_text(steps))
        variable = self.scopes[scope].get(rest[0].lower())
        if variable is None:
            raise NotFound(path_text(steps))
        place = _place(variable, variable.laid, 0)
        at = 1
        while at < len(rest):
            step = rest[at]
            if isinstance(step, str):
                place = _member(place, step)
                at += 1
                continue
            indices = _indices(rest, at)
            place = _element(place, indices)
            at += len(indices)
        return place

    def named(self, name: str) -> Place:
        """What a written name leads to, `Program:Main.Motors[2].Speed`, bits (`Speed.3`) too.

        Raises `NotFound` and `OutOfRange`.
        """
        head, _, last = name.rpartition(".")
        if head and last.isdigit():
            place = self.find(parse_name(head))
            return _bit(place, int(last))
        return self.find_single(parse_name(name))

    def find_single(self, steps: tuple[Step, ...]) -> Place:
        """The same as `find`, but an element of an array of BOOLs is one bit."""
        count = len(_indices(steps[::-1], 0))
        if not count:
            return self.find(steps)
        array = self.find(steps[:-count])
        if isinstance(array.laid, Bits):
            return _bit(array, _flat(array.laid, _indices(steps, len(steps) - count)))
        return self.find(steps)

    def _scope(self, steps: tuple[Step, ...]) -> tuple[str, tuple[Step, ...]]:
        first = steps[0] if steps else ""
        if not isinstance(first, str) or not first.lower().startswith("program:"):
            return "", steps
        scope = first[8:].lower()
        if scope not in self.scopes or not scope:
            raise NotFound(first)
        return scope, steps[1:]

    def _take(self, tags: tuple[Tag, ...], scope: str, numbers: "Any") -> None:
        variables = self.scopes.setdefault(scope, {})
        for tag, number in zip(tags, numbers, strict=False):
            laid = self.types.of(tag.type, tag.lower)
            variable = Variable(tag, laid, bytearray(laid.size), number)
            if tag.value is not None:
                laid.put(variable.raw, 0, tag.value)
            variables[tag.name.lower()] = variable


def parse_name(name: str) -> tuple[Step, ...]:
    """The steps of a written name; `NotFound` for what is no name."""
    steps: list[Step] = []
    for part in name.split("."):
        form = _STEP.fullmatch(part)
        if form is None:
            raise NotFound(name)
        steps.append(form["name"])
        if form["index"]:
            steps += map(int, form["index"].split(","))
    return tuple(steps)


def path_text(steps: tuple[Step, ...]) -> str:
    """The opposite of `parse_name`."""
    text = ""
    for at, step in enumerate(steps):
        if isinstance(step, str):
            text += f".{step}" if text else step
        elif at and isinstance(steps[at - 1], int):
            text = f"{text[:-1]},{step}]"
        else:
            text += f"[{step}]"
    return text


def readable(variable: Variable) -> bool:
    """Whether clients may see it."""
    return variable.tag.access is not Access.NONE


def _place(variable: Variable, laid: Laid, at: int) -> Place:
    count = laid.count if isinstance(laid, (Series, Bits)) else 1
    return Place(variable, laid, at, count)


def _member(place: Place, name: str) -> Place:
    if not isinstance(place.laid, Structure):
        raise NotFound(name)
    try:
        field = place.laid.field(name)
    except KeyError as exc:
        raise NotFound(name) from exc
    at = place.at + field.offset
    if field.bit is not None:
        return Place(place.variable, field.laid, at, 1, field.bit)
    return _place(place.variable, field.laid, at)


def _indices(steps: tuple[Step, ...], at: int) -> tuple[int, ...]:
    found = []
    while at < len(steps) and isinstance(step := steps[at], int):
        found.append(step)
        at += 1
    return tuple(found)


def _element(place: Place, indices: tuple[int, ...]) -> Place:
    """An element; one of an array of BOOLs is a whole word of them."""
    laid = place.laid
    if isinstance(laid, Bits):
        if len(indices) != 1 or not 0 <= indices[0] < laid.count:
            raise OutOfRange
        at = place.at + indices[0] * laid.of.size
        return Place(place.variable, laid.of, at, laid.count - indices[0])
    if not isinstance(laid, Series):
        raise NotFound
    index = _flat(laid, indices)
    return Place(place.variable, laid.of, place.at + index * laid.of.size, laid.count - index)


def _flat(laid: Series | Bits, indices: tuple[int, ...]) -> int:
    """The place of an element in the row of all; `OutOfRange`."""
    if len(indices) != len(laid.shape):
        raise OutOfRange
    lower = laid.lower or (0,) * len(laid.shape)
    index = 0
    for asked, first, size in zip(indices, lower, laid.shape, strict=True):
        if not first <= asked < first + size:
            raise OutOfRange
        index = index * size + asked - first
    return index


def _bit(place: Place, bit: int) -> Place:
    packed = isinstance(place.laid, Bits)
    if not packed and not isinstance(place.laid, Elementary):
        raise NotFound
    size = prod(place.laid.shape) if isinstance(place.laid, Bits) else 8 * place.laid.size
    if not 0 <= bit < size:
        raise OutOfRange
    count = size - bit if packed else 1
    return Place(place.variable, place.element, place.at + bit // 8, count, bit % 8)
