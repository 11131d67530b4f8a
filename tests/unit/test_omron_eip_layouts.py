import pytest
from hypothesis import given
from hypothesis import strategies as st

from warlogix.drivers.cip.types import Unreadable
from warlogix.drivers.omron.eip.layouts import (
    Layout,
    Member,
    array,
    elementary,
    string,
    structure,
    structures,
)
from warlogix.tags import Value
from warlogix.values import BadValue

BOOL, SINT, INT, DINT, LREAL = map(elementary, (0xC1, 0xC2, 0xC3, 0xC4, 0xCB))


def members(*layouts: Layout) -> list[Member]:
    """Members a, b, c, … of these types."""
    return [Member(chr(ord("a") + place), layout) for place, layout in enumerate(layouts)]


# The memory that the manual (W506, A-5) gives for declarations.
MANUAL = [
    (array(BOOL, (8,)), 2, 2),
    (array(BOOL, (16,)), 2, 2),
    (array(BOOL, (17,)), 2, 4),
    (array(BOOL, (19,)), 2, 4),
    (string(11), 1, 11),
    (array(INT, (2, 3)), 2, 12),
    (structure("STR_C", members(array(BOOL, (8,)), SINT), 4, 0), 2, 4),
    (structure("STR_D", members(SINT, array(BOOL, (8,))), 4, 0), 2, 4),
    (structure("Mixed", members(DINT, INT, DINT), 12, 0), 4, 12),
    (structure("Long", members(LREAL, INT, LREAL), 24, 0), 8, 24),
    (structure("Odd", members(LREAL, SINT), 16, 0), 8, 16),
]


@pytest.mark.parametrize(("layout", "align", "size"), MANUAL)
def test_memory_is_laid_out_as_the_manual_says(layout: Layout, align: int, size: int) -> None:
    """Alignment and size of arrays, texts and structures."""
    assert (layout.align, layout.size) == (align, size)


def test_members_stand_where_they_do_by_themselves() -> None:
    """Bytes of the controller's memory, padding included, are the structure's values."""
    layout = structure("S", members(SINT, DINT, string(3), array(INT, (2,))), 16, 0xBEEF)
    raw = bytes.fromhex("ff 99 99 99 01 00 00 00 41 42 00 99 02 00 03 00")
    value: Value = {"a": -1, "b": 1, "c": "AB", "d": [2, 3]}
    assert layout.header == bytes.fromhex("a0 02 ef be")
    assert layout.decode(raw) == value
    assert layout.encode(value) == raw.replace(b"\x99", b"\x00")


def test_a_structure_with_offsets_of_its_own_is_not_guessed_at() -> None:
    """Its size gives it away; the reason says what to do."""
    with pytest.raises(Unreadable, match="S has offsets of its own: name its members one by one"):
        structure("S", members(SINT, DINT), 6, 0)


@pytest.mark.parametrize("code", [0x04, 0x0C, 0xA1, 0xD5])
def test_other_types_are_named_by_their_code(code: int) -> None:
    """What warlogix does not read is told, not guessed."""
    with pytest.raises(Unreadable, match=f"16#{code:02X}"):
        elementary(code)


@given(st.lists(st.booleans(), min_size=1, max_size=70))
def test_bools_of_an_array_take_a_bit_each(values: list[bool]) -> None:
    """The first is bit 0 of the first byte; unused bits are zero."""
    layout = array(BOOL, (len(values),))
    raw = layout.encode(list(values))
    assert len(raw) == layout.size
    assert [raw[place // 8] >> place % 8 & 1 for place in range(len(values))] == values
    assert layout.decode(raw) == values


@given(st.integers(1, 4), st.integers(1, 4), st.data())
def test_arrays_of_structures_go_both_ways(rows: int, columns: int, data: st.DataObject) -> None:
    """Row by row, each structure with its padding."""
    single = structure("P", members(BOOL, elementary(0xCA), string(5)), 16, 1)
    layout = structures(single, (rows, columns))
    texts = st.text("abc", max_size=4)
    value: Value = [
        [{"a": data.draw(st.booleans()), "b": 0.5, "c": data.draw(texts)} for _ in range(columns)]
        for _ in range(rows)
    ]
    raw = layout.encode(value)
    assert len(raw) == layout.size == 16 * rows * columns
    assert layout.decode(raw) == value


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"b": 1, "a": 2}, "all its members"),
        ({"a": 1}, "all its members"),
        ({"a": 1, "b": 2, "c": 3}, "all its members"),
        ([1, 2], "all its members"),
        ({"a": 1, "b": 2**31}, "DINT"),
    ],
)
def test_a_structure_is_written_with_exactly_its_members(value: Value, reason: str) -> None:
    """In their order, each of its own type."""
    layout = structure("S", members(SINT, DINT), 8, 0)
    with pytest.raises(BadValue, match=reason):
        layout.encode(value)


def test_a_bad_element_says_where_it_is() -> None:
    """The element's number stands in front of the reason, and the member's name."""
    layout = structures(structure("S", members(elementary(0xCA)), 4, 0), (2,))
    with pytest.raises(BadValue, match=r"^element 1: a: the value is NaN$"):
        layout.decode(bytes(4) + b"\x00\x00\xc0\x7f")
