"""The commits of one membership: one at a time, none for others, none after an unclear one."""

from collections.abc import Mapping
from typing import cast

import trio
from trio.testing import MockClock

from warlogix.kafka.events import Fenced
from warlogix.kafka.group import Member
from warlogix.kafka.positions import Position
from warlogix.writeback.commits import Commits
from warlogix.writeback.ledger import Ledger


class FakeMember:
    """Takes commits after `answer` seconds, or refuses them."""

    def __init__(self) -> None:
        self.commits: list[Mapping[int, Position]] = []
        self.answer = 0.0
        self.fenced = False

    async def commit(self, positions: Mapping[int, Position]) -> None:
        """What the group is asked to keep."""
        await trio.sleep(self.answer)
        if self.fenced:
            raise Fenced("Local", "not a member any more")
        self.commits.append(positions)


def ledger(partition: int = 0) -> Ledger:
    """A partition that is ours."""
    return Ledger(partition, Position(10, "topic"))


def made() -> tuple[FakeMember, Commits]:
    """A new membership."""
    member = FakeMember()
    return member, Commits(cast("Member", member), lambda _: None)


async def test_a_partition_that_has_gone_is_not_committed(autojump_clock: MockClock) -> None:
    """Its new owner's position is never overwritten, however late our commit comes."""
    member, commits = made()
    mine, moved = ledger(0), ledger(1)
    moved.gone = True
    assert await commits.commit([mine, moved]) == [mine]
    assert not await commits.commit([moved])
    assert [set(each) for each in member.commits] == [{0}]


async def test_a_commit_without_an_answer_ends_the_membership(autojump_clock: MockClock) -> None:
    """What nobody knows the fate of executes nothing, and nothing is committed behind it."""
    member, commits = made()
    member.answer = 60
    assert not await commits.commit([ledger()])
    assert commits.broken == "the brokers did not answer a commit within 5 s"
    member.answer = 0
    assert not await commits.commit([ledger()])
    assert member.commits == []


async def test_a_refused_commit_ends_the_membership(autojump_clock: MockClock) -> None:
    """A member that was put out of its group commits nothing more."""
    member, commits = made()
    member.fenced = True
    assert not await commits.commit([ledger()])
    assert commits.broken == "not a member any more"
    assert commits.over.is_set()


async def test_the_group_was_heard_of_when_a_commit_was_issued(autojump_clock: MockClock) -> None:
    """A commit is a sign of life from the moment it was sent, not from its answer on."""
    member, commits = made()
    assert not commits.is_fresh()
    member.answer = 2
    await commits.commit([ledger()])
    assert commits.is_fresh()
    await trio.sleep(1.5)
    assert not commits.is_fresh()


async def test_who_waits_for_a_sign_of_life_gets_one(autojump_clock: MockClock) -> None:
    """A commit is made for the sake of whoever waits, also when no position has moved."""
    member, commits = made()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(commits.keep, {0: ledger()}, trio.sleep_forever)
        with trio.fail_after(1):
            await commits.heard()
        nursery.cancel_scope.cancel()
    assert len(member.commits) == 1


async def test_confirmed_answers_leave_the_list_soon(autojump_clock: MockClock) -> None:
    """An answer that Kafka has confirmed is taken off the position without another request."""
    member, commits = made()
    settled, book = trio.Event(), ledger()
    book.cover([10])
    async with trio.open_nursery() as nursery:
        nursery.start_soon(commits.keep, {0: book}, settled.wait)
        book.settle([10])
        settled.set()
        await trio.sleep(0.15)
        nursery.cancel_scope.cancel()
    assert member.commits[0] == {0: Position(11, "topic", (), commits.name)}


async def test_what_was_settled_meanwhile_leaves_the_list_too(autojump_clock: MockClock) -> None:
    """An answer that is confirmed while a commit is under way is not listed until the next one."""
    member, commits = made()
    settled, book = [trio.Event()], ledger()
    book.cover([10, 11])

    async def wait() -> None:
        await settled[0].wait()

    def settle(offset: int) -> None:
        book.settle([offset])
        settled[0].set()
        settled[0] = trio.Event()

    member.answer = 0.05
    async with trio.open_nursery() as nursery:
        nursery.start_soon(commits.keep, {0: book}, wait)
        await trio.sleep(0.01)
        settle(10)
        await trio.sleep(0.12)
        settle(11)
        await trio.sleep(2)
        nursery.cancel_scope.cancel()
    assert member.commits[-1][0].unanswered == ()
