"""The types of a program, laid out the way each family's controllers do it.

    types = logix_types(program.types, first=0x100)
    types.of("Motor[4]").size
    types.structures[0x100].handle

Pure.
"""

from binascii import crc_hqx
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from warlogix.simulators.cip.layout import (
    HOST,
    Bits,
    Elementary,
    Field,
    Laid,
    Series,
    Structure,
    Text,
    aligned,
)
from warlogix.simulators.cip.program import Member, Record, StringType, parse_type

_ELEMENTARY = {
    name: Elementary(name, code, form)
    for name, code, form in (
        ("BOOL", 0xC1, "B"),
        ("SINT", 0xC2, "b"),
        ("INT", 0xC3, "h"),
        ("DINT", 0xC4, "i"),
        ("LINT", 0xC5, "q"),
        ("USINT", 0xC6, "B"),
        ("UINT", 0xC7, "H"),
        ("UDINT", 0xC8, "I"),
        ("ULINT", 0xC9, "Q"),
        ("REAL", 0xCA, "f"),
        ("LREAL", 0xCB, "d"),
        ("BYTE", 0xD1, "B"),
        ("WORD", 0xD2, "H"),
        ("DWORD", 0xD3, "I"),
        ("LWORD", 0xD4, "Q"),
    )
}
_OMRON = {
    name: Elementary(name, code, form)
    for name, code, form in (
        ("BOOL", 0xC1, "H"),
        ("ENUM", 0x07, "I"),
        ("DATE", 0x08, "Q"),
        ("TIME", 0x09, "q"),
        ("DATE_AND_TIME", 0x0A, "Q"),
        ("TIME_OF_DAY", 0x0B, "Q"),
    )
}
_MICRO800 = {"TIME": Elementary("TIME", 0xDB, "i")}
# Those of newer controllers; a value is a count of microseconds, of nanoseconds where it is L...
_LOGIX = {
    name: Elementary(name, code, form)
    for name, code, form in (
        ("DT", 0xC0, "q"),
        ("LDT", 0xCC, "q"),
        ("TIME32", 0xD6, "i"),
        ("TIME", 0xD7, "q"),
        ("LTIME", 0xDF, "q"),
    )
}
STRING_NUMBER = 0xFCE
_PREDEFINED = {"TIMER": 0xF83, "COUNTER": 0xF82, "CONTROL": 0xF81}


@dataclass
class Types:
    """Every type of one program; `structures` by their template or type-object number."""

    elementary: dict[str, Elementary]
    records: dict[str, Structure] = field(default_factory=dict)
    structures: dict[int, Structure] = field(default_factory=dict)
    text: Text | None = None
    word: str = "DWORD"
    array_align: int = 1

    def of(self, text: str, lower: tuple[int, ...] = ()) -> Laid:
        """The type that a text names; `ValueError` for one that the program does not have."""
        form = parse_type(text)
        if form.base == "BOOL" and form.shape:
            return Bits(self.elementary[self.word], form.shape, lower)
        single = self._single(form.base, form.length)
        if not form.shape:
            return single
        return Series(single, form.shape, lower, max(self.array_align, single.align))

    def add(self, structure: Structure) -> None:
        """Take in a structure, found from now on by its name and by its number."""
        self.records[structure.name] = structure
        self.structures[structure.number] = structure

    def _single(self, base: str, length: int | None) -> Laid:
        if base in self.records:
            return self.records[base]
        if base == "STRING" and self.text is not None:
            return self.text if length is None else replace(self.text, size=length + 1)
        if base not in self.elementary or length is not None:
            raise ValueError(f"the program has no type {base}")
        return self.elementary[base]


def logix_types(declared: Iterable[Record | StringType], first: int) -> Types:
    """As Logix controllers lay them out; the program's own structures count from `first` on."""
    types = Types(_ELEMENTARY | _LOGIX, array_align=4)
    types.add(_string("STRING", 82, STRING_NUMBER, types))
    for number, one in enumerate(declared, first):
        if isinstance(one, StringType):
            types.add(_string(one.name, one.capacity, number, types))
        else:
            types.add(_logix_structure(one, _PREDEFINED.get(one.name, number), types))
    return types


def micro800_types(declared: Iterable[Record | StringType], first: int) -> Types:
    """As Micro800 controllers do, whose texts have a type of their own."""
    types = logix_types(declared, first)
    del types.records["STRING"], types.structures[STRING_NUMBER]
    types.elementary = _ELEMENTARY | _MICRO800
    types.text = Text(0xDA, 81, counted=True, encoding="latin-1")
    return types


def nj_types(declared: Iterable[Record | StringType], first: int) -> Types:
    """As NJ and NX controllers do: each member begins at a multiple of its own alignment."""
    types = Types(_ELEMENTARY | _OMRON, word="WORD")
    types.text = Text(0xD0, 256, counted=False, encoding="utf-8")
    number = first
    for one in declared:
        if isinstance(one, StringType):
            raise ValueError(f"{one.name}: an NJ has no string types of its own")
        offset, fields = 0, []
        for member in one.members:
            laid = types.of(member.type)
            offset = aligned(offset, laid.align)
            fields.append(Field(member.name, laid, offset))
            offset += laid.size
        align = max((field.laid.align for field in fields), default=1)
        size = aligned(offset, align)
        types.add(Structure(one.name, tuple(fields), size, align, number, _handle(one)))
        number += 1 + len(fields)
    return types


def _string(name: str, capacity: int, number: int, types: Types) -> Structure:
    fields = (
        Field("LEN", types.of("DINT"), 0),
        Field("DATA", types.of(f"SINT[{capacity}]"), 4),
    )
    handle = number if number == STRING_NUMBER else crc_hqx(f"{name}:{capacity}".encode(), 0)
    return Structure(name, fields, aligned(4 + capacity, 4), 4, number, handle, capacity)


def _logix_structure(record: Record, number: int, types: Types) -> Structure:
    """BOOLs that follow each other share hidden bytes; a structure is whole DINTs."""
    fields: list[Field] = []
    offset, used = 0, 8
    for member in record.members:
        if member.bit is not None:
            fields.append(_bit_of(member, fields, types))
            continue
        laid = types.of(member.type)
        if laid is not types.elementary["BOOL"]:
            used = 8
            offset = aligned(offset, max(laid.align, 4 if isinstance(laid, Structure) else 1))
            fields.append(Field(member.name, laid, offset))
            offset += laid.size
            continue
        if used == 8:
            host = f"{HOST}{record.name[:20]}{len(fields)}"
            fields.append(Field(host, types.of("SINT"), offset))
            offset, used = offset + 1, 0
        fields.append(Field(member.name, laid, offset - 1, used))
        used += 1
    align = max([4, *(field.laid.align for field in fields)])
    size = aligned(offset, align)
    handle = number if record.name in _PREDEFINED else _handle(record)
    return Structure(record.name, tuple(fields), size, align, number, handle)


def _bit_of(member: Member, fields: list[Field], types: Types) -> Field:
    """A BOOL that is one bit of a member that stands before it."""
    assert member.bit is not None
    host, bit = member.bit
    place = next(field for field in fields if field.name == host)
    return Field(member.name, types.of("BOOL"), place.offset + bit // 8, bit % 8)


def _handle(record: Record) -> int:
    """A checksum of the members' types; as that of a real one it does not tell their names."""
    return crc_hqx(",".join(member.type for member in record.members).encode(), 0)
