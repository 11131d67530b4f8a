"""The simulated S7 misbehaving on demand, while clients are connected."""

import socket
import sys
from collections.abc import AsyncIterator, Callable

import pytest
import trio
from snap7.error import S7ConnectionError, S7Error, S7TimeoutError
from snap7.type import Area, WordLen

from tests.protocol.s7_peers import Peer, item, raw_peer, read_job, snap7_peer, write_job
from warlogix.simulators.black_hole import black_hole
from warlogix.simulators.s7 import Memory, S7Simulator, open_s7_simulator, spoilers
from warlogix.simulators.server import Conversation, Simulator, open_simulator

BYTE = 2


@pytest.fixture
async def plc() -> AsyncIterator[S7Simulator]:
    """A running S7-1500 whose DB1 holds 0, 1, 2 ... 99."""
    with trio.fail_after(20):
        async with open_s7_simulator(Memory({1: bytearray(range(100))})) as simulator:
            yield simulator


@pytest.fixture
async def peer(plc: S7Simulator) -> AsyncIterator[Peer]:
    """A snap7 client that is connected to it."""
    async with snap7_peer(plc.port) as connected:
        yield connected


def _nobody() -> Conversation:
    """No test speaks with it."""
    raise AssertionError("somebody speaks")


async def read(peer: Peer) -> bytearray:
    """The first four bytes of DB1."""
    return await peer.call(peer.client.db_read, 1, 0, 4)


def give_up_after(peer: Peer, seconds: float) -> None:
    """Make the client's calls time out after so many seconds, for the present connection."""
    assert peer.client.connection is not None
    assert peer.client.connection.socket is not None
    peer.client.connection.socket.settimeout(seconds)


async def test_a_stall_holds_requests_until_the_resume(plc: S7Simulator, peer: Peer) -> None:
    """A stalled CPU carries nothing out; at the resume what waited is done and answered."""
    plc.stall()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(peer.call, peer.client.db_write, 1, 0, bytearray(b"late"))
        await plc.held.wait_value(1)
        assert plc.db(1)[:4] == bytes(range(4))
        plc.resume()
    assert plc.db(1)[:4] == b"late"
    assert plc.held.value == 0


async def test_a_stall_leaves_a_connecting_client_waiting(plc: S7Simulator) -> None:
    """A stalled CPU takes the TCP connection and says nothing to the greeting."""
    plc.stall()
    async with trio.open_nursery() as nursery:

        @nursery.start_soon
        async def connect_and_read() -> None:
            async with snap7_peer(plc.port) as late:
                assert await read(late) == bytes(range(4))

        await plc.held.wait_value(1)
        assert plc.carried_out.value == 0
        plc.resume()


async def test_a_request_that_waits_is_lost_in_a_drop(plc: S7Simulator, peer: Peer) -> None:
    """A connection that is cut during a stall takes its waiting request with it."""

    async def write() -> None:
        with pytest.raises(S7ConnectionError, match="closed by peer"):
            await peer.call(peer.client.db_write, 1, 0, bytearray(b"lost"))

    plc.stall()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(write)
        await plc.held.wait_value(1)
        plc.drop()
    plc.resume()
    assert plc.connections.value == 0
    assert plc.db(1)[:4] == bytes(range(4))


async def test_an_answer_that_comes_too_late_is_sent_all_the_same(
    plc: S7Simulator, peer: Peer
) -> None:
    """A client that has lost patience gets its answer when the CPU goes on, as from any CPU."""
    plc.stall()
    before = plc.carried_out.value
    give_up_after(peer, 0.05)
    with pytest.raises(S7TimeoutError):
        await read(peer)
    plc.resume()
    await plc.carried_out.wait_value(before + 1)


async def test_answers_are_delayed(plc: S7Simulator, peer: Peer) -> None:
    """With a delay no answer comes sooner."""
    plc.delay = 0.1
    asked = trio.current_time()
    assert await read(peer) == bytes(range(4))
    assert trio.current_time() - asked >= 0.1


async def test_a_drop_cuts_every_connection_and_new_ones_work(plc: S7Simulator) -> None:
    """After a drop each client's call fails, and each can connect again at once."""
    async with snap7_peer(plc.port) as first, snap7_peer(plc.port) as second:
        await plc.connections.wait_value(2)
        plc.drop()
        await plc.connections.wait_value(0)
        for dropped in (first, second):
            with pytest.raises(S7ConnectionError):
                await read(dropped)
        async with snap7_peer(plc.port) as third:
            assert await read(third) == bytes(range(4))


async def test_a_closed_door_refuses_and_opens_on_the_same_port(
    plc: S7Simulator, peer: Peer
) -> None:
    """While refusing nobody gets in, those inside stay, and nobody else is given the port."""
    port = plc.port
    for _ in range(3):
        plc.refuse()
        with pytest.raises(OSError, match="connect"):
            await trio.open_tcp_stream("127.0.0.1", port)
        with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
            stranger.bind(("127.0.0.1", port))
        assert await read(peer) == bytes(range(4))
        plc.accept()
        async with snap7_peer(port) as another:
            assert await read(another) == bytes(range(4))


async def test_a_simulator_cancelled_while_it_opens_frees_its_port() -> None:
    """Nothing listens any more where the block was never entered."""
    simulator = Simulator(_nobody)
    with trio.CancelScope() as scope:
        scope.cancel()
        async with open_simulator(simulator):
            raise AssertionError("opened")
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", simulator.port))


async def test_the_port_is_the_simulators_from_its_making_to_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Letting clients in and closing take no port anew: nobody can get it in between."""
    simulator = Simulator(_nobody)

    def taken(_: int) -> socket.socket:
        raise AssertionError("the port was given away")

    monkeypatch.setattr("warlogix.simulators.server._bound", taken)
    async with open_simulator(simulator) as opened:
        assert opened.port == simulator.port


async def test_a_cpu_without_free_connections_cuts_newcomers(plc: S7Simulator, peer: Peer) -> None:
    """A client too many is let in and cut at once; the others go on."""
    plc.most_connections = 1
    with pytest.raises(S7ConnectionError, match=r"closed by peer|reset"):
        async with snap7_peer(plc.port):
            raise AssertionError("connected")
    assert await read(peer) == bytes(range(4))


async def test_a_restart_brings_new_memory(plc: S7Simulator, peer: Peer) -> None:
    """A restart cuts the clients; who comes back finds what the CPU holds then."""
    plc.restart()
    await plc.connections.wait_value(0)
    assert plc.db(1)[:4] == bytes(range(4))
    plc.restart(Memory({1: bytearray(b"anew")}))
    with pytest.raises(S7ConnectionError):
        await read(peer)
    async with snap7_peer(plc.port) as another:
        assert await read(another) == b"anew"


@pytest.mark.parametrize(
    ("spoil", "text"),
    [
        (spoilers.cut, "closed by peer"),
        (spoilers.truncate, "beyond PDU"),
        (spoilers.scramble, "Invalid protocol ID"),
        (spoilers.answer_another, "Packet lost|Stale|stale"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_a_spoilt_answer_fails_a_write_that_was_done(
    plc: S7Simulator, peer: Peer, spoil: Callable[[bytes], bytes | None], text: str
) -> None:
    """However its answer is spoilt, the request was carried out, and the client's call fails."""
    plc.spoil = spoil
    with pytest.raises(S7Error, match=f"(?i){text}"):
        await peer.call(peer.client.db_write, 1, 0, bytearray(b"done"))
    assert plc.db(1)[:4] == b"done"
    plc.spoil = None
    async with snap7_peer(plc.port) as another:
        assert await read(another) == b"done"


async def test_a_silent_cpu_has_carried_the_write_out(plc: S7Simulator, peer: Peer) -> None:
    """A write without an answer times out at the client, and is done."""
    plc.spoil = spoilers.silence
    before = plc.carried_out.value
    give_up_after(peer, 0.05)
    with pytest.raises(S7TimeoutError):
        await peer.call(peer.client.db_write, 1, 0, bytearray(b"done"))
    await plc.carried_out.wait_value(before + 1)
    assert plc.db(1)[:4] == b"done"


async def test_requests_under_way_are_carried_out_in_order(plc: S7Simulator) -> None:
    """Requests that were sent during a stall are done one after the other, none twice."""
    async with raw_peer(plc.port) as peer:
        plc.stall()
        for n in range(5):
            await peer.stream.send_all(
                write_job(n, [item(BYTE, 1, 0)], b"\0\4\0\x08" + bytes((n + 1,)))
                + read_job(n + 100, item(BYTE, 1, 0))
            )
        await plc.held.wait_value(1)
        plc.resume()
        replies = [(await peer.frame())[7:] for _ in range(10)]
    assert [reply[5] for reply in replies] == [0, 100, 1, 101, 2, 102, 3, 103, 4, 104]
    assert [reply[-1] for reply in replies[1::2]] == [1, 2, 3, 4, 5]


async def test_garbage_cuts_its_own_connection_only(plc: S7Simulator, peer: Peer) -> None:
    """A client that speaks no S7 is cut off; the others do not notice."""
    for nonsense in (b"GET / HTTP/1.1\r\n\r\n", b"\3\0\0\x07\2\xf0\x80", b"\3\0\xff\xff"):
        async with await trio.open_tcp_stream("127.0.0.1", plc.port) as stream:
            await stream.send_all(nonsense)
            assert await stream.receive_some() == b""
    assert await read(peer) == bytes(range(4))


async def test_many_clients_are_served_side_by_side(plc: S7Simulator) -> None:
    """Thirty clients write a byte each, all at once; every byte arrives."""

    async def write(n: int) -> None:
        async with raw_peer(plc.port) as raw:
            value = b"\0\4\0\x08" + bytes((200 + n,))
            await raw.ask(write_job(n, [item(BYTE, 1, 8 * n)], value))

    async with trio.open_nursery() as nursery:
        for n in range(30):
            nursery.start_soon(write, n)
    assert plc.db(1)[:30] == bytes(range(200, 230))
    assert plc.connections.value <= 30


async def test_it_runs_in_a_process_of_its_own() -> None:
    """`python -m warlogix.simulators.s7` prints its port and serves the blocks asked for."""
    command = [sys.executable, "-m", "warlogix.simulators.s7", "--db", "5:16", "--cpu", "s7-300"]
    with trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            process = await trio.lowlevel.open_process(command, stdout=-1)
            assert process.stdout is not None
            port = int(await process.stdout.receive_some())
            async with snap7_peer(port, slot=2) as peer:
                assert peer.client.pdu_length == 240
                await peer.call(peer.client.write_area, Area.DB, 5, 3, bytearray([1]), WordLen.Bit)
                assert await peer.call(peer.client.db_read, 5, 0, 2) == b"\x08\0"
            nursery.start_soon(process.wait)
            process.kill()


async def test_a_black_hole_neither_lets_in_nor_refuses() -> None:
    """Connecting to a black hole is still pending when the caller loses patience."""
    with black_hole() as port:
        for _ in range(3):
            with trio.move_on_after(0.1) as patience:
                await trio.open_tcp_stream("127.0.0.1", port)
            assert patience.cancelled_caught
