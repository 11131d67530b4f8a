import pytest

from tests.unit.ads_entries import data_type, symbol, told
from warlogix.datatypes import DataType, Structure
from warlogix.drivers.ads.entries import parse_symbol, parse_type
from warlogix.drivers.ads.layouts import Layout
from warlogix.drivers.ads.types import Types, Unreadable, Untold
from warlogix.tags import Value

MODE = data_type("E_Mode", "INT", 2, code=2)
MOTOR = data_type(
    "ST_Motor",
    size=12,
    members=(
        data_type("On", "BOOL", 1, offset=0, code=33),
        data_type("Mode", "E_Mode", 2, offset=2, code=2),
        data_type("Speed", "REAL", 4, offset=4, code=4),
        data_type("Name", "STRING(3)", 4, offset=8, code=30),
    ),
)


def layout(type_name: str, size: int, *entries: bytes, code: int = 65, flags: int = 0) -> Layout:
    """How a symbol of a type lies, with what the PLC tells of its types."""
    types, entry = told(*entries), parse_symbol(symbol("MAIN.X", type_name, size, code, flags))
    while True:
        try:
            return types.layout(entry)
        except Untold:
            for name in sorted(types.wanted):
                types.learn(name, None)


def test_a_structure_is_an_object_of_its_members() -> None:
    """In the order of the declaration, enumerations as their numbers."""
    found = layout("ST_Motor", 12, MOTOR, MODE)
    value: Value = {"On": True, "Mode": 2, "Speed": 1.5, "Name": "abc"}
    raw = bytes.fromhex("0100 0200 0000c03f 61626300")
    assert found.decode(raw) == value
    assert found.encode(value) == raw
    assert found.kept == ""
    assert found.kind == Structure(
        "ST_Motor",
        (
            ("On", DataType("BOOL")),
            ("Mode", DataType("INT")),
            ("Speed", DataType("REAL")),
            ("Name", DataType("STRING", 3)),
        ),
    )


def test_arrays_have_a_list_for_each_dimension_whatever_their_bounds() -> None:
    """Bounds below zero count elements as any others do; the last index counts fastest."""
    found = layout("ARRAY [0..1,-1..1] OF INT", 12, code=2)
    raw = b"".join(number.to_bytes(2, "little") for number in range(1, 7))
    assert found.decode(raw) == [[1, 2, 3], [4, 5, 6]]
    assert found.encode([[1, 2, 3], [4, 5, 6]]) == raw
    assert str(found.kind) == "INT[2,3]"


def test_an_array_of_arrays_is_one_of_more_dimensions() -> None:
    """It lies the same, and its values have the same form."""
    found = layout("ARRAY [1..2] OF ARRAY [0..2] OF USINT", 6)
    assert found.decode(bytes(range(6))) == [[0, 1, 2], [3, 4, 5]]
    assert str(found.kind) == "USINT[2,3]"


def test_an_array_of_structures_is_a_list_of_objects() -> None:
    """What is bad in one of them is told with its place."""
    found = layout("ARRAY [1..2] OF ST_Motor", 24, MOTOR, MODE)
    assert str(found.kind) == "ST_Motor[2]"
    value = found.decode(bytes(24))
    assert value == [{"On": False, "Mode": 0, "Speed": 0.0, "Name": ""}] * 2
    assert found.encode(value) == bytes(24)
    with pytest.raises(ValueError, match="element 1: Speed: the value is NaN"):
        found.decode(bytes(12) + bytes.fromhex("0000 0000 0000c07f 00000000"))


def test_strings_in_arrays_have_the_length_of_their_type() -> None:
    """A text of 80 characters takes 81 bytes, and its neighbour begins right behind."""
    found = layout("ARRAY [0..1] OF STRING(80)", 162, code=30)
    raw = found.encode(["a", "b" * 80])
    assert (raw[0], raw[81:83], len(raw)) == (97, b"bb", 162)
    assert found.decode(raw) == ["a", "b" * 80]
    assert layout("ARRAY [0..1] OF STRING", 162).kind == DataType("STRING", 80, (2,))


@pytest.mark.parametrize(
    ("type_name", "size", "code", "published"),
    [
        ("T_Level", 4, 4, "REAL"),
        ("T_Name", 24, 30, "STRING"),
        ("INT (0..100)", 2, 2, "INT"),
        ("dint", 4, 3, "DINT"),
        ("WSTRING(10)", 22, 31, "WSTRING"),
        ("LTIME", 8, 21, "LTIME"),
        ("TIME_OF_DAY", 4, 19, "TOD"),
        ("E_Unknown", 2, 2, "INT"),
        ("", 8, 5, "LREAL"),
        ("BITARR16", 2, 18, "WORD"),
    ],
)
def test_a_name_counts_before_the_number_of_a_type(
    type_name: str, size: int, code: int, published: str
) -> None:
    """A TIME_OF_DAY has the number of a UDINT; only what no name explains goes by its number."""
    alias = data_type("T_Level", "REAL", 4, code=4)
    name = data_type("T_Name", "STRING(23)", 24, code=30)
    found = layout(type_name, size, alias, name, code=code)
    assert str(found.kind) == published


@pytest.mark.parametrize(
    ("type_name", "size", "flags"),
    [
        ("POINTER TO INT", 8, 0),
        ("REFERENCE TO INT", 2, 0),
        ("INT", 2, 0x04),
        ("PVOID", 8, 0),
        ("I_Drive", 8, 0x10),
    ],
)
def test_what_points_to_a_value_is_none(type_name: str, size: int, flags: int) -> None:
    """An address of the PLC's memory means nothing outside of it."""
    with pytest.raises(Unreadable, match="points to a value and is none"):
        layout(type_name, size, flags=flags)


@pytest.mark.parametrize(
    ("type_name", "size", "said"),
    [
        ("FB_Unknown", 40, "does not tell how FB_Unknown lies"),
        ("DINT", 2, "does not tell how DINT lies"),
        ("ARRAY [0..2] OF INT", 8, "3 elements of INT do not take 8 bytes"),
        ("ARRAY [0..1] OF BIT", 4, "takes 1 bytes, and the PLC says 4"),
        ("STRING(10)", 8, "takes 11 bytes, and the PLC says 8"),
        ("STRING", 1, "a STRING of 1 bytes"),
        ("INT", 0, "does not tell"),
    ],
)
def test_a_type_that_contradicts_its_size_is_not_read(type_name: str, size: int, said: str) -> None:
    """Bytes are never cut into values by a definition that does not fit them."""
    with pytest.raises(Unreadable, match=said):
        layout(type_name, size)


def test_bits_lie_side_by_side() -> None:
    """Members of type BIT share a byte, and are written together with their structure."""
    flags = data_type(
        "ST_Flags",
        size=4,
        members=(
            data_type("A", "BIT", 1, offset=0, code=33, flags=0x22),
            data_type("B", "BIT", 1, offset=1, code=33, flags=0x22),
            data_type("C", "ARRAY [0..9] OF BIT", 10, offset=2, code=33, flags=0x22),
            data_type("Level", "INT", 2, offset=2, code=2),
        ),
    )
    found = layout("ST_Flags", 4, flags)
    ends: Value = [True, *[False] * 8, True]
    value: Value = {"A": False, "B": True, "C": ends, "Level": 7}
    assert found.encode(value) == bytes.fromhex("06080700")
    assert found.decode(bytes.fromhex("06080700")) == value
    assert found.kept == ""


def structure(size: int, *members: tuple[str, str, int, int]) -> Layout:
    """A structure with members: name, type, size and offset of each."""
    told_of = [
        data_type(name, type_name, bytes_, offset=offset)
        for name, type_name, bytes_, offset in members
    ]
    return layout("ST", size, data_type("ST", size=size, members=told_of), MOTOR, MODE)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (structure(16, ("A", "INT", 2, 0), ("P", "POINTER TO INT", 8, 8)), "its member P has no"),
        (structure(16, ("A", "INT", 2, 8)), "in front of its member A"),
        (structure(24, ("A", "LREAL", 8, 0), ("B", "LREAL", 8, 16)), "in front of its member B"),
        (structure(8, ("A", "INT", 2, 0)), "behind its members"),
        (structure(4, ("A", "DINT", 4, 0), ("B", "REAL", 4, 0)), "shares its memory"),
    ],
)
def test_what_a_value_does_not_show_is_never_written(found: Layout, said: str) -> None:
    """A whole write would put zeros over a pointer, a function block's own bytes or a union."""
    assert said in found.kept
    assert found.kept.startswith("ST cannot be written as a whole: ")


def test_the_gaps_of_alignment_keep_nothing_from_writing() -> None:
    """Between members there is as much room as aligning the next one takes."""
    found = structure(24, ("A", "BOOL", 1, 0), ("B", "LREAL", 8, 8), ("C", "INT", 2, 16))
    assert found.kept == ""
    packed = structure(5, ("A", "BOOL", 1, 0), ("B", "DINT", 4, 1))
    assert (packed.kept, packed.decode(b"\x01\x02\0\0\0")) == ("", {"A": True, "B": 2})


def test_a_structure_within_keeps_the_outer_one_from_writing() -> None:
    """Whatever must not be written is not written as a part of something larger either."""
    inner = data_type("ST_In", size=16, members=(data_type("A", "INT", 2, offset=8),))
    outer = data_type("ST_Out", size=16, members=(data_type("I", "ST_In", 16, offset=0),))
    assert "ST_In cannot be written" in layout("ST_Out", 16, inner, outer).kept
    assert "ST_In cannot be written" in layout("ARRAY [0..1] OF ST_In", 32, inner).kept


def test_properties_and_statics_are_no_members() -> None:
    """They lie elsewhere than the structure does."""
    found = layout(
        "ST",
        2,
        data_type(
            "ST",
            size=2,
            members=(
                data_type("A", "INT", 2, offset=0),
                data_type("Prop", "INT", 2, offset=0, flags=0x42),
                data_type("Shared", "INT", 2, offset=0, flags=0x20002),
            ),
        ),
    )
    assert found.decode(b"\x05\x00") == {"A": 5}
    assert found.kept == ""


def test_members_beyond_the_end_of_a_structure_are_not_read() -> None:
    """A definition that contradicts itself gives no values at all."""
    with pytest.raises(Unreadable, match="members beyond its 4 bytes"):
        structure(4, ("A", "INT", 2, 0), ("B", "DINT", 4, 4))


def test_a_type_that_contains_itself_is_not_read() -> None:
    """Neither by its members nor by its name does a type keep the gateway busy for ever."""
    members = [data_type(f"M{number}", "ST_A", 8, offset=0) for number in range(20)]
    with pytest.raises(Unreadable):
        layout("ST_A", 8, data_type("ST_A", size=8, members=members))
    with pytest.raises(Unreadable):
        layout("T_A", 8, data_type("T_A", "T_B", 8), data_type("T_B", "T_A", 8))
    with pytest.raises(Unreadable, match="nested too deeply"):
        layout("ARRAY [0..0] OF " * 3000 + "INT", 2)


def test_what_must_be_learned_is_asked_for_at_once() -> None:
    """Every type that a structure's members have, so that one request brings them all."""
    types = Types("latin-1")
    entry = parse_symbol(symbol("MAIN.X", "ST", 14))
    with pytest.raises(Untold):
        types.layout(entry)
    assert types.wanted == {"ST"}
    members = (
        data_type("A", "E_One", 2, offset=0, code=2),
        data_type("B", "ST_Motor", 12, offset=2),
        data_type("C", "POINTER TO ST_Never", 8, offset=14),
    )
    types.learn("ST", parse_type(data_type("ST", size=22, members=members)))
    with pytest.raises(Untold):
        types.layout(entry)
    assert types.wanted == {"E_One", "ST_Motor"}


@pytest.mark.parametrize(
    "value",
    [None, 5, [], {"On": True}, {"Mode": 0, "On": True, "Speed": 1.0, "Name": ""}],
)
def test_a_value_of_another_form_is_refused(value: Value) -> None:
    """A structure takes exactly its members, in their order."""
    with pytest.raises(ValueError, match="takes an object with the members On, Mode, Speed, Name"):
        layout("ST_Motor", 12, MOTOR, MODE).encode(value)


def test_a_list_of_another_shape_is_refused() -> None:
    """Also where the number of elements is right."""
    found = layout("ARRAY [0..1,0..2] OF INT", 12, code=2)
    others: list[Value] = [[1, 2, 3, 4, 5, 6], [[1, 2], [3, 4], [5, 6]], 5, [[1, 2, 3], [4, 5]]]
    for value in others:
        with pytest.raises(ValueError, match=r"has not the shape \[2,3\]"):
            found.encode(value)
