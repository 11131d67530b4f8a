"""Writes to an S7 on links that stall, break and lie: what is not certain is unknown, and final."""

from collections.abc import AsyncIterator, Callable
from itertools import count

import pytest
import trio

from warlogix.drivers.s7 import S7Driver
from warlogix.errors import Unreachable
from warlogix.simulators.s7 import ItemCode, Memory, S7Simulator, open_s7_simulator, spoilers
from warlogix.tags import Endpoint, Outcome, Tag, Value, WriteResult

SPEED, TEXT = Tag("DB1.DBW0", data_type="INT"), Tag("DB1.20", data_type="STRING[8]")
# Five messages on an S7-1500.
LONG = Tag("DB1.100", data_type="DINT[1000]")
NUMBERS: list[Value] = list(range(1000))
DONE = WriteResult(Outcome.DONE)


@pytest.fixture
async def plc() -> AsyncIterator[S7Simulator]:
    """A running S7-1500 with a string of eight characters in its block."""
    with trio.fail_after(20):
        async with open_s7_simulator(Memory({1: bytearray(5000)})) as simulator:
            simulator.poke(1, 20, b"\x08\x00")
            yield simulator


async def open_driver(plc: S7Simulator, limit: float = 5.0) -> S7Driver:
    """A connected driver."""
    driver = S7Driver(Endpoint("Press", "s7", "127.0.0.1", plc.port, slot=1, timeout=limit))
    await driver.connect()
    return driver


async def outcome(driver: S7Driver, tag: Tag, value: Value, expected: Outcome) -> str:
    """The reason of a write that became what was expected."""
    result = await driver.write(tag, value)
    assert result.outcome is expected
    return result.reason


def is_write_answer(answer: bytes) -> bool:
    """Whether a frame answers a write."""
    return answer[5] == 0xF0 and len(answer) > 20 and answer[19] == 5


async def test_a_stalled_cpu_makes_a_write_unknown_within_the_time_limit(plc: S7Simulator) -> None:
    """It was sent; the CPU may still carry it out, and does when it goes on, once."""
    driver = await open_driver(plc, limit=1.0)
    plc.stall()
    started = trio.current_time()
    assert await outcome(driver, SPEED, 7, Outcome.UNKNOWN) == "no answer within 1 s"
    assert trio.current_time() - started < 4.5
    with pytest.raises(Unreachable, match="not connected"):
        await driver.write(SPEED, 8)
    plc.resume()
    await plc.connections.wait_value(0)
    assert [write.data for write in plc.journal.writes] in ([], [b"\0\x07"])


async def test_a_cpu_that_stalls_before_a_text_was_sent_is_unreachable(plc: S7Simulator) -> None:
    """The header is asked for first: without it nothing was written, and that is certain."""
    driver = await open_driver(plc, limit=1.0)
    plc.stall()
    with pytest.raises(Unreachable, match="no answer within"):
        await driver.write(TEXT, "Hi")
    plc.resume()
    await plc.connections.wait_value(0)
    assert plc.journal.write_requests == 0


async def test_a_connection_that_the_cpu_has_closed_is_unreachable(plc: S7Simulator) -> None:
    """It is looked at before anything is sent, so that nothing is unknown that need not be."""
    driver = await open_driver(plc)
    plc.drop()
    await plc.connections.wait_value(0)
    with pytest.raises(Unreachable, match="the PLC has closed the connection"):
        await driver.write(SPEED, 7)
    with pytest.raises(Unreachable, match="not connected"):
        await driver.write(SPEED, 7)


async def test_a_process_that_stood_still_sends_nothing_old(plc: S7Simulator) -> None:
    """Whether a value may be written was judged at the call, and holds for a second."""
    steps = count(0, 1.5)
    where = Endpoint("Press", "s7", "127.0.0.1", plc.port, slot=1)
    driver = S7Driver(where, now=lambda: next(steps))
    await driver.connect()
    with pytest.raises(Unreachable, match=r"held up for 1\.5 s and not sent"):
        await driver.write(SPEED, 7)
    assert plc.journal.write_requests == 0


async def test_a_long_value_that_stood_still_is_not_gone_on_with(plc: S7Simulator) -> None:
    """What is left of a value of several messages is not sent over a newer one, later."""
    now = 0.0

    def let_time_pass(answer: bytes) -> bytes:
        nonlocal now
        now = 9.0
        return answer

    driver = S7Driver(Endpoint("Press", "s7", "127.0.0.1", plc.port, slot=1), now=lambda: now)
    await driver.connect()
    plc.spoil = let_time_pass
    reason = await outcome(driver, LONG, NUMBERS, Outcome.UNKNOWN)
    assert reason.startswith("held up for 9.0 s and not sent; 1 of 5 pieces")
    assert plc.journal.write_requests == 1


async def test_a_header_that_comes_late_stops_the_text(plc: S7Simulator) -> None:
    """What is read before a text is written takes of the same second."""
    now = 0.0

    def let_time_pass(answer: bytes) -> bytes:
        nonlocal now
        now = 1.2
        return answer

    driver = S7Driver(Endpoint("Press", "s7", "127.0.0.1", plc.port, slot=1), now=lambda: now)
    await driver.connect()
    plc.spoil = let_time_pass
    with pytest.raises(Unreachable, match=r"held up for 1\.2 s and not sent"):
        await driver.write(TEXT, "Hi")
    assert plc.journal.read_requests == 1
    assert plc.journal.write_requests == 0


async def test_an_answer_that_nobody_asked_for_stops_the_write(plc: S7Simulator) -> None:
    """What is there before the write is sent could be taken for its answer: nothing is sent."""
    driver = await open_driver(plc)
    plc.spoil = lambda answer: answer + answer
    await driver.read((SPEED,))
    plc.spoil = None
    with pytest.raises(Unreachable, match="has sent what nobody asked for"):
        await driver.write(SPEED, 7)
    assert plc.journal.write_requests == 0


def lose_the_code(answer: bytes) -> bytes:
    """An answer to a write that names no code, its lengths in order."""
    return answer[:2] + b"\x00\x15" + answer[4:15] + b"\x00\x00" + answer[17:21]


def answer_a_read(answer: bytes) -> bytes:
    """An answer to this very request, but to a read."""
    return answer[:19] + b"\x04" + answer[20:]


LIES: list[Callable[[bytes], bytes | None]] = [
    spoilers.answer_another,
    spoilers.truncate,
    spoilers.scramble,
    spoilers.cut,
    lose_the_code,
    answer_a_read,
]


@pytest.mark.parametrize("spoil", LIES)
async def test_what_is_no_answer_makes_a_write_unknown(
    plc: S7Simulator, spoil: Callable[[bytes], bytes | None]
) -> None:
    """A foreign, torn, senseless or missing answer never counts as yes or no; the link ends."""
    driver = await open_driver(plc)
    plc.spoil = spoil
    assert await outcome(driver, SPEED, 7, Outcome.UNKNOWN)
    plc.spoil = None
    with pytest.raises(Unreachable, match="not connected"):
        await driver.write(SPEED, 8)
    assert [write.data for write in plc.journal.writes] == [b"\0\x07"]


async def test_a_late_answer_is_never_taken_for_another_writes(plc: S7Simulator) -> None:
    """A new link has its own conversation; the yes to the old write says nothing about the new."""
    late = await open_driver(plc, limit=1.0)
    plc.stall()
    assert await outcome(late, SPEED, 7, Outcome.UNKNOWN)
    plc.resume()
    driver = await open_driver(plc)
    absent = Tag("DB7.DBW0", data_type="INT")
    assert "DB7 does not exist" in await outcome(driver, absent, 9, Outcome.REFUSED)
    assert await driver.write(SPEED, 8) == DONE
    await driver.aclose()


@pytest.mark.parametrize("error", [0x8500, 0x8304, 0xD209])
async def test_a_message_that_is_refused_whole_was_not_carried_out(
    plc: S7Simulator, error: int
) -> None:
    """The header's error is the CPU's no; the link stays."""

    def refuse(answer: bytes) -> bytes:
        if not is_write_answer(answer):
            return answer
        header = b"\x32\x02\0\0" + answer[11:13] + b"\0\0\0\0" + error.to_bytes(2)
        return b"\x03\x00\x00\x13" + answer[4:7] + header

    driver = await open_driver(plc)
    plc.spoil = refuse
    reason = await outcome(driver, SPEED, 7, Outcome.REFUSED)
    assert reason == f"the CPU refuses the request with error 16#{error:04X}"
    plc.spoil = None
    assert await driver.write(SPEED, 8) == DONE
    await driver.aclose()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (spoilers.silence, "no answer within 1 s"),
        (spoilers.cut, "the PLC has closed the connection"),
        (spoilers.answer_another, "the CPU sent the answer to request"),
    ],
)
async def test_a_long_value_without_an_answer_in_the_middle_is_unknown(
    plc: S7Simulator, spoil: Callable[[bytes], bytes | None], reason: str
) -> None:
    """It is told what is known to be written; what comes after is not sent."""
    driver = await open_driver(plc, limit=1.0)
    plc.spoil = lambda answer: answer if plc.journal.write_requests < 3 else spoil(answer)
    said = await outcome(driver, LONG, NUMBERS, Outcome.UNKNOWN)
    assert said.startswith(reason)
    assert said.endswith("; 2 of 5 pieces of the value had been written already")
    assert plc.journal.write_requests == 3


async def test_a_long_value_that_is_refused_in_the_middle_says_so(plc: S7Simulator) -> None:
    """The CPU's reason, and how much was written; the link stays."""
    driver = await open_driver(plc)

    def deny_the_rest(answer: bytes) -> bytes:
        if plc.journal.write_requests == 2:
            plc.station.denied[1] = ItemCode.ADDRESS_OUT_OF_RANGE
        return answer

    plc.spoil = deny_the_rest
    said = await outcome(driver, LONG, NUMBERS, Outcome.REFUSED)
    assert said.startswith("address out of range: DB1 ends before byte 4100")
    assert said.endswith("; 2 of 5 pieces of the value had been written already")
    assert plc.journal.write_requests == 3
    plc.station.denied.clear()
    assert await driver.write(SPEED, 8) == DONE
    await driver.aclose()


async def test_put_get_that_is_taken_away_in_the_middle_is_a_refusal(plc: S7Simulator) -> None:
    """Not a rejection of the whole: part of the value is in the PLC."""
    driver = await open_driver(plc)

    def forbid(answer: bytes) -> bytes:
        plc.station.put_get = plc.journal.write_requests != 1
        return answer

    plc.spoil = forbid
    said = await outcome(driver, LONG, NUMBERS, Outcome.REFUSED)
    assert said.startswith("the CPU does not permit PUT/GET communication")
    assert said.endswith("; 1 of 5 pieces of the value had been written already")
    await driver.aclose()


async def test_closing_ends_a_write_that_waits_for_its_answer(plc: S7Simulator) -> None:
    """The write ends at once, and as unknown."""
    driver = await open_driver(plc, limit=60)
    plc.stall()
    results: list[WriteResult] = []

    async def write() -> None:
        results.append(await driver.write(SPEED, 7))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(write)
        await plc.held.wait_value(1)
        with trio.fail_after(10):
            await driver.aclose()
    assert results[0].outcome is Outcome.UNKNOWN


async def test_a_cancelled_long_write_sends_nothing_more(plc: S7Simulator) -> None:
    """It ends at the message it is at; the rest of the value stays unwritten."""
    driver = await open_driver(plc)
    with trio.CancelScope() as caller:

        def cancel(answer: bytes) -> bytes:
            if plc.journal.write_requests == 2:
                caller.cancel()
                return b""
            return answer

        plc.spoil = cancel
        await driver.write(LONG, NUMBERS)
    assert caller.cancelled_caught
    await plc.connections.wait_value(0)
    assert plc.journal.write_requests == 2
