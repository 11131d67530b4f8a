"""The simulated S7 against the python-snap7 client, which was written by others."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import trio
from snap7.client import Client
from snap7.error import S7ConnectionError, S7ProtocolError
from snap7.server import Server
from snap7.type import Area, SrvArea, WordLen

from tests.protocol.s7_peers import snap7_peer
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

CONTENT = bytes(range(1, 201))


def memory() -> Memory:
    """Every area filled with bytes that tell where they are."""
    return Memory(
        {1: bytearray(CONTENT), 2: bytearray(2000)},
        inputs=bytearray(CONTENT[:64]),
        outputs=bytearray(CONTENT[64:128]),
        markers=bytearray(CONTENT),
        timers=bytearray(CONTENT[:32]),
        counters=bytearray(CONTENT[32:64]),
    )


@pytest.fixture
async def plc() -> AsyncIterator[S7Simulator]:
    """A running S7-1500."""
    with trio.fail_after(20):
        async with open_s7_simulator(memory()) as simulator:
            yield simulator


CALLS: list[tuple[str, Callable[[Client], Any]]] = [
    ("one byte", lambda client: client.db_read(1, 5, 1)),
    ("an odd block", lambda client: client.db_read(1, 3, 77)),
    ("the last byte", lambda client: client.db_read(1, 199, 1)),
    ("more than a PDU", lambda client: client.db_read(2, 0, 2000)),
    ("past the end", lambda client: client.db_read(1, 190, 11)),
    ("no such block", lambda client: client.db_read(7, 0, 1)),
    ("inputs", lambda client: client.eb_read(3, 9)),
    ("outputs", lambda client: client.ab_read(3, 9)),
    ("markers", lambda client: client.mb_read(3, 9)),
    ("timers", lambda client: client.tm_read(2, 3)),
    ("counters", lambda client: client.ct_read(2, 3)),
    ("words", lambda client: client.read_area(Area.DB, 1, 10, 4, WordLen.Word)),
    ("double words", lambda client: client.read_area(Area.DB, 1, 10, 4, WordLen.DWord)),
    ("a block written", lambda client: client.db_write(1, 7, bytearray(b"written"))),
    ("what was written", lambda client: client.db_read(1, 0, 30)),
    (
        "twenty variables",
        lambda client: client.read_multi_vars(
            [{"area": Area.DB, "db_number": 1, "start": 9 * n, "size": 1} for n in range(20)]
        ),
    ),
]


def outcome(client: Client, call: Callable[[Client], Any]) -> object:
    """What a call returned, or what it was refused with."""
    try:
        return call(client)
    except S7ProtocolError as refused:
        return str(refused)


async def test_the_client_gets_the_same_from_snap7s_own_server(plc: S7Simulator) -> None:
    """What snap7's server does as CPUs do, the simulator does too: each call ends the same."""
    theirs, held = Server(log=False), memory()
    for area, number, content in (
        (SrvArea.DB, 1, held.dbs[1]),
        (SrvArea.DB, 2, held.dbs[2]),
        (SrvArea.PE, 0, held.inputs),
        (SrvArea.PA, 0, held.outputs),
        (SrvArea.MK, 0, held.markers),
        (SrvArea.TM, 0, held.timers),
        (SrvArea.CT, 0, held.counters),
    ):
        theirs.register_area(area, number, content)
    await trio.to_thread.run_sync(theirs.start_to, "127.0.0.1", 0)
    assert theirs.server_socket is not None
    port: int = theirs.server_socket.getsockname()[1]
    async with snap7_peer(port) as expected, snap7_peer(plc.port) as actual:
        for name, call in CALLS:
            wanted = await expected.call(outcome, expected.client, call)
            assert (name, await actual.call(outcome, actual.client, call)) == (name, wanted)
    await trio.to_thread.run_sync(theirs.stop)


@pytest.mark.parametrize("bit", range(8))
async def test_a_bit_is_read_in_position_0(plc: S7Simulator, bit: int) -> None:
    """Whatever its place in the byte, a BOOL that is on comes as 1 and one that is off as 0."""
    async with snap7_peer(plc.port) as peer:
        for byte, expected in ((1 << bit, b"\1"), (0xFF ^ 1 << bit, b"\0")):
            plc.db(1)[6] = byte
            read = await peer.call(peer.client.read_area, Area.DB, 1, 6 * 8 + bit, 1, WordLen.Bit)
            assert read == expected


@pytest.mark.parametrize("bit", range(8))
async def test_a_bit_written_leaves_its_neighbours(plc: S7Simulator, bit: int) -> None:
    """Setting and clearing one bit changes that bit alone."""
    async with snap7_peer(plc.port) as peer:
        for value, before, after in ((1, 0x00, 1 << bit), (0, 0xFF, 0xFF ^ 1 << bit)):
            plc.db(1)[6] = before
            await peer.call(
                peer.client.write_area, Area.DB, 1, 6 * 8 + bit, bytearray([value]), WordLen.Bit
            )
            assert plc.db(1)[6] == after


@pytest.mark.parametrize(
    ("cpu", "asked", "agreed"),
    [
        (S7_300, 960, 240),
        (S7_400, 960, 480),
        (S7_1200, 480, 240),
        (S7_1500, 2048, 960),
        (S7_1500, 240, 240),
    ],
    ids=lambda value: value.name if isinstance(value, Cpu) else None,
)
async def test_the_smaller_pdu_is_agreed_on(cpu: Cpu, asked: int, agreed: int) -> None:
    """A client gets the PDU that it asks for, or the CPU's own when that is smaller."""
    slot = 2 if cpu in (S7_300, S7_400) else 0
    with trio.fail_after(10):
        async with (
            open_s7_simulator(memory(), cpu=cpu) as plc,
            snap7_peer(plc.port, slot=slot, pdu_length=asked) as peer,
        ):
            assert peer.client.pdu_length == agreed
            assert await peer.call(peer.client.db_read, 2, 0, 2000) == bytes(2000)


async def test_a_wrong_slot_is_refused(plc: S7Simulator) -> None:
    """A client that looks for the CPU in another slot gets a COTP disconnect, no connection."""
    with pytest.raises(S7ConnectionError, match="Expected COTP CC, got 0x80"):
        async with snap7_peer(plc.port, slot=2):
            raise AssertionError("connected")


async def test_a_write_that_does_not_fit_changes_nothing(plc: S7Simulator) -> None:
    """A write past the end of a block or to no block is refused whole, with the code for it."""
    async with snap7_peer(plc.port) as peer:
        with pytest.raises(S7ProtocolError, match="0x05"):
            await peer.call(peer.client.db_write, 1, 199, bytearray(b"xy"))
        with pytest.raises(S7ProtocolError, match="0x0a"):
            await peer.call(peer.client.db_write, 7, 0, bytearray(b"x"))
    assert plc.db(1) == CONTENT


async def test_put_get_unticked_refuses_every_access(plc: S7Simulator) -> None:
    """Without PUT/GET a client connects, and reads and writes are refused with 0x8104."""
    plc.station.put_get = False
    async with snap7_peer(plc.port) as peer:
        with pytest.raises(S7ProtocolError) as refused:
            await peer.call(peer.client.db_read, 1, 0, 4)
        assert refused.value.error_code == 0x8104
        with pytest.raises(S7ProtocolError):
            await peer.call(peer.client.db_write, 1, 0, bytearray(4))
    assert plc.db(1) == CONTENT


@pytest.mark.parametrize("code", [ItemCode.ADDRESS_OUT_OF_RANGE, ItemCode.ACCESS_DENIED])
async def test_a_denied_block_costs_its_neighbours_nothing(
    plc: S7Simulator, code: ItemCode
) -> None:
    """An optimised or protected block answers with its own code; other blocks go on."""
    plc.station.denied[1] = code
    async with snap7_peer(plc.port) as peer:
        with pytest.raises(S7ProtocolError, match=f"0x{code:02x}"):
            await peer.call(peer.client.db_read, 1, 0, 4)
        with pytest.raises(S7ProtocolError, match=f"0x{code:02x}"):
            await peer.call(peer.client.db_write, 1, 0, bytearray(4))
        assert await peer.call(peer.client.db_read, 2, 0, 4) == bytes(4)


async def test_the_order_code_is_told_and_other_lists_are_not(plc: S7Simulator) -> None:
    """The module identification is answered; a list that is not there is refused as such."""
    async with snap7_peer(plc.port) as peer:
        told = await peer.call(peer.client.get_order_code)
        assert told.OrderCode == S7_1500.order_code.encode()
        with pytest.raises(S7ProtocolError, match="0xd401"):
            await peer.call(peer.client.get_cpu_info)
        with pytest.raises(S7ProtocolError, match="0x8104"):
            await peer.call(peer.client.get_plc_datetime)


async def test_the_journal_tells_what_happened(plc: S7Simulator) -> None:
    """Requests are counted by their variables; writes and changes are kept with their times."""
    started = plc.journal.clock()
    async with snap7_peer(plc.port) as peer:
        await peer.call(peer.client.db_write, 1, 7, bytearray(b"abc"))
        reads = [{"area": Area.DB, "db_number": 1, "start": 20 * n, "size": 1} for n in range(3)]
        await peer.call(peer.client.read_multi_vars, reads)
        with pytest.raises(S7ProtocolError):
            await peer.call(peer.client.db_write, 9, 0, bytearray(b"z"))
    plc.poke(1, 0, b"own")
    journal = plc.journal
    assert (plc.accepted, journal.read_requests, journal.write_requests) == (1, 1, 2)
    assert journal.items_per_read == {3: 1}
    assert [item.start // 8 for item in journal.reads[0].items] == [0, 20, 40]
    done, failed = journal.writes
    assert (done.data, done.item.start, done.code) == (b"abc", 56, ItemCode.DONE)
    assert (failed.data, failed.code) == (b"z", ItemCode.OBJECT_DOES_NOT_EXIST)
    (change,) = journal.changes
    assert (change.db, change.start, change.data) == (1, 0, b"own")
    assert started <= done.at <= failed.at <= change.at
