"""The witnesses of a run of chaos, against a real broker that loses topics and disks."""

import json
import time
from collections.abc import Iterator, Sequence
from functools import partial

import pytest
import trio
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

from tests.brokers import Broker, open_broker
from tests.chaos.live import Live, open_live
from tests.chaos.segments import readings_on_disk
from tests.chaos.truth import Reading
from tests.witness import create_topic

LIMIT = 120.0
# Milliseconds for which the files of a deleted topic stay: longer than any test here.
LONG = "600000"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker of this file's own; each test leaves it running."""
    with open_broker(tmp_path_factory.mktemp("live")) as broker:
        yield broker


async def test_a_reader_follows_a_topic_that_is_deleted_and_made_anew(
    broker: Broker, topic_prefix: str
) -> None:
    """Each record is told with the id of the topic it is from, although offsets begin anew."""
    with trio.fail_after(LIMIT):
        async with open_live(broker.address, topic_prefix) as live:
            for value in (1, 3, 6):
                await remake(broker, topic_prefix)
                await send(broker, topic_prefix, *range(value, 2 * value))
                await last(live, 2 * value - 1)
    first, second, third = live.incarnations

    assert values(live.readings) == [1, 3, 4, 5, *range(6, 12)]
    assert ids(live.readings) == [first, *[second] * 3, *[third] * 6]
    assert [each.offset for each in live.readings] == [0, *range(3), *range(6)]


async def test_a_record_is_never_told_of_another_topic_than_its_own(
    broker: Broker, topic_prefix: str
) -> None:
    """Topics made anew faster than they are read mix up nothing; the disk has what is missing."""
    with trio.fail_after(LIMIT):
        async with open_live(broker.address, topic_prefix) as live:
            for value in range(0, 50, 5):
                await remake(broker, topic_prefix)
                await send(broker, topic_prefix, *range(value, value + 5))
            await last(live, 49)
        found = readings_on_disk(broker.data, topic_prefix, 0.0)

    assert set(values(found)) == set(range(50))
    assert {place(each) for each in live.readings} <= {place(each) for each in found}
    assert set(live.incarnations) <= set(ids(found))


async def test_a_reader_goes_on_where_it_was_when_its_broker_is_back(
    broker: Broker, topic_prefix: str
) -> None:
    """A broker that is killed, stopped and frozen costs no record and brings none twice."""
    await trio.to_thread.run_sync(create_topic, broker.address, topic_prefix)
    with trio.fail_after(LIMIT):
        async with open_live(broker.address, topic_prefix) as live:
            await send(broker, topic_prefix, 1, 2)
            await last(live, 2)
            broker.kill()
            await trio.to_thread.run_sync(broker.start)
            await send(broker, topic_prefix, 3)
            await last(live, 3)
            broker.freeze()
            await trio.sleep(1.5)  # longer than the reader waits for any one answer
            broker.thaw()
            await send(broker, topic_prefix, 4)
            await last(live, 4)

    assert values(live.readings) == [1, 2, 3, 4]
    assert len(live.incarnations) == 1


async def test_what_a_disk_had_is_read_before_it_is_wiped(
    broker: Broker, topic_prefix: str
) -> None:
    """Confirmed records nobody has read are found on the disk of a broker that was killed."""
    await trio.to_thread.run_sync(create_topic, broker.address, topic_prefix)
    with trio.fail_after(LIMIT):
        async with open_live(broker.address, topic_prefix) as live:
            await send(broker, topic_prefix, 1, None)
            await last(live, None)
            broker.kill()
            rescued = readings_on_disk(broker.data, topic_prefix, time.monotonic())
            broker.wipe()
            await trio.to_thread.run_sync(broker.start)
            await trio.to_thread.run_sync(create_topic, broker.address, topic_prefix)
            await send(broker, topic_prefix, 2)
            await last(live, 2)

    assert values(rescued) == [1, None]
    assert [place(each) for each in rescued] == [place(each) for each in live.readings[:2]]
    assert ids(live.readings) == [live.incarnations[0]] * 2 + [live.incarnations[1]]


def test_all_partitions_and_segments_of_a_topic_are_read(broker: Broker, topic_prefix: str) -> None:
    """A topic of several partitions and segments is read in the order of its offsets, and alone."""
    create_topic(broker.address, topic_prefix, partitions=3, segment_bytes="1048576")
    create_topic(broker.address, f"{topic_prefix}-1")
    produce(broker, topic_prefix, range(3), size=600_000)
    produce(broker, f"{topic_prefix}-1", [9])
    found = readings_on_disk(broker.data, topic_prefix, 5.0)

    assert [(each.key, each.value, each.offset, each.at) for each in found] == [
        ("A.one", number, number, 5.0) for number in range(3)
    ]


async def remake(broker: Broker, topic: str) -> None:
    """Delete the topic if it is there, and make it."""
    await trio.to_thread.run_sync(delete, broker, topic)
    await trio.to_thread.run_sync(
        partial(create_topic, broker.address, topic, file_delete_delay_ms=LONG)
    )


def delete(broker: Broker, topic: str) -> None:
    """Delete the topic if it is there, and wait until nobody finds it."""
    client = AdminClient({"bootstrap.servers": broker.address})
    while topic in client.list_topics(timeout=LIMIT).topics:
        client.delete_topics([topic])[topic].exception(LIMIT)


async def send(broker: Broker, topic: str, *values: int | None) -> None:
    """Produce the values in a thread."""
    await trio.to_thread.run_sync(produce, broker, topic, values)


def produce(broker: Broker, topic: str, values: Sequence[int | None], size: int = 0) -> None:
    """Send the values with one key, each in a batch of its own that is waited for."""
    producer = Producer({"bootstrap.servers": broker.address, "linger.ms": 0})
    for value in values:
        producer.produce(topic, json.dumps({"value": value, "text": "x" * size}), key="A.one")
        assert producer.flush(LIMIT) == 0


async def last(live: Live, value: int | None) -> None:
    """Wait until this value is read."""
    await live.first(lambda reading: reading.value == value)


def values(readings: Sequence[Reading]) -> list[int | None]:
    """What they say."""
    return [each.value for each in readings]


def ids(readings: Sequence[Reading]) -> list[str]:
    """The topics they are from."""
    return [each.incarnation for each in readings]


def place(each: Reading) -> tuple[str, int, int, int | None]:
    """Where it is, and what it says."""
    return each.incarnation, each.partition, each.offset, each.value
