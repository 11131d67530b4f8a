"""The simulated Logix controller byte by byte: what is on the wire is what a controller puts."""

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
    instance,
    packet,
    parse_packet,
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
    Refusal,
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


@pytest.mark.parametrize(
    ("message", "status", "extended"),
    [
        (request(READ, symbol("Nope"), ONE), 0x05, (0,)),
        (request(READ, symbol("Motor.Nope"), ONE), 0x05, (0,)),
        (request(READ, symbol("Count.3"), ONE), 0x05, (0,)),
        (request(READ, symbol("Samples") + element(1000), ONE), 0xFF, (0x2105,)),
        (request(READ, symbol("Samples") + element(999), b"\x02\0"), 0xFF, (0x2105,)),
        (request(READ, symbol("Grid") + element(1), ONE), 0xFF, (0x2105,)),
        (request(READ, symbol("Count"), b"\0\0"), 0xFF, (0x2105,)),
        (request(READ, symbol("Count")), 0x13, ()),
        (request(READ, symbol("Count"), ONE + b"\0"), 0x15, ()),
        (request(READ_PART, symbol("Count"), ONE + b"\x04\0\0\0"), 0xFF, (0x2105,)),
        (b"\x4c\x04\x91\x05Count", 0x13, ()),
        (b"\x4c\x03\x91\x05Coun", 0x04, ()),
        (b"\x4c\x01\xff\x00" + ONE, 0x04, ()),
        (request(0x77, symbol("Count")), 0x08, ()),
        (request(0x77, instance(0x6B, 1)), 0x08, ()),
        (request(0x01, instance(0x99, 1)), 0x05, ()),
        (request(WRITE, symbol("Count"), DINT + ONE + b"\0\0\0"), 0x13, ()),
        (request(WRITE, symbol("Count"), b"\xc3\0" + ONE + b"\0\0"), 0xFF, (0x2107,)),
        (request(WRITE, symbol("Motor"), b"\xa0\x02\xff\xff" + ONE + bytes(8)), 0xFF, (0x2107,)),
        (request(MODIFY, symbol("Count"), b"\x02\0" + bytes(4)), 0x20, ()),
        (request(MODIFY, symbol("Motor.Speed"), b"\x04\0" + bytes(8)), 0xFF, (0x2107,)),
        (request(0x0A, ROUTER, b"\x01\0\x09\0" + request(READ, symbol("Count"), ONE)), 0x20, ()),
    ],
)
async def test_a_request_that_is_refused(
    plc: CipSimulator, peer: RawPeer, message: bytes, status: int, extended: tuple[int, ...]
) -> None:
    """Each kind of fault has the status that a controller gives, and changes nothing."""
    before = [plc.get(tag.name) for tag in PROGRAM.tags]
    reply = await peer.ask_connected(message)
    assert (reply.service, reply.status) == (message[0] | 0x80, status)
    assert reply.extended == extended
    assert [plc.get(tag.name) for tag in PROGRAM.tags] == before


async def test_a_value_that_does_not_fit_comes_in_parts(peer: RawPeer) -> None:
    """What fits comes with the status for more; fragments go on at any offset."""
    whole = struct.pack("<1000i", *range(1000))
    reply = await peer.ask_connected(request(READ, symbol("Samples"), count(1000)))
    assert (reply.status, reply.data) == (0x06, DINT + whole[:492])
    parts, offset = b"", 0
    while len(parts) < len(whole):
        data = count(1000) + struct.pack("<I", offset)
        reply = await peer.ask_connected(request(READ_PART, symbol("Samples"), data))
        parts, offset = parts + reply.data[2:], offset + len(reply.data) - 2
    assert (reply.status, parts) == (0, whole)


async def test_a_value_is_written_in_parts(plc: CipSimulator, peer: RawPeer) -> None:
    """Fragments land at their offsets; one beyond the value is refused."""
    head = DINT + count(1000)
    for offset in (0, 400):
        data = head + struct.pack("<I", offset) + b"\xff" * 400
        assert (await peer.ask_connected(request(WRITE_PART, symbol("Samples"), data))).status == 0
    assert plc.get("Samples") == [-1] * 200 + list(range(200, 1000))
    beyond = head + struct.pack("<I", 3999) + b"\xff\xff"
    reply = await peer.ask_connected(request(WRITE_PART, symbol("Samples"), beyond))
    assert (reply.status, reply.extended) == (0xFF, (0x2105,))


async def test_several_elements_are_written_at_once(plc: CipSimulator, peer: RawPeer) -> None:
    """Elements from an index on are written and stand in the journal as a list."""
    data = DINT + count(2) + struct.pack("<ii", 8, 9)
    assert (
        await peer.ask_connected(request(WRITE, symbol("Samples") + element(3), data))
    ).status == 0
    assert plc.get("Samples")[2:6] == [2, 8, 9, 5]
    (write,) = plc.journal.writes
    assert (write.name, write.value, write.data) == ("Samples[3]", [8, 9], data)


async def test_masks_change_single_bits(plc: CipSimulator, peer: RawPeer) -> None:
    """Bits are set by one mask and cleared by the other."""
    masks = b"\x04\0" + struct.pack("<II", 0x8000_0000, 0xFFFF_FFFE)
    assert (await peer.ask_connected(request(MODIFY, symbol("Count"), masks))).status == 0
    assert plc.get("Count") == -(2**31) + 6


async def test_a_packet_carries_several_requests(plc: CipSimulator, peer: RawPeer) -> None:
    """Each request of a packet has its own answer; one that fails costs no other."""
    names = ("Count", "Nope", "Level")
    reply = await peer.ask_connected(packet(*(request(READ, symbol(n), ONE) for n in names)))
    assert reply.status == 0x1E
    inner = parse_packet(reply)
    assert [one.status for one in inner] == [0, 0x05, 0]
    assert (inner[0].data, inner[2].data) == (DINT + b"\x07\0\0\0", b"\xc3\0\x03\0")
    assert plc.journal.services[0x0A] == 1
    assert plc.journal.services[READ] == 3


async def test_a_packets_answer_fits_the_connection(peer: RawPeer) -> None:
    """What has no room in the answer comes short, with the status for more."""
    big = request(READ, symbol("Samples"), count(100))
    reply = await peer.ask_connected(packet(big, big, big))
    inner = parse_packet(reply)
    assert [one.status for one in inner] == [0, 0x06, 0x06]
    assert len(reply.data) + 4 <= 498


async def test_a_packet_that_a_controller_does_not_take(plc: CipSimulator, peer: RawPeer) -> None:
    """Packets can be switched off: the service is then not supported."""
    plc.station.packets = False
    reply = await peer.ask_connected(packet(request(READ, symbol("Count"), ONE)))
    assert reply.status == 0x08


async def test_templates_and_change_counters(plc: CipSimulator, peer: RawPeer) -> None:
    """A download gives structures other numbers and moves the counters that tell of it."""
    ask = request(0x03, instance(0xAC, 1), count(5) + b"".join(map(count, (1, 2, 3, 4, 10))))
    before = await peer.ask_connected(ask)
    assert before.status == 0
    assert before.data[:2] == count(5)
    assert len(before.data) == 2 + 5 * 4 + 2 * 2 + 3 * 4
    (number,) = plc.station.types.structures.keys() - {0xFCE}
    described = request(0x03, instance(0x6C, number), count(1) + count(2))
    assert (await peer.ask_connected(described)).data == count(1) + count(2) + count(0) + count(3)
    plc.download(PROGRAM)
    after = await peer.ask_connected(ask)
    assert after.data[:18] == before.data[:18]
    assert all(after.data[at : at + 4] != before.data[at : at + 4] for at in (18, 26, 34))
    assert (await peer.ask_connected(described)).status == 0x05
    plc.station.tells_changes = False
    assert (await peer.ask_connected(ask)).status == 0x05


async def test_a_tag_can_be_told_to_refuse(plc: CipSimulator, peer: RawPeer) -> None:
    """A tag answers with the status that a test gives it, until it is taken back."""
    plc.station.refusals["count"] = Refusal(0x01, 0x0204)
    reply = await peer.ask_connected(request(READ, symbol("Count"), ONE))
    assert (reply.status, reply.extended) == (0x01, (0x0204,))
    plc.station.refusals.clear()
    assert (await peer.ask_connected(request(READ, symbol("Count"), ONE))).status == 0


async def test_tags_go_by_their_number_too(plc: CipSimulator, peer: RawPeer) -> None:
    """An instance number means its tag until the next download."""
    number = next(iter(plc.station.memory.scopes[""].values())).instance
    read = request(READ, instance(0x6B, number), ONE)
    assert (await peer.ask_connected(read)).data == DINT + b"\x07\0\0\0"
    plc.download(PROGRAM)
    assert (await peer.ask_connected(read)).status == 0x05


async def test_numbers_beyond_sixteen_bits(plc: CipSimulator, peer: RawPeer) -> None:
    """A long list goes on at an instance of 32 bits; no attribute that symbols lack is told."""
    plc.station.instances = 70_000
    plc.download(PROGRAM)
    start = plc.station.memory.named("Level").variable.instance
    path = b"\x20\x6b\x26\0" + struct.pack("<I", start)
    reply = await peer.ask_connected(request(0x55, path, count(1) + count(2)))
    assert reply.status == 0
    assert reply.data[:6] == struct.pack("<IH", start, 0xC3)
    assert (await peer.ask_connected(request(0x55, path, count(1) + count(99)))).status == 0x14


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
