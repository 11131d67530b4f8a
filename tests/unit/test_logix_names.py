"""Tag names of Logix, and where they lead in what a controller lists."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warlogix.drivers.cip.types import Unreadable
from warlogix.drivers.declared import contradiction
from warlogix.drivers.logix.blocks import Bit, Bools
from warlogix.drivers.logix.catalogue import Catalogue, Flavour
from warlogix.drivers.logix.names import LogixName, Step, parse_name
from warlogix.drivers.logix.places import Place, find
from warlogix.drivers.logix.structures import Sample, Unlearnt
from warlogix.drivers.logix.symbols import Symbol
from warlogix.drivers.logix.templates import Member, Sizes, Template
from warlogix.errors import Malformed
from warlogix.tags import Tag

MOTOR = 0x123


def catalogue(flavour: Flavour = Flavour.LOGIX) -> Catalogue:
    """A controller with one tag of each shape, and one program."""
    made = Catalogue(flavour, "latin-1")
    symbols = [
        Symbol(1, "Speed", 0xCA, False, ()),
        Symbol(2, "Count", 0xC4, False, ()),
        Symbol(3, "Grid", 0xC3, False, (2, 3)),
        Symbol(4, "Flags", 0xD3, False, (2,)),
        Symbol(5, "Motors", MOTOR, True, (4,)),
        Symbol(6, "Title", 0xFCE, True, ()),
        Symbol(7, "Secret", 0xC4, False, (), access=3),
        Symbol(8, "Given", 0xC4, False, (), access=2),
        Symbol(9, "Program:Main", 0x68, False, (), system=True),
    ]
    listing = made.listing("")
    listing.symbols = {symbol.name.casefold(): symbol for symbol in symbols}
    listing.complete = True
    made.templates[MOTOR] = Template(
        "Motor",
        Sizes(0, 8, 2, 0xBEEF),
        (Member("Speed", 0xCA, 0, 0), Member("Steps", 0x20C3, 2, 4)),
    )
    made.templates[0xFCE] = Template(
        "ASCIISTRING82",
        Sizes(0, 88, 2, 0xFCE),
        (Member("LEN", 0xC4, 0, 0), Member("DATA", 0x20C2, 82, 4)),
    )
    return made


def place(name: str) -> Place:
    """Where a name leads."""
    return find(parse_name(name), catalogue())


def test_a_name_has_scope_steps_bit_and_count() -> None:
    """Whatever a configuration writes is taken apart, spaces left out."""
    assert parse_name("Program:Main.Line.Motor[2, 3].Speed") == LogixName(
        "Program:Main", (Step("Line"), Step("Motor", (2, 3)), Step("Speed"))
    )
    assert parse_name("Status.7") == LogixName("", (Step("Status"),), bit=7)
    assert parse_name("Recipes[3]{5}") == LogixName("", (Step("Recipes", (3,)),), count=5)
    assert parse_name("Local:1:I.Data.3") == LogixName("", (Step("Local:1:I"), Step("Data")), bit=3)


@pytest.mark.parametrize(
    "text",
    [
        *("", ".", "7", "Speed.", ".Speed", "A..B", "A[", "A[]", "A[x]", "A[1,2,3,4]", "A{0}"),
        *("A{}", "A.3{2}", "A.64", "A b-c", "Program:Main", "A[1][2]", "Ä", "3A", "A{1}{2}"),
        *("A[-1]", "A[٣]"),
    ],
)
def test_what_is_no_name_is_refused_with_the_form(text: str) -> None:
    """An operator is told what a name looks like."""
    with pytest.raises(Malformed, match="is not a tag name; write a name like"):
        parse_name(text)


@given(st.text(max_size=30))
def test_any_text_is_a_name_or_malformed(text: str) -> None:
    """No text of a configuration is a crash."""
    with suppress(Malformed):
        assert parse_name(text).path()


@pytest.mark.parametrize(
    ("name", "path", "kind"),
    [
        ("speed", "speed", "REAL"),
        ("Count.31", "Count", "BOOL"),
        ("Grid", "Grid", "INT[2,3]"),
        ("Grid[1,2]", "Grid[1,2]", "INT"),
        ("Grid[1,0]{3}", "Grid[1,0]", "INT[3]"),
        ("Grid{4}", "Grid", "INT[4]"),
        ("Flags", "Flags", "BOOL[64]"),
        ("Flags[37]", "Flags[1]", "BOOL"),
        ("Flags[30]{5}", "Flags[0]", "BOOL[5]"),
        ("Motors", "Motors", "Motor[4]"),
        ("Motors[2]", "Motors[2]", "Motor"),
        ("Motors[2].Speed", "Motors[2].Speed", "REAL"),
        ("Motors[2].Steps[1].15", "Motors[2].Steps[1]", "BOOL"),
        ("Title", "Title", "STRING"),
        ("Title.LEN", "Title.LEN", "DINT"),
        ("Title.DATA[3]", "Title.DATA[3]", "SINT"),
    ],
)
def test_a_name_leads_to_a_place(name: str, path: str, kind: str) -> None:
    """Members, elements, slices and bits are where the controller has them."""
    found = place(name)
    assert (found.path, str(found.part.kind)) == (path, kind)


def test_a_bool_of_an_array_is_a_bit_of_its_word() -> None:
    """The controller counts words of 32 where a person counts BOOLs."""
    one, some = place("Flags[37]").part, place("Flags[30]{5}").part
    assert isinstance(one, Bit)
    assert one.number == 5
    assert isinstance(some, Bools)
    assert (some.first, some.length, some.count) == (30, 5, 2)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Nobody", "the PLC has no tag Nobody"),
        ("Program:Other.X", "the PLC has no program Other"),
        ("Speed[0]", "Speed is REAL and no array"),
        ("Speed{2}", "Speed is REAL and no array"),
        ("Speed.3", "Speed is REAL and has no bit 3"),
        ("Count.32", "Count is DINT and has no bit 32"),
        ("Grid[1]", r"Grid is INT\[2,3\]: write Grid\[0,0\]"),
        ("Grid[2,0]", r"Grid is INT\[2,3\] and ends with Grid\[1,2\]"),
        ("Grid[1,0]{4}", r"Grid is INT\[2,3\] and ends before the last of these elements"),
        ("Grid.3", r"Grid is INT\[2,3\]: write Grid\[0,0\].3"),
        ("Flags[64]", "Flags has elements 0 to 63"),
        ("Flags[60]{5}", "Flags has elements 0 to 63"),
        ("Flags[0].3", r"Flags is an array of BOOLs: write Flags\[3\]"),
        ("Flags.X", "Flags is an array of BOOLs and has no members"),
        ("Motors.Speed", r"Motors is Motor\[4\]: say which element, as Motors\[0\]"),
        ("Motors[0].Nothing", "Motor has no member Nothing"),
        ("Count.Speed", "DINT has no member Speed"),
        ("Title.Length", "a STRING has no member Length, only LEN and DATA"),
        ("Secret", "the PLC lets nobody read Secret: its External Access is None"),
    ],
)
def test_a_name_that_leads_nowhere_says_why(name: str, why: str) -> None:
    """The reason names the tag and what to write instead."""
    with pytest.raises(Unreadable, match=why):
        place(name)


def test_what_was_not_asked_for_is_asked_for_first() -> None:
    """A scope, a structure, and of a Micro800 what no list tells."""
    empty = Catalogue(Flavour.LOGIX, "latin-1")
    with pytest.raises(Unlearnt) as scope:
        find(parse_name("Speed"), empty)
    assert scope.value.what == ""
    with pytest.raises(Unlearnt) as program:
        find(parse_name("Program:main.Step"), catalogue())
    assert program.value.what == "Program:main"
    untold = catalogue()
    untold.templates.clear()
    with pytest.raises(Unlearnt) as template:
        find(parse_name("Motors[1]"), untold)
    assert template.value.what == MOTOR
    with pytest.raises(Unlearnt) as sample:
        find(parse_name("Doors[3]"), catalogue(Flavour.MICRO800))
    assert sample.value.what == Sample("Doors[3]")


def test_read_only_tags_are_known() -> None:
    """What the controller lets nobody write is no place to write to."""
    assert place("Count").writable
    assert not place("Given").writable


def test_a_contradicting_type_is_told_with_the_remedy() -> None:
    """Case and a string's length contradict nothing."""
    kind = place("Count").part.kind
    assert contradiction(Tag("Count"), kind) == ""
    assert contradiction(Tag("Count", data_type="dint"), kind) == ""
    assert contradiction(Tag("Motors", data_type="motor[4]"), place("Motors").part.kind) == ""
    assert contradiction(Tag("Count", data_type="INT"), kind) == (
        "the PLC has DINT there, the configuration says INT: "
        'write data_type = "DINT" or leave it out'
    )


def test_an_array_without_elements_is_told_and_never_asked_for() -> None:
    """What a controller answers to a request for nothing could be no value."""
    made = catalogue()
    made.listing("").symbols["none"] = Symbol(10, "None", 0xC4, False, (0,))
    with pytest.raises(Unreadable, match="has no elements"):
        find(parse_name("None"), made)
