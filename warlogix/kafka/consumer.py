"""Reads topics as somebody who looks on: no group, no commits, nothing left behind.

    async with open_tail(cluster, "warlogix-tail", ["factory"], Last(10)) as tail:
        async for records in tail.existing():       # what was there at the start; it ends
            ...
        async for records in tail.follow():         # and then whatever comes, for ever
            ...

Topics that do not exist yet, and partitions that are added, are read from their first record as
soon as they are there. A broker that goes away is waited for, and said in the log.

*Errors*: `BrokerUnavailable` when nobody answers at the start within some seconds or the caller's
own limit, or before what was there then has
been read; `BrokerFatal` when the principal may not read, or the cluster cannot do what is asked.
*Closing*: at once, or when a broker that is silent just then was waited for some seconds.
"""

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import confluent_kafka
import trio
from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition

from warlogix.clusters import Cluster
from warlogix.errors import BrokerError, BrokerFatal, BrokerUnavailable
from warlogix.kafka.clients import new_client
from warlogix.kafka.cut_off import is_cut_off
from warlogix.kafka.embedded import is_embedded
from warlogix.kafka.limits import CONTACT, contact_limit
from warlogix.kafka.look import look
from warlogix.kafka.reasons import MAY_NOT_READ, Trouble, explain_last
from warlogix.kafka.records import Record, record_of
from warlogix.kafka.settings import Config, client_config
from warlogix.kafka.starts import Beginning, Last, Since, Start, span

log = logging.getLogger(__name__)

_WAIT = 0.1
_AT_ONCE = 1_000
_LOOK = 2.0
_NO_TIMES = "the demo's embedded broker knows no offsets by time: use --from-beginning"


@asynccontextmanager
async def open_tail(
    cluster: Cluster, client_id: str, topics: Sequence[str], start: Start
) -> AsyncGenerator["Tail", None]:
    """The topics from `start` on, of a cluster that answers."""
    tail = Tail(cluster, client_id, topics, start)
    await trio.to_thread.run_sync(tail._connect)
    try:
        await trio.to_thread.run_sync(tail._begin, contact_limit())
        yield tail
    finally:
        with trio.CancelScope(shield=True):
            await trio.to_thread.run_sync(tail._disconnect)


def _config(cluster: Cluster, client_id: str) -> Config:
    return {
        "group.id": client_id,  # the library wants one; no group is ever joined
        "enable.auto.commit": False,
        "enable.partition.eof": True,
        "auto.offset.reset": "earliest",
        "fetch.wait.max.ms": 100,
        **client_config(cluster, client_id),
    }


class Tail:
    """Topics that are being read; `open_tail` makes it.

    `missing` names those that do not exist, so far.
    """

    def __init__(
        self,
        cluster: Cluster,
        client_id: str,
        topics: Sequence[str],
        start: Start,
    ) -> None:
        self.missing: frozenset[str] = frozenset(topics)
        self._cluster = cluster
        self._consumer: confluent_kafka.Consumer
        self._client_id = client_id
        self._topics = tuple(topics)
        self._start = start
        self._heard: list[KafkaError] = []
        self._away = False
        # The offset that each partition is to be read on from.
        self._assigned: dict[tuple[str, int], int] = {}
        # Where each partition ended at the start, and those that were not read up to there yet.
        self._ends: dict[tuple[str, int], int] = {}
        self._unread: set[tuple[str, int]] = set()
        self._kept: list[Record] = []
        self._early: list[Record] = []
        self._look_due = trio.current_time() + _LOOK

    def existing(self) -> "Batches":
        """What was there at the start, and no more."""
        return Batches(self._next_old)

    def follow(self) -> "Batches":
        """What was there at the start, and then whatever comes, for ever."""
        return Batches(self._next)

    async def _next_old(self) -> list[Record] | None:
        while self._unread:
            records = await trio.to_thread.run_sync(self._take_some)
            old = [each for each in records if each.offset < self._end(each)]
            self._early += [each for each in records if each.offset >= self._end(each)]
            if isinstance(self._start, Last):
                self._kept += old
            elif old:
                return old
        kept, self._kept = self._kept, []
        if not isinstance(self._start, Last) or not kept:
            return None
        kept.sort(key=lambda record: record.timestamp)
        return kept[-self._start.count :]

    async def _next(self) -> list[Record]:
        if (old := await self._next_old()) is not None:
            return old
        records, self._early = self._early, []
        while not records:
            if trio.current_time() >= self._look_due:
                await trio.to_thread.run_sync(self._look)
                self._look_due = trio.current_time() + _LOOK
            records = await trio.to_thread.run_sync(self._take)
        return records

    def _end(self, record: Record) -> int:
        return self._ends.get((record.topic, record.partition), 0)

    # What follows blocks, in a thread, one call at a time.

    def _connect(self) -> None:
        config = _config(self._cluster, self._client_id) | {"error_cb": self._heard.append}
        self._consumer = new_client(confluent_kafka.Consumer, self._cluster, config)

    def _disconnect(self) -> None:
        self._consumer.close()
        # Freed here: it may wait for a name server, and the event loop must not.
        del self._consumer

    def _begin(self, contact: float) -> None:
        try:
            cluster_id = self._consumer.cluster_id(timeout=contact)
            if is_embedded(cluster_id) and isinstance(self._start, Since):
                raise BrokerFatal(self._cluster.name, _NO_TIMES)
            self._ends = self._assign(self._start)
            self._unread = set(self._ends)
        except KafkaException as exc:
            self._consumer.poll(0)
            raise self._unanswered() from exc

    def _contact(self) -> None:
        """Make sure that somebody answers."""
        try:
            self._partitions(self._topics[0])
        except KafkaException as exc:
            raise self._unanswered() from exc

    def _unanswered(self) -> BrokerError:
        trouble = self._trouble()
        kind = BrokerFatal if trouble.fatal else BrokerUnavailable
        return kind(self._cluster.name, trouble.text)

    def _trouble(self) -> Trouble:
        heard = explain_last(self._heard, self._cluster)
        return trio.from_thread.run(look, heard, self._cluster)

    def _assign(self, start: Start) -> dict[tuple[str, int], int]:
        """Read the partitions that are new; forget those that are gone.

        The answer is where those end now that have something to read.
        """
        there = {(topic, number) for topic in self._topics for number in self._partitions(topic)}
        self.missing = frozenset(self._topics) - {topic for topic, _ in there}
        gone = self._assigned.keys() - there
        self._consumer.incremental_unassign([TopicPartition(*place) for place in gone])
        self._unread -= gone
        for place in gone:
            del self._assigned[place]
        ends = {}
        for place in sorted(there - self._assigned.keys()):
            found = span(self._consumer, *place, start)
            if found.first < found.end:
                ends[place] = found.end
            self._consumer.incremental_assign([TopicPartition(*place, found.first)])
            self._assigned[place] = found.first
        return ends

    def _partitions(self, topic: str) -> list[int]:
        found = self._consumer.list_topics(topic, timeout=CONTACT).topics[topic]
        if found.error is not None and found.error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
            raise BrokerFatal(self._cluster.name, MAY_NOT_READ.format(topic=topic))
        return list(found.partitions)

    def _look(self) -> None:
        """See what topics and partitions there are now, and whether anybody answers."""
        try:
            self._assign(Beginning())
        except KafkaException:
            self._tell(away=True)
            self._find_way()
        else:
            self._tell(away=False)

    def _find_way(self) -> None:
        """Go on as a new consumer, where this one is lost for good."""
        lost = self._consumer
        if is_cut_off(lost, self._cluster, self._client_id, self._topics[0]):
            lost.close()
            self._connect()
            places = [TopicPartition(*place, at) for place, at in self._assigned.items()]
            self._consumer.incremental_assign(places)

    def _tell(self, away: bool) -> None:
        if away and not self._away:
            reason = self._trouble().text
            log.warning("%s: away, waiting: %s", self._cluster.name, reason)
        elif self._away and not away:
            log.info("%s: back", self._cluster.name)
        self._away = away
        self._heard.clear()

    def _take(self) -> list[Record]:
        """What has arrived, waiting a moment for the first."""
        messages = self._consumer.consume(1, _WAIT)
        if messages:
            messages += self._consumer.consume(_AT_ONCE, 0)
        return [record for message in messages if (record := self._record(message)) is not None]

    def _take_some(self) -> list[Record]:
        """What has arrived, from a cluster that answers."""
        records = self._take()
        if not records and self._unread:
            self._contact()
        return records

    def _record(self, message: Message) -> Record | None:
        topic, partition, offset = message.topic(), message.partition(), message.offset()
        error = message.error()
        if topic is None or partition is None or offset is None or error is not None:
            self._heed(error, topic, partition)
            return None
        self._assigned[topic, partition] = offset + 1
        if offset + 1 >= self._ends.get((topic, partition), 0):
            self._unread.discard((topic, partition))
        return record_of(self._cluster.name, topic, partition, offset, message)

    def _heed(self, error: KafkaError | None, topic: str | None, partition: int | None) -> None:
        if error is None:
            return
        if error.code() == KafkaError._PARTITION_EOF and topic is not None:
            self._unread.discard((topic, partition or 0))
        elif error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
            raise BrokerFatal(self._cluster.name, MAY_NOT_READ.format(topic=topic))
        else:
            log.debug("%s: %s", self._cluster.name, error.str())


class Batches:
    """Lists of records, each as soon as it is there. Leave it whenever you like."""

    def __init__(self, following: Callable[[], Awaitable[list[Record] | None]]) -> None:
        self._following = following

    def __aiter__(self) -> "Batches":
        return self

    async def __anext__(self) -> list[Record]:
        records = await self._following()
        if records is None:
            raise StopAsyncIteration
        return records
