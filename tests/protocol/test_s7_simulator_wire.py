"""The simulated S7 byte by byte: what is on the wire is what a CPU puts there."""

from collections.abc import AsyncIterator

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.s7_peers import (
    GREETING,
    RawPeer,
    item,
    job,
    raw_peer,
    read_job,
    setup_job,
    write_job,
)
from warlogix.simulators.s7 import ItemCode, Memory, S7Simulator, Station, open_s7_simulator
from warlogix.simulators.s7.journal import Journal
from warlogix.simulators.s7.station import S7_1500, Session
from warlogix.simulators.server import ProtocolError

BIT, BYTE, CHAR, WORD, INT, DWORD, DINT, REAL, COUNTER, TIMER = (*range(1, 9), 0x1C, 0x1D)
TOO_LONG = bytes.fromhex("3202 0000 0007 0000 0000 8500")


@pytest.fixture
async def plc() -> AsyncIterator[S7Simulator]:
    """A running S7-1500 whose DB1 holds 1, 2, 3 ... 200, with 4 timers and no counters."""
    memory = Memory({1: bytearray(range(1, 201)), 2: bytearray(2000)})
    memory.timers = bytearray(range(8))
    with trio.fail_after(20):
        async with open_s7_simulator(memory) as simulator:
            yield simulator


@pytest.fixture
async def peer(plc: S7Simulator) -> AsyncIterator[RawPeer]:
    """A raw connection to it that has agreed on a PDU of 960 bytes."""
    async with raw_peer(plc.port) as connected:
        yield connected


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        pytest.param(item(BIT, 1, 16), "ff 03 0001 01", id="bit on"),
        pytest.param(item(BIT, 1, 17), "ff 03 0001 01", id="second bit on"),
        pytest.param(item(BIT, 1, 18), "ff 03 0001 00", id="third bit off"),
        pytest.param(item(BYTE, 3, 32), "ff 04 0018 050607", id="bytes, length in bits"),
        pytest.param(item(CHAR, 3, 32), "ff 09 0003 050607", id="characters, length in bytes"),
        pytest.param(item(WORD, 1, 32), "ff 04 0010 0506", id="word"),
        pytest.param(item(INT, 1, 32), "ff 05 0010 0506", id="integer"),
        pytest.param(item(DWORD, 1, 32), "ff 04 0020 05060708", id="double word"),
        pytest.param(item(DINT, 1, 32), "ff 05 0020 05060708", id="double integer"),
        pytest.param(item(REAL, 1, 32), "ff 07 0004 05060708", id="real, length in bytes"),
        pytest.param(item(TIMER, 2, 1, area=TIMER), "ff 09 0004 02030405", id="timers"),
        pytest.param(item(BYTE, 1, 8, db=9), "0a 00 0000", id="no such block"),
        pytest.param(item(COUNTER, 1, 0, area=COUNTER), "0a 00 0000", id="no counters here"),
        pytest.param(item(BYTE, 1, 0, area=0x99), "0a 00 0000", id="no such area"),
        pytest.param(item(BYTE, 2, 1592), "05 00 0000", id="past the end"),
        pytest.param(item(BYTE, 0, 0), "05 00 0000", id="nothing"),
        pytest.param(item(WORD, 1, 33), "05 00 0000", id="not at a byte"),
        pytest.param(item(BIT, 2, 16), "06 00 0000", id="two bits"),
        pytest.param(item(0x55, 1, 16), "06 00 0000", id="unknown type"),
        pytest.param(item(TIMER, 1, 0), "06 00 0000", id="timer in a block"),
        pytest.param(item(WORD, 1, 0, area=TIMER), "06 00 0000", id="word among timers"),
        pytest.param(b"\x12\x04\xb2\xff\0\0", "06 00 0000", id="symbolic"),
    ],
)
async def test_a_variable_is_answered(peer: RawPeer, asked: bytes, answered: str) -> None:
    """Every type comes with its own transport size and length, every failure with its code."""
    reply = await peer.ask(read_job(7, asked))
    assert reply[:8] == bytes.fromhex("3203 0000 0007 0002")
    assert reply[12:] == b"\x04\x01" + bytes.fromhex(answered)
    assert int.from_bytes(reply[8:10]) == len(reply) - 14


async def test_variables_begin_at_even_bytes(peer: RawPeer) -> None:
    """An odd value is followed by a byte of padding, the last one is not; a bad one costs none."""
    asked = [item(BYTE, 1, 0), item(BIT, 1, 0), item(BYTE, 1, 0, db=9), item(BYTE, 3, 8)]
    reply = await peer.ask(read_job(7, *asked))
    expected = "ff040008 01 00  ff030001 01 00  0a000000  ff040018 020304"
    assert reply[12:] == b"\x04\x04" + bytes.fromhex(expected)


async def test_twenty_variables_are_the_most(peer: RawPeer) -> None:
    """Twenty variables are read at once; twenty-one are refused, and so is none."""
    one = item(BYTE, 1, 0)
    assert (await peer.ask(read_job(7, *[one] * 20)))[1] == 3
    assert await peer.ask(read_job(7, *[one] * 21)) == TOO_LONG
    assert await peer.ask(read_job(7)) == TOO_LONG


async def test_an_answer_beyond_the_pdu_is_refused(peer: RawPeer) -> None:
    """942 bytes are all that an answer of 960 holds; one more is refused with class 0x85."""
    assert len(await peer.ask(read_job(7, item(BYTE, 942, 0, db=2)))) == 960
    assert await peer.ask(read_job(7, item(BYTE, 943, 0, db=2))) == TOO_LONG


async def test_a_request_beyond_the_pdu_is_refused(plc: S7Simulator, peer: RawPeer) -> None:
    """932 bytes are all that a write request of 960 holds; one more is refused unwritten."""

    def write(size: int) -> bytes:
        value = b"\0\x04" + (size * 8).to_bytes(2) + b"x" * size
        return write_job(7, [item(BYTE, size, 0, db=2)], value)

    assert await peer.ask(write(933)) == TOO_LONG
    assert plc.db(2) == bytes(2000)
    assert (await peer.ask(write(932)))[12:] == bytes.fromhex("0501 ff")
    assert plc.db(2) == b"x" * 932 + bytes(2000 - 932)


@pytest.mark.parametrize(
    ("target", "value", "code"),
    [
        pytest.param(item(WORD, 1, 32), "00 04 0010 abcd", "ff", id="word"),
        pytest.param(item(REAL, 1, 32), "00 07 0004 42910000", "ff", id="real"),
        pytest.param(item(BIT, 1, 17), "00 03 0001 00", "ff", id="bit"),
        pytest.param(item(WORD, 1, 32), "00 04 0008 ab", "07", id="too short"),
        pytest.param(item(WORD, 1, 32), "00 04 0018 abcdef", "07", id="too long"),
        pytest.param(item(BYTE, 1, 32), "00 03 0001 01", "07", id="bit into a byte"),
        pytest.param(item(BIT, 1, 17), "00 04 0008 01", "07", id="byte into a bit"),
        pytest.param(item(BYTE, 1, 32), "00 77 0001 01", "07", id="unknown encoding"),
        pytest.param(item(BIT, 2, 17), "00 03 0002 03", "06", id="two bits"),
        pytest.param(item(BYTE, 1, 1600), "00 04 0008 01", "05", id="past the end"),
        pytest.param(item(BYTE, 1, 0, db=9), "00 04 0008 01", "0a", id="no such block"),
    ],
)
async def test_a_value_is_written_or_told_why_not(
    plc: S7Simulator, peer: RawPeer, target: bytes, value: str, code: str
) -> None:
    """A value that fits is written; of any other nothing is, and its code says why."""
    before = bytes(plc.db(1))
    reply = await peer.ask(write_job(7, [target], bytes.fromhex(value)))
    assert reply == bytes.fromhex(f"3203 0000 0007 0002 0001 0000 0501 {code}")
    assert (plc.db(1) != before) == (code == "ff")


async def test_each_value_of_a_write_gets_its_own_code(plc: S7Simulator, peer: RawPeer) -> None:
    """A value that cannot be written costs the ones around it nothing."""
    targets = [item(BYTE, 1, 0), item(BYTE, 1, 0, db=9), item(BYTE, 2, 8)]
    values = bytes.fromhex("00040008 aa 00  00040008 bb 00  00040010 ccdd")
    assert (await peer.ask(write_job(7, targets, values)))[14:] == bytes.fromhex("ff 0a ff")
    assert plc.db(1)[:4] == bytes.fromhex("aa ccdd 04")


async def test_setup_agrees_on_the_smaller_of_everything(plc: S7Simulator) -> None:
    """Both job counts and the PDU are the smaller of what the client and the CPU offer."""
    async with raw_peer(plc.port, pdu_length=0) as peer:
        assert (await peer.ask(setup_job(480, jobs=20)))[12:] == bytes.fromhex(
            "f000 0008 0008 01e0"
        )


async def test_nothing_is_read_before_setup(plc: S7Simulator) -> None:
    """A read without a set-up communication is refused."""
    async with raw_peer(plc.port, pdu_length=0) as peer:
        assert (await peer.ask(read_job(7, item(BYTE, 1, 0))))[10:] == bytes.fromhex("8104")


async def test_requests_arrive_however_the_network_cuts_them(plc: S7Simulator) -> None:
    """Byte by byte or all at once: requests under way are answered one by one, in order."""
    requests = b"".join(read_job(n, item(BYTE, 1, 8 * n)) for n in range(1, 9))
    async with raw_peer(plc.port) as peer:
        for pieces in ([requests], [bytes((byte,)) for byte in requests]):
            for piece in pieces:
                await peer.stream.send_all(piece)
            for n in range(1, 9):
                reply = (await peer.frame())[7:]
                assert (reply[4:6], reply[-1]) == (n.to_bytes(2), n + 1)


async def test_a_message_in_several_fragments_is_put_together(peer: RawPeer) -> None:
    """COTP may split a message; it is answered when its last fragment has come."""
    message = read_job(7, item(BYTE, 1, 0))[7:]
    for fragment in (b"\x02\xf0\0" + message[:9], b"\x02\xf0\0" + message[9:20]):
        await peer.stream.send_all(b"\3\0" + (len(fragment) + 4).to_bytes(2) + fragment)
    last = b"\x02\xf0\x80" + message[20:]
    reply = await peer.ask(b"\3\0" + (len(last) + 4).to_bytes(2) + last)
    assert reply[14:] == bytes.fromhex("ff040008 01")


async def test_refusals_are_what_real_cpus_were_seen_to_send(
    plc: S7Simulator, peer: RawPeer
) -> None:
    """An optimised block answers with item code 5; without PUT/GET the header says 0x8104."""
    request = read_job(2, item(BYTE, 100, 0))
    plc.station.denied[1] = ItemCode.ADDRESS_OUT_OF_RANGE
    optimised = "32-03-00-00-00-02-00-02-00-04-00-00-04-01-05-00-00-00"
    assert (await peer.ask(request)).hex("-") == optimised
    plc.station.put_get = False
    assert (await peer.ask(request)).hex("-") == "32-02-00-00-00-02-00-00-00-00-81-04"


@pytest.mark.parametrize("function", [0x04, 0x05, 0x1D, 0x28, 0x29, 0xF0])
async def test_a_job_that_says_too_little_is_refused(peer: RawPeer, function: int) -> None:
    """A known job without its parameters, or an unknown one, is refused; the connection stays."""
    reply = await peer.ask(job(7, bytes((function,))))
    assert (reply[1], reply[4:6], reply[10]) == (2, b"\0\7", 0x85 if function < 6 else 0x81)
    assert (await peer.ask(read_job(8, item(BYTE, 1, 0))))[1] == 3


@given(st.lists(st.binary(max_size=40), max_size=4), st.booleans())
def test_no_bytes_break_it(chunks: list[bytes], greeted: bool) -> None:
    """Whatever a client sends, it is answered or cut off; nothing else goes wrong."""
    session = Session(Station(S7_1500, Memory({1: bytearray(8)}), Journal(lambda: 0.0)))
    start = [GREETING, setup_job(960)] if greeted else []
    framed = [b"\3\0" + (len(c) + 7).to_bytes(2) + b"\2\xf0\x80" + c for c in chunks]
    jobs = [job(1, chunk) for chunk in chunks]
    try:
        for chunk in (*start, *jobs, *framed, *chunks):
            for message in session.receive(chunk):
                session.answer(message)
    except ProtocolError:
        return
