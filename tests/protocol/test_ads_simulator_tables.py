"""What the simulated TwinCAT host tells of its symbols and types, byte by byte."""

import struct
from collections.abc import AsyncIterator

import pytest
import trio

from tests.protocol.ads_peers import (
    READ,
    READ_WRITE,
    WRITE,
    RawPeer,
    counted,
    raw_peer,
    read,
    read_write,
    write,
)
from tests.protocol.ads_projects import BASE, WIRE
from warlogix.simulators.ads import AdsSimulator, open_ads_simulator


@pytest.fixture
async def plc() -> AsyncIterator[AdsSimulator]:
    """A running TwinCAT host."""
    with trio.fail_after(20):
        async with open_ads_simulator(WIRE) as simulator:
            yield simulator


@pytest.fixture
async def peer(plc: AdsSimulator) -> AsyncIterator[RawPeer]:
    """A raw connection to it."""
    async with raw_peer(plc.port) as connected:
        yield connected


async def test_a_bit_is_written_alone(plc: AdsSimulator, peer: RawPeer) -> None:
    """A BIT of a structure is read and written by its name; its neighbours stay."""
    handle = (await peer.ask(READ_WRITE, read_write(0xF003, 0, 4, b"MAIN.Flags.B\0")))[8:]
    number = int.from_bytes(handle, "little")
    assert await peer.ask(READ, read(0xF005, number, 1)) == counted(b"\0")
    assert await peer.ask(WRITE, write(0xF005, number, b"\1")) == bytes(4)
    assert plc.get("MAIN.Flags") == {"A": True, "B": True, "C": True, "Level": 7}
    assert plc.get("MAIN.Flags.B") is True
    told = await peer.ask(READ_WRITE, read_write(0xF009, 0, 999, b"MAIN.Flags.B\0"))
    group, offset, size, code, flags = struct.unpack_from("<IIIIH", told, 12)
    assert (group, offset, size, code, flags) == (0x4041, 8 * (BASE + 8) + 1, 1, 33, 0x0A)


def texts(entry: bytes, at: int, lengths: tuple[int, ...]) -> tuple[list[str], bytes]:
    """The texts of an entry, each with its zero, and what follows them."""
    found = []
    for length in lengths:
        assert entry[at + length] == 0
        found.append(entry[at : at + length].decode("cp1252"))
        at += length + 1
    return found, entry[at:]


@pytest.mark.parametrize(
    ("name", "type_name", "size", "code", "flags", "bounds"),
    [
        ("MAIN.Count", "DINT", 4, 3, 0x08, ()),
        ("MAIN.Flags", "ST_Flags", 4, 65, 0x08, ()),
        ("MAIN.Flags.Level", "INT", 2, 2, 0x08, ()),
        ("MAIN.Grid", "ARRAY [0..1,-1..1] OF INT", 12, 2, 0x08, ((0, 2), (-1, 3))),
        ("MAIN.Grid[0,0]", "INT", 2, 2, 0x08, ()),
        ("MAIN.Names", "ARRAY [1..2] OF STRING(3)", 8, 30, 0x08, ((1, 2),)),
        ("GVL.Höhe", "T_Level", 4, 4, 0x28, ()),
        ("GVL.Mode", "E_Mode", 2, 2, 0x08, ()),
        ("GVL.Percent", "INT (0..100)", 2, 2, 0x08, ()),
        ("GVL.Other", "REFERENCE TO INT", 8, 21, 0x0C, ()),
    ],
)
async def test_a_symbol_is_told(
    peer: RawPeer,
    name: str,
    type_name: str,
    size: int,
    code: int,
    flags: int,
    bounds: tuple[tuple[int, int], ...],
) -> None:
    """A symbol's entry says its name, type, size, elementary type, flags and bounds."""
    asked = read_write(0xF009, 0, 2**32 - 1, name.encode("cp1252") + b"\0")
    entry = (await peer.ask(READ_WRITE, asked))[8:]
    length, group, _, *told = struct.unpack_from("<IIIIIHH", entry)
    assert (length, group, told) == (len(entry), 0x4040, [size, code, flags, len(bounds)])
    found, rest = texts(entry, 30, struct.unpack_from("<HHH", entry, 24))
    assert found[:2] == [name, type_name]
    assert tuple(struct.iter_unpack("<iI", rest[: 8 * len(bounds)])) == bounds
    assert len(rest) >= 8 * len(bounds) + 16


@pytest.mark.parametrize(
    ("name", "of", "size", "code", "flags", "bounds", "members"),
    [
        ("DINT", "", 4, 3, 0x81, (), ()),
        ("STRING(3)", "", 4, 30, 0x81, (), ()),
        ("T_Level", "REAL", 4, 4, 0x81, (), ()),
        ("INT (0..100)", "INT", 2, 2, 0x81, (), ()),
        ("E_Mode", "INT", 2, 2, 0x2081, (), ()),
        ("POINTER TO INT", "INT", 8, 21, 0x800081, (), ()),
        ("REFERENCE TO INT", "INT", 8, 21, 0x85, (), ()),
        ("ARRAY [0..1,-1..1] OF INT", "INT", 12, 2, 0x81, ((0, 2), (-1, 3)), ()),
        (
            "FB_Timer",
            "",
            16,
            65,
            0x81,
            (),
            (("Start", "BOOL", 8, 0x82), ("Lasting", "TIME", 12, 0x82)),
        ),
        (
            "st_FLAGS",
            "",
            4,
            65,
            0x81,
            (),
            (
                ("A", "BIT", 0, 0xA2),
                ("B", "BIT", 1, 0xA2),
                ("C", "BIT", 2, 0xA2),
                ("Level", "INT", 2, 0x82),
            ),
        ),
    ],
)
async def test_a_type_is_told(
    peer: RawPeer,
    name: str,
    of: str,
    size: int,
    code: int,
    flags: int,
    bounds: tuple[tuple[int, int], ...],
    members: tuple[tuple[str, str, int, int], ...],
) -> None:
    """A type's entry says its base, size, bounds and members; case does not matter."""
    asked = read_write(0xF011, 0, 2**32 - 1, name.encode() + b"\0")
    entry = (await peer.ask(READ_WRITE, asked))[8:]
    length, *head = struct.unpack_from("<IIIIIIII", entry)
    assert (length, head) == (len(entry), [1, 0, 0, size, 0, code, flags])
    *lengths, dimensions, count = struct.unpack_from("<HHHHH", entry, 32)
    found, rest = texts(entry, 42, tuple(lengths))
    assert (found[0].upper(), found[1], found[2]) == (name.upper(), of, "")
    assert tuple(struct.iter_unpack("<iI", rest[: 8 * dimensions])) == bounds
    told = []
    for _ in range(count):
        told.append(member(rest))
        rest = rest[int.from_bytes(rest[:4], "little") :]
    assert tuple(told) == members


def member(entry: bytes) -> tuple[str, str, int, int]:
    """Name, type, offset and flags of a member."""
    offset, _, flags = struct.unpack_from("<III", entry, 20)
    found, _ = texts(entry, 42, struct.unpack_from("<HHH", entry, 32))
    return found[0], found[1], offset, flags


async def test_an_enumeration_tells_its_constants(peer: RawPeer) -> None:
    """Behind an enumeration's GUID come its names and values."""
    asked = read_write(0xF011, 0, 999, b"E_Mode\0")
    entry = (await peer.ask(READ_WRITE, asked))[8:]
    constants = b"\2\0" + b"\4Idle\0" + b"\0\0" + b"\3Run\0" + b"\1\0"
    assert constants in entry


async def test_the_uploads_are_as_long_as_announced(peer: RawPeer) -> None:
    """The info says how many symbols and types there are and how many bytes; v1 is its head."""
    info = (await peer.ask(READ, read(0xF00F, 0, 64)))[8:]
    symbols, symbol_bytes, types, type_bytes = struct.unpack_from("<IIII", info)
    assert len(info) == 64
    assert await peer.ask(READ, read(0xF00F, 0, 24)) == counted(info[:24])
    assert await peer.ask(READ, read(0xF00C, 0, 8)) == counted(info[:8])
    for group, number, length in ((0xF00B, symbols, symbol_bytes), (0xF00E, types, type_bytes)):
        table = (await peer.ask(READ, read(group, 0, length)))[8:]
        assert len(table) == length
        entries = 0
        while table:
            table = table[int.from_bytes(table[:4], "little") :]
            entries += 1
        assert entries == number
    assert symbols == len(WIRE.symbols) + 1
