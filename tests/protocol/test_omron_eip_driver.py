"""The driver for NJ and NX controllers on a simulated NJ501: values both ways, names, browsing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio

from warlogix.datatypes import DataType, Structure
from warlogix.drivers.omron.eip import OmronEipSession
from warlogix.drivers.session import SessionDriver
from warlogix.simulators.cip import CipSimulator, Member, Program, Record, open_nj_simulator
from warlogix.simulators.cip import Tag as Variable
from warlogix.simulators.cip.program import Access
from warlogix.tags import Endpoint, Outcome, Tag, Value, WriteResult

MOTOR = Record(
    "Motor",
    (
        Member("On", "BOOL"),
        Member("Mode", "SINT"),
        Member("Speed", "REAL"),
        Member("Name", "STRING(15)"),
        Member("Flags", "BOOL[19]"),
        Member("History", "INT[4]"),
    ),
)
LINE = Record(
    "Line", (Member("Id", "SINT"), Member("Motors", "Motor[2]"), Member("At", "DATE_AND_TIME"))
)
MOTOR_VALUE: dict[str, Value] = {
    "On": True,
    "Mode": -3,
    "Speed": 12.5,
    "Name": "Förderband",
    "Flags": [True, *[False] * 17, True],
    "History": [1, -2, 3, -4],
}
LINE_VALUE: dict[str, Value] = {
    "Id": 7,
    "Motors": [MOTOR_VALUE, {**MOTOR_VALUE, "On": False}],
    "At": "2024-01-15T10:30:00.123456789",
}

# Type as it is declared, as it is published, and values as messages carry them.
TYPES: list[tuple[str, str, list[Value]]] = [
    ("BOOL", "BOOL", [True, False]),
    ("SINT", "SINT", [-128, 127]),
    ("INT", "INT", [-32768, 32767]),
    ("DINT", "DINT", [-(2**31), 2**31 - 1]),
    ("LINT", "LINT", [-(2**63), 2**63 - 1]),
    ("USINT", "USINT", [0, 255]),
    ("UINT", "UINT", [0, 65535]),
    ("UDINT", "UDINT", [0, 2**32 - 1]),
    ("ULINT", "ULINT", [0, 2**64 - 1]),
    ("BYTE", "BYTE", [0, 255]),
    ("WORD", "WORD", [0, 65535]),
    ("DWORD", "DWORD", [0, 2**32 - 1]),
    ("LWORD", "LWORD", [0, 2**64 - 1]),
    ("REAL", "REAL", [3.14, -3.4028235e38, 1e-45]),
    ("LREAL", "LREAL", [0.1, -1.7976931348623157e308]),
    ("ENUM", "DINT", [-1, 3]),
    ("TIME", "LTIME", [-(2**63), 5_000_000]),
    ("DATE", "DATE", ["1990-01-01", "2106-02-06"]),
    ("TIME_OF_DAY", "LTOD", ["00:00:00.000", "23:59:59.999999999"]),
    ("DATE_AND_TIME", "LDT", ["1970-01-01T00:00:00.000", "2106-02-06T23:59:59.999999999"]),
    ("STRING(20)", "STRING", ["", "温度 24 °C", "x" * 20]),
    ("STRING(1985)", "STRING", ["y" * 1985, "z" * 1984]),
    ("INT[2,3]", "INT[2,3]", [[[1, 2, 3], [-4, -5, -6]]]),
    ("BOOL[3,7]", "BOOL[3,7]", [[[True] * 7, [False] * 7, [True, *[False] * 6]]]),
    ("REAL[3000]", "REAL[3000]", [[index / 8 for index in range(3000)]]),
    ("USINT[2001]", "USINT[2001]", [[index % 256 for index in range(2001)]]),
    ("STRING(10)[2,2]", "STRING[2,2]", [[["a", "bb"], ["", "c" * 10]]]),
    ("DATE[2]", "DATE[2]", [["2024-01-15", "2024-02-29"]]),
    ("Motor", "Motor", [MOTOR_VALUE]),
    ("Motor[2]", "Motor[2]", [[MOTOR_VALUE, {**MOTOR_VALUE, "Speed": 0.5}]]),
    ("Line", "Line", [LINE_VALUE]),
    ("Line[40]", "Line[40]", [[LINE_VALUE] * 40]),
]


@asynccontextmanager
async def driving(program: Program) -> AsyncIterator[tuple[CipSimulator, SessionDriver]]:
    """A simulated controller, and a driver connected to it."""
    with trio.fail_after(20):
        async with open_nj_simulator(program) as plc:
            endpoint = Endpoint("Labeller", "omron", "127.0.0.1", plc.port, protocol="eip")
            driver = SessionDriver(endpoint, OmronEipSession)
            await driver.connect()
            yield plc, driver
            await driver.aclose()
            assert not plc.journal.offences


def program(*variables: Variable) -> Program:
    """A program with these variables and the two structures."""
    return Program(variables, types=(MOTOR, LINE))


@pytest.mark.parametrize(("declared", "published", "values"), TYPES)
async def test_values_of_every_type_go_both_ways(
    declared: str, published: str, values: list[Value]
) -> None:
    """What is written is what is read, at the limits of each type, under its published name."""
    async with driving(program(Variable("It", declared), Variable("Next", "DINT", 7))) as (
        _,
        driver,
    ):
        tags = (Tag("It"), Tag("Next"))
        for value in values:
            assert await driver.write(tags[0], value) == WriteResult(Outcome.DONE)
            readings = await driver.read(tags)
            assert readings.bad == {}
            assert list(readings.values) == [value, 7]
            assert readings.types == (published, "DINT")
            assert str(driver.kind(tags[0])) == published


@pytest.mark.parametrize(
    ("declared", "value", "reason"),
    [
        ("SINT", 128, "SINT"),
        ("UDINT", -1, "UDINT"),
        ("STRING(4)", "12345", "holds 4"),
        ("STRING(4)", "温度", "6 bytes"),
        ("STRING(4)", "a\0b", "NUL"),
        ("INT[2]", [1, 2, 3], "list of 2"),
        ("INT[2]", [1, 40000], "INT"),
        ("DATE", "2999-01-01", "beyond"),
        ("REAL", 1e39, "REAL"),
        ("Motor", {"On": True}, "all its members"),
        ("Motor", {**MOTOR_VALUE, "Mode": 200}, "SINT"),
    ],
)
async def test_what_does_not_fit_is_refused_and_not_sent(
    declared: str, value: Value, reason: str
) -> None:
    """The reason names what is wrong; nothing reaches the controller."""
    async with driving(program(Variable("It", declared))) as (plc, driver):
        result = await driver.write(Tag("It"), value)
        assert result.outcome is Outcome.REFUSED
        assert reason in result.reason
        assert not plc.journal.writes


async def test_parts_are_read_and_written_by_their_names() -> None:
    """Members, elements and single BOOLs of arrays; their neighbours stay as they are."""
    line = Variable("Press", "Line", {"Motors": [{"Speed": 1.0}, {"Speed": 2.0}]})
    bits = Variable("Bits", "BOOL[40]", [True] * 40)
    table = Variable("Table", "INT[2,3]", [[1, 2, 3], [4, 5, 6]], lower=(1, 10))
    async with driving(program(line, bits, table)) as (plc, driver):
        writes: dict[str, Value] = {
            "Press.Motors[1].Speed": 9.5,
            "press.motors[0].NAME": "left",
            "Press.Motors[0].Flags[18]": True,
            "Press.Motors[1].History": [4, 3, 2, 1],
            "Bits[33]": False,
            "Table[2,12]": -6,
        }
        for name, value in writes.items():
            assert await driver.write(Tag(name), value) == WriteResult(Outcome.DONE), name
        readings = await driver.read(tuple(map(Tag, writes)))
        assert list(readings.values) == list(writes.values())
        assert plc.get("Bits") == [True] * 33 + [False] + [True] * 6
        assert plc.get("Table") == [[1, 2, 3], [4, 5, -6]]
        motors = plc.get("Press.Motors")
        assert [motor["Speed"] for motor in motors] == [1.0, 9.5]
        assert motors[0]["Flags"] == [False] * 18 + [True]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Nobody", "no published variable Nobody: check its name and Network Publish"),
        ("Press.Nothing", "it has no member Nothing: its members are Id, Motors, At"),
        ("Press.Motors.Speed", "say which element's Speed, as [0].Speed"),
        ("Press[1]", "it is no array"),
        ("Table[1]", "it has 2 dimensions: write [1,10]"),
        ("Table[0,10]", "index 0 is outside of 1 to 2"),
        ("Secret", "no published variable"),
        ("Table[1", "is not a tag name"),
    ],
)
async def test_a_tag_that_is_not_there_costs_its_neighbours_nothing(name: str, reason: str) -> None:
    """Its reason says what to change; it is refused for writing in the same words."""
    secret = Variable("Secret", "DINT", access=Access.NONE)
    table = Variable("Table", "INT[2,3]", lower=(1, 10))
    variables = (Variable("Press", "Line"), table, secret, Variable("Speed", "DINT", 5))
    async with driving(program(*variables)) as (plc, driver):
        readings = await driver.read((Tag("Speed"), Tag(name), Tag("Press.Id")))
        assert list(readings.values) == [5, None, 0]
        assert reason in readings.bad[1]
        assert driver.kind(Tag(name)) is None
        result = await driver.write(Tag(name), 1)
        assert (result.outcome, reason in result.reason) == (Outcome.REFUSED, True)
        assert not plc.journal.writes


async def test_what_the_controller_refuses_is_told_in_its_words() -> None:
    """A variable that may only be read is not written, and says so."""
    async with driving(program(Variable("It", "DINT", access=Access.READ_ONLY))) as (_, driver):
        result = await driver.write(Tag("It"), 1)
        assert result.outcome is Outcome.REFUSED
        assert result.reason.startswith("the PLC gives no access to the variable")


@pytest.mark.parametrize(
    ("said", "is_wrong"),
    [("DINT", False), ("INT", True), ("dint", False), ("DINT[2]", True)],
)
async def test_a_type_that_is_configured_otherwise_is_a_bad_tag(said: str, is_wrong: bool) -> None:
    """The reason names both types and what to write."""
    async with driving(program(Variable("It", "DINT", 5))) as (_, driver):
        readings = await driver.read((Tag("It", data_type=said),))
        expected = (
            f'the PLC has DINT there, the configuration says {said}: write data_type = "DINT"'
        )
        assert readings.bad.get(0, "").startswith(expected) is is_wrong


async def test_values_that_are_none_are_bad_by_themselves() -> None:
    """A NaN, a text without end and bytes of no alphabet have their reason, and can be written."""
    variables = (
        Variable("Real", "REAL"),
        Variable("Text", "STRING(3)"),
        Variable("Reals", "REAL[2]"),
        Variable("Motor", "Motor"),
    )
    async with driving(program(*variables)) as (plc, driver):
        plc.poke("Real", b"\x00\x00\xc0\x7f")
        plc.poke("Text", b"\xff\x00\x00\x00")
        plc.poke("Reals", b"\x00\x00\x00\x00\x00\x00\x80\x7f")
        plc.poke("Motor.Name", b"x" * 16)
        tags = tuple(Tag(variable.name) for variable in variables)
        readings = await driver.read(tags)
        assert readings.bad == {
            0: "the value is NaN",
            1: "bytes ff are no character in UTF-8",
            2: "element 1: the value is +infinity",
            3: "Name: the STRING has no end within its 16 bytes",
        }
        assert driver.kind(tags[0]) == DataType("REAL")
        assert (await driver.write(tags[0], 1.5)).outcome is Outcome.DONE
        assert (await driver.read(tags)).values[0] == 1.5


async def test_the_second_byte_of_a_bool_means_nothing() -> None:
    """Controllers leave something in it within structures."""
    async with driving(program(Variable("It", "Motor"))) as (plc, driver):
        raw = bytearray(plc.raw("It"))
        raw[:2] = b"\x00\x01"
        plc.poke("It", bytes(raw))
        value = (await driver.read((Tag("It"),))).values[0]
        assert isinstance(value, dict)
        assert value["On"] is False


async def test_unchanged_values_are_the_same_readings() -> None:
    """A poll without news gives the same object; with news the types stay the same tuple."""
    names = ("It", "Line", "Table")
    variables = (Variable("It", "DINT"), Variable("Line", "Line"), Variable("Table", "INT[5]"))
    async with driving(program(*variables)) as (plc, driver):
        tags = tuple(map(Tag, names))
        first = await driver.read(tags)
        assert await driver.read(tags) is first
        plc.put("It", 5)
        second = await driver.read(tags)
        assert list(second.values) == [5, *first.values[1:]]
        assert second.types is first.types
        assert first.values[0] == 0


async def test_published_variables_are_browsed() -> None:
    """Every one with its type, in the order of names; none that is hidden or the system's."""
    many = [Variable(f"V{number:03}", "INT") for number in range(150)]
    secret = Variable("Secret", "DINT", access=Access.NONE)
    system = Variable("_SystemTime", "DATE_AND_TIME")
    async with driving(program(*many, secret, system, Variable("Press", "Line[2]"))) as (_, driver):
        found = await driver.browse()
        assert [one.name for one in found] == ["Press", *(variable.name for variable in many)]
        assert (found[0].type, found[1].type) == ("Line[2]", "INT")
        assert isinstance(found[0].kind, Structure)
        assert [name for name, _ in found[0].kind.members] == ["Id", "Motors", "At"]
        assert found[0].writable


async def test_a_thousand_tags_take_few_messages() -> None:
    """Packed by what their replies take, they fill the connection that the controller gives."""
    variables = [Variable(f"Var{number:04}", "REAL") for number in range(1000)]
    async with driving(program(*variables)) as (plc, driver):
        tags = tuple(Tag(variable.name) for variable in variables)
        await driver.read(tags)
        before = plc.journal.messages
        plc.put("Var0999", 1.5)
        assert (await driver.read(tags)).values[999] == 1.5
        assert plc.journal.messages - before <= 10


@pytest.mark.parametrize(
    ("large", "small", "packets"), [(0, 502, True), (0, 0, True), (0, 0, False)]
)
async def test_controllers_with_less_room_are_read_all_the_same(
    large: int, small: int, packets: bool
) -> None:
    """Without large connections, without any, and without packets."""
    with trio.fail_after(20):
        async with open_nj_simulator(program(Variable("Lines", "Line[9]"))) as plc:
            plc.station.large, plc.station.small, plc.station.packets = large, small, packets
            endpoint = Endpoint("Labeller", "omron", "127.0.0.1", plc.port, protocol="eip")
            driver = SessionDriver(endpoint, OmronEipSession)
            await driver.connect()
            value: Value = [LINE_VALUE] * 9
            tags = (Tag("Lines"), Tag("Lines[8].Motors[1].Name"))
            assert (await driver.write(tags[0], value)).outcome is Outcome.DONE
            assert list((await driver.read(tags)).values) == [value, "Förderband"]
            await driver.aclose()
            assert not plc.journal.offences
