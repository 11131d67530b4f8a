"""Writing to a simulated S7: what goes over the wire, what stays as it was, what is refused."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio

from warlogix.drivers.s7 import S7Driver
from warlogix.errors import Rejected
from warlogix.simulators.s7 import (
    S7_300,
    S7_1500,
    Cpu,
    ItemCode,
    Memory,
    S7Simulator,
    Transport,
    open_s7_simulator,
)
from warlogix.tags import Endpoint, Outcome, Tag, Value, WriteResult

DONE = WriteResult(Outcome.DONE)


@pytest.fixture
async def plc() -> AsyncIterator[S7Simulator]:
    """A running S7-1500 with every area, its bytes all 16#AA."""
    with trio.fail_after(20):
        held = Memory(
            {1: bytearray(b"\xaa" * 40_000)}, timers=bytearray(20), counters=bytearray(20)
        )
        async with open_s7_simulator(held) as simulator:
            yield simulator


@asynccontextmanager
async def connected(
    plc: S7Simulator, *, slot: int = 1, encoding: str = "latin-1"
) -> AsyncIterator[S7Driver]:
    """A driver for the time of the block."""
    where = Endpoint("Press", "s7", "127.0.0.1", plc.port, slot=slot, string_encoding=encoding)
    driver = S7Driver(where)
    try:
        await driver.connect()
        yield driver
    finally:
        await driver.aclose()


@pytest.fixture
async def driver(plc: S7Simulator) -> AsyncIterator[S7Driver]:
    """A connected driver."""
    async with connected(plc) as opened:
        yield opened


def tag(name: str, data_type: str = "") -> Tag:
    """A tag as a configuration names it."""
    return Tag(name, data_type=data_type)


async def refusal(driver: S7Driver, written: Tag, value: Value) -> str:
    """Why a write is refused."""
    result = await driver.write(written, value)
    assert result.outcome is Outcome.REFUSED
    return result.reason


@pytest.mark.parametrize("bit", range(8))
@pytest.mark.parametrize("on", [True, False])
async def test_a_bool_is_one_bit_on_the_wire(
    plc: S7Simulator, driver: S7Driver, bit: int, on: bool
) -> None:
    """The CPU sets it itself: a neighbour that moves at the same moment is never put back."""
    block = plc.db(1)
    for around in (0x00, 0xFF):
        block[7] = around
        assert await driver.write(tag(f"DB1.DBX7.{bit}"), on) == DONE
        assert block[7] == (around | 1 << bit if on else around & ~(1 << bit))
    item = plc.journal.writes[-1].item
    assert (item.transport, item.count, item.start) == (Transport.BIT, 1, 7 * 8 + bit)
    assert plc.journal.read_requests == 0


async def test_every_area_is_written(plc: S7Simulator, driver: S7Driver) -> None:
    """Inputs, outputs, flags, timers and counters, each in its own way of naming."""
    held = plc.station.memory
    asked: list[tuple[str, str, Value]] = [
        ("IW2", "INT", -2),
        ("QB4", "CHAR", "A"),
        ("M10.3", "", True),
        ("MD20", "REAL", 3.14),
        ("T3", "", 1270),
        ("C2", "", 999),
    ]
    for name, data_type, value in asked:
        assert await driver.write(tag(name, data_type), value) == DONE
    assert held.inputs[2:4] == b"\xff\xfe"
    assert held.outputs[4] == 0x41
    assert held.markers[10] == 0b1000
    assert held.markers[20:24] == bytes.fromhex("4048f5c3")
    assert held.timers[6:8] == b"\x01\x27"
    assert held.counters[4:6] == b"\x09\x99"
    assert plc.journal.write_requests == 6


@pytest.mark.parametrize("count", range(1, 40))
async def test_bits_beside_an_array_of_bits_stay(
    plc: S7Simulator, driver: S7Driver, count: int
) -> None:
    """Whole bytes travel as bytes, the rest bit by bit, and what fills the last byte stays."""
    for around in (b"\x00", b"\xff"):
        plc.db(1)[:8] = around * 8
        bits: list[Value] = [number % 3 == 0 for number in range(count)]
        assert await driver.write(tag("DB1.1", f"BOOL[{count}]"), bits) == DONE
        held = int.from_bytes(plc.db(1)[:8], "little")
        mask = ((1 << count) - 1) << 8
        asked = sum(1 << 8 + number for number in range(0, count, 3))
        assert held & mask == asked
        assert held & ~mask == int.from_bytes(around * 8, "little") & ~mask


async def test_the_capacity_and_the_rest_of_a_string_stay(
    plc: S7Simulator, driver: S7Driver
) -> None:
    """The header's first byte is the PLC's, and so is what lies behind the text."""
    plc.poke(1, 10, b"\x06\x06before" + b"\xaa\xaa")
    assert await driver.write(tag("DB1.10", "STRING[6]"), "Hi") == DONE
    assert plc.db(1)[9:20] == b"\xaa\x06\x02Hifore\xaa\xaa"
    plc.poke(1, 30, b"\x00\x03\x00\x00" + bytes(6))
    assert await driver.write(tag("DB1.30", "WSTRING[3]"), "€") == DONE
    assert plc.db(1)[30:40] == b"\x00\x03\x00\x01\x20\xac" + bytes(4)


async def test_strings_of_an_array_keep_their_headers_and_fillers(
    plc: S7Simulator, driver: S7Driver
) -> None:
    """Each begins at an even byte; the byte between two of odd length is nobody's."""
    for start in (0, 6, 12):
        plc.poke(1, start, b"\x03\x00")
    assert await driver.write(tag("DB1.0", "STRING[3][3]"), ["abc", "", "d"]) == DONE
    assert plc.db(1)[:18] == b"\x03\x03abc\xaa\x03\x00\xaa\xaa\xaa\xaa\x03\x01d\xaa\xaa\xaa"


async def test_rows_of_bytes_keep_the_byte_that_fills_them(
    plc: S7Simulator, driver: S7Driver
) -> None:
    """In an array of several dimensions each row begins at an even byte."""
    assert await driver.write(tag("DB1.0", "BYTE[2,3]"), [[1, 2, 3], [4, 5, 6]]) == DONE
    assert plc.db(1)[:8] == b"\x01\x02\x03\xaa\x04\x05\x06\xaa"


@pytest.mark.parametrize(
    ("header", "text", "reason"),
    [
        (b"\x04\x02", "12345", "the text has 5 characters and the STRING in the PLC holds 4"),
        (b"\x00\x00", "1", "it is not initialized; give it a start value"),
        (b"\x00\x00", "", "it is not initialized; give it a start value"),
        (b"\x04\x05", "1", "says 5 of 4 characters, which contradicts itself; check that"),
        (b"\xff\x00", "1", "says 0 of 255 characters, which contradicts itself; check that"),
    ],
)
async def test_a_string_that_has_no_room_is_refused_unwritten(
    plc: S7Simulator, driver: S7Driver, header: bytes, text: str, reason: str
) -> None:
    """What data_type says is not trusted: the header in the PLC says how much fits."""
    plc.poke(1, 10, header)
    before = bytes(plc.db(1))
    assert reason in await refusal(driver, tag("DB1.10", "STRING[20]"), text)
    assert plc.db(1) == before
    assert plc.journal.write_requests == 0


async def test_one_string_without_room_refuses_the_whole_array(
    plc: S7Simulator, driver: S7Driver
) -> None:
    """All headers are looked at before the first text is written."""
    plc.poke(1, 0, b"\x04\x00....\x03\x00...")
    asked = tag("DB1.0", "STRING[4][2]")
    reason = await refusal(driver, asked, ["abcd", "efgh"])
    assert reason == (
        "element 1: the STRING's header in the PLC says 0 of 3 characters, "
        "data_type says STRING[4]: write STRING[3]"
    )
    assert plc.journal.write_requests == 0


async def test_a_string_longer_than_a_message_ends_with_its_length(plc: S7Simulator) -> None:
    """On an S7-300 254 characters take two messages, the one with the length last."""
    plc.station.cpu = S7_300
    plc.poke(1, 0, b"\xfe\x00")
    text = "".join(chr(65 + number % 26) for number in range(254))
    async with connected(plc, slot=2) as driver:
        assert await driver.write(tag("DB1.0", "STRING[254]"), text) == DONE
    assert plc.db(1)[:257] == b"\xfe\xfe" + text.encode() + b"\xaa"
    first, second = plc.journal.writes
    assert first.item.start > second.item.start == 8
    assert second.data[0] == 254


@pytest.mark.parametrize(("cpu", "slot", "messages"), [(S7_300, 2, 19), (S7_1500, 1, 5)], ids=str)
async def test_a_long_array_takes_as_few_messages_as_fit(
    plc: S7Simulator, cpu: Cpu, slot: int, messages: int
) -> None:
    """No number is torn between two messages, and none is refused for its length."""
    plc.station.cpu = cpu
    numbers: list[Value] = list(range(1000))
    async with connected(plc, slot=slot) as driver:
        assert await driver.write(tag("DB1.0", "DINT[1000]"), numbers) == DONE
    assert plc.db(1)[:4000] == b"".join(number.to_bytes(4, "big") for number in range(1000))
    assert plc.journal.write_requests == messages
    assert plc.journal.refused_requests == 0
    assert all(len(write.data) % 4 == 0 for write in plc.journal.writes)


async def test_many_pieces_go_twenty_to_a_message(plc: S7Simulator, driver: S7Driver) -> None:
    """No message names more variables than a CPU takes."""
    for number in range(50):
        plc.poke(1, 6 * number, b"\x04\x00")
    texts: list[Value] = [f"{number}" for number in range(50)]
    assert await driver.write(tag("DB1.0", "STRING[4][50]"), texts) == DONE
    assert plc.journal.write_requests == 3
    assert (await driver.read((tag("DB1.0", "STRING[4][50]"),))).values == [texts]


@pytest.mark.parametrize(
    ("name", "data_type", "reason"),
    [
        ("DB7.DBW0", "INT", "DB7 does not exist, or it is optimized"),
        ("DB1.DBW39999", "INT", "address out of range: DB1 ends before byte 40001"),
        ("DB7.0", "STRING[4]", "DB7 does not exist, or it is optimized"),
        ("T200", "", "address out of range: the CPU has no T200 among its timers"),
        ("DB1.DBW0", "REAL", "names a WORD, and REAL takes 4 bytes"),
    ],
)
async def test_what_the_cpu_refuses_is_said_with_its_remedy(
    driver: S7Driver, name: str, data_type: str, reason: str
) -> None:
    """The same words as for a read, and the connection stays."""
    value: Value = "x" if data_type == "STRING[4]" else 0
    assert reason in await refusal(driver, tag(name, data_type), value)
    assert await driver.write(tag("DB1.DBW0", "INT"), 1) == DONE


async def test_a_protected_block_says_what_to_switch(plc: S7Simulator, driver: S7Driver) -> None:
    """Access denied names the place in TIA Portal."""
    plc.station.denied[1] = ItemCode.ACCESS_DENIED
    reason = await refusal(driver, tag("DB1.DBW0", "INT"), 1)
    assert reason.startswith("access denied to DB1; in TIA Portal: CPU properties")


async def test_a_cpu_without_put_get_rejects_a_write(plc: S7Simulator, driver: S7Driver) -> None:
    """Nothing was written, somebody must act, and the same connection writes afterwards."""
    plc.station.put_get = False
    for asked, value in ((tag("DB1.DBW0"), 1), (tag("DB1.0", "STRING[4]"), "x")):
        with pytest.raises(Rejected, match="does not permit PUT/GET"):
            await driver.write(asked, value)
    plc.station.put_get = True
    assert await driver.write(tag("DB1.DBW0"), 1) == DONE
    assert plc.accepted == 1


async def test_a_character_that_the_code_page_lacks_is_refused(plc: S7Simulator) -> None:
    """It is never replaced by another one."""
    plc.poke(1, 0, b"\x04\x00")
    async with connected(plc) as driver:
        assert await refusal(driver, tag("DB1.0", "STRING[4]"), "5 €") == (
            'the code page latin-1 has no "€"'
        )
        assert await refusal(driver, tag("DB1.DBB9", "CHAR"), "€") == (
            'the code page latin-1 has no "€"'
        )
    async with connected(plc, encoding="cp1252") as driver:
        assert await driver.write(tag("DB1.0", "STRING[4]"), "5 €") == DONE
        assert await driver.write(tag("DB1.DBB9", "CHAR"), "€") == DONE
    async with connected(plc, encoding="utf-8") as driver:
        assert "takes 3 bytes in utf-8" in await refusal(driver, tag("DB1.DBB9", "CHAR"), "€")
        assert "has 6 characters" in await refusal(driver, tag("DB1.0", "STRING[4]"), "€€")
    assert plc.db(1)[:10] == b"\x04\x035 \x80\xaa\xaa\xaa\xaa\x80"
    assert plc.journal.write_requests == 2


async def test_reading_single_tags_keeps_the_pollers_plan(
    plc: S7Simulator, driver: S7Driver
) -> None:
    """However many writes are read back, the poller's unchanged scan is still the same object."""
    poller = (tag("DB1.DBW0"), tag("DB1.DBW2"))
    scan = await driver.read(poller)
    assert await driver.read(poller) is scan
    for number in range(30):
        await driver.read((tag(f"DB1.DBW{100 + number}"),))
    assert await driver.read(poller) is scan
