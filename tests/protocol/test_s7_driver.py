"""The S7 driver against the simulated CPU, and against snap7's own server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
from snap7.server import Server
from snap7.type import SrvArea

from warlogix.drivers.s7 import S7Driver
from warlogix.errors import Rejected
from warlogix.simulators.s7 import (
    S7_300,
    S7_400,
    S7_1200,
    S7_1500,
    Cpu,
    ItemCode,
    Memory,
    S7Simulator,
    open_s7_simulator,
)
from warlogix.tags import Endpoint, Tag, Value

DINTS = tuple(Tag(f"DB2.DBD{4 * n}", data_type="DINT") for n in range(1000))


def memory() -> Memory:
    """A small and a large data block, and every area."""
    return Memory(
        {1: bytearray(range(200)), 2: bytearray(4000)},
        timers=bytearray(b"\x00\x00\x01\x27"),
        counters=bytearray(b"\x00\x00\x09\x99"),
    )


def endpoint(port: int, slot: int = 1) -> Endpoint:
    """A CPU on loopback."""
    return Endpoint("Press", "s7", "127.0.0.1", port, slot=slot)


@pytest.fixture
async def plc() -> AsyncIterator[S7Simulator]:
    """A running S7-1500."""
    with trio.fail_after(20):
        async with open_s7_simulator(memory()) as simulator:
            yield simulator


@asynccontextmanager
async def connected(port: int, slot: int = 1) -> AsyncIterator[S7Driver]:
    """A driver for the time of the block."""
    driver = S7Driver(endpoint(port, slot))
    try:
        await driver.connect()
        yield driver
    finally:
        await driver.aclose()


async def value(driver: S7Driver, address: str, data_type: str = "") -> Value:
    """One value, which must be good."""
    readings = await driver.read((Tag(address, data_type=data_type),))
    assert not readings.bad
    return readings.values[0]


async def test_values_of_every_area_come_with_their_types(plc: S7Simulator) -> None:
    """Data blocks, inputs, outputs, flags, timers and counters in one scan and one request."""
    held = plc.station.memory
    held.inputs[3], held.outputs[4], held.markers[10] = 0b10000000, 0x41, 0b00001000
    plc.poke(1, 100, bytes.fromhex("4048f5c3") + b"\x04\x02Hi\0\0")
    tags = (
        Tag("I3.7"),
        Tag("QB4", data_type="CHAR"),
        Tag("M10.3"),
        Tag("T1"),
        Tag("C1"),
        Tag("DB1.DBD100", data_type="REAL"),
        Tag("DB1.104", data_type="STRING[4]"),
        Tag("DB1.DBB1", data_type="INT[2,2]"),
    )
    async with connected(plc.port) as driver:
        readings = await driver.read(tags)
    expected = [True, "A", True, 1270, 999, 3.14, "Hi", [[258, 772], [1286, 1800]]]
    assert readings.values == expected
    assert readings.types == (
        *("BOOL", "CHAR", "BOOL", "S5TIME", "COUNTER", "REAL", "STRING", "INT[2,2]"),
    )
    assert plc.journal.read_requests == 1


@pytest.mark.parametrize("bit", range(8))
async def test_every_bit_is_read_as_itself(plc: S7Simulator, bit: int) -> None:
    """Bit reads of CPUs and of snap7 disagree about the position; the driver reads bytes."""
    async with connected(plc.port) as driver:
        for byte, expected in ((1 << bit, True), (0xFF ^ 1 << bit, False)):
            plc.db(1)[6] = byte
            assert await value(driver, f"DB1.DBX6.{bit}") is expected


async def test_snap7s_own_server_gives_the_same() -> None:
    """What others wrote answers the driver as the simulator does."""
    server, held = Server(log=False), memory()
    for area, number, content in (
        (SrvArea.DB, 1, held.dbs[1]),
        (SrvArea.DB, 2, held.dbs[2]),
        (SrvArea.MK, 0, held.markers),
        (SrvArea.TM, 0, held.timers),
        (SrvArea.CT, 0, held.counters),
    ):
        server.register_area(area, number, content)
    held.dbs[2][:] = bytes(n * 7 % 251 for n in range(4000))
    await trio.to_thread.run_sync(server.start_to, "127.0.0.1", 0)
    assert server.server_socket is not None
    tags = (*DINTS, Tag("T1"), Tag("C1"), Tag("M0.0"), Tag("DB1.DBW199"), Tag("DB1.DBW7"))
    with trio.fail_after(20):
        async with connected(server.server_socket.getsockname()[1]) as driver:
            theirs = await driver.read(tags)
        async with open_s7_simulator(held) as plc, connected(plc.port) as driver:
            ours = await driver.read(tags)
    await trio.to_thread.run_sync(server.stop)
    assert theirs == ours
    assert list(ours.bad) == [len(tags) - 2]


@pytest.mark.parametrize(
    ("cpu", "slot", "requests"),
    [(S7_300, 2, 19), (S7_400, 3, 9), (S7_1200, 1, 19), (S7_1500, 0, 5)],
    ids=lambda given: given.name if isinstance(given, Cpu) else None,
)
async def test_block_reads_fill_the_pdu_of_the_cpu(cpu: Cpu, slot: int, requests: int) -> None:
    """A PDU of 960 is asked for, and whatever the CPU grants is filled."""
    content = bytearray(n * 7 % 251 for n in range(4000))
    with trio.fail_after(20):
        async with (
            open_s7_simulator(Memory({2: content}), cpu=cpu) as plc,
            connected(plc.port, slot=slot) as driver,
        ):
            values = (await driver.read(DINTS)).values
            assert plc.journal.read_requests == requests
            assert plc.journal.refused_requests == 0
    assert values == [
        int.from_bytes(content[at : at + 4], "big", signed=True) for at in range(0, 4000, 4)
    ]


async def test_scattered_values_go_twenty_to_a_request(plc: S7Simulator) -> None:
    """No request names more variables than a CPU takes."""
    blocks = {number: bytearray(8) for number in range(1, 201)}
    plc.station.memory.dbs = blocks
    tags = tuple(Tag(f"DB{number}.DBD4", data_type="DINT") for number in blocks)
    async with connected(plc.port) as driver:
        assert (await driver.read(tags)).bad == {}
    assert plc.journal.items_per_read == {20: 10}


async def test_a_value_longer_than_a_pdu_is_whole(plc: S7Simulator) -> None:
    """A long array is split over requests and put together."""
    plc.db(2)[:] = bytes(n % 253 for n in range(4000))
    async with connected(plc.port) as driver:
        assert await value(driver, "DB2.0", "BYTE[4000]") == [n % 253 for n in range(4000)]
    assert plc.journal.read_requests == 5


async def test_one_bad_item_costs_no_neighbour_its_value(plc: S7Simulator) -> None:
    """The library fails the whole call for one bad item; here five of six are good."""
    names = ("DB1.DBW0", "DB7.DBW0", "DB1.DBW4", "DB1.DBW198", "DB1.DBW199", "M1.0")
    async with connected(plc.port) as driver:
        readings = await driver.read(tuple(map(Tag, names)))
    assert readings.values == [0x0001, None, 0x0405, 0xC6C7, None, False]
    assert readings.bad[1].startswith("DB7 does not exist, or it is optimized")
    assert readings.bad[4].startswith("address out of range: DB1 ends before byte 201")


async def test_a_cpu_without_put_get_says_where_to_permit_it(plc: S7Simulator) -> None:
    """The refusal is the operator's to mend, and the same connection reads once it is mended."""
    plc.station.put_get = False
    async with connected(plc.port) as driver:
        with pytest.raises(Rejected) as caught:
            await driver.read((Tag("DB1.DBW0"),))
        plc.station.put_get = True
        assert await value(driver, "DB1.DBW0") == 1
    assert caught.value.reason == (
        "the CPU does not permit PUT/GET communication; in TIA Portal: "
        "CPU properties > Protection & Security > Connection mechanisms > "
        "Permit access with PUT/GET communication, then download the hardware configuration"
    )
    assert plc.accepted == 1


@pytest.mark.parametrize(
    ("code", "fact", "remedy"),
    [
        (ItemCode.ADDRESS_OUT_OF_RANGE, "address out of range", "Optimized block access off"),
        (ItemCode.OBJECT_DOES_NOT_EXIST, "does not exist", "Optimized block access off"),
        (ItemCode.ACCESS_DENIED, "access denied to DB2", "Permit access with PUT/GET"),
        (ItemCode.TYPE_NOT_SUPPORTED, "does not know this kind of access", ""),
    ],
)
async def test_a_refused_block_says_what_to_switch(
    plc: S7Simulator, code: ItemCode, fact: str, remedy: str
) -> None:
    """An optimized or protected block is bad in its tags alone, with the place in TIA Portal."""
    plc.station.denied[2] = code
    async with connected(plc.port) as driver:
        readings = await driver.read((Tag("DB2.DBW0"), Tag("DB1.DBW0")))
    assert readings.values == [None, 1]
    assert fact in readings.bad[0]
    assert remedy in readings.bad[0]


async def test_a_request_refused_as_a_whole_is_asked_item_by_item(plc: S7Simulator) -> None:
    """What one variable brings upon its request costs the others nothing."""

    def refuse_many(answer: bytes) -> bytes:
        if answer[5] == 0xF0 and answer[8] == 3 and answer[19] == 4 and answer[20] > 1:
            return answer[:2] + b"\0\x13" + answer[4:8] + b"\2" + answer[9:13] + b"\0\0\0\0\x85\0"
        return answer

    plc.spoil = refuse_many
    async with connected(plc.port) as driver:
        readings = await driver.read((Tag("DB1.DBW0"), Tag("M0.0"), Tag("DB7.DBW0")))
    assert readings.values == [1, False, None]


async def test_refused_addresses_are_tried_again_by_the_drivers_clock(plc: S7Simulator) -> None:
    """After ten seconds of the monotonic time that it was given, and not before."""
    now = 100.0
    driver = S7Driver(endpoint(plc.port), now=lambda: now)
    await driver.connect()
    tags = (Tag("DB1.DBW0"), Tag("DB3.DBW0"))
    assert list((await driver.read(tags)).bad) == [1]
    plc.station.memory.dbs[3] = bytearray(2)
    assert list((await driver.read(tags)).bad) == [1]
    now = 109.9
    assert list((await driver.read(tags)).bad) == [1]
    now = 110.0
    assert (await driver.read(tags)).values == [1, 0]
    await driver.aclose()


async def test_plans_are_kept_for_each_tuple_of_tags(plc: S7Simulator) -> None:
    """Reading two tuples in turn keeps what was learnt about both."""
    async with connected(plc.port) as driver:
        first, second = (Tag("DB1.DBW0"), Tag("DB3.DBW0")), (Tag("DB1.DBW2"),)
        kept = [await driver.read(first), await driver.read(second)]
        assert [await driver.read(second)] == kept[1:]
        requests = plc.journal.read_requests
        assert (await driver.read(first)).bad == kept[0].bad
        assert plc.journal.read_requests == requests + 1
