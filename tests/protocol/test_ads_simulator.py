"""The simulated TwinCAT host against the pyads client, which was written by others."""

from collections.abc import AsyncIterator
from typing import Any

import pyads
import pytest
import trio

from tests.protocol.ads_peers import Peer, new_net_id, pyads_peer
from warlogix.simulators.ads import (
    Access,
    AdsSimulator,
    Alias,
    Code,
    Enumeration,
    Field,
    Project,
    Struct,
    Symbol,
    open_ads_simulator,
)
from warlogix.simulators.ads.system import APP_INFO
from warlogix.tags import Value

TYPES = (
    Enumeration("E_Mode", {"Idle": 0, "Run": 1, "Stop": 7}),
    Alias("T_Level", "REAL"),
    Struct(
        "ST_Motor",
        (Field("On", "BOOL"), Field("Speed", "LREAL"), Field("Name", "STRING(9)")),
        pack=1,
    ),
)
MOTOR = (
    ("On", pyads.PLCTYPE_BOOL, 1),
    ("Speed", pyads.PLCTYPE_LREAL, 1),
    ("Name", pyads.PLCTYPE_STRING, 1, 9),
)
# Name, type as TwinCAT and as pyads have it, value.
SYMBOLS: list[tuple[str, str, Any, Value]] = [
    ("MAIN.On", "BOOL", pyads.PLCTYPE_BOOL, True),
    ("MAIN.Byte", "BYTE", pyads.PLCTYPE_BYTE, 0xA5),
    ("MAIN.Short", "SINT", pyads.PLCTYPE_SINT, -128),
    ("MAIN.UShort", "USINT", pyads.PLCTYPE_USINT, 255),
    ("MAIN.Word", "WORD", pyads.PLCTYPE_WORD, 0xBEEF),
    ("MAIN.Int", "INT", pyads.PLCTYPE_INT, -32768),
    ("MAIN.UInt", "UINT", pyads.PLCTYPE_UINT, 65535),
    ("MAIN.DWord", "DWORD", pyads.PLCTYPE_DWORD, 0xDEADBEEF),
    ("MAIN.DInt", "DINT", pyads.PLCTYPE_DINT, -(2**31)),
    ("MAIN.UDInt", "UDINT", pyads.PLCTYPE_UDINT, 2**32 - 1),
    ("MAIN.LInt", "LINT", pyads.PLCTYPE_LINT, -(2**63)),
    ("MAIN.ULInt", "ULINT", pyads.PLCTYPE_ULINT, 2**64 - 1),
    ("MAIN.Real", "REAL", pyads.PLCTYPE_REAL, 0.5),
    ("MAIN.LReal", "LREAL", pyads.PLCTYPE_LREAL, -1e300),
    ("MAIN.Lasting", "TIME", pyads.PLCTYPE_TIME, 90_000),
    ("MAIN.Text", "STRING(20)", pyads.PLCTYPE_STRING, "twenty characters ok"),
    ("MAIN.Long", "STRING", pyads.PLCTYPE_STRING, "x" * 80),
    ("MAIN.Wide", "WSTRING(10)", pyads.PLCTYPE_WSTRING, "Füllhöhe ≤"),
    ("MAIN.Mode", "E_Mode", pyads.PLCTYPE_INT, 7),
    ("MAIN.Level", "T_Level", pyads.PLCTYPE_REAL, 0.25),
    ("MAIN.Few", "ARRAY [1..5] OF INT", pyads.PLCTYPE_ARR_INT(5), [1, 2, 3, 4, -5]),
    ("MAIN.Motor", "ST_Motor", None, {"On": True, "Speed": 2.5, "Name": "one"}),
]
OTHERS = (
    Symbol("MAIN.Grid", "ARRAY [0..1,-1..1] OF INT", [[1, 2, 3], [4, 5, 6]]),
    Symbol("MAIN.Motors", "ARRAY [1..2] OF ST_Motor", [{"Speed": 1.0}, {"Speed": 2.0}]),
    Symbol("GVL.Fixed", "UINT", 3, access=Access.READ_ONLY, comment="nobody writes it"),
)
PROJECT = Project(
    (*(Symbol(name, type_, value) for name, type_, _, value in SYMBOLS), *OTHERS), TYPES
)
PLAIN = [each for each in SYMBOLS if each[2] is not None]


@pytest.fixture
async def plc() -> AsyncIterator[AdsSimulator]:
    """A running TwinCAT host with symbols of every kind."""
    with trio.fail_after(30):
        async with open_ads_simulator(PROJECT, net_id=new_net_id()) as simulator:
            yield simulator
            assert simulator.journal.offences == []


@pytest.fixture
async def peer(plc: AdsSimulator) -> AsyncIterator[Peer]:
    """A pyads client that is connected to it."""
    async with pyads_peer(plc.port, plc.net_id) as connected:
        yield connected


async def test_every_type_is_read_by_name(plc: AdsSimulator, peer: Peer) -> None:
    """pyads reads of each symbol what the program holds, and releases each handle."""
    for name, _, type_, value in PLAIN:
        assert (name, await peer.call(peer.client.read_by_name, name, type_)) == (name, value)
    assert plc.runtime().handles == {}


async def test_every_type_is_written_by_name(plc: AdsSimulator, peer: Peer) -> None:
    """What pyads writes is what the program holds then, in every type."""
    for name, _, type_, value in PLAIN:
        plc.runtime().poke(name, bytes(len(plc.runtime().peek(name))))
        # pyads writes no zero behind a WSTRING, so that the program's own must follow.
        await peer.call(peer.client.write_by_name, name, value, type_)
        assert (name, plc.get(name)) == (name, value)
    assert [write.code for write in plc.journal.writes] == [Code.DONE] * len(PLAIN)


async def test_types_are_taken_from_the_plc(peer: Peer) -> None:
    """pyads finds out by itself of what type each elementary symbol is."""
    for name, _, type_, value in PLAIN[:14]:
        assert type_ is not None
        assert (name, await peer.call(peer.client.read_by_name, name)) == (name, value)


async def test_a_list_is_read_in_one_request(plc: AdsSimulator, peer: Peer) -> None:
    """All symbols come in one sum request, texts and arrays among them."""
    names = [name for name, type_, _, _ in PLAIN if type_ not in ("TIME", "STRING")]
    read = await peer.call(peer.client.read_list_by_name, names)
    assert read == {name: value for name, _, _, value in PLAIN if name in names}
    assert plc.journal.items_per_sum == {len(names): 1}


async def test_a_list_is_written_in_one_request(plc: AdsSimulator, peer: Peer) -> None:
    """All values go in one sum request, and each is answered for itself."""
    values = {name: value for name, type_, _, value in PLAIN if type_ != "STRING"}
    for name in values:
        plc.runtime().poke(name, bytes(len(plc.runtime().peek(name))))
    done = await peer.call(peer.client.write_list_by_name, {**values, "GVL.Fixed": 9})
    assert done.pop("GVL.Fixed") == "reading/writing not permitted"
    assert set(done.values()) == {"no error"}
    assert {name: plc.get(name) for name in values} == values
    assert plc.get("GVL.Fixed") == 3


async def test_a_list_of_a_thousand_goes_in_two_requests() -> None:
    """A sum request takes the five hundred parts that Beckhoff advises."""
    names = [f"GVL.N{number}" for number in range(1000)]
    project = Project(tuple(Symbol(name, "DINT", at) for at, name in enumerate(names)))
    with trio.fail_after(30):
        async with (
            open_ads_simulator(project, net_id=new_net_id()) as plc,
            pyads_peer(plc.port, plc.net_id) as peer,
        ):
            read = await peer.call(peer.client.read_list_by_name, names)
            assert list(read.values()) == list(range(1000))
            assert plc.journal.items_per_sum == {500: 2}


async def test_one_bad_part_costs_the_others_nothing(plc: AdsSimulator, peer: Peer) -> None:
    """A part of a sum that cannot be read is told as bad at its place; the rest is read."""
    symbols = [await peer.call(peer.client.get_symbol, name) for name in ("MAIN.Int", "MAIN.DInt")]
    places = [(each.index_group, each.index_offset) for each in symbols]
    parts = [(*places[0], 2), (0x4040, 1, 2), (*places[1], 4)]
    raw = await peer.call(
        pyads.pyads_ex.adsSumReadBytes, peer.client._port, peer.client._adr, parts
    )
    codes = (0).to_bytes(4, "little") + (0x703).to_bytes(4, "little") + bytes(4)
    assert bytes(raw) == codes + b"\0\x80" + b"\0\0" + b"\0\0\0\x80"


async def test_a_structure_is_read_and_written(plc: AdsSimulator, peer: Peer) -> None:
    """A structure goes over the wire whole, its members where the program has them."""
    read = await peer.call(peer.client.read_structure_by_name, "MAIN.Motor", MOTOR)
    assert dict(read) == plc.get("MAIN.Motor")
    value = {"On": False, "Speed": 9.5, "Name": "other"}
    await peer.call(peer.client.write_structure_by_name, "MAIN.Motor", value, MOTOR)
    assert plc.get("MAIN.Motor") == value
    assert plc.journal.writes[-1].value == value


async def test_an_array_of_structures_is_read(plc: AdsSimulator, peer: Peer) -> None:
    """Structures of an array lie side by side."""
    read = await peer.call(peer.client.read_structure_by_name, "MAIN.Motors", MOTOR, array_size=2)
    assert [dict(each) for each in read] == plc.get("MAIN.Motors")


async def test_members_and_elements_have_names(plc: AdsSimulator, peer: Peer) -> None:
    """A path leads into structures and arrays, in any case, and touches what it names alone."""
    before = plc.get("MAIN.Motors")
    await peer.call(peer.client.write_by_name, "main.MOTORS[2].speed", 7.25, pyads.PLCTYPE_LREAL)
    assert plc.get("MAIN.Motors[2].Speed") == 7.25
    assert isinstance(before, list)
    assert plc.get("MAIN.Motors[1]") == before[0]
    assert await peer.call(peer.client.read_by_name, "MAIN.Grid[1,-1]", pyads.PLCTYPE_INT) == 4
    assert plc.journal.writes[-1].name == "MAIN.Motors[2].Speed"


@pytest.mark.parametrize(
    "name",
    [
        "MAIN.Nobody",
        "MAIN",
        "MAIN.Few[0]",
        "MAIN.Few[6]",
        "MAIN.Few[1,1]",
        "MAIN.Few[x]",
        "MAIN.Few.Speed",
        "MAIN.Grid[0]",
        "MAIN.Grid[0,2]",
        "MAIN.Motor.Nobody",
        "MAIN.Motor[1]",
        "MAIN.Int[0]",
        "MAIN.Int.0",
        "",
    ],
)
async def test_what_is_not_there_is_not_found(peer: Peer, name: str) -> None:
    """A name of nothing is answered with 1808, and the client goes on."""
    assert await peer.refused(peer.client.read_by_name, name, pyads.PLCTYPE_INT) == 1808
    assert await peer.refused(peer.client.get_handle, name) == 1808
    assert await peer.call(peer.client.read_by_name, "MAIN.Int", pyads.PLCTYPE_INT) == -32768


async def test_a_value_of_the_wrong_size_is_refused(plc: AdsSimulator, peer: Peer) -> None:
    """What is longer than its symbol is refused and changes nothing, neighbours neither."""
    before = bytes(plc.runtime().memory.bytes)
    for name, value, type_ in (
        ("MAIN.Int", 5, pyads.PLCTYPE_DINT),
        ("MAIN.Text", "x" * 21, pyads.PLCTYPE_STRING),
    ):
        assert await peer.refused(peer.client.write_by_name, name, value, type_) == 1797
    assert plc.runtime().memory.bytes == before
    assert {write.code for write in plc.journal.writes} == {Code.INVALID_SIZE}


async def test_a_read_only_symbol_is_not_written(plc: AdsSimulator, peer: Peer) -> None:
    """A write to it is refused by name and by place, and noted; the value stays."""
    symbol = await peer.call(peer.client.get_symbol, "GVL.Fixed")
    calls = (
        (peer.client.write_by_name, "GVL.Fixed", 9, pyads.PLCTYPE_UINT),
        (peer.client.write, symbol.index_group, symbol.index_offset, 9, pyads.PLCTYPE_UINT),
        (peer.client.write, symbol.index_group, symbol.index_offset, 9, pyads.PLCTYPE_BYTE),
    )
    for method, *arguments in calls:
        assert await peer.refused(method, *arguments) == 1796
    assert plc.get("GVL.Fixed") == 3
    names = ["GVL.Fixed", "GVL.Fixed", "GVL.Fixed+0"]
    assert [write.name for write in plc.journal.writes] == names


async def test_all_symbols_are_told(peer: Peer) -> None:
    """The upload has every symbol with its type and comment, TwinCAT's own one last."""
    told = await peer.call(peer.client.get_all_symbols)
    wanted = [(each.name, each.type, each.comment) for each in PROJECT.symbols]
    wanted[16] = ("MAIN.Long", "STRING(80)", "")
    assert [(each.name, each.symbol_type, each.comment) for each in told] == [
        *wanted,
        (APP_INFO, "PlcAppSystemInfo", ""),
    ]


async def test_a_symbol_object_reads_and_writes(plc: AdsSimulator, peer: Peer) -> None:
    """A symbol that pyads has found by its name is read and written where it lies."""
    symbol = await peer.call(peer.client.get_symbol, "MAIN.LReal")
    assert await peer.call(symbol.read) == -1e300
    await peer.call(symbol.write, 4.0)
    assert plc.get("MAIN.LReal") == 4.0
    assert plc.journal.writes[-1].name == "MAIN.LReal"
