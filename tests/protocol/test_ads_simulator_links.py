"""Who may talk to the simulated TwinCAT host, over how many connections."""

import struct
from collections.abc import AsyncIterator

import pytest
import trio

from tests.protocol.ads_peers import (
    READ,
    READ_STATE,
    READ_WRITE,
    SOURCE,
    WRITE,
    RawPeer,
    raw_peer,
    read,
    read_write,
    request,
    write,
)
from tests.protocol.ads_projects import BASE
from warlogix.simulators.ads import AdsSimulator, Project, Symbol, open_ads_simulator

PROJECT = Project((Symbol("MAIN.Count", "DINT", 5), Symbol("MAIN.Other", "DINT", 6)))


@pytest.fixture
async def plc() -> AsyncIterator[AdsSimulator]:
    """A running TwinCAT host."""
    with trio.fail_after(20):
        async with open_ads_simulator(PROJECT) as simulator:
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


def setting(value: int) -> bytes:
    """A request that writes MAIN.Count."""
    data = write(0x4040, BASE, value.to_bytes(4, "little"))
    return request(WRITE, data)


async def test_a_net_id_has_one_connection(plc: AdsSimulator, peer: RawPeer) -> None:
    """A second connection of the same Net ID cuts the first, one of another Net ID does not."""
    async with raw_peer(plc.port) as other:
        await other.stream.send_all(request(READ_STATE, source="192.168.7.10.1.1"))
        await other.frame()
        assert await count(peer) == 5
        async with raw_peer(plc.port) as second:
            assert await count(second) == 5
            assert await peer.frame() == b""
            await other.stream.send_all(request(READ_STATE, source="192.168.7.10.1.1"))
            assert len(await other.frame()) == 46


async def test_a_net_id_may_have_several_connections_on_request(
    plc: AdsSimulator, peer: RawPeer
) -> None:
    """Told to be generous, the host keeps the older connection."""
    plc.one_connection = False
    async with raw_peer(plc.port) as second:
        assert await count(second) == 5
        assert await count(peer) == 5


async def test_a_stranger_is_cut(plc: AdsSimulator) -> None:
    """A Net ID without a route is cut at its first message; the message is not carried out."""
    plc.host.routes = {"10.1.2.3.1.1"}
    async with raw_peer(plc.port) as stranger:
        await stranger.stream.send_all(setting(7))
        assert await stranger.frame() == b""
    assert plc.get("MAIN.Count") == 5
    assert plc.journal.offences == []
    plc.host.routes.add(SOURCE)
    async with raw_peer(plc.port) as known:
        assert await count(known) == 5


async def test_garbage_cuts_its_own_connection_only(plc: AdsSimulator, peer: RawPeer) -> None:
    """A client that speaks no ADS is cut off and noted; the others do not notice."""
    huge = struct.pack("<HI", 0, 2**32 - 1)
    answer = request(READ_STATE, flags=5)
    for nonsense in (b"GET / HTTP/1.1\r\n\r\n", huge, b"\0\0\x05\0\0\0hello", answer):
        async with await trio.open_tcp_stream("127.0.0.1", plc.port) as stream:
            await stream.send_all(nonsense)
            assert await stream.receive_some() == b""
    assert len(plc.journal.offences) == 4
    assert await count(peer) == 5


async def test_many_clients_are_served_side_by_side(plc: AdsSimulator) -> None:
    """Thirty clients with Net IDs of their own take a handle each, all at once."""

    async def take(number: int) -> None:
        async with raw_peer(plc.port) as raw:
            asked = read_write(0xF003, 0, 4, b"MAIN.Count\0")
            source = f"192.168.8.{number}.1.1"
            await raw.stream.send_all(request(READ_WRITE, asked, source=source))
            assert (await raw.frame())[38:42] == bytes(4)

    async with trio.open_nursery() as nursery:
        for number in range(30):
            nursery.start_soon(take, number)
    assert len(plc.runtime().handles) == 30
