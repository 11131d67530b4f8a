"""What really is in a topic, read with a plain consumer that knows nothing of warlogix.

records = read_topic(kafka, "factory")                             # all there is now
records = await read_topic_async(kafka, "factory", at_least=3)     # waits for the third
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import trio
from confluent_kafka import (
    OFFSET_BEGINNING,
    TIMESTAMP_NOT_AVAILABLE,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

LIMIT = 90.0
CONSUMER = {
    "group.id": "witness",  # asked for by the library; no group is ever joined
    "enable.auto.commit": False,
    "enable.partition.eof": True,
    "isolation.level": "read_committed",
    "fetch.wait.max.ms": 10,
    "topic.metadata.refresh.fast.interval.ms": 50,
    "log_level": 0,
}


@dataclass(frozen=True, slots=True)
class Record:
    """One record as the broker keeps it; `timestamp` in ms, -1 when there is none."""

    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]


class TooFewRecordsError(Exception):
    """A topic did not get the records asked for in time; the text says how many it has."""


def read_topic(address: str, topic: str, *, at_least: int = 0) -> list[Record]:
    """Every record of the topic, by partition and offset, once it has at least so many.

    A topic that does not exist yet is waited for. *Errors*: `TooFewRecordsError` after 90 s.
    """
    deadline = time.monotonic() + LIMIT
    consumer = Consumer({"bootstrap.servers": address, **CONSUMER})
    try:
        partitions = partitions_of(consumer, topic, deadline)
        consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in partitions])
        records = _read(consumer, partitions, at_least, deadline)
    finally:
        consumer.close()
    if len(records) < at_least:
        raise TooFewRecordsError(f"{topic}: {len(records)} of {at_least} records after {LIMIT} s")
    return sorted(records, key=lambda record: (record.partition, record.offset))


async def read_topic_async(address: str, topic: str, *, at_least: int = 0) -> list[Record]:
    """`read_topic` in a thread; the event loop goes on."""
    read = partial(read_topic, address, topic, at_least=at_least)
    return await trio.to_thread.run_sync(read, abandon_on_cancel=True)


def create_topic(address: str, topic: str, partitions: int = 1, **config: str) -> None:
    """Make a topic and wait until every partition has a leader; in `config`, `_` is `.`."""
    settings = {name.replace("_", "."): value for name, value in config.items()}
    client = AdminClient({"bootstrap.servers": address, "log_level": 0})
    client.create_topics([NewTopic(topic, partitions, 1, config=settings)])[topic].result(LIMIT)
    leaders = [-1]
    while len(leaders) != partitions or -1 in leaders:
        found = client.list_topics(topic, timeout=LIMIT).topics[topic]
        leaders = [part.leader for part in found.partitions.values()]


def partitions_of(consumer: Consumer, topic: str, deadline: float) -> Sequence[int]:
    """The partitions of a topic, which is waited for until the deadline (monotonic) if need be."""
    while time.monotonic() < deadline:
        try:
            found = consumer.list_topics(topic, timeout=1).topics[topic]
        except KafkaException:
            continue
        if found.error is None:
            return list(found.partitions)
    raise TooFewRecordsError(f"{topic}: there is no such topic after {LIMIT} s")


def _read(
    consumer: Consumer, partitions: Sequence[int], at_least: int, deadline: float
) -> list[Record]:
    """Records until every partition was read to its end and there are enough."""
    records: list[Record] = []
    unread = set(partitions)
    while (unread or len(records) < at_least) and time.monotonic() < deadline:
        for message in consumer.consume(1000, timeout=0.2):
            error = message.error()
            if error is None:
                records.append(record_of(message))
            elif error.code() == KafkaError._PARTITION_EOF:
                unread.discard(message.partition())
    return records


def record_of(message: Message) -> Record:
    """A message of the library's as a record."""
    kind, timestamp = message.timestamp()
    partition, offset = message.partition(), message.offset()
    assert partition is not None
    assert offset is not None
    return Record(
        partition=partition,
        offset=offset,
        timestamp=-1 if kind == TIMESTAMP_NOT_AVAILABLE else timestamp,
        key=message.key(),
        value=message.value(),
        headers=_headers(message.headers()),
    )


def _headers(given: object) -> tuple[tuple[str, bytes | None], ...]:
    """What the library declares in several forms is a list of pairs, or nothing."""
    return tuple(given) if isinstance(given, list) else ()
