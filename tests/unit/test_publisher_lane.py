"""A lane's way with a cluster that is away, without a broker."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest
import trio
from confluent_kafka import KafkaError
from trio.testing import wait_all_tasks_blocked
from trio_util import AsyncValue

from tests.outboxes import A, answer, opened, origin
from tests.outlets import NOWHERE, change, cluster
from warlogix.kafka.delivery import Delivery
from warlogix.kafka.producer import Producer
from warlogix.kafka.status import ClusterStatus
from warlogix.messages import Batch
from warlogix.outbox import open_outbox
from warlogix.publisher.lane import Lane
from warlogix.publisher.usable import UsableTopics

LIMIT = 60


class _Cluster:
    """Confirms whatever it is sent, whether it is online or not."""

    def __init__(self) -> None:
        self.cluster = cluster(NOWHERE)
        self.status = AsyncValue(ClusterStatus(False, 0, "away"))
        self.sent: AsyncValue[list[int]] = AsyncValue([])

    async def send(self, _topic: str, batches: Sequence[Batch], _headers: object) -> Delivery:
        """Take the batches; each message begins with its number."""
        numbers = [int(value.split()[0]) for batch in batches for value in batch.values if value]
        delivery = Delivery(len(numbers))
        delivery.pending = 0
        delivery.settled.set()
        self.sent.value = [*self.sent.value, *numbers]
        await trio.lowlevel.checkpoint()
        return delivery


class _Usable:
    async def wait(self, _name: str) -> None:
        await trio.lowlevel.checkpoint()

    def doubt(self, _name: str) -> None:
        """It is there all the same."""


async def test_a_full_buffer_drops_the_oldest_for_a_cluster_that_is_away(tmp_path: Path) -> None:
    """What waits for a cluster that is away is in nobody's hands: the newest changes reach it."""
    away = _Cluster()
    with trio.fail_after(LIMIT):
        async with (
            open_outbox(tmp_path, ["Local"], max_size=500_000, max_age=1e6) as outbox,
            trio.open_nursery() as nursery,
        ):
            lane = Lane(
                cast(Producer, away),
                outbox.reader("Local", "changes"),
                "factory",
                cast(UsableTopics, _Usable()),
                (),
                AsyncValue(0),
            )
            nursery.start_soon(lane.run)
            for number in range(100):
                await outbox.append([change(f"{number} {'x' * 10_000}")])
            dropped = outbox.waiting("Local").dropped
            away.status.value = ClusterStatus(True, 0, "")
            await away.sent.wait_value(lambda sent: sent[-1:] == [99])
            nursery.cancel_scope.cancel()
    assert 0 < dropped < 100
    assert away.sent.value == list(range(dropped, 100))


class _Picky(_Cluster):
    """Refuses whatever travels with message 5 for itself, and keeps the batches it took."""

    def __init__(self) -> None:
        super().__init__()
        self.status.value = ClusterStatus(True, 0, "")
        self.taken: list[Batch] = []

    async def send(self, topic: str, batches: Sequence[Batch], headers: object) -> Delivery:
        """Take the batches, or fail them all."""
        if any(b"5" in batch.values for batch in batches):
            delivery = Delivery(sum(map(len, batches)))
            delivery.fail(KafkaError(KafkaError.MSG_SIZE_TOO_LARGE), delivery.count)
            await trio.lowlevel.checkpoint()
            return delivery
        self.taken += batches
        return await super().send(topic, batches, headers)

    @asynccontextmanager
    async def careful(self) -> AsyncIterator["_Picky"]:
        """The same, one row at a time."""
        yield self


async def test_answers_that_travel_with_a_refused_one_stay_whole(tmp_path: Path) -> None:
    """The neighbours of a refused answer arrive with the records that they answer, and the outbox
    is through with all of them."""
    picky = _Picky()
    with trio.fail_after(LIMIT):
        async with opened(tmp_path) as outbox, trio.open_nursery() as nursery:
            receipt = await outbox.append([answer(*range(9))])
            lane = Lane(
                cast(Producer, picky),
                outbox.reader(A, "write-responses"),
                "factory-write-responses",
                cast(UsableTopics, _Usable()),
                (),
                AsyncValue(0),
            )
            nursery.start_soon(lane.run)
            await outbox.confirmed(A, "write-responses").wait_value(receipt.ids[0])
            nursery.cancel_scope.cancel()
    assert picky.sent.value == [0, 1, 2, 3, 4, 6, 7, 8]
    assert [name for batch in picky.taken for name in batch.origins or ()] == [
        origin(number) for number in picky.sent.value
    ]


class _Slow(_Cluster):
    """Confirms nothing until it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.status.value = ClusterStatus(True, 0, "")
        self.deliveries: list[Delivery] = []

    async def send(self, topic: str, batches: Sequence[Batch], headers: object) -> Delivery:
        """Take the batches, and keep quiet."""
        delivery = Delivery(sum(map(len, batches)))
        delivery.pending = 0
        self.deliveries.append(delivery)
        await super().send(topic, batches, headers)
        return delivery


async def test_one_handful_at_a_time_is_under_way(tmp_path: Path) -> None:
    """Of what waits, only a little is handed to the client; the rest goes when that is confirmed,
    all that came meanwhile together."""
    slow = _Slow()
    with trio.fail_after(LIMIT):
        async with opened(tmp_path) as outbox, trio.open_nursery() as nursery:
            for number in range(200):
                await outbox.append([change(f"{number} {'x' * 1_000}", clusters=[A])])
            reader = outbox.reader(A, "changes")
            lane = Lane(
                cast(Producer, slow),
                reader,
                "factory",
                cast(UsableTopics, _Usable()),
                (),
                AsyncValue(0),
            )
            nursery.start_soon(lane.run)
            await slow.sent.wait_value(bool)
            await wait_all_tasks_blocked()
            first = len(slow.sent.value)
            slow.deliveries[0].settled.set()
            await slow.sent.wait_value(lambda sent: len(sent) > first)
            await wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()
    assert 25 < first < 50
    assert len(slow.deliveries) == 2
    assert slow.sent.value == list(range(len(slow.sent.value)))


class _Emptied(_Cluster):
    """Has lost the topic by the first time it is sent anything, and then not any more."""

    def __init__(self) -> None:
        super().__init__()
        self.status.value = ClusterStatus(True, 0, "")
        self.failed = False

    async def send(self, topic: str, batches: Sequence[Batch], headers: object) -> Delivery:
        """Fail the first batches."""
        if self.failed:
            return await super().send(topic, batches, headers)
        self.failed = True
        delivery = Delivery(sum(map(len, batches)))
        delivery.fail(KafkaError(KafkaError._UNKNOWN_PARTITION), delivery.count)
        await trio.lowlevel.checkpoint()
        return delivery


async def test_a_topic_that_is_deleted_is_told_in_plain_words(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """That a topic is gone is said once, not called a refusal, and what was for it is sent when it
    is there again."""
    emptied = _Emptied()
    with trio.fail_after(LIMIT):
        async with opened(tmp_path) as outbox, trio.open_nursery() as nursery:
            await outbox.append([change("0", "1", clusters=[A])])
            lane = Lane(
                cast(Producer, emptied),
                outbox.reader(A, "changes"),
                "factory",
                cast(UsableTopics, _Usable()),
                (),
                AsyncValue(0),
            )
            nursery.start_soon(lane.run)
            await emptied.sent.wait_value([0, 1])
            nursery.cancel_scope.cancel()
    assert caplog.messages == ["Local: topic factory is gone; what is for it waits"]
