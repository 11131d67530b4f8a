"""Members of the group that are no gateways: somebody's own consumer, or a tool left running."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import trio
from confluent_kafka import Consumer, TopicPartition

from tests.answers import answered, open_tail
from tests.chaos.instances import open_instance
from tests.end_to_end.writing import simulated
from tests.witness import create_topic
from tests.writers import QUIET, Letter, Site, ask, committed, send

LIMIT = 60


async def test_a_group_whose_first_partition_nobody_places_is_shared_out_anew(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """An instance that waits for the owner of partition 0 to place a new group does not wait for
    ever: when that owner has left without a word, it places the group itself and serves it all."""
    create_topic(kafka, f"{topic_prefix}-writes", 3)
    async with simulated(["Press"]) as plcs:
        site = Site(topic_prefix, kafka, {"Press": plcs["Press"].port}, partitions=3)
        with trio.fail_after(LIMIT), strangers(site, 3) as others:
            await until(lambda: all(len(each.partitions) == 1 for each in others))
            before = [each.turns for each in others]
            async with open_instance(site, tmp_path / "a"):
                await until(
                    lambda: all(each.turns > n for each, n in zip(others, before, strict=True))
                )
                leaving, *others = sorted(others, key=lambda each: 0 in each.partitions)
                before = [each.turns for each in others]
                leaving.leave()
                await until(
                    lambda: all(each.turns > n for each, n in zip(others, before, strict=True))
                )
                # The instance has a partition now, and nobody has placed the group.
                assert sorted(len(each.partitions) for each in others) == [1, 1]
                assert await committed(site) == {}
                for each in others:
                    each.leave()
                await site.ready()
                async with open_tail(kafka, site.responses) as responses:
                    letters = [ask("Press", f"Tag{n}", n + 1) for n in range(3)]
                    await send(
                        site, [Letter(each.value, None, n) for n, each in enumerate(letters)]
                    )
                    found = await answered(responses, 3)
    assert {each.outcome for each in found} == {"done"}


class Stranger:
    """A plain consumer in the group that commits nothing; a thread polls it until it leaves.

    `turns` counts how often the group was shared out.
    """

    def __init__(self, site: Site) -> None:
        settings = {
            "bootstrap.servers": site.kafka,
            "group.id": site.group,
            "partition.assignment.strategy": "cooperative-sticky",
            "heartbeat.interval.ms": 200,
            "enable.auto.commit": False,
        }
        self.partitions: set[int] = set()
        self.turns = 0
        self._consumer = Consumer({**settings, **QUIET})
        self._consumer.subscribe([site.writes], on_assign=self._count)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._poll)
        self._thread.start()

    def _count(self, consumer: Consumer, places: list[TopicPartition]) -> None:
        consumer.incremental_assign(places)
        self.partitions = {each.partition for each in consumer.assignment()}
        self.turns += 1

    def leave(self) -> None:
        """Leave the group, unless it has."""
        self._over.set()
        self._thread.join()

    def _poll(self) -> None:
        while not self._over.is_set():
            self._consumer.poll(0.05)
        self._consumer.close()


@contextmanager
def strangers(site: Site, count: int) -> Iterator[list[Stranger]]:
    """So many of them, who have left at the end."""
    found = [Stranger(site) for _ in range(count)]
    try:
        yield found
    finally:
        for each in found:
            each.leave()


async def until(true: Callable[[], bool]) -> None:
    """Ask again and again: a group calls nobody."""
    while not await trio.to_thread.run_sync(true):  # noqa: ASYNC110
        await trio.sleep(0.05)
