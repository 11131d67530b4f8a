"""Outages of a real broker: what waits costs no memory, and nobody waits behind it."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import trio

from tests.brokers import Broker, open_broker
from tests.links import Api, open_link
from tests.memory import megabytes
from tests.outlets import Gateway, batch, cluster, publishing, topics_of, wall
from tests.witness import Record, read_topic, read_topic_async
from warlogix.clusters import TopicSpec
from warlogix.messages import Batch
from warlogix.outbox import NewRow
from warlogix.topics import Topic

LOCAL = "Local"
KEYS = 20
# Half of it fills what the outbox keeps in memory.
BACKLOG = 200_000


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker that each test leaves running."""
    with open_broker(tmp_path_factory.mktemp("outages")) as broker:
        yield broker


def numbered(first: int, count: int, size: int = 0) -> NewRow:
    """Changes with numbers, each under one of some keys, each at least `size` bytes long."""
    numbers = range(first, first + count)
    keys: list[bytes | None] = [b"key%d" % (number % KEYS) for number in numbers]
    values: list[bytes | None] = [(b"%d " % number).ljust(size) for number in numbers]
    return NewRow("changes", (LOCAL,), Batch(keys, values, [wall()] * count))


def numbers(records: Sequence[Record]) -> dict[bytes, list[int]]:
    """The numbers under each key, in the order in which they are there."""
    found: dict[bytes, list[int]] = {}
    for record in records:
        found.setdefault(record.key or b"", []).append(int((record.value or b"").split()[0]))
    return found


def in_order(count: int) -> dict[bytes, list[int]]:
    """So many numbers, each once and in order."""
    return {b"key%d" % key: list(range(key, count, KEYS)) for key in range(KEYS)}


def used(namespace: str) -> list[TopicSpec]:
    """All topics that these tests send to."""
    names = topics_of(namespace)
    kinds = (Topic.CHANGES, Topic.HEALTH, Topic.TRIGGERS, Topic.RESPONSES)
    return [TopicSpec(names[kind], partitions=2) for kind in kinds]


async def fill(gateway: Gateway, first: int, until: int) -> float:
    """Append numbered changes; what the process then has in memory."""
    for number in range(first, until, 2_000):
        rows = [numbered(start, 100, 400) for start in range(number, number + 2_000, 100)]
        await gateway.outbox.append(rows)
    return megabytes(os.getpid())


async def test_nobody_waits_behind_a_long_outage(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    """What waits for a broker that is away takes no memory; when it is back an answer, an event
    and health arrive while no row of it is confirmed, and what is new comes behind it, in order."""
    with trio.fail_after(170):
        async with (
            open_link(broker.address) as link,
            publishing(
                tmp_path, cluster(link.address), namespace=topic_prefix, specs=used(topic_prefix)
            ) as gateway,
        ):
            await gateway.online()
            await trio.to_thread.run_sync(broker.kill)
            await gateway.producer.status.wait_value(lambda status: not status.online)
            half = await fill(gateway, 0, BACKLOG // 2)
            assert await fill(gateway, BACKLOG // 2, BACKLOG) < half + 20
            for lane in ("write-responses", "triggers"):
                await gateway.outbox.append([NewRow(lane, (LOCAL,), batch("done"))])
            gateway.latest.put(Topic.HEALTH, b"Press", b"{}", wall())
            link.hold(Api.PRODUCE, b"key0")
            await trio.to_thread.run_sync(broker.start)
            await gateway.outbox.append([numbered(BACKLOG, 100)])
            for lane in ("write-responses", "triggers"):
                await gateway.outbox.confirmed(LOCAL, lane).wait_value(1)
            await read_topic_async(broker.address, f"{topic_prefix}.health", at_least=1)
            await link.holds(Api.PRODUCE)
            assert gateway.outbox.waiting(LOCAL).messages == BACKLOG + 100
            link.release(Api.PRODUCE)
            await gateway.sent()
        records = await read_topic_async(broker.address, topic_prefix)
    assert numbers(records) == in_order(BACKLOG + 100)


async def test_a_frozen_broker_is_away_within_seconds(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    """A broker that keeps its connections open and says nothing is told by what it does not
    confirm; when it goes on, each change arrives once and in order."""
    with trio.fail_after(90):
        async with publishing(
            tmp_path, cluster(broker.address), namespace=topic_prefix, specs=used(topic_prefix)
        ) as gateway:
            await gateway.outbox.append([numbered(0, 100)])
            await gateway.sent()
            broker.freeze()
            try:
                await gateway.outbox.append([numbered(100, 100)])
                with trio.fail_after(60):
                    await gateway.producer.status.wait_value(lambda status: not status.online)
                assert "do not answer" in gateway.producer.status.value.error
                await gateway.outbox.append([numbered(200, 100)])
            finally:
                broker.thaw()
            await gateway.sent()
        records = await trio.to_thread.run_sync(read_topic, broker.address, topic_prefix)
    assert numbers(records) == in_order(300)
