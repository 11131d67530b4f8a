"""Writing through a Plc: a turn of one's own, what was begun is finished, nothing is begun late."""

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from tests.fakes import FakePlc, Stubborn
from warlogix.errors import Unreachable
from warlogix.plc import Plc
from warlogix.tags import Endpoint, Outcome, Tag, Value, WriteResult

ENDPOINT = Endpoint("Press", "s7", "127.0.0.1")
COUNT, SPEED = Tag("Count", type="DINT"), Tag("Speed", type="DINT")
TAGS = (COUNT, SPEED)
DONE = WriteResult(Outcome.DONE)


@pytest.fixture
def fake() -> FakePlc:
    """A PLC with two tags whose answer to a write takes a second."""
    return FakePlc({"Count": 1, "Speed": 2}, write_time=1)


@pytest.fixture
def plc(fake: FakePlc) -> Plc:
    """The PLC as the gateway sees it."""
    return Plc(ENDPOINT, fake.driver)


async def _keep_open(plc: Plc, task_status: trio.TaskStatus[trio.CancelScope]) -> None:
    """Be the poller that owns the connection, until the scope is cancelled."""
    with trio.CancelScope() as scope:
        async with plc.connected():
            task_status.started(scope)
            await trio.sleep_forever()


async def test_a_turn_writes_and_reads_back(
    fake: FakePlc, plc: Plc, autojump_clock: MockClock
) -> None:
    """The value is in the PLC when the turn says so, and the same turn reads it."""
    async with plc.connected(), plc.turn() as turn:
        assert await turn.write(COUNT, 42) == DONE
        assert (await turn.read((COUNT,))).values == [42]
    assert fake.memory == {"Count": 42, "Speed": 2}


async def test_a_refused_write_leaves_the_status(
    fake: FakePlc, plc: Plc, autojump_clock: MockClock
) -> None:
    """What the PLC says no to is no trouble of the link, and the turn goes on."""
    fake.refusals["Count"] = "write protected"
    async with plc.connected():
        await plc.read(TAGS)
        async with plc.turn() as turn:
            assert await turn.write(COUNT, 42) == WriteResult(Outcome.REFUSED, "write protected")
            assert await turn.write(SPEED, 43) == DONE
        assert plc.status.value.online
    assert [(tag, value) for _, tag, value in fake.writes] == [("Speed", 43)]


async def test_without_a_connection_a_turn_says_why(fake: FakePlc, plc: Plc) -> None:
    """At once, with the real cause, and nothing is sent."""
    with pytest.raises(Unreachable, match="not connected: first attempt"):
        async with plc.turn():
            raise AssertionError("the turn must not begin")
    fake.refuses = Unreachable("Press", "127.0.0.1:102: connection refused")
    with pytest.raises(Unreachable):
        async with plc.connected():
            raise AssertionError("the block must not be entered")
    with pytest.raises(Unreachable, match=r"not connected: 127\.0\.0\.1:102: connection refused"):
        async with plc.turn():
            raise AssertionError("the turn must not begin")
    assert fake.writes == []


async def test_who_waited_for_the_lock_sees_that_the_link_has_gone(
    fake: FakePlc, plc: Plc, autojump_clock: MockClock
) -> None:
    """A read that fails before one's turn ends the turn: nothing is written to a link that died."""

    async def write() -> None:
        with pytest.raises(Unreachable, match=r"not connected: 127\.0\.0\.1: connection reset"):
            async with plc.turn():
                raise AssertionError("the turn must not begin")

    async with trio.open_nursery() as nursery, plc.connected():
        fake.read_time, fake.failure = 1, Unreachable("Press", "connection reset")
        nursery.start_soon(write)
        nursery.start_soon(write)
        with pytest.raises(Unreachable):
            await plc.read(TAGS)
    assert fake.writes == []


async def test_who_waited_for_the_lock_gets_the_driver_of_now(
    fake: FakePlc, plc: Plc, autojump_clock: MockClock
) -> None:
    """Between asking and having one's turn the PLC may have been connected anew."""
    async with trio.open_nursery() as nursery:

        async def write() -> None:
            async with plc.turn() as turn:
                assert await turn.write(COUNT, 42) == DONE

        async with plc._lock:
            first = await nursery.start(_keep_open, plc)
            nursery.start_soon(write)
            await wait_all_tasks_blocked()
            first.cancel()
            await wait_all_tasks_blocked()
            # What the end of the first connection waits for is this lock, with a limit.
            await trio.sleep(5)
            second = await nursery.start(_keep_open, plc)
        await trio.sleep(2)
        second.cancel()
    assert [(tag, value) for _, tag, value in fake.writes] == [("Count", 42)]
    assert fake.open_drivers == 0


async def test_a_write_that_was_begun_is_finished_for_a_cancelled_caller(
    fake: FakePlc, plc: Plc, autojump_clock: MockClock
) -> None:
    """Its result is told, and only then does the cancellation take effect."""
    results: list[WriteResult] = []
    async with plc.connected():
        with trio.move_on_after(0.5) as caller:
            async with plc.turn() as turn:
                results.append(await turn.write(COUNT, 42))
                results.append(await turn.write(SPEED, 43))
        assert caller.cancelled_caught
        assert results == [DONE]
    assert [(tag, value) for _, tag, value in fake.writes] == [("Count", 42)]


async def test_a_cancelled_caller_begins_nothing(
    fake: FakePlc, plc: Plc, autojump_clock: MockClock
) -> None:
    """A cancellation that is there before a write leaves the PLC as it is."""
    async with plc.connected():
        with trio.CancelScope() as caller:
            async with plc.turn() as turn:
                caller.cancel()
                await turn.write(COUNT, 42)
        assert caller.cancelled_caught
    assert fake.writes == []


async def test_the_end_of_the_connection_waits_for_a_write_under_way(
    fake: FakePlc, plc: Plc, autojump_clock: MockClock
) -> None:
    """Its answer comes on the open link, and whoever has not begun is told that it has gone."""
    results: list[WriteResult] = []

    async def write() -> None:
        async with plc.turn() as turn:
            results.append(await turn.write(COUNT, 42))

    async def come_too_late() -> None:
        with pytest.raises(Unreachable, match="not connected"):
            async with plc.turn():
                raise AssertionError("the turn must not begin")

    async with trio.open_nursery() as nursery:
        connection = await nursery.start(_keep_open, plc)
        nursery.start_soon(write)
        await wait_all_tasks_blocked()
        nursery.start_soon(come_too_late)
        await wait_all_tasks_blocked()
        connection.cancel()
        await come_too_late()
    assert results == [DONE]
    assert fake.open_drivers == 0


async def test_the_end_of_the_connection_waits_no_longer_than_four_seconds(
    fake: FakePlc, plc: Plc, autojump_clock: MockClock
) -> None:
    """Then the write is unknown: it was sent, and the gateway wants to end."""
    fake.write_time, results = 60, []

    async def write() -> None:
        async with plc.turn() as turn:
            results.append(await turn.write(COUNT, 42))

    async with trio.open_nursery() as nursery:
        connection = await nursery.start(_keep_open, plc)
        nursery.start_soon(write)
        await trio.sleep(1)
        connection.cancel()
    assert results == [WriteResult(Outcome.UNKNOWN, "no answer within 5.0 s")]
    assert trio.current_time() == pytest.approx(5)
    assert fake.open_drivers == 0
    assert len(fake.writes) == 1


async def test_a_turn_and_the_poller_never_meet(
    fake: FakePlc, plc: Plc, autojump_clock: MockClock
) -> None:
    """Between two writes of a turn nobody reads."""
    fake.read_time = 1
    async with plc.connected(), trio.open_nursery() as nursery:
        async with plc.turn() as turn:
            nursery.start_soon(plc.read, TAGS)
            await turn.write(COUNT, 42)
            await turn.write(SPEED, 43)
        ended = trio.current_time()
    assert [at for at in fake.reads if at < ended] == []
    assert len(fake.reads) == 1


async def test_what_was_read_back_is_told_as_json(
    fake: FakePlc, plc: Plc, autojump_clock: MockClock
) -> None:
    """A structure that holds something else is shown as a message would show it."""
    fake.memory["Motor"] = {"On": True}
    motor = Tag("Motor", verify_writes=True)
    async with plc.connected(), plc.turn() as turn:
        assert await turn.carry_out(motor, {"On": False}) == DONE
        kept: Value = {"On": True, "Name": "é"}
        fake.memory = Stubborn({"Motor": kept})
        result = await turn.carry_out(motor, {"On": False, "Name": "é"})
    text = 'written, but read back as {"On": true, "Name": "é"}'
    assert result == WriteResult(Outcome.REFUSED, text)
