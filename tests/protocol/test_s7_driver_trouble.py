"""The S7 driver on links that stall, break and lie: what python-snap7 leaves open, closed."""

import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import trio

from warlogix.drivers.s7 import S7Driver
from warlogix.drivers.s7.driver import S7Session
from warlogix.errors import Unreachable
from warlogix.simulators.s7 import Memory, S7Simulator, open_s7_simulator, spoilers
from warlogix.tags import Endpoint, Tag

TAGS = (Tag("DB1.DBW0"), Tag("DB1.DBW2"))


@pytest.fixture
async def plc() -> AsyncIterator[S7Simulator]:
    """A running S7-1500 whose bytes say where they are."""
    with trio.fail_after(20):
        async with open_s7_simulator(Memory({1: bytearray(range(100))})) as simulator:
            yield simulator


def open_descriptors() -> int:
    """How many files and sockets this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


async def open_driver(port: int, limit: float = 5.0) -> S7Driver:
    """A connected driver."""
    driver = S7Driver(Endpoint("Press", "s7", "127.0.0.1", port, slot=1, timeout=limit))
    await driver.connect()
    return driver


async def test_the_greeting_has_the_endpoints_time_limit(plc: S7Simulator) -> None:
    """The library waits 5 s whatever it is told; a silent CPU costs what was configured."""
    plc.stall()
    started = trio.current_time()
    with pytest.raises(Unreachable) as caught:
        await open_driver(plc.port, limit=1.0)
    assert caught.value.reason == "no answer within 1 s"
    assert trio.current_time() - started < 4.5


async def test_a_request_has_the_endpoints_time_limit(plc: S7Simulator) -> None:
    """A time-out is no answer within the limit, and told as an unreachable PLC."""
    driver = await open_driver(plc.port, limit=1.0)
    plc.stall()
    started = trio.current_time()
    with pytest.raises(Unreachable) as caught:
        await driver.read(TAGS)
    assert caught.value.reason == "no answer within 1 s"
    assert trio.current_time() - started < 4.5


async def test_a_reply_in_drops_has_one_time_limit() -> None:
    """The library begins its limit anew with each piece, so that a CPU that drips is never late."""

    async def drip(stream: trio.SocketStream) -> None:
        try:
            for byte in b"\x03\x00\x10\x00" + bytes(4092):
                await stream.send_all(bytes((byte,)))
                await trio.sleep(0.05)
        except trio.BrokenResourceError:
            return

    with trio.fail_after(10):
        async with trio.open_nursery() as nursery:
            listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
            nursery.start_soon(trio.serve_listeners, drip, listeners)
            with pytest.raises(Unreachable, match="no answer within"):
                await open_driver(listeners[0].socket.getsockname()[1], limit=1.0)
            nursery.cancel_scope.cancel()


async def test_an_answer_that_comes_too_late_is_never_taken_for_the_next(plc: S7Simulator) -> None:
    """After a time-out the connection is gone, and with it what is still under way."""
    driver = await open_driver(plc.port, limit=1.0)
    plc.stall()
    with pytest.raises(Unreachable):
        await driver.read(TAGS)
    plc.resume()
    with pytest.raises(Unreachable, match="not connected"):
        await driver.read((Tag("DB1.DBW8"),))
    await plc.connections.wait_value(0)


async def test_a_cancelled_read_leaves_nothing_behind(plc: S7Simulator) -> None:
    """The connection ends with it, and the late answer reaches nobody."""
    driver = await open_driver(plc.port)
    plc.stall()
    with trio.move_on_after(0.05):
        await driver.read(TAGS)
    with pytest.raises(Unreachable, match="not connected"):
        await driver.read(TAGS)
    plc.resume()
    await plc.connections.wait_value(0)


async def test_closing_ends_the_read_that_waits(plc: S7Simulator) -> None:
    """The read ends at once, not by its limit."""
    driver = await open_driver(plc.port, limit=60)
    plc.stall()
    async with trio.open_nursery() as nursery:

        async def close_when_it_waits() -> None:
            await plc.held.wait_value(1)
            await driver.aclose()
            await driver.aclose()

        nursery.start_soon(close_when_it_waits)
        with trio.fail_after(10), pytest.raises(Unreachable):
            await driver.read(TAGS)


async def test_stalled_plcs_take_no_thread(plc: S7Simulator) -> None:
    """A read waits in the event loop: hundreds of PLCs are asked by one thread."""
    stalled = [await open_driver(plc.port) for _ in range(10)]
    plc.stall()
    threads = threading.active_count()
    async with trio.open_nursery() as nursery:
        for driver in stalled:
            nursery.start_soon(driver.read, TAGS)
        await plc.held.wait_value(10)
        assert threading.active_count() <= threads
        nursery.cancel_scope.cancel()
    for driver in stalled:
        await driver.aclose()


async def test_a_connection_cut_by_the_cpu_is_unreachable(plc: S7Simulator) -> None:
    """A closed connection is told as a time-out is, though the library's errors are not kin."""
    driver = await open_driver(plc.port)
    plc.drop()
    await plc.connections.wait_value(0)
    with pytest.raises(Unreachable):
        await driver.read(TAGS)
    again = await open_driver(plc.port)
    assert (await again.read(TAGS)).values == [0x0001, 0x0203]
    await again.aclose()


async def test_the_driver_never_reconnects_by_itself(plc: S7Simulator) -> None:
    """Whether and when to connect again is the poller's decision."""
    driver = await open_driver(plc.port)
    plc.drop()
    for _ in range(3):
        with pytest.raises(Unreachable):
            await driver.read(TAGS)
    assert plc.accepted == 1


LIES: list[Callable[[bytes], bytes | None]] = [
    spoilers.answer_another,
    spoilers.truncate,
    spoilers.scramble,
    spoilers.cut,
]


@pytest.mark.parametrize("spoil", LIES)
async def test_what_is_no_answer_is_never_decoded(
    plc: S7Simulator, spoil: Callable[[bytes], bytes | None]
) -> None:
    """A foreign, torn, senseless or missing answer ends the connection; no value comes of it."""
    driver = await open_driver(plc.port)
    before = await driver.read(TAGS)
    plc.spoil = spoil
    with pytest.raises(Unreachable):
        await driver.read(TAGS)
    plc.spoil = None
    with pytest.raises(Unreachable, match="not connected"):
        await driver.read(TAGS)
    assert before.values == [0x0001, 0x0203]


@pytest.mark.parametrize("spoil", LIES)
async def test_a_greeting_that_is_none_is_unreachable(
    plc: S7Simulator, spoil: Callable[[bytes], bytes | None]
) -> None:
    """Whatever the library makes of it comes out as one kind of error."""
    plc.spoil = spoil
    with pytest.raises(Unreachable):
        await open_driver(plc.port, limit=0.5)


async def test_an_answer_in_fragments_is_put_together(plc: S7Simulator) -> None:
    """COTP may split a message; the library takes its first part for all of it."""

    def split(answer: bytes) -> bytes:
        if answer[5] != 0xF0:
            return answer
        parts = (answer[7:20], answer[20:25], answer[25:])
        marks = (0x00, 0x00, 0x80)
        return b"".join(
            b"\x03\x00" + (len(part) + 7).to_bytes(2, "big") + bytes((2, 0xF0, mark)) + part
            for part, mark in zip(parts, marks, strict=True)
        )

    plc.spoil = split
    driver = await open_driver(plc.port)
    assert (await driver.read(TAGS)).values == [0x0001, 0x0203]
    await driver.aclose()


@pytest.mark.parametrize("last", [0x00, 0x80])
async def test_an_answer_longer_than_agreed_is_refused(plc: S7Simulator, last: int) -> None:
    """Fragments without an end are not gathered for as long as they come, nor is a long answer."""
    driver = await open_driver(plc.port, limit=60)
    parts = 10 if last == 0 else 1
    size = (970 + 7).to_bytes(2, "big")
    plc.spoil = lambda _: (b"\x03\x00" + size + bytes((2, 0xF0, last)) + bytes(970)) * parts
    with pytest.raises(Unreachable, match="more than the 960 bytes agreed on"):
        await driver.read(TAGS)


@pytest.mark.parametrize("pdu", [16, 39])
async def test_a_pdu_that_holds_no_value_is_unreachable(plc: S7Simulator, pdu: int) -> None:
    """A CPU that agrees to less than a DTL takes to be written is told, not planned for."""

    def offer_nothing(answer: bytes) -> bytes:
        return answer[:-2] + bytes((0, pdu)) if answer[5] == 0xF0 else answer

    plc.spoil = offer_nothing
    with pytest.raises(Unreachable, match=f"messages of {pdu} bytes"):
        await open_driver(plc.port)


async def test_a_pdu_larger_than_asked_for_is_not_used(plc: S7Simulator) -> None:
    """What this side offered is what it can take."""

    def offer_more(answer: bytes) -> bytes:
        is_setup = answer[5] == 0xF0 and answer[19] == 0xF0
        return answer[:-2] + b"\x20\x00" if is_setup else answer

    plc.spoil = offer_more
    plc.station.memory.dbs[2] = bytearray(2000)
    driver = await open_driver(plc.port)
    tag = Tag("DB2.0", data_type="BYTE[2000]")
    assert (await driver.read((tag,))).values == [[0] * 2000]
    assert plc.journal.read_requests == 3
    await driver.aclose()


async def test_references_begin_anew_after_65535(plc: S7Simulator) -> None:
    """The count of requests wraps without a stale or a lost packet."""
    driver = await open_driver(plc.port)
    session = driver._session
    assert isinstance(session, S7Session)
    assert session._link is not None
    link = session._link
    link._reference = 0xFFFD
    for _ in range(5):
        assert (await driver.read(TAGS)).values == [0x0001, 0x0203]
    assert link._reference == 3
    await driver.aclose()


async def test_no_descriptor_is_left(plc: S7Simulator) -> None:
    """Connections come and go, half of them in the middle of a read, and nothing adds up."""
    before = open_descriptors()
    for number in range(40):
        driver = await open_driver(plc.port)
        if number % 2:
            plc.stall()
            with trio.move_on_after(0.005):
                await driver.read(TAGS)
            plc.resume()
        await driver.aclose()
    await plc.connections.wait_value(0)
    assert open_descriptors() == before
