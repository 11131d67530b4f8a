"""A write through a Plc that was not answered or not sent: told, final, the link given up."""

from collections.abc import Awaitable, Callable
from typing import NoReturn

import pytest
import trio
from trio.testing import MockClock

from tests.fakes import FakeDriver, FakePlc
from warlogix.errors import Rejected, Unreachable
from warlogix.plc import Plc, PlcStatus
from warlogix.tags import Endpoint, Outcome, Tag, Value, WriteResult

ENDPOINT = Endpoint("Press", "s7", "127.0.0.1")
COUNT, SPEED = Tag("Count", type="DINT"), Tag("Speed", type="DINT")
TAGS = (COUNT, SPEED)


@pytest.fixture
def fake() -> FakePlc:
    """A PLC with two tags."""
    return FakePlc({"Count": 1, "Speed": 2})


@pytest.fixture
def plc(fake: FakePlc) -> Plc:
    """The PLC as the gateway sees it."""
    return Plc(ENDPOINT, fake.driver)


async def test_an_unknown_write_ends_the_link_for_everybody(
    fake: FakePlc, plc: Plc, autojump_clock: MockClock
) -> None:
    """The status says why, the next turn too, and so does the poller's next read."""
    fake.unanswered = {"Count"}
    async with plc.connected():
        await plc.read(TAGS)
        async with plc.turn() as turn:
            assert (await turn.write(COUNT, 42)).outcome is Outcome.UNKNOWN
        assert plc.status.value == PlcStatus("disconnected", "127.0.0.1: no answer within 3 s")
        with pytest.raises(Unreachable, match=r"not connected: 127\.0\.0\.1: no answer within 3 s"):
            async with plc.turn():
                raise AssertionError("the turn must not begin")
        with pytest.raises(Unreachable, match=r"not connected: 127\.0\.0\.1: no answer within 3 s"):
            await plc.read(TAGS)
    assert len(fake.writes) == 1


async def test_writes_after_an_unknown_one_in_the_same_turn_are_not_sent(
    fake: FakePlc, plc: Plc, autojump_clock: MockClock
) -> None:
    """The link is shut, also for who holds the turn."""
    fake.unanswered = {"Count"}

    async def write() -> None:
        async with plc.turn() as turn:
            assert (await turn.write(COUNT, 42)).outcome is Outcome.UNKNOWN
            with pytest.raises(Unreachable):
                await turn.write(SPEED, 43)

    async with trio.open_nursery() as nursery:
        with pytest.raises(Unreachable):
            await _hold(plc, nursery, write)
    assert [tag for _, tag, _ in fake.writes] == ["Count"]


async def _hold(
    plc: Plc, nursery: trio.Nursery, meanwhile: Callable[[], Awaitable[None]]
) -> NoReturn:
    """Be a poller whose next poll is far away."""
    async with plc.connected():
        nursery.start_soon(meanwhile)
        await trio.sleep_forever()


async def test_who_holds_the_connection_learns_at_once_that_a_write_has_lost_it(
    fake: FakePlc, plc: Plc, autojump_clock: MockClock
) -> None:
    """A poller that sleeps until its next poll connects anew instead, and the turn has its end."""
    fake.unanswered, results = {"Count"}, []

    async def write() -> None:
        async with plc.turn() as turn:
            results.append(await turn.write(COUNT, 42))

    async with trio.open_nursery() as nursery:
        with pytest.raises(Unreachable) as caught:
            await _hold(plc, nursery, write)
        assert caught.value.reason == "127.0.0.1: no answer within 3 s"
        assert trio.current_time() == pytest.approx(3)
    assert [result.outcome for result in results] == [Outcome.UNKNOWN]
    async with plc.connected():
        await plc.read(TAGS)
    assert plc.status.value.online


class NeverEnding(FakeDriver):
    """A driver that keeps no time limit."""

    async def write(self, tag: Tag, value: Value) -> WriteResult:
        """Send, and wait for ever."""
        await trio.Event().wait()
        return await super().write(tag, value)


async def test_a_driver_without_end_is_given_up(fake: FakePlc, autojump_clock: MockClock) -> None:
    """After three time limits a write is unknown, whatever its driver waits for."""
    plc = Plc(ENDPOINT, lambda endpoint: NeverEnding(fake, endpoint))
    async with plc.connected(), plc.turn() as turn:
        result = await turn.write(COUNT, 42)
    assert result == WriteResult(Outcome.UNKNOWN, "no answer within 9.0 s")
    assert plc.status.value.status == "disconnected"


async def test_a_write_that_was_not_sent_is_told_and_ends_the_link(fake: FakePlc, plc: Plc) -> None:
    """The error reaches the caller, the status says it, and nobody begins anything any more."""

    async def write() -> None:
        fake.failure = Unreachable("Press", "connection reset")
        async with plc.turn() as turn:
            with pytest.raises(Unreachable):
                await turn.write(COUNT, 42)

    async with trio.open_nursery() as nursery:
        with pytest.raises(Unreachable):
            await _hold(plc, nursery, write)
    assert plc.status.value == PlcStatus("disconnected", "127.0.0.1: connection reset")
    assert fake.writes == []


async def test_a_plc_that_rejects_a_write_stays_connected(fake: FakePlc, plc: Plc) -> None:
    """Its reads say how it is; that it takes no writes is the answer of the write."""
    async with plc.connected():
        await plc.read(TAGS)
        fake.failure = Rejected("Press", "PUT/GET is off")
        async with plc.turn() as turn:
            with pytest.raises(Rejected):
                await turn.write(COUNT, 42)
            fake.failure = None
            assert (await turn.write(COUNT, 42)).outcome is Outcome.DONE
        assert plc.status.value.online
