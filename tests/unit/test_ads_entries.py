import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.ads_entries import data_type, symbol
from warlogix.drivers.ads.entries import (
    SymbolEntry,
    TypeEntry,
    parse_symbol,
    parse_symbols,
    parse_type,
    parse_types,
)
from warlogix.drivers.exchanges import Nonsense

SPEED = symbol("MAIN.Speed", "LREAL", 8, 5, flags=0x20)
ON = data_type("On", "BOOL", 1, code=33)
GRID = data_type("Grid", "ARRAY [0..1,-1..1] OF INT", 12, offset=4, bounds=((0, 2), (-1, 3)))
MOTOR = data_type("ST_Motor", size=16, members=(ON, GRID), behind=bytes(20))


def test_a_symbol_is_told_with_its_type_size_and_flags() -> None:
    """What stands behind its texts belongs to newer versions, and is skipped."""
    assert parse_symbol(SPEED) == SymbolEntry("MAIN.Speed", "LREAL", 8, 5, 0x20)
    newer = symbol("MAIN.Speed", "LREAL", 8, 5, flags=0x20 | 3 << 16, behind=bytes(21))
    assert parse_symbol(newer) == parse_symbol(SPEED)


def test_a_structure_is_told_with_its_members_and_their_bounds() -> None:
    """Members are entries of the same form inside the entry of their type."""
    entry = parse_type(MOTOR)
    on, grid = entry.members
    assert (entry.name, entry.size, on.name, on.type_name) == ("ST_Motor", 16, "On", "BOOL")
    assert (grid.offset, grid.bounds) == (4, ((0, 2), (-1, 3)))


def test_tables_are_entries_one_behind_the_other() -> None:
    """An upload is read to its end."""
    names = [entry.name for entry in parse_symbols(SPEED + symbol("V", "DINT", 4) + SPEED)]
    assert names == ["MAIN.Speed", "V", "MAIN.Speed"]
    assert [entry.name for entry in parse_types(MOTOR + ON)] == ["ST_Motor", "On"]


@pytest.mark.parametrize("whole", [SPEED, MOTOR])
def test_an_entry_that_is_cut_anywhere_is_nonsense(whole: bytes) -> None:
    """Nothing is read beyond what came."""
    parse = parse_symbol if whole is SPEED else parse_type
    for size in range(len(whole)):
        with pytest.raises(Nonsense):
            parse(whole[:size])


def test_members_never_reach_out_of_their_entry() -> None:
    """A count of members that the entry has no room for is nonsense, also in the middle of more."""
    raw = bytearray(MOTOR)
    raw[40:42] = (3).to_bytes(2, "little")
    with pytest.raises(Nonsense):
        list(parse_types(bytes(raw) + MOTOR))


def test_members_within_members_have_an_end() -> None:
    """A PLC that nests entries for ever keeps nobody busy."""
    raw = ON
    for _ in range(50):
        raw = data_type("Deeper", size=1, members=(raw,))
    with pytest.raises(Nonsense, match="nested too deeply"):
        parse_type(raw)


@given(st.binary(max_size=200), st.integers(0, 300), st.integers(0, 255))
def test_any_bytes_are_entries_or_nonsense(raw: bytes, place: int, byte: int) -> None:
    """Neither noise nor a real table with one wrong byte raises anything else."""
    spoilt = bytearray(MOTOR + MOTOR)
    spoilt[place % len(spoilt)] = byte
    for table in (raw, bytes(spoilt)):
        for parse in (parse_symbols, parse_types):
            try:
                entries = list(parse(table))
            except Nonsense:
                continue
            assert all(isinstance(entry, (SymbolEntry, TypeEntry)) for entry in entries)
