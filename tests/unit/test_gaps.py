"""What a cluster has missed because it was dropped, noticed under a virtual clock."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

import trio
from trio.testing import MockClock
from trio_util import AsyncValue

from warlogix.gaps import notice_drops
from warlogix.kafka.status import ClusterStatus
from warlogix.outbox import Outbox, Waiting

ONLINE, AWAY = ClusterStatus(True, 0, ""), ClusterStatus(False, 0, "refused")


@dataclass
class FakeOutbox:
    """Has dropped so many messages for each cluster."""

    dropped: dict[str, int]

    def waiting(self, cluster: str) -> Waiting:
        """What the cluster will never get."""
        return Waiting(messages=0, oldest=0, dropped=self.dropped[cluster])


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
