"""How the simulated TwinCAT host lays out its variables, and what it takes for their values."""

import struct

import pytest

from warlogix.simulators.ads import Enumeration, Field, FunctionBlock, Project, Struct, Symbol
from warlogix.simulators.ads.memory import Memory
from warlogix.tags import Value

TYPES = (
    Struct("ST_Packed", (Field("A", "BOOL"), Field("B", "LREAL"), Field("C", "INT")), pack=1),
    Struct("ST_Wide", (Field("A", "BOOL"), Field("B", "DINT"), Field("C", "BOOL"))),
    Struct("ST_Nested", (Field("A", "BYTE"), Field("B", "ST_Wide"), Field("C", "LREAL"))),
    Struct("ST_Text", (Field("A", "STRING(2)"), Field("B", "WSTRING(1)"), Field("C", "BOOL"))),
    Struct("ST_Bits", (Field("A", "BIT"), Field("B", "BIT"), Field("C", "INT"), Field("D", "BIT"))),
    FunctionBlock("FB_One", (Field("A", "BOOL"),)),
    Enumeration("E_Mode", {"Idle": 0, "Run": 1}),
)


def memory(type_: str, value: Value = None) -> Memory:
    """A program with one variable."""
    return Memory(Project((Symbol("V", type_, value),), TYPES), 0)


@pytest.mark.parametrize(
    ("type_", "size", "offsets"),
    [
        ("ST_Packed", 11, {"A": 0, "B": 1, "C": 9}),
        ("ST_Wide", 12, {"A": 0, "B": 4, "C": 8}),
        ("ST_Nested", 24, {"A": 0, "B": 4, "C": 16}),
        ("ST_Text", 10, {"A": 0, "B": 4, "C": 8}),
        ("ST_Bits", 6, {"C": 2}),
        ("FB_One", 16, {"A": 8}),
    ],
)
def test_members_lie_as_twincat_packs_them(type_: str, size: int, offsets: dict[str, int]) -> None:
    """Members begin at multiples of their size, and a structure ends at one of its widest."""
    laid = memory(type_)
    whole = laid.find("V")
    assert whole is not None
    assert whole.size == size
    places = {name: laid.find(f"V.{name}") for name in offsets}
    assert {name: place and place.offset for name, place in places.items()} == offsets


@pytest.mark.parametrize(
    ("type_", "value", "raw"),
    [
        ("REAL", 0.1, struct.pack("<f", 0.1)),
        ("TIME", 2**32 - 1, b"\xff\xff\xff\xff"),
        ("LTIME", 1, b"\1" + bytes(7)),
        ("DATE", "1970-01-02", struct.pack("<I", 86400)),
        ("LDATE", "1970-01-02", struct.pack("<Q", 86400 * 10**9)),
        ("TOD", "00:00:01.500", struct.pack("<I", 1500)),
        ("LTOD", "00:00:00.000000001", struct.pack("<Q", 1)),
        ("DT", "1970-01-01T00:01:00.000", struct.pack("<I", 60)),
        ("LDT", "1970-01-01T00:00:00.000000007", struct.pack("<Q", 7)),
        ("STRING(4)", "€ü", b"\x80\xfc\0\0\0"),
        ("STRING(2)", "\x81\x9d", b"\x81\x9d\0"),
        ("WSTRING(3)", "😀", b"\x3d\xd8\x00\xde\0\0\0\0"),
        ("ARRAY [5..6] OF BOOL", [True, False], b"\1\0"),
        ("ARRAY [0..1,0..1] OF SINT", [[1, 2], [3, 4]], b"\1\2\3\4"),
        ("E_Mode", 1, b"\1\0"),
        ("ST_Bits", {"A": False, "B": True, "C": -1, "D": True}, b"\2\0\xff\xff\1\0"),
    ],
)
def test_what_is_put_is_got(type_: str, value: Value, raw: bytes) -> None:
    """Every type's value has TwinCAT's bytes, and comes back as it went in."""
    laid = memory(type_, value)
    assert bytes(laid.bytes[: len(raw)]) == raw
    assert laid.get("V") == value


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("INT", 32768),
        ("STRING(2)", "abc"),
        ("STRING(2)", 5),
        ("WSTRING(1)", "😀"),
        ("ARRAY [0..1] OF INT", [1]),
        ("ST_Wide", {"Nobody": 1}),
        ("ST_Wide", 1),
        ("DINT", "ten"),
        ("POINTER TO INT", 1),
    ],
)
def test_what_is_no_value_is_not_put(type_: str, value: Value) -> None:
    """A test that puts a value which its type does not have is told so."""
    with pytest.raises((ValueError, struct.error)):
        memory(type_, value)


@pytest.mark.parametrize(
    "type_", ["NOBODY", "ARRAY [2..1] OF INT", "ARRAY [x] OF INT", "ARRAY [0..1] OF NOBODY"]
)
def test_what_is_no_type_is_not_declared(type_: str) -> None:
    """A declaration that means nothing is refused with its text."""
    with pytest.raises(ValueError, match=r"no type|no bounds"):
        memory(type_)
