"""The simulated Logix controller's services byte by byte: reading, writing, packets, templates."""

import struct
from collections.abc import AsyncIterator

import pytest
import trio

from tests.protocol.cip_peers import (
    ROUTER,
    RawPeer,
    element,
    forward_open,
    instance,
    packet,
    parse_packet,
    raw_peer,
    request,
    symbol,
)
from warlogix.simulators.cip import (
    CipSimulator,
    Member,
    Program,
    Record,
    Refusal,
    Tag,
    open_logix_simulator,
)

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
    assert (reply.status, reply.extended) == (0xFF, (0x2104,))


async def test_a_true_bool_has_every_bit(peer: RawPeer) -> None:
    """A BOOL that is true is sent as 255, a tag as well as a member."""
    for name in ("Flag", "Motor.On"):
        assert (await peer.ask_connected(request(READ, symbol(name), ONE))).data == b"\xc1\0\xff"


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
