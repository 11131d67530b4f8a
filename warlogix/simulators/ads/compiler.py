"""From the text of a declaration to a type with its size: one project's types by their names."""

import re
from collections.abc import Iterable

from warlogix.simulators.ads.project import Alias, Declaration, Enumeration, FunctionBlock, Struct
from warlogix.simulators.ads.types import (
    BIT,
    DEFAULT_LENGTH,
    ELEMENTARY,
    Address,
    Array,
    Member,
    PlcType,
    Record,
    Renamed,
    Text,
)

_ARRAY = re.compile(r"ARRAY\s*\[(?P<bounds>[^\]]+)\]\s*OF\s+(?P<element>.+)", re.IGNORECASE)
_BOUND = re.compile(r"\s*(-?\d+)\s*\.\.\s*(-?\d+)\s*")
_TEXT = re.compile(r"(?P<wide>W?)STRING(\((?P<length>\d+)\))?", re.IGNORECASE)
_SUBRANGE = re.compile(r"(?P<base>\w+) \(-?\d+\.\.-?\d+\)")
_ADDRESS = re.compile(r"(POINTER TO|REFERENCE TO) .+|PVOID", re.IGNORECASE)
# What lies in front of a function block's members, and the widest packing there is.
_POINTER = 8


class Types:
    """The types of one project, made as they are asked for.

    `named` holds all that were asked for, by their names in upper case: those that a PLC tells
    about. Raises `ValueError` for a text that names no type.
    """

    def __init__(self, declarations: Iterable[Declaration]) -> None:
        self.named: dict[str, PlcType] = {}
        self._declared = {each.name.upper(): each for each in declarations}
        for each in self._declared.values():
            self.type(each.name)

    def type(self, text: str) -> PlcType:
        """The type that a text names; case does not matter."""
        made = self._make(" ".join(text.split()))
        return self.named.setdefault(made.name.upper(), made)

    def _make(self, text: str) -> PlcType:
        known = self.named.get(text.upper()) or ELEMENTARY.get(text.upper())
        if known is not None:
            return known
        declared = self._declared.get(text.upper())
        if declared is not None:
            return self._declare(declared)
        if form := _ARRAY.fullmatch(text):
            return self._array(form["bounds"], form["element"])
        if form := _TEXT.fullmatch(text):
            length = int(form["length"] or DEFAULT_LENGTH)
            wide = form["wide"].upper()
            return Text(f"{wide}STRING({length})", length, 2 if wide else 1)
        if form := _SUBRANGE.fullmatch(text):
            return Renamed(text, self.type(form["base"]))
        if _ADDRESS.fullmatch(text):
            return Address(text)
        raise ValueError(f'"{text}" is no type of the project')

    def _declare(self, declared: Declaration) -> PlcType:
        if isinstance(declared, Struct | FunctionBlock):
            types = [self.type(each.type) for each in declared.fields]
            return _laid_out(declared, types)
        if isinstance(declared, Enumeration):
            return Renamed(declared.name, self.type(declared.base), declared.constants)
        assert isinstance(declared, Alias)
        return Renamed(declared.name, self.type(declared.type))

    def _array(self, bounds: str, element: str) -> Array:
        pairs: list[tuple[int, int]] = []
        for part in bounds.split(","):
            form = _BOUND.fullmatch(part)
            if form is None or int(form[1]) > int(form[2]):
                raise ValueError(f'"{part}" are no bounds of an array')
            pairs.append((int(form[1]), int(form[2])))
        of = self.type(element)
        text = ",".join(f"{first}..{last}" for first, last in pairs)
        return Array(f"ARRAY [{text}] OF {of.name}", tuple(pairs), of)


def _laid_out(declared: Struct | FunctionBlock, types: list[PlcType]) -> Record:
    """A structure whose members lie at multiples of their size, BITs side by side in bytes."""
    members: list[Member] = []
    pack, widest, bits = _POINTER, _POINTER, 8 * _POINTER
    if isinstance(declared, Struct):
        pack, widest, bits = declared.pack, 1, 0
    for each, type_ in zip(declared.fields, types, strict=True):
        if type_ is BIT:
            members.append(Member(each.name, type_, bits))
            bits += 1
            continue
        alignment = min(type_.alignment, pack)
        widest = max(widest, alignment)
        start = _next(-(-bits // 8), alignment)
        members.append(Member(each.name, type_, start))
        bits = 8 * (start + type_.size)
    return Record(declared.name, tuple(members), _next(-(-bits // 8), widest), widest)


def _next(at: int, alignment: int) -> int:
    return -(-at // alignment) * alignment
