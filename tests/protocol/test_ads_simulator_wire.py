"""The simulated TwinCAT host byte by byte: what is on the wire is what TwinCAT puts there."""

import struct
from collections.abc import AsyncIterator

import pytest
import trio

from tests.protocol.ads_peers import (
    READ,
    READ_DEVICE_INFO,
    READ_STATE,
    READ_WRITE,
    SOURCE,
    WRITE,
    WRITE_CONTROL,
    RawPeer,
    counted,
    raw_peer,
    read,
    read_write,
    refused,
    request,
    write,
)
from tests.protocol.ads_projects import BASE, WIRE
from warlogix.simulators.ads import AdsSimulator, open_ads_simulator
from warlogix.simulators.ads.wire import net_id

NOT_SUPPORTED, NO_GROUP, NO_OFFSET, NO_ACCESS, WRONG_SIZE, NOT_FOUND = (
    *range(0x701, 0x706),
    0x710,
)


@pytest.fixture
async def plc() -> AsyncIterator[AdsSimulator]:
    """A running TwinCAT host."""
    with trio.fail_after(20):
        async with open_ads_simulator(WIRE) as simulator:
            yield simulator


@pytest.fixture
async def peer(plc: AdsSimulator) -> AsyncIterator[RawPeer]:
    """A raw connection to it."""
    async with raw_peer(plc.port) as connected:
        yield connected


async def test_an_answer_has_the_header_of_its_request(peer: RawPeer) -> None:
    """Target and source change places, the flags say response, and the invoke id comes back."""
    await peer.stream.send_all(request(READ_STATE, invoke_id=0xCAFE1234))
    assert await peer.frame() == (
        struct.pack("<HI", 0, 40)
        + net_id(SOURCE)
        + b"\x34\x12"
        + net_id("127.0.0.1.1.1")
        + struct.pack("<HHHIII", 851, 4, 5, 8, 0, 0xCAFE1234)
        + struct.pack("<IHH", 0, 5, 0)
    )


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        pytest.param(read(0x4040, BASE, 4), counted(b"\4\3\2\1"), id="a value where it lies"),
        pytest.param(read(0x4040, BASE + 1, 2), counted(b"\3\2"), id="a part of it"),
        pytest.param(read(0x4041, 8 * (BASE + 8), 1), counted(b"\1"), id="a bit that is on"),
        pytest.param(read(0x4041, 8 * (BASE + 8) + 1, 1), counted(b"\0"), id="a bit that is off"),
        pytest.param(read(0x4041, 8 * (BASE + 8), 2), refused(WRONG_SIZE), id="two bits"),
        pytest.param(read(0x4040, BASE - 1, 4), refused(NO_OFFSET), id="in front of the data"),
        pytest.param(read(0x4040, 2**32 - 1, 4), refused(NO_OFFSET), id="behind the data"),
        pytest.param(read(0x4040, BASE, 9999), refused(WRONG_SIZE), id="past the end"),
        pytest.param(read(0x4040, BASE, 0), refused(WRONG_SIZE), id="nothing"),
        pytest.param(read(0x1234, 0, 4), refused(NO_GROUP), id="no such group"),
        pytest.param(read(0xF003, 0, 4), refused(NO_GROUP), id="a group that is no data"),
        pytest.param(read(0xF005, 1, 4), refused(NOT_FOUND), id="no such handle"),
        pytest.param(read(0xF008, 0, 1), counted(b"\1"), id="symbol version"),
        pytest.param(read(0xF008, 0, 4), counted(b"\1"), id="symbol version with room"),
        pytest.param(read(0xF00B, 0, 8), refused(WRONG_SIZE), id="symbols without room"),
        pytest.param(read(0xF00F, 0, 4), refused(WRONG_SIZE), id="info without room"),
        pytest.param(read(0xF100, 0, 2), counted(b"\5\0"), id="ADS state"),
        pytest.param(read(0xF100, 2, 2), counted(b"\0\0"), id="device state"),
        pytest.param(read(0xF100, 4, 2), refused(NO_OFFSET), id="no such device data"),
        pytest.param(read(0x4040, BASE, 4)[:-1], refused(WRONG_SIZE), id="cut off"),
        pytest.param(read(0x4040, BASE, 4) + b"\0", refused(WRONG_SIZE), id="trailing byte"),
    ],
)
async def test_a_read_is_answered(peer: RawPeer, asked: bytes, answered: bytes) -> None:
    """Every group gives its bytes, every failure has its code and no data."""
    assert await peer.ask(READ, asked) == answered


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        pytest.param(write(0x4040, BASE, b"\1\0\0\0"), 0, id="a value"),
        pytest.param(write(0x4040, BASE, b""), WRONG_SIZE, id="nothing"),
        pytest.param(write(0x4041, 8 * BASE, b"\1"), 0, id="a bit"),
        pytest.param(write(0x4041, 8 * BASE, b"\1\1"), WRONG_SIZE, id="two bits"),
        pytest.param(write(0x4041, 0, b"\1"), NO_OFFSET, id="a bit in front of the data"),
        pytest.param(write(0x4040, 0, b"\1"), NO_OFFSET, id="in front of the data"),
        pytest.param(write(0xF008, 0, b"\1"), NO_GROUP, id="the symbol version"),
        pytest.param(write(0xF006, 0, b"\1\0\0\0"), NOT_FOUND, id="release of no handle"),
        pytest.param(write(0xF006, 0, b"\1"), WRONG_SIZE, id="release of half a handle"),
        pytest.param(write(0x4040, BASE, b"\1")[:-1], WRONG_SIZE, id="cut off"),
        pytest.param(write(0x4040, BASE, b"\1") + b"\1", WRONG_SIZE, id="trailing byte"),
    ],
)
async def test_a_write_is_answered(peer: RawPeer, asked: bytes, code: int) -> None:
    """A write is answered with its code alone."""
    assert await peer.ask(WRITE, asked) == struct.pack("<I", code)


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        pytest.param(
            read_write(0xF004, 0, 4, b"main.count\0"), counted(b"\4\3\2\1"), id="value by name"
        ),
        pytest.param(
            read_write(0xF004, 0, 99, b"MAIN.Count"), counted(b"\4\3\2\1"), id="room, no zero"
        ),
        pytest.param(
            read_write(0xF004, 0, 4, b"MAIN.Nobody\0"), refused(NOT_FOUND), id="no such name"
        ),
        pytest.param(
            read_write(0xF007, 0, 12, b"MAIN.Count\0"),
            counted(struct.pack("<III", 0x4040, BASE, 4)),
            id="place by name",
        ),
        pytest.param(
            read_write(0xF003, 0, 3, b"MAIN.Count\0"),
            refused(WRONG_SIZE),
            id="no room for a handle",
        ),
        pytest.param(
            read_write(0xF003, 1, 4, b"MAIN.Count\0"), refused(NO_OFFSET), id="an offset too many"
        ),
        pytest.param(read_write(0xF005, 1, 4, b""), refused(NO_GROUP), id="by handle"),
        pytest.param(read_write(0xF011, 0, 99, b"ST_None\0"), refused(NOT_FOUND), id="no type"),
        pytest.param(
            read_write(0xF004, 0, 4, b"MAIN.Count\0") + b"\0", refused(WRONG_SIZE), id="trailing"
        ),
        pytest.param(
            read_write(0xF080, 2, 99, read(0x4040, BASE, 4)), refused(WRONG_SIZE), id="one of two"
        ),
        pytest.param(
            read_write(0xF080, 1, 7, read(0x4040, BASE, 4)), refused(WRONG_SIZE), id="no room"
        ),
        pytest.param(
            read_write(0xF080, 1, 2**32 - 1, read(0x4040, BASE, 2**32 - 1)),
            refused(WRONG_SIZE),
            id="four gigabytes",
        ),
        pytest.param(
            read_write(0xF080, 1, 99, read(0xF080, 1, 4)),
            counted(struct.pack("<II", NO_GROUP, 0)),
            id="a sum in a sum",
        ),
        pytest.param(
            read_write(0xF081, 1, 4, write(0x4040, BASE, b"\1\2")[:-1]),
            refused(WRONG_SIZE),
            id="a sum without its last byte",
        ),
    ],
)
async def test_a_read_write_is_answered(peer: RawPeer, asked: bytes, answered: bytes) -> None:
    """Every service by name gives its bytes, every failure has its code and no data."""
    assert await peer.ask(READ_WRITE, asked) == answered


async def test_a_handle_is_told_with_its_type_where_there_is_room(
    plc: AdsSimulator, peer: RawPeer
) -> None:
    """Asked for four bytes it is the handle alone, asked for more also size and type."""
    short = await peer.ask(READ_WRITE, read_write(0xF003, 0, 4, b"MAIN.Grid\0"))
    long = await peer.ask(READ_WRITE, read_write(0xF003, 0, 2**32 - 1, b"MAIN.Grid\0"))
    first, second = plc.runtime().handles
    name = b"ARRAY [0..1,-1..1] OF INT"
    told = struct.pack("<IIIH", second, 12, 2, len(name)) + name + b"\0"
    assert (short, long) == (counted(struct.pack("<I", first)), counted(told))


async def test_a_sum_of_reads(peer: RawPeer) -> None:
    """Codes come first, then each part as long as asked, zeros where it has failed or is short."""
    parts = read(0xF008, 0, 1) + read(0x1234, 0, 3) + read(0xF008, 0, 2) + read(0x4040, BASE, 4)
    assert await peer.ask(READ_WRITE, read_write(0xF080, 4, 26, parts)) == counted(
        struct.pack("<IIII", 0, NO_GROUP, 0, 0) + b"\1" + b"\0\0\0" + b"\1\0" + b"\4\3\2\1"
    )


async def test_a_sum_of_writes(plc: AdsSimulator, peer: RawPeer) -> None:
    """Each part is written or refused for itself; one code for each comes back."""
    heads = struct.pack("<III", 0x4040, BASE, 4) + struct.pack("<III", 0x4040, 0, 2)
    handle = await peer.ask(READ_WRITE, read_write(0xF003, 0, 4, b"MAIN.Grid[1,1]\0"))
    heads += struct.pack("<III", 0xF005, int.from_bytes(handle[8:], "little"), 2)
    answered = await peer.ask(READ_WRITE, read_write(0xF081, 3, 12, heads + b"\t\0\0\0xxz\0"))
    assert answered == counted(struct.pack("<III", 0, NO_OFFSET, 0))
    assert (plc.get("MAIN.Count"), plc.get("MAIN.Grid")) == (9, [[1, 2, 3], [4, 5, 0x7A]])


async def test_a_sum_of_handles(plc: AdsSimulator, peer: RawPeer) -> None:
    """Each part has its code and the length of what it gave; one that failed gives nothing."""
    names = (b"MAIN.Count\0", b"MAIN.Nobody\0", b"GVL.Mode\0")
    heads = b"".join(struct.pack("<IIII", 0xF003, 0, 4, len(name)) for name in names)
    answered = await peer.ask(READ_WRITE, read_write(0xF082, 3, 99, heads + b"".join(names)))
    first, second = plc.runtime().handles
    assert answered == counted(struct.pack("<IIIIIIII", 0, 4, NOT_FOUND, 0, 0, 4, first, second))


@pytest.mark.parametrize(
    ("command", "data", "code"),
    [
        pytest.param(6, bytes(40), NOT_SUPPORTED, id="a notification"),
        pytest.param(WRITE_CONTROL, struct.pack("<HHI", 2, 0, 0), NOT_SUPPORTED, id="a reset"),
        pytest.param(WRITE_CONTROL, b"\5", WRONG_SIZE, id="half a control"),
        pytest.param(READ_STATE, b"\0", WRONG_SIZE, id="a state with data"),
        pytest.param(READ_DEVICE_INFO, b"\0", WRONG_SIZE, id="device info with data"),
    ],
)
async def test_what_the_runtime_does_not_serve(
    peer: RawPeer, command: int, data: bytes, code: int
) -> None:
    """A service that is not there, or not with this data, is refused with a code of the device."""
    assert await peer.ask(command, data) == struct.pack("<I", code)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        pytest.param(request(READ_STATE, target="1.2.3.4.5.6"), 7, id="another host"),
        pytest.param(request(READ_STATE, ams_port=852), 6, id="another port"),
        pytest.param(request(0x77), 8, id="another command"),
    ],
)
async def test_what_the_router_does_not_deliver(peer: RawPeer, asked: bytes, code: int) -> None:
    """A message without receiver comes back with the router's code in its header, and no data."""
    await peer.stream.send_all(asked)
    answered = await peer.frame()
    assert struct.unpack_from("<II", answered, 26) == (0, code)
    assert len(answered) == 38


async def test_offences_are_noted(plc: AdsSimulator, peer: RawPeer) -> None:
    """What no sound client sends is in the journal; a plain refusal is not."""
    await peer.ask(READ, read(0x1234, 0, 4))
    assert plc.journal.offences == []
    await peer.ask(READ, read(0x4040, BASE, 4) + b"\0")
    assert plc.journal.offences == ["13 bytes where 12 are announced"]
