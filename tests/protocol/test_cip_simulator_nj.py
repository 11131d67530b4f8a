"""The simulated Omron NJ: its variables, their types, reading and writing by name.

Requests are written by hand; the answers' layouts were checked against the aphyt client.
"""

import struct
from collections.abc import AsyncIterator

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from pycomm3 import CIPDriver

from tests.protocol.cip_peers import (
    CONTEXT,
    Pycomm3Peer,
    RawPeer,
    element,
    forward_open,
    instance,
    raw_peer,
    request,
    symbol,
)
from warlogix.simulators.cip import (
    NJ501,
    Access,
    CipSimulator,
    Journal,
    Member,
    Program,
    Record,
    Station,
    Tag,
    open_nj_simulator,
)
from warlogix.simulators.cip.session import Session

READ, WRITE, TELL, LIST = 0x4C, 0x4D, 0x01, 0x5F
ONE = b"\x01\0"
PROGRAM = Program(
    (
        Tag("Count", "DINT", -5),
        Tag("Flag", "BOOL", True),
        Tag("Level", "USINT", 7),
        Tag("Flags", "BOOL[20]", [i % 3 == 0 for i in range(20)]),
        Tag("Title", "STRING(20)", "Größe"),
        Tag("Titles", "STRING(5)[2]", ["a", "bb"]),
        Tag("Samples", "INT[2,3]", [[1, 2, 3], [4, 5, 6]], lower=(1, 0)),
        Tag("Motor", "Motor", {"Speed": 1.5, "Inner": {"Code": 3}}),
        Tag("Motors", "Motor[100]"),
        Tag("Fixed", "DINT", 5, Access.READ_ONLY),
        Tag("Secret", "DINT", 5, Access.NONE),
        Tag("_Clock", "DATE_AND_TIME", 1_700_000_000 * 10**9),
    ),
    types=(
        Record("Inner", (Member("On", "BOOL"), Member("Code", "DINT"))),
        Record("Motor", (Member("Speed", "LREAL"), Member("Inner", "Inner"))),
    ),
)


@pytest.fixture
async def plc() -> AsyncIterator[CipSimulator]:
    """A running NJ501."""
    with trio.fail_after(30):
        async with open_nj_simulator(PROGRAM) as simulator:
            yield simulator


@pytest.fixture
async def peer(plc: CipSimulator) -> AsyncIterator[RawPeer]:
    """A raw connection with a session."""
    async with raw_peer(plc.port) as connected:
        yield connected


def names(data: bytes) -> list[str]:
    """The names in a page of the variables' list."""
    found, at = [], 4
    for _ in range(int.from_bytes(data[:2], "little")):
        size = int.from_bytes(data[at + 4 : at + 6], "little")
        length = data[at + 12]
        found.append(data[at + 13 : at + 13 + length].decode())
        at += 6 + size
    assert at == len(data)
    return found


def part(offset: int, size: int) -> bytes:
    """The segment that names a part of a variable."""
    return b"\x80\x03" + struct.pack("<IH", offset, size)


async def test_pycomm3_reads_it(plc: CipSimulator) -> None:
    """The client knows the vendor, opens a connection and gets what it asks of an object."""
    peer = Pycomm3Peer(CIPDriver(f"127.0.0.1:{plc.port}"))
    try:
        await peer.call(peer.driver.open)
        identity = await peer.call(peer.driver.list_identity, f"127.0.0.1:{plc.port}")
        assert identity["product_name"] == "NJ501-1300"
        ask = peer.driver.generic_message
        told = await trio.to_thread.run_sync(
            lambda: ask(service=TELL, class_code=0x6A, instance=0, connected=True)
        )
        assert (told.error, told.value) == (None, struct.pack("<HH", 1, 11))
    finally:
        with trio.CancelScope(shield=True):
            await peer.call(peer.driver.close)
    assert plc.journal.offences == []


async def test_variables_are_listed_by_kind_and_page(plc: CipSimulator, peer: RawPeer) -> None:
    """The program's variables and the system's apart, in pages, none without access."""
    path = instance(0x6A, 0)
    shown = [tag.name for tag in PROGRAM.tags if tag.access is not Access.NONE][:-1]
    reply = await peer.ask(request(LIST, path, struct.pack("<IIH", 1, 100, 2)))
    assert (names(reply.data), reply.data[2]) == (shown, 0)
    reply = await peer.ask(request(LIST, path, struct.pack("<IIH", 1, 100, 1)))
    assert names(reply.data) == ["_Clock"]
    found: list[str] = []
    while not found or reply.data[2]:
        reply = await peer.ask(request(LIST, path, struct.pack("<IIH", len(found) + 1, 4, 2)))
        found += names(reply.data)
    assert found == shown


async def test_a_variable_tells_its_type_and_dimensions(peer: RawPeer) -> None:
    """Size, type, the element's type, sizes and lower bounds; of an array the element's size."""
    reply = await peer.ask(request(TELL, symbol("Count")))
    assert reply.data[:8] == struct.pack("<IBBBB", 4, 0xC4, 0, 0, 0)
    reply = await peer.ask(request(TELL, symbol("Samples")))
    assert reply.data[:16] == struct.pack("<IBBBBII", 2, 0xA3, 0xC3, 2, 0, 2, 3)
    assert reply.data[-8:] == struct.pack("<II", 1, 0)
    reply = await peer.ask(request(TELL, symbol("Title")))
    assert reply.data[:6] == struct.pack("<IBB", 21, 0xD0, 0)
    assert (await peer.ask(request(TELL, symbol("Motor.Speed")))).status == 0x05
    assert (await peer.ask(request(TELL, symbol("Secret")))).status == 0x05


async def test_a_structures_members_are_a_chain(plc: CipSimulator, peer: RawPeer) -> None:
    """From a variable to its type, from there to each member, and into a nested structure."""
    told = await peer.ask(request(TELL, symbol("Motor")))
    motor = plc.station.types.structures[number := struct.unpack_from("<I", told.data, 8)[0]]
    data = (await peer.ask(request(TELL, instance(0x6C, number)))).data
    assert data[:8] == struct.pack("<IBBBB", 16, 0, 0xA2, 0, 0)
    assert struct.unpack_from("<HIH", data, 8) == (2, 0, motor.handle)
    assert data[16:22] == b"\x05Motor"
    following, nesting = struct.unpack_from("<II", data, 22)
    assert following == 0
    member = (await peer.ask(request(TELL, instance(0x6C, nesting)))).data
    assert (member[5], member[16:22]) == (0xCB, b"\x05Speed")
    following, _ = struct.unpack_from("<II", member, 22)
    member = (await peer.ask(request(TELL, instance(0x6C, following)))).data
    assert (member[5], member[16:22]) == (0xA2, b"\x05Inner")
    nesting = struct.unpack_from("<II", member, 22)[1]
    assert plc.station.types.structures[nesting].name == "Inner"


@pytest.mark.parametrize(
    ("path", "count", "answer"),
    [
        (symbol("Count"), 1, b"\xc4\0\xfb\xff\xff\xff"),
        (symbol("Flag"), 1, b"\xc1\0\x01\0"),
        (symbol("Flags"), 1, b"\xc1\0\x49\x92\x04\0"),
        (symbol("Flags") + element(3), 1, b"\xc1\0\x01\0"),
        (symbol("Flags") + element(3), 4, b"\xc1\0\x01\0\0\x01"),
        (symbol("Flags"), 20, b"\xc1\0\x49\x92\x04\0"),
        (symbol("Level"), 1, b"\xc6\0\x07\0"),
        (symbol("Titles"), 1, b"\xd0\0\0a\0\0\0\0bb\0\0\0\0"),
        (symbol("Title"), 1, b"\xd0\0\x07\0Gr\xc3\xb6\xc3\x9fe"),
        (symbol("Titles") + element(1), 1, b"\xd0\0\x02\0bb"),
        (symbol("Samples"), 1, b"\xc3\0" + struct.pack("<6h", *range(1, 7))),
        (symbol("Samples") + part(4, 6), 1, b"\xc3\0" + struct.pack("<3h", 3, 4, 5)),
        (symbol("Samples") + element(2, 1), 2, b"\xc3\0\x05\0\x06\0"),
        (symbol("Motor.Inner.Code"), 1, b"\xc4\0\x03\0\0\0"),
    ],
)
async def test_a_variable_is_read(peer: RawPeer, path: bytes, count: int, answer: bytes) -> None:
    """Whole, by element, by member and by part: the type in front, then the value."""
    reply = await peer.ask(request(READ, path, struct.pack("<H", count)))
    assert (reply.status, reply.data) == (0, answer)


async def test_a_forced_bool_says_so_beside_its_value(plc: CipSimulator, peer: RawPeer) -> None:
    """The second byte of a BOOL is no part of its value: it tells that it is forced."""
    plc.put("Flag", False)
    plc.station.forced.add("flag")
    assert (await peer.ask(request(READ, symbol("Flag"), ONE))).data == b"\xc1\0\0\x01"


async def test_a_structure_carries_its_checksum(plc: CipSimulator, peer: RawPeer) -> None:
    """A structure is read and written under its type's checksum, which a download may change."""
    reply = await peer.ask(request(READ, symbol("Motor"), ONE))
    assert reply.data[:2] == b"\xa0\x02"
    changed = struct.pack("<dHxxi", 2.5, 1, 4)
    write = request(WRITE, symbol("Motor"), reply.data[:4] + ONE + changed)
    assert (await peer.ask(write)).status == 0
    assert plc.get("Motor") == {"Speed": 2.5, "Inner": {"On": True, "Code": 4}}
    motor = Record("Motor", (Member("Speed", "LREAL"), Member("Inner", "DINT")))
    plc.download(Program((Tag("Motor", "Motor"),), types=(motor,)))
    refused = await peer.ask(write)
    assert (refused.status, refused.extended) == (0x20, (0x8022,))


@pytest.mark.parametrize(
    ("path", "data", "name", "value"),
    [
        (symbol("Count"), b"\xc4\0\x01\0\x09\0\0\0", "Count", 9),
        (symbol("Flag"), b"\xc1\0\x01\0\0\0", "Flag", False),
        (symbol("Flags") + element(4), b"\xc1\0\x01\0\x01\0", "Flags[4]", True),
        (symbol("Flags") + element(3), b"\xc1\0\x02\0\0\x01", "Flags[4]", True),
        (symbol("Level"), b"\xc6\0\x01\0\x09\0", "Level", 9),
        (symbol("Level"), b"\xc6\0\x01\0\x09", "Level", 9),
        (symbol("Title"), b"\xd0\0\x01\0\x02\0ok", "Title", "ok"),
        (symbol("Title") + part(0, 21), b"\xd0\0\x01\0\x15\0ok" + bytes(19), "Title", "ok"),
        (symbol("Samples") + element(1, 2), b"\xc3\0\x01\0\x07\0", "Samples[1,2]", 7),
        (symbol("Motor.Speed"), b"\xcb\0\x01\0" + struct.pack("<d", 9.5), "Motor.Speed", 9.5),
        (symbol("Samples") + part(2, 4), b"\xc3\0\x01\0\x08\0\x09\0", "Samples[1,2]", 9),
    ],
)
async def test_a_variable_is_written(
    plc: CipSimulator, peer: RawPeer, path: bytes, data: bytes, name: str, value: object
) -> None:
    """What is written stands in the variable, and in the journal."""
    assert (await peer.ask(request(WRITE, path, data))).status == 0
    assert plc.get(name) == value
    assert plc.journal.writes[-1].status == 0
    assert plc.journal.offences == []


@pytest.mark.parametrize(
    ("message", "status", "extended"),
    [
        (request(READ, symbol("Nope"), ONE), 0x05, ()),
        (request(READ, symbol("Secret"), ONE), 0x05, ()),
        (request(READ, symbol("Count.3"), ONE), 0x05, ()),
        (request(READ, symbol("Count"), b"\x02\0"), 0x20, (0x8017,)),
        (request(READ, symbol("Samples"), b"\x02\0"), 0x20, (0x8018,)),
        (request(READ, symbol("Samples") + element(1, 70000), ONE), 0x04, ()),
        (request(READ, symbol("Samples") + element(2, 2), b"\x02\0"), 0x20, (0x8018,)),
        (request(READ, symbol("Samples") + element(2, 1), b"\x03\0"), 0x20, (0x8018,)),
        (request(READ, symbol("Samples") + element(0, 0), ONE), 0x1F, (0x1103,)),
        (request(READ, symbol("Samples") + part(8, 6), ONE), 0x1F, (0x1103,)),
        (request(READ, symbol("Titles") + element(0), b"\x02\0"), 0x1F, (0x8029,)),
        (request(WRITE, symbol("Titles"), b"\xd0\0\x01\0" + bytes(12)), 0x1F, (0x8029,)),
        (request(WRITE, symbol("Flag"), b"\xc1\0\x01\0\x01\x01"), 0x20, (0x800F,)),
        (request(READ, symbol("Motors"), ONE), 0x11, ()),
        (request(READ, symbol("Count"), ONE + b"\0"), 0x15, ()),
        (request(0x52, symbol("Count"), ONE + bytes(4)), 0x08, ()),
        (request(WRITE, symbol("Fixed"), b"\xc4\0\x01\0" + bytes(4)), 0x1F, (0x8007,)),
        (request(WRITE, symbol("Count"), b"\xc3\0\x01\0" + bytes(2)), 0x20, (0x8022,)),
        (request(WRITE, symbol("Count"), b"\xc4\x01\0\x01\0" + bytes(4)), 0x20, (0x8021,)),
        (request(WRITE, symbol("Count"), b"\xc4\0\x01\0" + bytes(5)), 0x20, (0x800F,)),
        (request(WRITE, symbol("Title"), b"\xd0\0\x01\0\x15\0" + b"x" * 21), 0x1F, (0x1103,)),
        (request(LIST, instance(0x6A, 0), struct.pack("<IIH", 0, 9, 2)), 0x20, ()),
    ],
)
async def test_a_request_that_is_refused(
    plc: CipSimulator, peer: RawPeer, message: bytes, status: int, extended: tuple[int, ...]
) -> None:
    """Each kind of fault has the status that a controller gives, and changes nothing."""
    before = [plc.get(tag.name) for tag in PROGRAM.tags]
    reply = await peer.ask(message)
    assert (reply.status, reply.extended) == (status, extended)
    assert [plc.get(tag.name) for tag in PROGRAM.tags] == before


async def test_a_large_connection_reads_more_at_once(plc: CipSimulator, peer: RawPeer) -> None:
    """What does not fit an unconnected answer is read in parts, or over a large connection."""
    whole = plc.raw("Motors")
    parts = b""
    while len(parts) < len(whole):
        size = min(400, len(whole) - len(parts))
        read = request(READ, symbol("Motors") + part(len(parts), size), ONE)
        parts += (await peer.ask(read)).data[4:]
    assert parts == whole
    opened = await peer.connect(forward_open(1994, large=True))
    assert opened.status == 0
    reply = await peer.ask_connected(request(READ, symbol("Motors"), ONE))
    assert (reply.status, reply.data[4:]) == (0, whole)


@given(st.binary(max_size=40), st.sampled_from((READ, WRITE, TELL, LIST)), st.integers(0, 4))
def test_no_data_break_a_service(data: bytes, service: int, target: int) -> None:
    """Whatever follows a well-made path is carried out or refused."""
    session = Session(Station(NJ501, PROGRAM, Journal(lambda: 0.0), lambda: 0.0))
    session.answer(bytes.fromhex("6500 0400 00000000 00000000 0000000000000000 00000000 01000000"))
    paths = (
        symbol("Flags") + element(3),
        symbol("Title"),
        symbol("Motor") + part(2, 4),
        instance(0x6A, 0),
        instance(0x6C, 1),
    )
    message = request(service, paths[target], data)
    body = bytes(6) + b"\x02\0" + struct.pack("<HHHH", 0, 0, 0xB2, len(message)) + message
    frame = struct.pack("<HHII8sI", 0x6F, len(body), 0x1002, 0, CONTEXT, 0) + body
    assert session.answer(frame)[40] == service | 0x80
