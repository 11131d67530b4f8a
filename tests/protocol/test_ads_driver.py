"""The Beckhoff driver against the simulated TwinCAT: reading, browsing and what is bad."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import trio

from tests.protocol.ads_drivers import COUNT, MIXER, MODE, MOTOR, TAGS, connected, endpoint
from warlogix.datatypes import DataType, Structure, parse_data_type
from warlogix.drivers.ads import new_ads_drivers
from warlogix.errors import Rejected
from warlogix.simulators.ads import (
    Access,
    AdsSimulator,
    Field,
    Group,
    Project,
    Struct,
    Symbol,
    open_ads_simulator,
)
from warlogix.tags import Found, Tag, Value


@pytest.fixture
async def plc() -> AsyncIterator[AdsSimulator]:
    """A running TwinCAT host with a mixer's program."""
    with trio.fail_after(20):
        async with open_ads_simulator(MIXER) as simulator:
            yield simulator


VALUES: list[tuple[str, Value, str]] = [
    ("BOOL", True, "BOOL"),
    ("SINT", -128, "SINT"),
    ("USINT", 255, "USINT"),
    ("BYTE", 255, "BYTE"),
    ("INT", -32768, "INT"),
    ("UINT", 65535, "UINT"),
    ("WORD", 65535, "WORD"),
    ("DINT", -(2**31), "DINT"),
    ("UDINT", 2**32 - 1, "UDINT"),
    ("DWORD", 2**32 - 1, "DWORD"),
    ("LINT", -(2**63), "LINT"),
    ("ULINT", 2**64 - 1, "ULINT"),
    ("LWORD", 2**64 - 1, "LWORD"),
    ("REAL", 3.14, "REAL"),
    ("LREAL", 1.7976931348623157e308, "LREAL"),
    ("TIME", 2**32 - 1, "TIME"),
    ("LTIME", 2**63 - 1, "LTIME"),
    ("DATE", "2024-01-15", "DATE"),
    ("TIME_OF_DAY", "10:30:00.123", "TOD"),
    ("DATE_AND_TIME", "2024-01-15T10:30:00.000", "DT"),
    ("STRING(5)", "Höhe!", "STRING"),
    ("STRING", "x" * 80, "STRING"),
    ("WSTRING(4)", "H€he", "WSTRING"),
    ("INT (0..100)", 100, "INT"),
    ("E_Mode", 1, "INT"),
    ("ARRAY [-2..1] OF BOOL", [True, False, True, True], "BOOL[4]"),
    ("ARRAY [0..1,1..3] OF INT", [[1, 2, 3], [4, 5, 6]], "INT[2,3]"),
    ("ARRAY [1..2] OF STRING(3)", ["one", "tw"], "STRING[2]"),
    ("ST_Motor", {"On": True, "Mode": 1, "Speed": 0.1}, "ST_Motor"),
    ("ARRAY [1..2] OF ST_Motor", [{"On": True, "Mode": 1, "Speed": -1.5}] * 2, "ST_Motor[2]"),
    (
        "ST_Line",
        {"Bits": {"A": True, "B": False}, "Motor": {"On": True, "Mode": 0, "Speed": 2.0}, "N": 9},
        "ST_Line",
    ),
]
LINE = Struct("ST_Line", (Field("Bits", "ST_Bits"), Field("Motor", "ST_Motor"), Field("N", "LINT")))
BITS = Struct("ST_Bits", (Field("A", "BIT"), Field("B", "BIT")))


async def test_every_type_is_read_and_written_with_the_values_of_the_program() -> None:
    """What the program holds is what a message carries, and what is written is what it holds."""
    symbols = tuple(
        Symbol(f"MAIN.V{number}", name, value) for number, (name, value, _) in enumerate(VALUES)
    )
    tags = tuple(Tag(symbol.name) for symbol in symbols)
    types = (MOTOR, MODE, LINE, BITS)
    with trio.fail_after(20):
        async with open_ads_simulator(Project(symbols, types)) as plc, connected(plc) as driver:
            readings = await driver.read(tags)
            assert readings.bad == {}
            assert list(readings.values) == [value for _, value, _ in VALUES]
            assert readings.types == tuple(published for _, _, published in VALUES)
            empty = Project(tuple(Symbol(each.name, each.type) for each in symbols), types)
            plc.download(empty)
            for tag, (_, value, _) in zip(tags, VALUES, strict=True):
                assert (await driver.write(tag, value)).reason == ""
                assert plc.get(tag.name) == value
            assert plc.journal.offences == []


async def test_a_poll_is_one_request_for_five_hundred_values(plc: AdsSimulator) -> None:
    """After the first reading each poll of the same tags is as few requests as there can be."""
    async with connected(plc) as driver:
        tags = TAGS * 300
        await driver.read(tags)
        before = plc.journal.requests
        plc.put("MAIN.Count", 43)
        readings = await driver.read(tags)
        assert plc.journal.requests - before == 3
        assert readings.values[::4] == [43] * 300


async def test_nothing_new_gives_the_same_readings_again(plc: AdsSimulator) -> None:
    """Who reads can tell by identity that nothing moved, the types included."""
    async with connected(plc) as driver:
        first = await driver.read(TAGS)
        assert await driver.read(TAGS) is first
        plc.put("MAIN.Count", 43)
        second = await driver.read(TAGS)
        assert (first.values[0], second.values[0]) == (42, 43)
        assert second.types is first.types


async def test_a_member_and_an_element_are_tags_of_their_own(plc: AdsSimulator) -> None:
    """Whatever has a name in the program can be read and written by it."""
    async with connected(plc) as driver:
        speed = Tag("MAIN.Motors[2].Speed")
        assert (await driver.write(speed, 7.5)).reason == ""
        assert (await driver.read((speed,))).values == [7.5]
        assert plc.get("MAIN.Motors") == [
            {"On": False, "Mode": 0, "Speed": speed} for speed in (0.0, 7.5, 0.0)
        ]


async def test_one_unknown_tag_costs_its_neighbours_nothing(plc: AdsSimulator) -> None:
    """It is bad with what the PLC says, and the others are read in one request as ever."""
    async with connected(plc) as driver:
        tags = (COUNT, Tag("MAIN.Nobody"), *TAGS[1:])
        readings = await driver.read(tags)
        assert readings.bad == {1: "the PLC has no such symbol (ADS error 1808, 16#710)"}
        assert readings.values[0] == 42
        before = plc.journal.requests
        await driver.read(tags)
        assert plc.journal.requests - before == 1


async def test_a_pointer_is_bad_and_says_why() -> None:
    """Also inside of a structure, where the other members are read all the same."""
    node = Struct("ST_Node", (Field("Value", "INT"), Field("Next", "POINTER TO ST_Node")))
    project = Project((Symbol("MAIN.P", "POINTER TO INT"), Symbol("MAIN.N", "ST_Node")), (node,))
    with trio.fail_after(20):
        async with open_ads_simulator(project) as plc, connected(plc) as driver:
            tags = (Tag("MAIN.P"), Tag("MAIN.N"))
            readings = await driver.read(tags)
            assert readings.bad == {0: "POINTER TO INT points to a value and is none"}
            assert readings.values[1] == {"Value": 0}
            result = await driver.write(tags[1], {"Value": 5})
            assert "its member Next has no value" in result.reason
            assert result.reason.endswith("write its members one by one")
            assert (await driver.write(Tag("MAIN.N.Value"), 5)).reason == ""


@pytest.mark.parametrize(
    ("name", "data_type", "said"),
    [
        ("MAIN.Count", "INT", "the PLC has DINT there, the configuration says INT: write data_"),
        ("MAIN.Count", "DINT[2]", "the PLC has DINT there, the configuration says DINT[2]"),
        ("MAIN.Count", "ST_Motor", "the PLC has DINT there, the configuration says ST_Motor"),
        ("MAIN.Motors", "DINT", "the PLC has ST_Motor[3] there, the configuration says DINT"),
        ("MAIN.Motors", "st_motor[3]", ""),
        ("MAIN.Motors[1]", "st_MOTOR", ""),
        ("MAIN.Recipe", "STRING[5]", ""),
        ("MAIN.Level", "lreal", ""),
    ],
)
async def test_a_type_that_contradicts_the_program_is_bad(
    plc: AdsSimulator, name: str, data_type: str, said: str
) -> None:
    """Other base or shape; neither the length of a text nor the case of a name contradicts."""
    async with connected(plc) as driver:
        kind = None if "motor" in data_type.lower() else parse_data_type(data_type)
        tag = Tag(name, data_type=data_type, kind=kind)
        readings = await driver.read((tag,))
        assert readings.bad.get(0, "").startswith(said)
        assert bool(readings.bad) == bool(said)
        assert (driver.kind(tag) is None) == bool(said)
        if said:
            assert (await driver.write(tag, 1)).reason.startswith(said)
            assert plc.journal.writes == type(plc.journal.writes)()


async def test_a_value_that_is_none_is_bad_until_it_is_one(plc: AdsSimulator) -> None:
    """NaN is told by its name, and its neighbours are not touched."""
    async with connected(plc) as driver:
        plc.runtime().poke("MAIN.Level", bytes.fromhex("000000000000f87f"))
        readings = await driver.read(TAGS)
        assert readings.bad == {1: "the value is NaN"}
        plc.put("MAIN.Level", 1.5)
        assert (await driver.read(TAGS)).bad == {}


async def test_the_kind_of_a_tag_is_the_programs(plc: AdsSimulator) -> None:
    """By it values are converted; before the first reading nobody knows it."""
    async with connected(plc) as driver:
        assert driver.kind(COUNT) is None
        await driver.read(TAGS)
        assert driver.kind(COUNT) == DataType("DINT")
        assert driver.kind(TAGS[3]) == DataType("STRING", 20)
        motor = (("On", DataType("BOOL")), ("Mode", DataType("INT")), ("Speed", DataType("REAL")))
        assert driver.kind(TAGS[2]) == Structure("ST_Motor", motor, (3,))
        assert driver.kind(Tag("MAIN.Nobody")) is None


async def test_browsing_gives_every_symbol_with_its_type() -> None:
    """In the order of the names, also those that cannot be read, with what the PLC allows."""
    project = Project(
        (
            Symbol("MAIN.Motors", "ARRAY [1..3] OF ST_Motor"),
            Symbol("GVL.Höhe", "LREAL", access=Access.READ_ONLY),
            Symbol("MAIN.Next", "POINTER TO INT"),
        ),
        (MOTOR, MODE),
    )
    with trio.fail_after(20):
        async with open_ads_simulator(project) as plc, connected(plc) as driver:
            found = await driver.browse()
            await driver.read((Tag("MAIN.Motors"),))
            motors = driver.kind(Tag("MAIN.Motors"))
            mine = [each for each in found if not each.name.startswith("TwinCAT_")]
            assert mine == [
                Found("GVL.Höhe", "LREAL", DataType("LREAL"), writable=False),
                Found("MAIN.Motors", "ST_Motor[3]", motors, writable=True),
                Found("MAIN.Next", "POINTER TO INT", None, writable=True),
            ]
            assert plc.journal.offences == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"ams_port": 852}, "nothing serves at AMS port 852"),
        ({"ams_net_id": "1.2.3.4.5.6"}, "knows no way to 1.2.3.4.5.6"),
        ({"ams_net_id": "mixer.1.1"}, "is no AMS Net ID"),
    ],
)
async def test_a_wrong_address_is_told_in_the_words_of_the_configuration(
    plc: AdsSimulator, changes: dict[str, Any], said: str
) -> None:
    """Someone must act, and is told which key is meant."""
    driver = new_ads_drivers()(replace(endpoint(plc), **changes))
    with pytest.raises(Rejected, match=said):
        await driver.connect()
    await driver.aclose()
    await plc.connections.wait_value(0)


async def test_handles_are_given_back_when_a_driver_is_closed(plc: AdsSimulator) -> None:
    """Otherwise each new connection would leave some in the PLC for ever."""
    async with connected(plc) as driver:
        await driver.read(TAGS)
        assert len(plc.runtime().handles) == 5
    await plc.connections.wait_value(0)
    assert plc.runtime().handles == {}
    assert plc.journal.groups[Group.RELEASE_HANDLE] == 5
