"""One membership: who is told what when partitions go, commits fail and the gateway stops."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import trio
from trio.testing import MockClock

from tests.unit.writeback_site import FakeMember, FakeOutbox, FakeQueue, desk, fetched
from warlogix.kafka.events import Assigned, Event, Lost, Revoked
from warlogix.kafka.group import Member
from warlogix.kafka.positions import Position
from warlogix.writeback.answering import Answering
from warlogix.writeback.past import Past
from warlogix.writeback.place import Place
from warlogix.writeback.session import Session
from warlogix.writes.answers import Answer

PLACE = Place("cluster", "topic", fresh=False)
LIMIT = 60


class Bench:
    """Memberships of one gateway, one after the other."""

    def __init__(self) -> None:
        self.outbox, self.queue = FakeOutbox(), FakeQueue()
        self.desk = desk(self.outbox, self.queue)
        self.past = Past(30)
        self.answering = Answering(self.desk)
        self.stopping = trio.Event()

    async def serve(self, member: FakeMember) -> str:
        """One membership, until it breaks or is told to stop."""
        session = Session(self.desk, cast("Member", member), self.answering, self.past)
        return await session.run(PLACE, self.stopping)


@asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    """A gateway whose answers are taken."""
    with trio.fail_after(LIMIT):
        async with trio.open_nursery() as nursery:
            site = Bench()
            nursery.start_soon(site.answering.run)
            yield site
            nursery.cancel_scope.cancel()


def member(
    *events: tuple[float, Event], offset: int = 10, found: Position | None = None
) -> FakeMember:
    """A member that gets partition 0 first."""
    return FakeMember([(0, Assigned((0,))), *events], found or Position(offset, "topic"))


async def test_a_failed_commit_says_nothing_of_what_others_did(autojump_clock: MockClock) -> None:
    """A request that another member's commit lists may have been executed by that one."""
    async with bench() as site:
        first = member((0, fetched(10)))
        first.taken = 1
        assert await site.serve(first) == "not a member any more"
        found = Position(11, "topic", (10,), "other")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(site.serve, member((0, fetched(10)), found=found))
            await trio.sleep(2)
            site.stopping.set()
    assert site.outbox.answers()[10].startswith("outcome unknown")


async def test_a_request_of_ones_own_failed_commit_is_known(autojump_clock: MockClock) -> None:
    """If the broker has that very commit after all, the request was certainly not executed."""
    async with bench() as site:
        first = member((0, fetched(10)))
        first.taken = 1
        await site.serve(first)
        (mark,) = {position.member for position in first.commits[0].values()}
        async with trio.open_nursery() as nursery:
            found = Position(11, "topic", (10,), mark)
            nursery.start_soon(site.serve, member((0, fetched(10)), found=found))
            await trio.sleep(2)
            site.stopping.set()
    assert site.outbox.answers()[10].startswith("not executed")


async def test_nothing_is_answered_of_a_partition_that_is_lost_before_its_commit(
    autojump_clock: MockClock,
) -> None:
    """Requests that no commit of ours covers are the next owner's, to be executed and answered."""
    async with bench() as site:
        lost = member((0, fetched(10)), (0, fetched(11, tag="Nonsense")), (0.245, Lost((0,))))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(site.serve, lost)
            await trio.sleep(3)
            site.stopping.set()
    assert len(lost.commits) == 1
    assert site.outbox.answers() == {}


async def test_a_stop_in_the_middle_of_a_hand_over_loses_no_answer(
    autojump_clock: MockClock,
) -> None:
    """A write that was started when its partition moves is waited for, also by a gateway that is
    told to stop meanwhile."""
    async with bench() as site:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(site.serve, member((0, fetched(10)), (1, Revoked((0,)))))
            await trio.sleep(0.6)
            (job,) = site.queue.jobs
            job.started = True
            await trio.sleep(0.9)
            site.stopping.set()
            await trio.sleep(1)
            job.finish(Answer.done(job.write.request))
        await site.answering.appended()
    assert site.outbox.answers() == {10: "done"}


async def test_a_hand_over_ends_whatever_else_is_answered() -> None:
    """Answers that come while others are written hold no partition up."""
    async with bench() as site:
        going = member((0, fetched(10, 11)), (1, Revoked((0,))))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(site.serve, going)
            await trio.sleep(5)
            assert going.let_go_at is not None
            site.stopping.set()
    assert set(site.outbox.answers()) == {10, 11}


async def test_a_full_disk_starts_nothing(autojump_clock: MockClock) -> None:
    """While nobody could keep an answer, what waits is not executed."""
    async with bench() as site, trio.open_nursery() as nursery:
        nursery.start_soon(site.serve, member((0, fetched(10))))
        await trio.sleep(1)
        site.outbox.error.value = "no space left on device"
        (job,) = site.queue.jobs
        refusal = job.gate.refusal(job)
        site.stopping.set()
    assert refusal is not None
    assert refusal.error == "not executed: the buffer takes nothing: no space left on device"


async def test_what_appends_while_somebody_waits_ends_the_wait(autojump_clock: MockClock) -> None:
    """Whoever waits until all is in the outbox is told, also when more was given meanwhile."""
    async with bench() as site, trio.open_nursery() as nursery:
        nursery.start_soon(site.serve, member((0, fetched(10, 11))))
        await trio.sleep(1)
        for job in list(site.queue.jobs):
            job.finish(Answer.done(job.write.request))
            nursery.start_soon(site.answering.appended)
            await trio.sleep(0.005)
        with trio.fail_after(1):
            await site.answering.appended()
        site.stopping.set()
    assert set(site.outbox.answers().values()) == {
        "done",
        "request superseded by newer write to same tag",
    }
