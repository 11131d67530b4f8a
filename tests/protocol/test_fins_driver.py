"""The driver for FINS against the simulated CPU: both ways to it, addresses, reads and writes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
import trio

from warlogix.drivers.base import Driver
from warlogix.drivers.families import new_drivers
from warlogix.errors import Rejected, Unreachable
from warlogix.simulators.fins import (
    CP1L,
    EndCode,
    FinsSimulator,
    Memory,
    Place,
    Way,
    open_fins_simulator,
)
from warlogix.simulators.fins.station import MULTIPLE_READ
from warlogix.tags import Endpoint, Outcome, Tag, Value, WriteResult

LIMIT = 20
UDP_ALONE = frozenset({Way.UDP})


@pytest.fixture
async def plc() -> AsyncIterator[FinsSimulator]:
    """A running CJ2M whose D100 holds 42."""
    with trio.fail_after(LIMIT):
        async with open_fins_simulator(Memory()) as simulator:
            simulator.words("D")[200:202] = b"\x00\x2a"
            yield simulator


def new_driver(fins_port: int, **settings: Any) -> Driver:
    """A driver that is not connected."""
    where = Endpoint("plc", "omron", "127.0.0.1", timeout=1.0, fins_port=fins_port)
    return new_drivers()["omron"](replace(where, protocol="fins", **settings))


@asynccontextmanager
async def connected(fins_port: int, **settings: Any) -> AsyncIterator[Driver]:
    """A driver that is connected."""
    driver = new_driver(fins_port, **settings)
    await driver.connect()
    try:
        yield driver
    finally:
        await driver.aclose()


async def value(driver: Driver, name: str, data_type: str = "") -> Value:
    """One value, which must be good."""
    readings = await driver.read((Tag(name, data_type=data_type),))
    assert not readings.bad
    return readings.values[0]


async def write(driver: Driver, name: str, data_type: str, asked: Value) -> WriteResult:
    """Write one value."""
    return await driver.write(Tag(name, data_type=data_type), asked)


async def test_the_plc_is_asked_for_any_node(plc: FinsSimulator) -> None:
    """The greeting has length 12 and node 0, and commands come from the node that was given."""
    async with connected(plc.port) as driver:
        assert await value(driver, "D100") == 42
    assert plc.journal.greetings == [0]
    assert plc.journal.datagrams == 0
    assert not plc.journal.offences


async def test_the_address_may_name_the_port(plc: FinsSimulator) -> None:
    """A port in the address goes before `fins_port`."""
    async with connected(1, port=plc.port) as driver:
        assert await value(driver, "D100") == 42


async def test_a_plc_that_refuses_tcp_is_read_over_udp() -> None:
    """Where nobody takes TCP connections the same values come by datagrams."""
    with trio.fail_after(LIMIT):
        async with open_fins_simulator(Memory(), ways=UDP_ALONE) as plc:
            async with connected(plc.port) as driver:
                assert await value(driver, "D100", "DINT[3]") == [0, 0, 0]
                done = await write(driver, "D100", "DINT[3]", [1, -2, 3])
                assert done.outcome is Outcome.DONE
                assert await value(driver, "D100", "DINT[3]") == [1, -2, 3]
            assert plc.journal.datagrams == 4
            assert not plc.journal.offences


async def test_a_host_without_a_plc_is_unreachable_by_both_ways(plc: FinsSimulator) -> None:
    """Connecting over UDP waits for an answer: a host without PLC is never taken for one."""
    plc.refuse()
    with pytest.raises(Unreachable, match=r"connection refused; connection refused over UDP"):
        await new_driver(plc.port).connect()


async def test_a_plc_that_is_silent_over_udp_is_unreachable() -> None:
    """Nothing but an answer makes a PLC connected."""
    with trio.fail_after(LIMIT):
        async with open_fins_simulator(Memory(), ways=UDP_ALONE) as plc:
            plc.stall()
            with pytest.raises(Unreachable, match=r"refused; no answer within 1 s over UDP"):
                await new_driver(plc.port).connect()


@pytest.mark.parametrize("ways", [frozenset({Way.TCP}), UDP_ALONE])
async def test_the_destination_is_sent_as_configured(ways: frozenset[Way]) -> None:
    """Node 0 and the PLC's own number are right; another one is told with what to check."""
    with trio.fail_after(LIMIT):
        async with open_fins_simulator(Memory(), ways=ways) as plc:
            for node in (0, 10):
                async with connected(plc.port, fins_node=node) as driver:
                    assert await value(driver, "D100") == 0
            with pytest.raises(Unreachable, match="no such node in the network; check fins_net"):
                await new_driver(plc.port, fins_node=11).connect()
            with pytest.raises(Rejected, match="no routing tables; check fins_network"):
                await new_driver(plc.port, fins_network=3).connect()
            with pytest.raises(Rejected, match="the node has no such unit"):
                await new_driver(plc.port, fins_unit=16).connect()


async def test_a_plc_whose_connections_are_taken_says_so(plc: FinsSimulator) -> None:
    """The greeting's refusal reaches the operator in words."""
    plc.station.most_clients = 1
    async with connected(plc.port):
        with pytest.raises(Rejected, match="all its FINS/TCP connections are in use"):
            await new_driver(plc.port).connect()


@pytest.mark.parametrize("flags", [0x40, 0x80])
async def test_a_plc_with_an_error_gives_its_values(plc: FinsSimulator, flags: int) -> None:
    """A low battery and a stopped program are flags of the end code, and no refusal."""
    plc.station.flags = flags
    async with connected(plc.port) as driver:
        assert await value(driver, "D100") == 42
        assert (await write(driver, "D100", "INT", 7)).outcome is Outcome.DONE
    assert plc.words("D")[200:202] == b"\x00\x07"


async def test_d_and_dm_are_the_same_memory(plc: FinsSimulator) -> None:
    """DM100 is word 100 of the data memory, not an area of its own; so is DM10 word 10."""
    async with connected(plc.port) as driver:
        assert await value(driver, "DM100") == 42
        assert (await write(driver, "DM10", "INT", 5)).outcome is Outcome.DONE
    assert plc.words("D")[20:22] == b"\x00\x05"


async def test_as_many_words_are_read_as_the_type_takes(plc: FinsSimulator) -> None:
    """A DWORD array takes two words each, a text half a word for each character."""
    async with connected(plc.port) as driver:
        await value(driver, "D0", "DWORD[3]")
        await value(driver, "D0", "STRING[80]")
        await value(driver, "D0", "STRING[3]")
        await value(driver, "D0", "BOOL[17]")
    read = [places[0].count for places in (read.places for read in plc.journal.reads)]
    assert read == [6, 40, 2, 2]


async def test_gathered_words_are_those_that_were_asked_for(plc: FinsSimulator) -> None:
    """Values of one, two and four words far from each other come by one command."""
    plc.words("D")[2000:2004] = b"\x00\x01\x00\x02"
    plc.words("W")[20:28] = b"\x00\x01\x00\x02\x00\x03\x00\x04"
    tags = (Tag("D100"), Tag("D1000", data_type="UDINT"), Tag("W10", data_type="ULINT"))
    async with connected(plc.port) as driver:
        readings = await driver.read(tags)
    assert list(readings.values) == [42, 0x20001, 0x0004000300020001]
    assert plc.journal.commands[MULTIPLE_READ] == 1
    assert plc.journal.commands["0101"] == 0


async def test_a_plc_that_does_not_gather_is_read_all_the_same() -> None:
    """It is asked once, and by single reads from then on."""
    with trio.fail_after(LIMIT):
        async with (
            open_fins_simulator(Memory(), cpu=CP1L) as plc,
            connected(plc.port) as driver,
        ):
            tags = (Tag("D100"), Tag("D9000"), Tag("H5.3"))
            for _ in range(3):
                assert not (await driver.read(tags)).bad
            assert plc.journal.commands[MULTIPLE_READ] == 1


async def test_an_array_longer_than_a_response_comes_in_pieces(plc: FinsSimulator) -> None:
    """2,500 words are read and written by three commands each."""
    numbers: list[Value] = list(range(2500))
    async with connected(plc.port) as driver:
        assert (await write(driver, "D5", "INT[2500]", numbers)).outcome is Outcome.DONE
        assert await value(driver, "D5", "INT[2500]") == numbers
    assert len(plc.journal.writes) == 3
    assert len(plc.journal.reads) == 3


async def test_a_write_that_is_refused_in_the_middle_says_how_far_it_came() -> None:
    """The first piece is in the PLC, and the answer says so."""
    with trio.fail_after(LIMIT):
        async with (
            open_fins_simulator(Memory(data=bytearray(3000))) as plc,
            connected(plc.port) as driver,
        ):
            result = await write(driver, "D0", "INT[2500]", [1] * 2500)
            assert await value(driver, "D0", "INT") == 1
    assert result.outcome is Outcome.REFUSED
    assert "ends behind the end of its area" in result.reason
    assert result.reason.endswith("; 1 of 3 pieces of the value had been written already")


async def test_a_bit_is_written_without_its_word(plc: FinsSimulator) -> None:
    """What the program does with the other bits meanwhile is not undone."""
    async with connected(plc.port) as driver:
        assert (await write(driver, "CIO0.05", "BOOL", True)).outcome is Outcome.DONE
    assert plc.journal.writes[0].place == Place("CIO", 0, 5, 1)
    assert plc.words("CIO")[:2] == b"\x00\x20"


async def test_what_can_only_be_read_is_refused(plc: FinsSimulator) -> None:
    """The PLC's word reaches the sender, the connection stays, and nothing else was touched."""
    async with connected(plc.port) as driver:
        result = await write(driver, "A100", "INT", 1)
        assert result == WriteResult(
            Outcome.REFUSED, "the memory area can only be read (end code 16#2101)"
        )
        assert await value(driver, "D100") == 42


@pytest.mark.parametrize("code", [EndCode.RESPONSE_TIMEOUT, 0x8205, 0x8203])
async def test_a_relay_that_lost_the_answer_leaves_a_write_unknown(
    plc: FinsSimulator, code: int
) -> None:
    """The PLC behind it may have written: the write is unknown, never refused, never repeated."""
    async with connected(plc.port) as driver:
        plc.station.misled = code
        result = await write(driver, "D7", "INT", 1)
    assert result.outcome is Outcome.UNKNOWN
    assert len(plc.journal.writes) == 1


async def test_a_relay_that_does_not_reach_the_plc_is_no_bad_tag(plc: FinsSimulator) -> None:
    """A read that ended on the way is a lost link and not a value that is bad."""
    async with connected(plc.port) as driver:
        plc.station.misled = EndCode.RESPONSE_TIMEOUT
        with pytest.raises(Unreachable, match="did not answer in time"):
            await driver.read((Tag("D0"),))


async def test_a_slow_plc_bounds_a_read_of_many_commands(plc: FinsSimulator) -> None:
    """A read takes three times the limit of one command, however many it needs."""
    tags = tuple(Tag(f"D{3000 * number}", data_type="INT[900]") for number in range(8))
    async with connected(plc.port) as driver:
        plc.delay = 0.5
        before = plc.carried_out.value
        with pytest.raises(Unreachable, match=r"8 commands took more than 3 s"):
            await driver.read(tags)
        assert plc.carried_out.value - before < 8


async def test_a_plc_does_not_tell_its_tags(plc: FinsSimulator) -> None:
    """Browsing says so, and the connection stays."""
    async with connected(plc.port) as driver:
        with pytest.raises(Rejected, match="over FINS a PLC does not tell what tags it has"):
            await driver.browse()
        assert await value(driver, "D100") == 42
