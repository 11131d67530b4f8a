"""What a cluster has missed because it was dropped, noticed under a virtual clock."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked
from trio_util import AsyncValue

from tests.outlets import online_producer
from warlogix import gaps
from warlogix.errors import BrokerUnavailable
from warlogix.gaps import notice_clock, notice_drops
from warlogix.kafka.admin import FoundTopic
from warlogix.kafka.status import ClusterStatus
from warlogix.outbox import Outbox, Waiting

ONLINE, AWAY = ClusterStatus(True, 0, ""), ClusterStatus(False, 0, "refused")


@dataclass
class FakeOutbox:
    """Has dropped so many messages for each cluster."""

    dropped: dict[str, int]

    def waiting(self, cluster: str) -> Waiting:
        """What the cluster will never get."""
        return Waiting(messages=0, oldest=0, dropped=self.dropped[cluster], refused=0)


@asynccontextmanager
async def noticing(
    dropped: dict[str, int], status: AsyncValue
) -> AsyncIterator[list[tuple[float, str]]]:
    """When, in seconds, which cluster is to begin anew."""
    begun: list[tuple[float, str]] = []
    outbox = cast(Outbox, FakeOutbox(dropped))
    start = trio.current_time()

    def begin_anew(cluster: str) -> None:
        begun.append((round(trio.current_time() - start), cluster))

    async with trio.open_nursery() as nursery:
        for name in dropped:
            nursery.start_soon(notice_drops, name, status, outbox, begin_anew)
        yield begun
        nursery.cancel_scope.cancel()


async def test_drops_are_made_good_once_when_they_are_over(autojump_clock: MockClock) -> None:
    """A cluster for which changes were dropped begins anew once it is online and no more are
    dropped; what an earlier run dropped, and other clusters, are no concern of it."""
    dropped, status = {"Alpha": 7, "Beta": 0}, AsyncValue(AWAY)
    async with noticing(dropped, status) as begun:
        await trio.sleep(25)
        dropped["Alpha"] = 100
        await trio.sleep(30)
        status.value = ONLINE
        dropped["Alpha"] = 200
        await trio.sleep(3)
        assert begun == [], "nothing while it is away"
        await trio.sleep(100)
        assert begun == [(70, "Alpha")]
        for _ in range(10):
            dropped["Alpha"] += 1
            await trio.sleep(10)
        assert len(begun) == 1, "nothing while it goes on"
        await trio.sleep(30)
    assert [name for _, name in begun] == ["Alpha", "Alpha"]


class Answers:
    """What a cluster says of its id and its topic's, by turns, the last one for ever."""

    def __init__(self, *answers: tuple[str, str] | None) -> None:
        self._answers = list(answers)
        self.cluster_id = ""

    @asynccontextmanager
    async def open(self, *_: object) -> AsyncIterator["Answers"]:
        """An admin connection, or nobody there."""
        await trio.lowlevel.checkpoint()
        yield self

    async def find(self, names: Sequence[str]) -> dict[str, FoundTopic]:
        """The topic, if there is one."""
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if answer is None:
            raise BrokerUnavailable("Local", "nobody answers")
        self.cluster_id, topic = answer
        return {name: FoundTopic(name, topic) for name in names if topic}


@pytest.mark.parametrize(
    ("answers", "times"),
    [
        ([("c1", "t1")], 0),
        ([("c1", ""), ("c1", ""), ("c1", "t1")], 0),
        ([("c1", "t1"), None, ("c1", "t1")], 0),
        ([("c1", "t1"), ("c1", "t2")], 1),
        ([("c1", "t1"), ("c1", ""), ("c1", ""), ("c1", "t2")], 1),
        ([("c1", ""), None, ("c2", "t1")], 1),
        ([("c1", ""), ("c2", ""), ("c2", "t1")], 1),
        ([("c1", "t1"), ("c2", "t2"), ("c2", "t2"), ("c1", "t1")], 2),
    ],
)
async def test_another_topic_or_cluster_is_noticed_once(
    answers: list[tuple[str, str] | None],
    times: int,
    autojump_clock: MockClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A topic that is gone or another one, or a cluster that is another one, is one gap each."""
    monkeypatch.setattr(gaps, "open_admin", Answers(*answers).open)
    begun: list[str] = []
    with trio.move_on_after(600):
        await gaps.notice_new_topic(online_producer(), "factory", begun.append)
    assert begun == ["Local"] * times


async def test_refused_times_are_made_good_once_for_each_time_they_end() -> None:
    """A cluster that takes timestamps again begins anew, once each time."""
    outdated, begun = AsyncValue(3), AsyncValue(0)

    def begin_anew(cluster: str) -> None:
        assert cluster == "Alpha"
        begun.value += 1

    with trio.fail_after(30):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(notice_clock, "Alpha", outdated, begin_anew)
            await wait_all_tasks_blocked()
            assert begun.value == 0
            for count in (1, 2):
                outdated.value += 1
                await begun.wait_value(count)
            nursery.cancel_scope.cancel()
