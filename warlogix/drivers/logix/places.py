"""Where a tag is in a controller and what lies there, by its name and what the controller lists.

    place = find(parse_name("Line.Motor[2].Speed"), catalogue)
    place.path, place.part.kind    -> "Line.Motor[2].Speed", REAL

`Unlearnt` names what must be asked for first; `Unreadable` says why there is no such place. Pure.
"""

from dataclasses import dataclass
from math import prod

from warlogix.datatypes import brackets
from warlogix.drivers.cip.types import BOOL, DWORD, Unreadable
from warlogix.drivers.logix.blocks import Bit, Block, Bools, Part, word_bit, word_bits, words
from warlogix.drivers.logix.catalogue import Catalogue, Flavour
from warlogix.drivers.logix.layouts import (
    SHORT_STRING,
    Elementary,
    Layout,
    ShortText,
    Text,
    elementary,
)
from warlogix.drivers.logix.names import LogixName, Step
from warlogix.drivers.logix.structures import Compound, Flag, Sample, Unlearnt
from warlogix.drivers.logix.symbols import Symbol

_SINT, _DINT = 0xC2, 0xC4
# A request counts the elements that it is for with 16 bits.
_MOST_ELEMENTS = 0xFFFF


@dataclass(frozen=True, slots=True)
class Place:
    """What the PLC is asked for and what lies there.

    `part` is what lies at `word` of the name's array of BOOLs, else at the name itself.
    """

    name: LogixName
    part: Part
    writable: bool
    word: int | None = None

    @property
    def path(self) -> str:
        """The name of what is read and written."""
        return self.path_of_word(0)

    def path_of_word(self, number: int) -> str:
        """The name of a word behind the first one, of arrays of BOOLs."""
        if self.word is None and not number:
            return self.name.path(*self.name.steps[-1].indexes)
        return self.name.path((self.word or 0) + number)


def find(name: LogixName, catalogue: Catalogue) -> Place:
    """The place of a name.

    A Micro800 lists no arrays of BOOLs and may not tell its structures: there an answer tells.
    """
    place = _told(name, catalogue)
    if not place.part.count:
        raise Unreadable(f"{place.part.kind} has no elements")
    if place.part.count > _MOST_ELEMENTS:
        raise Unreadable(
            f"{place.part.kind} has more than the {_MOST_ELEMENTS} elements of a request: "
            f"write slices of it, as {name.steps[-1].name}[0]{{1000}}"
        )
    return place


def _told(name: LogixName, catalogue: Catalogue) -> Place:
    try:
        return _listed(name, catalogue)
    except Unreadable:
        if catalogue.flavour is not Flavour.MICRO800:
            raise
        place = _sampled(name, catalogue)
        if place is None:
            raise
        return place


def _sampled(name: LogixName, catalogue: Catalogue) -> Place | None:
    step = name.steps[-1]
    path = name.path(*step.indexes)
    if path.casefold() not in catalogue.samples:
        raise Unlearnt(Sample(path))
    layout = catalogue.samples[path.casefold()]
    if layout is None:
        return None
    if name.bit is not None:
        return Place(name, _bit(Block(layout), Step(step.name), name.bit), True)
    return Place(name, Block(layout, (name.count,) if name.count else ()), True)


def _listed(name: LogixName, catalogue: Catalogue) -> Place:
    symbol = catalogue.symbol(name)
    part = whole(symbol, catalogue)
    for step, following in zip(name.steps, name.steps[1:], strict=False):
        part = _member(_one(part, step, catalogue.flavour), following)
    step = name.steps[-1]
    if isinstance(part, Bools):
        word, bools = _bools(part, step, name)
        return Place(name, bools, symbol.writable, word)
    return Place(name, _last(part, step, name, catalogue.flavour), symbol.writable)


def whole(symbol: Symbol, catalogue: Catalogue) -> Block | Bools:
    """All of a tag."""
    if symbol.structured:
        return Block(catalogue.structure(symbol.type), symbol.shape)
    if catalogue.flavour is Flavour.LOGIX and symbol.type == DWORD:
        return words(prod(symbol.shape))
    if symbol.type == SHORT_STRING:
        return Block(ShortText(catalogue.encoding), symbol.shape)
    return Block(elementary(symbol.type), symbol.shape)


def is_told_by_type(part: Part) -> bool:
    """Whether the type that travels with a value has the PLC refuse it where another thing lies.

    An array may have grown, members of a structure may have changed places without another handle,
    and a bit is changed in whatever integer is as wide.
    """
    return isinstance(part, Block) and not part.shape and not isinstance(part.layout, Compound)


def _one(part: Block | Bools, step: Step, flavour: Flavour) -> Layout:
    """The single value that a step within a name stands for."""
    if isinstance(part, Bools):
        raise Unreadable(f"{step.name} is an array of BOOLs and has no members")
    _check_indexes(part, step, flavour)
    if len(step.indexes) != len(part.shape):
        raise Unreadable(
            f"{step.name} is {part.kind}: say which element, as {_example(step, part)}"
        )
    return part.layout


def _member(layout: Layout, step: Step) -> Block | Bools:
    if isinstance(layout, Text):
        return _text_member(layout, step)
    if not isinstance(layout, Compound):
        raise Unreadable(f"{layout.kind} has no member {step.name}")
    part = layout.field(step.name).part
    return Block(elementary(BOOL)) if isinstance(part, Flag) else part


def _text_member(layout: Text, step: Step) -> Block:
    """Of a string: its length and its characters."""
    if step.name.casefold() == "len":
        return Block(elementary(_DINT))
    if step.name.casefold() == "data":
        return Block(elementary(_SINT), (layout.capacity,))
    raise Unreadable(f"a STRING has no member {step.name}, only LEN and DATA")


def _bools(part: Bools, step: Step, name: LogixName) -> tuple[int | None, Bit | Bools]:
    """Where in an array of BOOLs a name is: from which word on, and what of it."""
    if len(step.indexes) > 1 or name.bit is not None:
        raise Unreadable(f"{step.name} is an array of BOOLs: write {step.name}[3]")
    if not step.indexes and name.count is None:
        return None, part
    index = step.indexes[0] if step.indexes else 0
    if index + (name.count or 1) > part.length:
        raise Unreadable(f"{step.name} has elements 0 to {part.length - 1}")
    return word_bit(index) if name.count is None else word_bits(index, name.count)


def _last(block: Block, step: Step, name: LogixName, flavour: Flavour) -> Block | Bit:
    """What the last step, with its bit or the number of elements, stands for."""
    _check_indexes(block, step, flavour)
    if name.bit is not None:
        return _bit(block, step, name.bit)
    if name.count is None:
        if step.indexes and len(step.indexes) != len(block.shape):
            raise Unreadable(f"{step.name} is {block.kind}: write {_example(step, block)}")
        return Block(block.layout) if step.indexes else block
    if not block.shape:
        raise Unreadable(f"{step.name} is {block.kind} and no array")
    first = 0
    for index, size in zip(step.indexes, block.shape, strict=False):
        first = first * size + index
    if first + name.count > block.count and flavour is Flavour.LOGIX:
        raise Unreadable(f"{step.name} is {block.kind} and ends before the last of these elements")
    return Block(block.layout, (name.count,))


def _bit(block: Block, step: Step, number: int) -> Bit:
    layout = block.layout
    if len(step.indexes) != len(block.shape):
        raise Unreadable(f"{step.name} is {block.kind}: write {_example(step, block)}.{number}")
    if not isinstance(layout, Elementary) or number >= layout.bits:
        raise Unreadable(f"{step} is {layout.kind} and has no bit {number}")
    return Bit(layout, number)


def _check_indexes(block: Block, step: Step, flavour: Flavour) -> None:
    if step.indexes and not block.shape:
        raise Unreadable(f"{step.name} is {block.kind} and no array")
    if step.indexes and len(step.indexes) != len(block.shape):
        raise Unreadable(f"{step.name} is {block.kind}: write {_example(step, block)}")
    # Arrays of a Micro800 begin where the program says, which its list of tags does not tell.
    outside = (
        any(at >= size for at, size in zip(step.indexes, block.shape, strict=True))
        if step.indexes
        else False
    )
    if outside and flavour is Flavour.LOGIX:
        last = brackets(tuple(size - 1 for size in block.shape))
        raise Unreadable(f"{step.name} is {block.kind} and ends with {step.name}{last}")


def _example(step: Step, block: Block) -> str:
    return f"{step.name}[{','.join('0' for _ in block.shape)}]"
