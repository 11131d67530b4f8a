"""The simulated Logix controller byte by byte: frames, routes, connections, sequences."""

import struct
from collections.abc import AsyncIterator

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.cip_peers import (
    BACKPLANE,
    CONTEXT,
    ROUTER,
    RawPeer,
    element,
    forward_close,
    forward_open,
    raw_peer,
    request,
    routed,
    symbol,
)
from warlogix.simulators.cip import (
    CONTROLLOGIX,
    CipSimulator,
    Journal,
    Member,
    Program,
    Record,
    Station,
    Tag,
    open_logix_simulator,
)
from warlogix.simulators.cip.session import Session
from warlogix.simulators.server import ProtocolError

READ, WRITE, MODIFY, READ_PART, WRITE_PART = 0x4C, 0x4D, 0x4E, 0x52, 0x53
ONE = b"\x01\0"
DINT = b"\xc4\0"
PROGRAM = Program(
    (
        Tag("Count", "DINT", 7),
        Tag("Flag", "BOOL", True),
        Tag("Level", "INT", 3),
        Tag("Samples", "DINT[1000]", list(range(1000))),
        Tag("Grid", "INT[2,3]", [[1, 2, 3], [4, 5, 6]]),
        Tag("Motor", "Motor", {"Speed": 1.5, "On": True}),
    ),
    types=(Record("Motor", (Member("Speed", "REAL"), Member("On", "BOOL"))),),
)


@pytest.fixture
async def plc() -> AsyncIterator[CipSimulator]:
    """A running ControlLogix."""
    with trio.fail_after(20):
        async with open_logix_simulator(PROGRAM) as simulator:
            yield simulator


@pytest.fixture
async def peer(plc: CipSimulator) -> AsyncIterator[RawPeer]:
    """A raw connection with a session and a CIP connection of 500 bytes."""
    async with raw_peer(plc.port) as connected:
        await connected.connect(forward_open())
        yield connected


def count(number: int) -> bytes:
    """Two bytes."""
    return struct.pack("<H", number)


async def test_identity_session_and_context(plc: CipSimulator) -> None:
    """A device tells itself without a session; every answer carries the request's context."""
    async with await trio.open_tcp_stream("127.0.0.1", plc.port) as stream:
        peer = RawPeer(stream)
        frame = await peer.exchange(0x63)
        assert frame.context == CONTEXT
        items, kind, size = struct.unpack_from("<HHH", frame.data)
        assert (items, kind, size) == (1, 0x0C, len(frame.data) - 6)
        assert frame.data[8:16] == b"\x00\x02\xaf\x12\x7f\0\0\x01"
        vendor, device = struct.unpack_from("<HH", frame.data, 24)
        assert (vendor, device) == (1, 0x0C)
        assert frame.data[-13:-1] == b"\x0b1756-EN2T/D"
        registered = await peer.exchange(0x65, b"\x01\0\0\0")
        assert registered.session
        assert registered.data == b"\x01\0\0\0"


async def test_frames_that_break_the_rules(plc: CipSimulator, peer: RawPeer) -> None:
    """A wrong session, an unknown command, items that do not add up: each has its status."""
    assert (await peer.exchange(0x99)).status == 0x01
    assert (await peer.exchange(0x65, b"\x02\0\0\0")).status == 0x69
    assert (await peer.exchange(0x6F, bytes(6))).status == 0x03
    items = struct.pack("<IHHHHHH", 0, 0, 2, 0, 0, 0xB2, 9) + b"\x01\x02"
    assert (await peer.exchange(0x6F, items)).status == 0x03
    session, peer.session = peer.session, 0x77
    assert (await peer.exchange(0x6F, bytes(16))).status == 0x64
    peer.session = session
    assert len(plc.journal.offences) == 5
    assert (await peer.ask_connected(request(READ, symbol("Count"), ONE))).status == 0


async def test_a_client_that_takes_its_leave(peer: RawPeer) -> None:
    """Unregistering the session ends the TCP connection without an answer."""
    assert (await peer.exchange(0x66)).command == 0


async def test_a_route_leads_to_the_controller(plc: CipSimulator, peer: RawPeer) -> None:
    """The bridge knows no tags; the slot that is named does, another one does not answer."""
    read = request(READ, symbol("Count"), ONE)
    assert (await peer.ask(read)).status == 0x05
    reply = await peer.ask(routed(read))
    assert (reply.service, reply.status, reply.data) == (READ | 0x80, 0, DINT + b"\x07\0\0\0")
    for route, extended in ((b"\x01\x05", 0x0204), (b"\x01\x40", 0x0312), (b"\x03\0", 0x0311)):
        refused = await peer.ask(routed(read, route))
        assert (refused.service, refused.status, refused.extended) == (0xD2, 0x01, (extended,))
    assert plc.journal.offences == []


@pytest.mark.parametrize(
    ("message", "status", "extended"),
    [
        (forward_open(510), 0x01, (0x0109, 504)),
        (forward_open(4003, large=True), 0x01, (0x0109, 4002)),
        (forward_open(route=b"\x01\x03"), 0x01, (0x0204,)),
        (forward_open(interval=0), 0x01, (0x0111,)),
        (forward_open(500)[:-2], 0x13, ()),
    ],
)
async def test_a_connection_that_is_refused(
    plc: CipSimulator, message: bytes, status: int, extended: tuple[int, ...]
) -> None:
    """Too large, behind another slot, without an interval, cut short: each has its reason."""
    async with raw_peer(plc.port) as peer:
        reply = await peer.connect(message)
        assert (reply.status, reply.extended) == (status, extended)


async def test_forward_opens_that_a_controller_does_not_have(plc: CipSimulator) -> None:
    """A large one, or any, can be switched off: the service is then not supported."""
    plc.station.large = 0
    async with raw_peer(plc.port) as peer:
        assert (await peer.connect(forward_open(4000, large=True))).status == 0x08
        assert (await peer.connect(forward_open(500))).status == 0
        plc.station.small = 0
        assert (await peer.connect(forward_open(500, serial=8))).status == 0x08


async def test_connections_run_out_and_are_given_back(plc: CipSimulator) -> None:
    """The last connection is refused with its reason until another one is closed."""
    plc.station.most_connections = 1
    async with raw_peer(plc.port) as peer:
        assert (await peer.connect(forward_open())).status == 0
        refused = await peer.connect(forward_open(serial=8))
        assert (refused.status, refused.extended) == (0x01, (0x0113,))
        assert (await peer.ask(forward_close())).status == 0
        again = await peer.ask(forward_close())
        assert (again.status, again.extended) == (0x01, (0x0107,))
        assert (await peer.connect(forward_open(serial=8))).status == 0


async def test_a_sequence_that_comes_twice(plc: CipSimulator, peer: RawPeer) -> None:
    """The same sequence number gets the same answer again, and nothing is done twice."""
    write = request(WRITE, symbol("Count"), DINT + ONE + b"\x09\0\0\0")
    assert (await peer.ask_connected(write)).status == 0
    plc.put("Count", 1)
    await peer.send_connected(write)
    assert (await peer.frame()).data[20:] == count(peer.sequence) + bytes((WRITE | 0x80, 0, 0, 0))
    assert plc.get("Count") == 1
    assert plc.journal.offences == ["sequence 1 comes twice"]


async def test_answers_carry_the_clients_connection_number(peer: RawPeer) -> None:
    """A connected answer has the number that the client chose, and the request's sequence."""
    peer.sequence = 0x1234
    await peer.send_connected(request(READ, symbol("Level"), ONE))
    data = (await peer.frame()).data
    assert data[6:22] == struct.pack("<HHHIHHH", 2, 0xA1, 4, 0xBEEF, 0xB1, 10, 0x1234)
    assert data[22:] == bytes((READ | 0x80, 0, 0, 0, 0xC3, 0, 3, 0))


async def test_messages_that_are_too_large(plc: CipSimulator, peer: RawPeer) -> None:
    """A message larger than its connection, or than one outside of them may be, is refused."""
    write = request(WRITE, symbol("Samples"), DINT + count(200) + bytes(800))
    assert (await peer.ask_connected(write)).status == 0x15
    assert (await peer.ask(routed(write))).status == 0x15
    assert plc.get("Samples") == list(range(1000))
    assert len(plc.journal.offences) == 2


async def test_a_connection_that_nobody_uses_is_closed(
    autojump_clock: trio.testing.MockClock,
) -> None:
    """After its interval times its multiplier a connection is gone, and says nothing more."""
    async with open_logix_simulator(PROGRAM) as plc, raw_peer(plc.port) as peer:
        await peer.connect(forward_open(interval=5_000_000))
        read = request(READ, symbol("Count"), ONE)
        await trio.sleep(19)
        assert (await peer.ask_connected(read)).status == 0
        await trio.sleep(21)
        await peer.send_connected(read)
        reply = await peer.ask(routed(read))
        assert reply.status == 0
        assert plc.journal.offences == ["frame: a connection that is not open"]


def new_session() -> Session:
    """A conversation with a controller, without sockets."""
    return Session(Station(CONTROLLOGIX, PROGRAM, Journal(lambda: 0.0), lambda: 0.0))


@given(st.binary(max_size=80), st.sampled_from((0x6F, 0x70)), st.booleans())
def test_no_message_breaks_it(message: bytes, command: int, behind: bool) -> None:
    """Whatever bytes arrive as a message are answered or the connection is cut; none crash it."""
    session = new_session()
    session.answer(bytes.fromhex("6500 0400 00000000 00000000 0000000000000000 00000000 01000000"))
    if behind:
        message = routed(message)
    kind = 0xB2 if command == 0x6F else 0xB1
    address = (
        struct.pack("<HH", 0, 0) if command == 0x6F else struct.pack("<HHI", 0xA1, 4, 0x40000011)
    )
    data = bytes(6) + count(2) + address + struct.pack("<HH", kind, len(message)) + message
    frame = struct.pack("<HHII8sI", command, len(data), 0x1002, 0, CONTEXT, 0) + data
    try:
        answers = [session.answer(one) for one in session.receive(frame)]
    except ProtocolError:
        return
    assert len(answers) == 1


@given(st.binary(max_size=200), st.integers(1, 7))
def test_no_bytes_break_it(raw: bytes, step: int) -> None:
    """Noise on the stream, in chunks of any size, is answered frame by frame or ignored."""
    session = new_session()
    for at in range(0, len(raw), step):
        for frame in session.receive(raw[at : at + step]):
            session.answer(frame)


@given(st.binary(max_size=40), st.sampled_from((READ, WRITE, MODIFY, READ_PART, WRITE_PART, 0x0A)))
def test_no_data_break_a_service(data: bytes, service: int) -> None:
    """Whatever follows a well-made path is carried out or refused."""
    session = new_session()
    session.answer(bytes.fromhex("6500 0400 00000000 00000000 0000000000000000 00000000 01000000"))
    path = ROUTER if service == 0x0A else symbol("Samples") + element(5)
    message = routed(request(service, path, data), BACKPLANE)
    body = bytes(6) + count(2) + struct.pack("<HHHH", 0, 0, 0xB2, len(message)) + message
    answer = session.answer(struct.pack("<HHII8sI", 0x6F, len(body), 0x1002, 0, CONTEXT, 0) + body)
    assert answer[40] == service | 0x80
