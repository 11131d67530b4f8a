"""The simulated controllers misbehaving on demand, while clients are connected."""

from collections.abc import AsyncIterator

import pytest
import trio

from tests.protocol.cip_peers import (
    CONTEXT,
    RawPeer,
    forward_open,
    raw_peer,
    request,
    symbol,
)
from warlogix.simulators.cip import (
    COMPACTLOGIX,
    CipSimulator,
    NotFound,
    Program,
    Tag,
    open_logix_simulator,
    spoilers,
)

ONE = b"\x01\0"
READ = request(0x4C, symbol("Count"), ONE)
WRITE = request(0x4D, symbol("Count"), b"\xc4\0\x01\0\x09\0\0\0")
PROGRAM = Program((Tag("Count", "DINT", 7),))


@pytest.fixture
async def plc() -> AsyncIterator[CipSimulator]:
    """A running CompactLogix with one tag."""
    with trio.fail_after(20):
        async with open_logix_simulator(PROGRAM, model=COMPACTLOGIX) as simulator:
            yield simulator


@pytest.fixture
async def peer(plc: CipSimulator) -> AsyncIterator[RawPeer]:
    """A raw connection with a session and a CIP connection."""
    async with raw_peer(plc.port) as connected:
        await connected.connect(forward_open(route=b""))
        yield connected


async def test_a_stall_holds_requests_until_the_resume(plc: CipSimulator, peer: RawPeer) -> None:
    """A stalled controller carries nothing out; at the resume what waited is done and answered."""
    plc.stall()
    await peer.send_connected(WRITE)
    await plc.held.wait_value(1)
    assert plc.get("Count") == 7
    plc.resume()
    await peer.frame()
    assert plc.get("Count") == 9


async def test_a_drop_cuts_every_connection(plc: CipSimulator, peer: RawPeer) -> None:
    """Connections are cut at once; a new one is served."""
    plc.drop()
    assert (await peer.frame()).command == 0
    async with raw_peer(plc.port) as again:
        assert (await again.ask(READ)).status == 0


async def test_a_restart_forgets_connections(plc: CipSimulator, peer: RawPeer) -> None:
    """After a restart the CIP connections of before are gone; the program keeps its values."""
    plc.put("Count", 8)
    plc.restart()
    assert plc.station.connections == {}
    assert (await peer.frame()).command == 0
    assert plc.get("Count") == 8


async def test_a_restart_may_bring_another_program(plc: CipSimulator) -> None:
    """After a restart with another program the old tags are unknown."""
    plc.restart(Program((Tag("Other", "INT", 3),)))
    with pytest.raises(NotFound):
        plc.get("Count")
    async with raw_peer(plc.port) as peer:
        assert (await peer.ask(READ)).status == 0x05
        assert (await peer.ask(request(0x4C, symbol("Other"), ONE))).data == b"\xc3\0\x03\0"


async def test_a_download_leaves_connections_open(plc: CipSimulator, peer: RawPeer) -> None:
    """After a download the same connection reads the new program."""
    plc.download(Program((Tag("Count", "INT", 3),)))
    assert (await peer.ask_connected(READ)).data == b"\xc3\0\x03\0"


async def test_silence_and_cut(plc: CipSimulator, peer: RawPeer) -> None:
    """An answer that is kept back, or replaced by the end, belongs to a write that was done."""
    plc.spoil = spoilers.silence
    await peer.send_connected(WRITE)
    await plc.carried_out.wait_value(lambda done: done >= 3)
    assert plc.get("Count") == 9
    plc.spoil = spoilers.cut
    await peer.send_connected(READ)
    assert (await peer.frame()).command == 0


async def test_truncated_answers_announce_what_they_have(plc: CipSimulator, peer: RawPeer) -> None:
    """A byte is missing, and every length says so: of the frame, and of the item inside."""
    whole = await peer.ask(READ)
    plc.spoil = spoilers.truncate
    assert (await peer.ask(READ)).data == whole.data[:-1]
    assert (await peer.ask_connected(READ)).data == whole.data[:-1]


async def test_scrambled_answers_keep_their_frame(plc: CipSimulator, peer: RawPeer) -> None:
    """Noise comes in a frame of the right length, the same for the same answer."""
    plc.spoil = spoilers.scramble
    await peer.send(0x63)
    one = await peer.frame()
    assert one == await peer.exchange(0x63)
    plc.spoil = None
    true = await peer.exchange(0x63)
    assert len(true.data) == len(one.data)
    assert true.data != one.data


async def test_an_answer_to_another_request(plc: CipSimulator, peer: RawPeer) -> None:
    """A connected answer has a sequence, an unconnected one a context that nobody sent."""
    plc.spoil = spoilers.answer_another
    await peer.send_connected(READ)
    data = (await peer.frame()).data
    assert data[20:22] != peer.sequence.to_bytes(2, "little")
    assert data[22:] == b"\xcc\0\0\0\xc4\0\x07\0\0\0"
    frame = await peer.exchange(0x63)
    assert frame.context != CONTEXT
