"""The simulated TwinCAT host misbehaving on demand, while clients are connected."""

import socket
import struct
import sys
from collections.abc import AsyncIterator, Callable

import pyads
import pytest
import trio

from tests.protocol.ads_peers import (
    READ,
    READ_STATE,
    READ_WRITE,
    WRITE,
    Peer,
    RawPeer,
    counted,
    new_net_id,
    pyads_peer,
    raw_peer,
    read,
    read_write,
    request,
    write,
)
from tests.protocol.ads_projects import BASE
from warlogix.simulators.ads import (
    NET_ID,
    AdsSimulator,
    Project,
    Symbol,
    open_ads_simulator,
    spoilers,
)

PROJECT = Project((Symbol("MAIN.Count", "DINT", 5), Symbol("MAIN.Other", "DINT", 6)))
TIMED_OUT = 1861


@pytest.fixture
async def plc() -> AsyncIterator[AdsSimulator]:
    """A running TwinCAT host with the same program behind two AMS ports."""
    with trio.fail_after(20):
        async with open_ads_simulator({851: PROJECT, 852: PROJECT}) as simulator:
            yield simulator


@pytest.fixture
async def peer(plc: AdsSimulator) -> AsyncIterator[RawPeer]:
    """A raw connection to it that has said who it is."""
    async with raw_peer(plc.port) as connected:
        await connected.ask(READ_STATE)
        yield connected


async def count(peer: RawPeer) -> int:
    """MAIN.Count as a client reads it."""
    (value,) = struct.unpack("<8xi", await peer.ask(READ, read(0x4040, BASE, 4)))
    assert isinstance(value, int)
    return value


def setting(value: int, ams_port: int = 851) -> bytes:
    """A request that writes MAIN.Count."""
    data = write(0x4040, BASE, value.to_bytes(4, "little"))
    return request(WRITE, data, ams_port=ams_port)


async def test_a_stall_holds_requests_until_the_resume(plc: AdsSimulator, peer: RawPeer) -> None:
    """A stalled host carries nothing out; at the resume what waited is done and answered."""
    plc.stall()
    await peer.stream.send_all(setting(7))
    await plc.held.wait_value(1)
    assert plc.get("MAIN.Count") == 5
    plc.resume()
    assert (await peer.frame())[38:] == bytes(4)
    assert plc.get("MAIN.Count") == 7
    assert plc.held.value == 0


async def test_a_stalled_port_does_not_stall_its_neighbour(
    plc: AdsSimulator, peer: RawPeer
) -> None:
    """While one runtime hangs, the other answers on the same connection; then both have."""
    plc.stall_port(852)
    await peer.stream.send_all(setting(8, 852) + setting(9))
    assert (await peer.frame())[38:] == bytes(4)
    await plc.held.wait_value(1)
    assert (plc.get("MAIN.Count"), plc.get("MAIN.Count", 852)) == (9, 5)
    plc.resume_port(852)
    assert struct.unpack_from("<H", await peer.frame(), 20) == (852,)
    assert plc.get("MAIN.Count", 852) == 8


async def test_requests_under_way_are_carried_out_in_order(
    plc: AdsSimulator, peer: RawPeer
) -> None:
    """Requests that were sent during a stall are done one after the other, none twice."""
    plc.stall()
    for number in range(5):
        reading = request(READ, read(0x4040, BASE, 4), invoke_id=100 + number)
        await peer.stream.send_all(setting(number) + reading)
    await plc.held.wait_value(1)
    plc.resume()
    replies = [await peer.frame() for _ in range(10)]
    assert [reply[34] for reply in replies[1::2]] == [100, 101, 102, 103, 104]
    assert [reply[-4] for reply in replies[1::2]] == [0, 1, 2, 3, 4]


async def test_a_request_that_waits_is_lost_in_a_drop(plc: AdsSimulator, peer: RawPeer) -> None:
    """A connection that is cut during a stall takes its waiting request with it."""
    plc.stall()
    await peer.stream.send_all(setting(7))
    await plc.held.wait_value(1)
    plc.drop()
    assert await peer.frame() == b""
    plc.resume()
    await plc.connections.wait_value(0)
    assert plc.get("MAIN.Count") == 5


@pytest.mark.parametrize("leave", ["close", "another connection"])
async def test_a_request_that_was_taken_is_carried_out(plc: AdsSimulator, leave: str) -> None:
    """A client that has lost patience and left gets its write done when the host goes on."""
    plc.stall()
    async with raw_peer(plc.port) as impatient:
        await impatient.stream.send_all(setting(7))
        await plc.held.wait_value(1)
        if leave == "another connection":
            async with raw_peer(plc.port) as another:
                await another.stream.send_all(request(READ_STATE))
                assert await impatient.frame() == b""
    plc.resume()
    await plc.connections.wait_value(0)
    assert plc.get("MAIN.Count") == 7


async def test_answers_are_delayed(plc: AdsSimulator, peer: RawPeer) -> None:
    """With a delay no answer comes sooner."""
    plc.delay = 0.1
    asked = trio.current_time()
    assert await count(peer) == 5
    assert trio.current_time() - asked >= 0.1


async def test_a_drop_cuts_every_connection_and_new_ones_work(
    plc: AdsSimulator, peer: RawPeer
) -> None:
    """After a drop the client's link is gone, and it can connect again at once."""
    plc.drop()
    assert await peer.frame() == b""
    async with raw_peer(plc.port) as another:
        assert await count(another) == 5


async def test_a_closed_door_refuses_and_opens_on_the_same_port(
    plc: AdsSimulator, peer: RawPeer
) -> None:
    """While refusing nobody gets in, and those inside stay."""
    plc.refuse()
    with pytest.raises(OSError, match="connect"):
        await trio.open_tcp_stream("127.0.0.1", plc.port)
    with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
        stranger.bind(("127.0.0.1", plc.port))
    assert await count(peer) == 5
    plc.accept()
    async with raw_peer(plc.port) as another:
        assert await count(another) == 5


async def test_a_restart_forgets_everything(plc: AdsSimulator, peer: RawPeer) -> None:
    """A restart cuts the clients; handles of before stand for nothing, the program is new."""
    handle = (await peer.ask(READ_WRITE, read_write(0xF003, 0, 4, b"MAIN.Count\0")))[8:]
    plc.restart(Project((Symbol("MAIN.Count", "DINT", 11),)))
    assert await peer.frame() == b""
    async with raw_peer(plc.port) as another:
        assert await count(another) == 11
        await another.ask(READ_WRITE, read_write(0xF003, 0, 4, b"MAIN.Count\0"))
        stale = await another.ask(READ, read(0xF005, int.from_bytes(handle, "little"), 4))
        assert stale == struct.pack("<II", 0x710, 0)


@pytest.fixture
async def client() -> AsyncIterator[tuple[AdsSimulator, Peer]]:
    """A running TwinCAT host and a pyads client that loses patience soon."""
    with trio.fail_after(20):
        async with (
            open_ads_simulator(PROJECT, net_id=new_net_id()) as simulator,
            pyads_peer(simulator.port, simulator.net_id) as connected,
        ):
            await connected.call(connected.client.set_timeout, 200)
            yield simulator, connected


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (spoilers.silence, TIMED_OUT),
        (spoilers.cut, TIMED_OUT),
        (spoilers.answer_another, TIMED_OUT),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_a_spoilt_answer_fails_a_write_that_was_done(
    client: tuple[AdsSimulator, Peer], spoil: Callable[[bytes], bytes | None], code: int
) -> None:
    """However its answer is spoilt, the request was carried out, and the client's call fails."""
    plc, peer = client
    plc.spoil = spoil
    before = plc.carried_out.value
    arguments = (0x4040, BASE, 7, pyads.PLCTYPE_DINT)
    assert await peer.refused(peer.client.write, *arguments) == code
    assert plc.carried_out.value == before + 1
    assert plc.get("MAIN.Count") == 7


@pytest.mark.parametrize(
    ("spoil", "length", "data"),
    [
        (spoilers.truncate, 11, counted(b"\5\0\0\0")[:-1]),
        (spoilers.scramble, 12, None),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_a_changed_answer_keeps_its_frame(
    plc: AdsSimulator,
    peer: RawPeer,
    spoil: Callable[[bytes], bytes],
    length: int,
    data: bytes | None,
) -> None:
    """An answer whose content is spoilt is framed as its headers say."""
    plc.spoil = spoil
    await peer.stream.send_all(request(READ, read(0x4040, BASE, 4)))
    answered = await peer.frame()
    assert struct.unpack_from("<I", answered, 26) == (length,)
    assert len(answered) == 38 + length
    assert answered[38:] == data or data is None
    assert answered[38:] != counted(b"\5\0\0\0")


async def test_a_message_of_four_gigabytes_is_announced(plc: AdsSimulator, peer: RawPeer) -> None:
    """An overstated answer says a length that nothing will ever fill."""
    plc.spoil = spoilers.overstate
    await peer.stream.send_all(request(READ_STATE))
    assert (await peer.stream.receive_some())[:6] == b"\0\0\xff\xff\xff\xff"


async def test_it_runs_in_a_process_of_its_own() -> None:
    """`python -m warlogix.simulators.ads` prints its port and serves as many symbols as asked."""
    command = [sys.executable, "-m", "warlogix.simulators.ads", "--symbols", "30"]
    with trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            process = await trio.lowlevel.open_process(command, stdout=-1)
            assert process.stdout is not None
            port = int(await process.stdout.receive_some())
            async with pyads_peer(port, NET_ID) as peer:
                told = await peer.call(peer.client.get_all_symbols)
                assert [each.name for each in told[:2]] == ["GVL.Tag0", "GVL.Tag1"]
                assert len(told) == 31
            nursery.start_soon(process.wait)
            process.kill()
