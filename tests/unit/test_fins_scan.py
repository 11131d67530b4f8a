"""Reading one tuple of tags again and again from a CPU that refuses some of it."""

from collections.abc import Awaitable, Callable

import pytest
import trio

from warlogix.drivers.columns import TRY_AGAIN_AFTER
from warlogix.drivers.omron.fins.plan import Gathering
from warlogix.drivers.omron.fins.reader import Reader
from warlogix.drivers.omron.fins.scan import FinsScan
from warlogix.drivers.omron.fins.wire import Route, command, response
from warlogix.simulators.fins import CJ2M, CP1L, Cpu, EndCode, Journal, Memory, Station
from warlogix.tags import Endpoint, Tag

ENDPOINT = Endpoint("plc", "omron", "host")
ROUTE = Route(0, 0, 0, source=1)


def cpu(memory: Memory | None = None, kind: Cpu = CJ2M) -> Station:
    """A CPU without sockets."""
    return Station(kind, memory or Memory(), Journal(lambda: 0.0))


def asking(station: Station) -> Callable[[bytes], Awaitable[bytes]]:
    """What a link does, without a network."""

    async def ask(text: bytes) -> bytes:
        await trio.lowlevel.checkpoint()
        return response(station.answer(command(ROUTE, 1, text)), ROUTE, 1, text)

    return ask


def scan(*names: str, data_type: str = "") -> FinsScan:
    """A scan of these addresses."""
    return FinsScan(tuple(Tag(name, data_type=data_type) for name in names), ENDPOINT)


async def test_unchanged_words_give_the_same_readings() -> None:
    """The same object comes again until a value moves, and the one given away never changes."""
    station = cpu()
    tried, reader = scan("D0", "D1", "D5.3"), Reader(asking(station))
    first = await tried.read(reader, 0)
    assert await tried.read(reader, 1) is first
    station.memory.data[2:4] = b"\x00\x07"
    second = await tried.read(reader, 2)
    assert (list(first.values), list(second.values)) == ([0, 0, False], [0, 7, False])
    assert second.types is first.types
    assert first.types == ("WORD", "WORD", "BOOL")


async def test_one_bad_address_costs_no_neighbour() -> None:
    """Of a block that is refused every address is found that is not there, in the first read."""
    station = cpu(Memory(data=bytearray(200)))
    names = [f"D{word}" for word in range(90, 110)]
    readings = await scan(*names).read(Reader(asking(station)), 0)
    assert set(readings.bad) == set(range(10, 20))
    assert "address out of range" in readings.bad[10]
    assert list(readings.values[:10]) == [0] * 10


async def test_a_block_over_words_that_are_not_there_is_parted() -> None:
    """Values that come one by one and not together are no bad values, and stay apart."""
    station = cpu(Memory(data=bytearray(200)))
    tried = scan("D10", "D99", data_type="WORD")
    holes = asking(station)

    async def ask(text: bytes) -> bytes:
        await trio.lowlevel.checkpoint()
        if int.from_bytes(text[6:8], "big") > 1:
            station.denied["D"] = EndCode.END_OUT_OF_RANGE
        try:
            return await holes(text)
        finally:
            station.denied.clear()

    reader = Reader(ask)
    reader.gathering = Gathering.NO
    assert not (await tried.read(reader, 0)).bad
    readings = await tried.read(reader, 1)
    assert await tried.read(reader, 2) is readings
    before = sum(station.journal.commands.values())
    await tried.read(reader, 3)
    assert sum(station.journal.commands.values()) - before == tried.requests


async def test_a_block_that_was_refused_once_is_whole_again_after_a_while() -> None:
    """A refusal that has passed does not cost a command for every value for ever."""
    station = cpu()
    tried, whole = scan("D10", "D12", data_type="WORD"), asking(station)

    async def ask(text: bytes) -> bytes:
        if int.from_bytes(text[6:8], "big") > 1:
            station.denied["D"] = EndCode.END_OUT_OF_RANGE
        try:
            return await whole(text)
        finally:
            station.denied.clear()

    passing, reader = Reader(ask), Reader(whole)
    passing.gathering = reader.gathering = Gathering.NO
    assert not (await tried.read(passing, 5)).bad
    assert tried.requests == 2
    await tried.read(reader, 5 + TRY_AGAIN_AFTER - 1)
    assert tried.requests == 2
    await tried.read(reader, 5 + TRY_AGAIN_AFTER)
    await tried.read(reader, 5 + 3 * TRY_AGAIN_AFTER)
    assert tried.requests == 1


async def test_an_area_that_is_not_there_takes_one_command() -> None:
    """Where every address of an area gets the same answer they are not tried one by one."""
    station = cpu()
    names = [f"E9_{word}" for word in range(500)]
    readings = await scan("D0", *names).read(Reader(asking(station)), 0)
    assert len(readings.bad) == 500
    assert "no such memory area" in readings.bad[1]
    assert sum(station.journal.commands.values()) <= 4


async def test_what_was_refused_is_asked_for_again_after_a_while() -> None:
    """A bank that comes back is read again 10 s after it was gone, and not asked for before."""
    station = cpu(Memory(banks={}))
    tried, reader = scan("D0", "E0_0", "E0_1"), Reader(asking(station))
    assert set((await tried.read(reader, 0)).bad) == {1, 2}
    station.memory.banks[0] = bytearray(b"\x00\x05\x00\x06")
    asked = station.journal.commands.total()
    assert set((await tried.read(reader, TRY_AGAIN_AFTER - 1)).bad) == {1, 2}
    assert station.journal.commands.total() == asked + 1
    readings = await tried.read(reader, TRY_AGAIN_AFTER)
    assert list(readings.values) == [0, 5, 6]
    await tried.read(reader, TRY_AGAIN_AFTER + 1)
    assert not (await tried.read(reader, TRY_AGAIN_AFTER + 2)).bad


async def test_a_value_that_is_refused_later_is_bad_from_then_on() -> None:
    """A bank that goes while it is read makes its values bad at once."""
    station = cpu()
    tried, reader = scan("D0", "E0_0"), Reader(asking(station))
    assert not (await tried.read(reader, 0)).bad
    station.memory.banks.clear()
    readings = await tried.read(reader, 1)
    assert list(readings.values) == [0, None]
    assert set(readings.bad) == {1}


async def test_many_bad_addresses_take_a_bounded_number_of_commands() -> None:
    """What could not be found out in one read is bad for now, and found out by those after it."""
    station = cpu(Memory(data=bytearray(400)))
    holes = set(range(1, 200, 3))
    base = asking(station)

    async def ask(text: bytes) -> bytes:
        await trio.lowlevel.checkpoint()
        start, words = int.from_bytes(text[3:5], "big"), int.from_bytes(text[6:8], "big")
        bad = text[:2] == b"\x01\x04" or holes & set(range(start, start + words))
        station.denied = {"D": EndCode.ADDRESS_OUT_OF_RANGE} if bad else {}
        return await base(text)

    tried, reader = scan(*(f"D{word}" for word in range(200))), Reader(ask)
    await tried.read(reader, 0)
    assert station.journal.commands.total() < 120
    for turn in range(1, 40):
        await tried.read(reader, turn * TRY_AGAIN_AFTER)
    assert set((await tried.read(reader, 401)).bad) == holes


async def test_scattered_words_that_are_not_there_take_a_bounded_number_of_commands() -> None:
    """Hundreds of bad words among scattered ones cost a read a hundred tries, and no good value."""
    station = cpu(Memory(data=bytearray(2 * 20_000)))
    tried = scan(*(f"D{60 * number}" for number in range(500)))
    reader = Reader(asking(station))
    good = set(range(-(-20_000 // 60)))
    before = 0
    for turn in range(60):
        await tried.read(reader, turn)
        assert station.journal.commands.total() - before < 250
        before = station.journal.commands.total()
    readings = await tried.read(reader, 60)
    assert set(range(500)) - set(readings.bad) == good
    assert all("address out of range" in reason for reason in readings.bad.values())


async def test_a_bank_that_is_not_there_spoils_no_scattered_words() -> None:
    """Of words gathered from many places those of an absent bank are found at once."""
    station = cpu()
    names = [f"{area}{60 * number}" for number in range(80) for area in ("D", "E9_")]
    readings = await scan(*names).read(Reader(asking(station)), 0)
    assert set(readings.bad) == set(range(1, 160, 2))
    assert station.journal.commands.total() < 100


async def test_a_cpu_that_does_not_gather_is_asked_no_more() -> None:
    """A PLC without MULTIPLE MEMORY AREA READ is asked by it once, and its values are good."""
    station = cpu(kind=CP1L)
    tried, reader = scan("D0", "D5000", "D20000", "W7"), Reader(asking(station))
    for turn in range(3):
        assert not (await tried.read(reader, turn)).bad
    assert station.journal.commands["0104"] == 1


async def test_a_bad_word_among_gathered_ones_is_found() -> None:
    """It alone is bad, and the others are gathered again."""
    station = cpu()
    tried, reader = scan("D0", "D5000", "E9_0", "D20000", "W7"), Reader(asking(station))
    assert set((await tried.read(reader, 0)).bad) == {2}
    before = station.journal.commands.total()
    assert set((await tried.read(reader, 1)).bad) == {2}
    assert station.journal.commands.total() == before + 1


@pytest.mark.parametrize(("name", "data_type"), [("DB1.DBW0", ""), ("D0", "LTIME"), ("D0", "BOOL")])
async def test_an_address_that_is_none_is_a_bad_reading(name: str, data_type: str) -> None:
    """It is told with its remedy and costs no command."""
    station = cpu()
    readings = await scan(name, data_type=data_type).read(Reader(asking(station)), 0)
    assert readings.bad[0]
    assert not station.journal.commands


async def test_a_bad_value_is_bad_alone() -> None:
    """NaN beside a good value is a reading with a reason, and good again when it is a number."""
    station = cpu()
    tried, reader = scan("D0", "D2", data_type="REAL"), Reader(asking(station))
    station.memory.data[:4] = b"\x00\x00\x7f\xc0"
    readings = await tried.read(reader, 0)
    assert (list(readings.values), dict(readings.bad)) == ([None, 0.0], {0: "the value is NaN"})
    station.memory.data[:4] = bytes(4)
    assert list((await tried.read(reader, 1)).values) == [0.0, 0.0]
