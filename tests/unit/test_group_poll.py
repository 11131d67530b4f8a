"""What becomes of those who wait for a consumer's thread when the thread dies."""

import threading
from collections.abc import Awaitable, Callable
from functools import partial
from typing import NoReturn, TypeAlias, cast

import confluent_kafka
import pytest
import trio
import trio.testing

from tests.members import position
from tests.outlets import NOWHERE, cluster
from warlogix.kafka.events import Assigned
from warlogix.kafka.group import Member
from warlogix.kafka.inbox import Inbox
from warlogix.kafka.poll import Poll

Ask: TypeAlias = Callable[[], Awaitable[object]]


class Broken:
    """A consumer that dies of a bug in its first poll, as soon as it may."""

    def __init__(self) -> None:
        self.is_polled = threading.Event()
        self.may_die = threading.Event()

    def subscribe(self, topics: list[str], **callbacks: object) -> None:
        """Take part."""

    def poll(self, timeout: float) -> NoReturn:  # noqa: ARG002
        """Die."""
        self.is_polled.set()
        assert self.may_die.wait(10)
        raise ZeroDivisionError("a bug")


async def test_a_thread_that_dies_leaves_nobody_waiting() -> None:
    """What a consumer's thread died of is raised to each who waits for an answer, a commit or an
    event then, and to each who asks later."""
    broken, inbox = Broken(), Inbox()
    poll = Poll(cluster(NOWHERE), "writers", "writes", inbox)
    member = Member(cluster("127.0.0.1:1"), "writers", "writes", poll, inbox)
    told: list[str] = []

    async def expect(name: str, ask: Ask) -> None:
        with pytest.raises(ZeroDivisionError, match="a bug"):
            await ask()
        told.append(name)

    asks: dict[str, Ask] = {
        "run": member.ends,
        "commit": partial(member.commit, {0: position(1)}),
        "committed": member.committed,
        "next": member.next,
    }

    with trio.fail_after(10):
        poll.start(cast("confluent_kafka.Consumer", broken))
        inbox.arrived(Assigned((0,)))
        await member.next()
        assert await trio.to_thread.run_sync(broken.is_polled.wait, 10)
        async with trio.open_nursery() as tasks:
            for name, ask in asks.items():
                tasks.start_soon(expect, name, ask)
            await trio.testing.wait_all_tasks_blocked()
            assert not told
            broken.may_die.set()
        for name, ask in asks.items():
            await expect(name, ask)
    assert sorted(told) == sorted([*asks, *asks])


async def test_a_question_that_is_a_bug_is_told_to_who_asks() -> None:
    """A call that fails of anything but Kafka is raised where it was asked."""
    inbox = Inbox()
    poll = Poll(cluster(NOWHERE), "writers", "writes", inbox)

    def divide(_: confluent_kafka.Consumer) -> float:
        return 1 / 0

    with trio.fail_after(10):
        poll.start(cast("confluent_kafka.Consumer", Broken()))
        with pytest.raises(ZeroDivisionError):
            await poll.run(divide)
        await inbox.over.wait()
