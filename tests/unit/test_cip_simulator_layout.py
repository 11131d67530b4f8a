"""How the simulated EtherNet/IP controllers keep values in memory."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warlogix.simulators.cip import Member, NotFound, Program, Record, StringType, Tag
from warlogix.simulators.cip.layout import Structure
from warlogix.simulators.cip.memory import Memory, OutOfRange, parse_name, path_text
from warlogix.simulators.cip.program import parse_type
from warlogix.simulators.cip.types import Types, logix_types, micro800_types, nj_types

DECLARED = (
    Record(
        "Inner",
        (Member("On", "BOOL"), Member("Off", "BOOL"), Member("Level", "INT"), Member("N", "SINT")),
    ),
    Record(
        "Outer",
        (
            Member("First", "SINT"),
            Member("Big", "LINT"),
            Member("Inner", "Inner"),
            Member("Many", "Inner[2]"),
            Member("Bits", "BOOL[32]"),
            Member("Last", "BOOL"),
        ),
    ),
)
RANGES = {"SINT": 7, "INT": 15, "DINT": 31, "LINT": 63}


def values(types: Types, kind: str) -> st.SearchStrategy[Any]:
    """Values of a type of these, at random."""
    form = parse_type(kind)
    if form.shape:
        (size,) = form.shape
        return st.lists(values(types, form.base), min_size=size, max_size=size)
    if form.base == "BOOL":
        return st.booleans()
    if form.base in RANGES:
        most = 2 ** RANGES[form.base]
        return st.integers(-most, most - 1)
    (record,) = (one for one in DECLARED if one.name == form.base)
    return st.fixed_dictionaries(
        {member.name: values(types, member.type) for member in record.members}
    )


@pytest.mark.parametrize("lay_out", [logix_types, micro800_types, nj_types])
@pytest.mark.parametrize("kind", ["Outer", "Outer[3]", "Inner[2]", "BOOL[64]", "LINT"])
def test_what_is_put_is_got_and_nothing_else_moves(lay_out: Any, kind: str) -> None:
    """Any value comes back as it was put, between bytes that stay as they were."""
    types = lay_out(DECLARED, 0x100)
    laid = types.of(kind)

    @given(values(types, kind))
    def check(value: Any) -> None:
        raw = bytearray(b"\xaa" * (laid.size + 16))
        laid.put(raw, 8, value)
        assert laid.get(raw, 8) == value
        assert raw[:8] + raw[-8:] == b"\xaa" * 16

    check()


def offsets(structure: Structure) -> list[tuple[str, int, int | None]]:
    """Where each member lies."""
    return [(one.name, one.offset, one.bit) for one in structure.fields]


def test_logix_packs_bools_into_hidden_bytes() -> None:
    """BOOLs that follow each other share a byte; a structure begins at and fills whole DINTs."""
    types = logix_types(DECLARED, 0x100)
    inner, outer = types.records["Inner"], types.records["Outer"]
    assert offsets(inner) == [
        ("ZZZZZZZZZZInner0", 0, None),
        ("On", 0, 0),
        ("Off", 0, 1),
        ("Level", 2, None),
        ("N", 4, None),
    ]
    assert (inner.size, outer.size) == (8, 48)
    assert [offset for _, offset, _ in offsets(outer)] == [0, 8, 16, 24, 40, 44, 44]


def test_nj_aligns_each_member_to_its_own_size() -> None:
    """A BOOL takes two bytes; a structure is as long as a multiple of its widest member."""
    types = nj_types(DECLARED, 0x100)
    inner, outer = types.records["Inner"], types.records["Outer"]
    assert [offset for _, offset, _ in offsets(inner)] == [0, 2, 4, 6]
    assert [offset for _, offset, _ in offsets(outer)] == [0, 8, 16, 24, 40, 44]
    assert (inner.size, outer.size) == (8, 48)


def test_another_declaration_has_another_handle() -> None:
    """A structure whose members change changes its checksum, under the same name."""
    one = logix_types((Record("T", (Member("A", "INT"),)),), 0x100)
    other = logix_types((Record("T", (Member("A", "DINT"),)),), 0x100)
    assert one.records["T"].handle != other.records["T"].handle


def test_texts_that_do_not_fit_are_refused() -> None:
    """A text longer than its string type, a list of another length, an unknown member: an error."""
    types = logix_types((StringType("Text4", 4), *DECLARED), 0x100)
    raw = bytearray(100)
    with pytest.raises(ValueError, match="5 characters in a Text4 of 4"):
        types.of("Text4").put(raw, 0, "hello")
    with pytest.raises(ValueError, match="2 elements where 3 belong"):
        types.of("INT[3]").put(raw, 0, [1, 2])
    with pytest.raises(KeyError, match="Inner has no member Nope"):
        types.of("Inner").put(raw, 0, {"Nope": 1})
    with pytest.raises(ValueError, match="the program has no type Nope"):
        types.of("Nope")


def test_names_lead_to_parts() -> None:
    """Members, elements, bits of numbers and of arrays, tags of programs: each has its name."""
    program = Program(
        (Tag("Many", "Inner[3]"), Tag("Bits", "BOOL[40]"), Tag("Grid", "DINT[2,3]")),
        programs={"Main": (Tag("Step", "INT", 5),)},
        types=DECLARED,
    )
    memory = Memory(program, logix_types(DECLARED, 0x100))
    memory.named("Many[1].Level").put(7)
    assert memory.named("many[1].LEVEL").get() == 7
    assert memory.named("Many[1].Level.1").get() is True
    memory.named("Bits[39]").put(True)
    assert memory.named("Bits").get()[39] is True
    memory.named("Grid[1,2].31").put(True)
    assert memory.named("Grid").get() == [[0, 0, 0], [0, 0, -(2**31)]]
    assert memory.named("Program:Main.Step").get() == 5
    for name in ("Nope", "Many[1].Nope", "Program:Other.Step", "Step", "Grid..", "Many[1][2]"):
        with pytest.raises(NotFound):
            memory.named(name)
    for name in ("Many[3]", "Bits[40]", "Grid[1]", "Grid[0,3]", "Grid[0,0].32"):
        with pytest.raises(OutOfRange):
            memory.named(name)


@pytest.mark.parametrize("name", ["Speed", "Program:Main.Line[2,3].Speed", "Local:1:I.Data[0]"])
def test_a_name_is_its_path_and_back(name: str) -> None:
    """The text of a name's steps is the name."""
    assert path_text(parse_name(name)) == name
