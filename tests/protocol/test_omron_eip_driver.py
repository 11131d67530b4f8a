"""The driver for NJ and NX controllers on a simulated NJ501: names, refusals, browsing, sizes."""

import pytest
import trio

from tests.protocol.nj_peers import LINE_VALUE, driving, program
from warlogix.datatypes import DataType, Structure
from warlogix.drivers.omron.eip import OmronEipSession
from warlogix.drivers.session import SessionDriver
from warlogix.errors import Unreachable
from warlogix.simulators.cip import Tag as Variable
from warlogix.simulators.cip import open_nj_simulator
from warlogix.simulators.cip.program import Access
from warlogix.tags import Endpoint, Outcome, Tag, Value, WriteResult


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
            1: "bytes ff are no character in utf-8",
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


async def test_a_driver_is_closed_while_it_connects() -> None:
    """Connecting ends at once, and leaves no connection behind."""
    async with open_nj_simulator(program(Variable("It", "DINT"))) as plc:
        plc.stall()
        endpoint = Endpoint(
            "Labeller", "omron", "127.0.0.1", plc.port, protocol="eip", timeout=60.0
        )
        driver = SessionDriver(endpoint, OmronEipSession)
        with trio.fail_after(10):
            async with trio.open_nursery() as nursery:

                async def close() -> None:
                    await plc.held.wait_value(1)
                    await driver.aclose()

                nursery.start_soon(close)
                with pytest.raises(Unreachable):
                    await driver.connect()


async def test_what_cannot_be_learned_in_time_comes_with_the_next_reading() -> None:
    """A slow controller with many tags costs some readings, and no connection."""
    variables = [Variable(f"Var{number:03}", "INT", number) for number in range(150)]
    with trio.fail_after(60):
        async with open_nj_simulator(program(*variables)) as plc:
            endpoint = Endpoint(
                "Labeller", "omron", "127.0.0.1", plc.port, protocol="eip", timeout=2.0
            )
            driver = SessionDriver(endpoint, OmronEipSession)
            await driver.connect()
            plc.delay = 1.0
            tags = tuple(Tag(variable.name) for variable in variables)
            readings = await driver.read(tags)
            assert set(readings.bad.values()) == {"the PLC has not told yet what it is"}
            assert readings.values[:32] == list(range(32))
            while readings.bad:
                readings = await driver.read(tags)
            assert list(readings.values) == list(range(150))
            assert plc.accepted == 1
            await driver.aclose()
