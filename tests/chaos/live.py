"""Somebody who reads the topic of changes while it is written, and knows nothing of warlogix.

    async with open_live(broker.address, "factory") as live:
        reading = await live.first(lambda reading: reading.value == 7)
    live.readings, live.incarnations

A topic that was deleted, or went with its broker's disk, is followed to the one made in its place.
"""

import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from contextlib import asynccontextmanager
from functools import partial
from operator import lt
from typing import Any

import trio
from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaException,
    Message,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from trio_util import AsyncValue

from tests.chaos.truth import Reading, reading

Settings = dict[str, str | int | float | bool]
CLIENT: Settings = {"log_level": 0, "reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 100}
CONSUMER: Settings = {
    "group.id": "live",  # asked for by the library; no group is ever joined
    "enable.auto.commit": False,
    # What is at an offset that a topic does not have says that it is another topic.
    "auto.offset.reset": "error",
    "fetch.wait.max.ms": 200,
    "fetch.error.backoff.ms": 20,
    "topic.metadata.refresh.fast.interval.ms": 50,
}
WAIT = 0.3  # seconds for a record
PAUSE = 0.01  # seconds for a record while the topic's id is asked for
ASK = 1.0  # seconds for that
# After so many seconds without a record, a consumer may have lost its brokers for good.
QUIET = 5.0
# confluent_kafka writes an id with other letters than Kafka's own files and tools.
_LETTERS = str.maketrans("+/", "-_")


class Live:
    """What was read so far, in order, and the ids of the topics it was read from, in theirs."""

    def __init__(self) -> None:
        self.readings: list[Reading] = []
        self.incarnations: list[str] = []
        self._count = AsyncValue(0)

    async def first(self, wanted: Callable[[Reading], bool], start: int = 0) -> Reading:
        """The first wanted one from this place in `readings` on, which is waited for."""
        place = start
        while True:
            await self._count.wait_value(partial(lt, place))
            if wanted(self.readings[place]):
                return self.readings[place]
            place += 1

    async def follow(self, address: str, topic: str) -> None:
        """Read until cancelled."""
        follower = _Follower(address, topic)
        try:
            while True:
                self.readings += await trio.to_thread.run_sync(follower.step)
                self.incarnations = follower.incarnations
                self._count.value = len(self.readings)
        finally:
            follower.close()


@asynccontextmanager
async def open_live(address: str, topic: str) -> AsyncIterator[Live]:
    """A reader of the topic, which may be made later, from its beginning on."""
    live = Live()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(live.follow, address, topic)
        yield live
        nursery.cancel_scope.cancel()


class _Follower:
    """The blocking half: records of one topic after the other that has the name.

    Nothing in a record tells which topic of this name it is from. So none counts before the broker,
    asked after it came, has said which topic that is; where it is another one than before, the
    record may be from either. It is left out then: the new topic is read from its beginning.
    """

    def __init__(self, address: str, topic: str) -> None:
        self.incarnations: list[str] = []
        self._address: Settings = {"bootstrap.servers": address, **CLIENT}
        self._topic = topic
        self._admin = AdminClient(self._address)
        self._consumer = Consumer({**self._address, **CONSUMER})
        self._next: dict[int, int] = {}  # the offset that comes next, by partition
        self._heard = time.monotonic()
        self._answer: Future[Any] | None = None
        self._asked: list[tuple[Message, float]] = []  # what came before that was asked for
        self._unsure: list[tuple[Message, float]] = []  # and what came later

    def step(self) -> list[Reading]:
        """Wait for records for a moment, and return those that are known to be of this topic."""
        self._receive()
        if self._answer is None:
            self._asked, self._unsure = self._unsure, []
            topics = TopicCollection([self._topic])
            self._answer = self._admin.describe_topics(topics, request_timeout=ASK)[self._topic]
        if not self._answer.done():
            return []
        found, self._answer = _known(self._answer), None
        if found is None:
            # This client may have lost its broker for good.
            self._admin = AdminClient(self._address)
            self._unsure = self._asked + self._unsure
            return []
        return self._sure(*found)

    def close(self) -> None:
        """Let go of the broker."""
        self._consumer.close()

    def _receive(self) -> None:
        first = self._consumer.poll(WAIT if self._answer is None else PAUSE)
        if first is not None:
            messages = [first, *self._consumer.consume(1000, timeout=0)]
            self._heard = at = time.monotonic()
            self._unsure += [(message, at) for message in messages]

    def _sure(self, incarnation: str, partitions: int) -> list[Reading]:
        """What came before the topic was known to be this one."""
        if incarnation not in self.incarnations:
            self.incarnations = [*self.incarnations, incarnation]
            self._begin(dict.fromkeys(range(partitions), OFFSET_BEGINNING))
            return []
        readings = [_reading(incarnation, *each) for each in self._asked if not each[0].error()]
        self._next |= {each.partition: each.offset + 1 for each in readings}
        if len(readings) < len(self._asked) or time.monotonic() - self._heard > QUIET:
            self._begin(self._next)
        return readings

    def _begin(self, offsets: dict[int, int]) -> None:
        """Read from here on; after an error too, which may have ended a partition's reading."""
        self._consumer.close()
        self._consumer = Consumer({**self._address, **CONSUMER})
        self._next, self._unsure = offsets, []
        self._heard = time.monotonic()
        self._consumer.assign(
            [TopicPartition(self._topic, number, offset) for number, offset in offsets.items()]
        )


def _known(answer: Future[Any]) -> tuple[str, int] | None:
    """The topic's id and how many partitions it has; None when there is none, or no broker."""
    try:
        found = answer.result()
    except KafkaException:
        return None
    return str(found.topic_id).translate(_LETTERS), len(found.partitions)


def _reading(incarnation: str, message: Message, at: float) -> Reading:
    partition, offset = message.partition(), message.offset()
    key, value = message.key(), message.value()
    assert partition is not None
    assert offset is not None
    assert isinstance(key, bytes)
    assert isinstance(value, bytes)
    return reading(incarnation, partition, offset, key, value, at)
