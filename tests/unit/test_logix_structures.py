"""Structures and strings of Logix: from templates to values and back."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warlogix.datatypes import Structure
from warlogix.drivers.cip.types import Unreadable
from warlogix.drivers.exchanges import Nonsense
from warlogix.drivers.logix.blocks import Block
from warlogix.drivers.logix.layouts import ShortText, Text, elementary
from warlogix.drivers.logix.structures import Structures, Unlearnt
from warlogix.drivers.logix.templates import (
    Member,
    Sizes,
    Template,
    parse_attributes,
    parse_template,
)
from warlogix.values import BadValue

AXIS = Template(
    "Axis",
    Sizes(0, 20, 6, 0x1111),
    (
        Member("ZZZZZZZZZZAxis0", 0xC2, 0, 0),
        Member("On", 0xC1, 0, 0),
        Member("Faulty", 0xC1, 1, 0),
        Member("Torque", 0xCA, 0, 4),
        Member("Steps", 0x20C3, 2, 8),
        Member("Doors", 0x20D3, 1, 12),
        Member("Last", 0xC2, 0, 16),
    ),
)
LINE = Template("Line", Sizes(0, 40, 1, 0x2222), (Member("Axes", 0xA001, 2, 0),))
TIMER = Template(
    "TIMER",
    Sizes(0, 12, 4, 0x0F83),
    (
        Member("CTL", 0xC4, 0, 0),
        Member("PRE", 0xC4, 0, 4),
        Member("ACC", 0xC4, 0, 8),
        Member("DN", 0xC1, 29, 0),
    ),
)
MODULE = Template(
    "Module", Sizes(0, 4, 2, 7), (Member("Data", 0xC4, 0, 0), Member("First", 0xC1, 9, 0))
)
TEMPLATES: dict[int, Template | str] = {1: AXIS, 2: LINE, 3: TIMER, 4: MODULE}
VALUE: dict[str, Any] = {
    "On": False,
    "Faulty": True,
    "Torque": 3.14,
    "Steps": [-1, 2],
    "Doors": [n == 31 for n in range(32)],
    "Last": -7,
}
RAW = bytes.fromhex("02 000000 c3f54840 ffff 0200 00000080 f9 000000")


def block(number: int, shape: tuple[int, ...] = ()) -> Block:
    """A structure, or an array of it."""
    return Block(Structures(TEMPLATES, "latin-1").layout(number), shape)


def test_members_are_where_the_template_says() -> None:
    """BOOLs are bits of a host that is not shown; arrays of BOOLs are bits of words."""
    assert block(1).decode(RAW) == VALUE
    axis = block(1).kind
    assert isinstance(axis, Structure)
    assert str(axis) == "Axis"
    assert [(name, str(kind)) for name, kind in axis.members] == [
        ("On", "BOOL"),
        ("Faulty", "BOOL"),
        ("Torque", "REAL"),
        ("Steps", "INT[2]"),
        ("Doors", "BOOL[32]"),
        ("Last", "SINT"),
    ]


def test_a_value_is_written_as_it_is_read() -> None:
    """Every member in its place, padding at zero."""
    assert block(1).encode(VALUE) == RAW


def test_every_element_of_an_array_of_structures_is_its_own() -> None:
    """Nested structures and arrays of them, both ways."""
    other = {**VALUE, "Last": 1}
    raw = block(2, (2,)).encode([{"Axes": [VALUE, other]}, {"Axes": [other, VALUE]}])
    assert raw[:20] == RAW
    assert block(2, (2,)).decode(raw) == [{"Axes": [VALUE, other]}, {"Axes": [other, VALUE]}]
    assert str(block(2, (2,)).kind) == "Line[2]"


def test_hidden_members_that_hold_something_keep_the_whole_from_being_written() -> None:
    """A timer is shown without its control word, and its members are written one by one."""
    assert block(3).decode(bytes.fromhex("00000020 f4010000 07000000")) == {
        "PRE": 500,
        "ACC": 7,
        "DN": True,
    }
    with pytest.raises(BadValue, match=r"does not show \(CTL\): write its members one by one"):
        block(3).encode({"PRE": 1, "ACC": 2, "DN": True})


def test_members_in_one_place_cannot_say_two_things() -> None:
    """A word and its bits are written only where they agree."""
    assert block(4).encode({"Data": 0x200, "First": True}) == b"\x00\x02\x00\x00"
    for data, first in ((0, True), (0x200, False)):
        with pytest.raises(BadValue, match="contradicts another member in the same place"):
            block(4).encode({"Data": data, "First": first})


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (5, "5 is no Axis"),
        ({}, "exactly its members"),
        ({**VALUE, "More": 1}, "exactly its members"),
        ({**VALUE, "Last": 128}, "Last: 128 is no SINT"),
        ({**VALUE, "Steps": [1]}, r"Steps: the value has not the shape \[2\]"),
        ({**VALUE, "On": 1}, "On: 1 is no BOOL"),
    ],
)
def test_what_is_no_value_of_the_structure_is_refused(value: Any, why: str) -> None:
    """The reason names the member."""
    with pytest.raises(BadValue, match=why):
        block(1).encode(value)


def test_a_bad_member_is_named() -> None:
    """A structure with a NaN is bad as a whole, and says where."""
    with pytest.raises(BadValue, match="Torque: the value is NaN"):
        block(1).decode(RAW[:4] + b"\x00\x00\xc0\x7f" + RAW[8:])
    with pytest.raises(BadValue, match="element 1: Torque: the value is NaN"):
        block(1, (2,)).decode(RAW + RAW[:4] + b"\x00\x00\xc0\x7f" + RAW[8:])


def test_structures_that_cannot_be_are_no_values() -> None:
    """One within itself, one shorter than its members, one that the PLC does not tell."""
    templates: dict[int, Template | str] = {
        1: Template("Loop", Sizes(0, 4, 1, 1), (Member("Me", 0x8001, 0, 0),)),
        2: Template("Short", Sizes(0, 2, 1, 1), (Member("Long", 0xC4, 0, 0),)),
        3: "the PLC does not tell it",
        4: Template("Odd", Sizes(0, 4, 1, 1), (Member("What", 0xEE, 0, 0),)),
    }
    structures = Structures(templates, "latin-1")
    for number, why in ((1, "within itself"), (2, "shorter"), (3, "does not tell"), (4, "16#EE")):
        with pytest.raises(Unreadable, match=why):
            structures.layout(number)
    with pytest.raises(Unlearnt):
        structures.layout(5)


@pytest.mark.parametrize("capacity", [1, 20, 82, 400])
def test_strings_of_every_size_are_texts(capacity: int) -> None:
    """A program's own string types are read and written as STRING is."""
    size = 4 + -(-capacity // 4) * 4
    members = (Member("LEN", 0xC4, 0, 0), Member("DATA", 0x20C2, capacity, 4))
    made = Structures({1: Template("Own", Sizes(0, size, 2, 9), members)}, "latin-1").layout(1)
    assert isinstance(made, Text)
    assert (str(made.kind), made.kind.length, made.size) == ("STRING", capacity, size)
    assert made.decode(made.encode(["x" * capacity]), 1) == ["x" * capacity]
    with pytest.raises(BadValue, match=f"{capacity + 1} characters and the STRING holds"):
        made.encode(["x" * (capacity + 1)])


def test_a_string_that_contradicts_itself_is_bad() -> None:
    """A length beyond the room, or below zero, is no text."""
    text = Text(4, 8, b"\xa0\x02\x01\x00", "latin-1")
    assert text.decode(b"\x02\x00\x00\x00Hi!!", 1) == ["Hi"]
    for length in (5, -1):
        with pytest.raises(BadValue, match="contradicts itself"):
            text.decode(length.to_bytes(4, "little", signed=True) + b"Hi!!", 1)


def test_texts_that_the_code_page_does_not_have_are_refused() -> None:
    """Both ways, and the reason names the character."""
    text = Text(4, 8, b"", "ascii")
    with pytest.raises(BadValue, match="bytes fc are no character in ascii"):
        text.decode(b"\x01\x00\x00\x00\xfc\x00\x00\x00", 1)
    with pytest.raises(BadValue, match='ascii has no "ü"'):
        text.encode(["ü"])


@given(st.lists(st.text(st.characters(max_codepoint=255), max_size=255), max_size=6))
def test_short_strings_stand_close_together(texts: list[str]) -> None:
    """The texts of a Micro800 are read as they were written."""
    layout = ShortText("latin-1")
    assert layout.decode(layout.encode(list(texts)), len(texts)) == texts


def test_a_short_string_that_contradicts_itself_is_bad() -> None:
    """A length that ends before or behind the bytes."""
    for raw in (b"\x05Hi", b"\x01Hi", b""):
        with pytest.raises(BadValue, match="contradicts"):
            ShortText("latin-1").decode(raw, 1)


def test_types_that_nobody_knows_are_unreadable() -> None:
    """The reason has the PLC's own number."""
    with pytest.raises(Unreadable, match="16#DF is none that warlogix reads"):
        elementary(0xDF)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_definition_or_nonsense(raw: bytes) -> None:
    """No answer about a structure is a crash."""
    for parse in (parse_attributes, lambda data: parse_template(Sizes(9, 8, 2, 1), data)):
        with suppress(Nonsense):
            parse(raw)
