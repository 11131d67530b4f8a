"""Looking on at topics: from anywhere, on a real broker and on the embedded one."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import trio
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewPartitions

from tests.brokers import Broker
from tests.outlets import AT, NOWHERE, cluster
from tests.witness import create_topic
from warlogix.errors import BrokerFatal, BrokerUnavailable
from warlogix.kafka.consumer import Tail, open_tail
from warlogix.kafka.embedded import embedded_broker
from warlogix.kafka.records import Record
from warlogix.kafka.starts import Beginning, End, Last, Since, Start


def write(address: str, topic: str, *values: str, at: int = AT, partition: int = 0) -> None:
    """Records with these values, a millisecond apart."""
    client = Producer({"bootstrap.servers": address, "log_level": 0})
    for i, value in enumerate(values):
        client.produce(topic, value, key="k", partition=partition, timestamp=at + i)
    assert client.flush(30) == 0


def texts(records: list[Record]) -> list[str]:
    """The records' values."""
    return [(record.value or b"").decode() for record in records]


async def existing(address: str, topics: list[str], start: Start) -> list[Record]:
    """All that is there."""
    async with open_tail(cluster(address), "test", topics, start) as tail:
        return [record async for records in tail.existing() for record in records]


async def collect(records: AsyncIterator[list[Record]], count: int) -> list[str]:
    """The next so many values."""
    values: list[str] = []
    async for some in records:
        values += texts(some)
        if len(values) >= count:
            return values
    raise AssertionError(f"ended after {values}")


async def test_a_record_is_shown_whole(kafka: str, topic: str) -> None:
    """Cluster, topic, place, time, key, headers and value of a record are what was written."""
    client = Producer({"bootstrap.servers": kafka, "log_level": 0})
    client.produce(topic, b"v", b"k", timestamp=AT, headers=[("a", b"1"), ("b", None)])
    client.produce(topic, None, None, timestamp=AT + 1)
    client.flush(30)
    with trio.fail_after(60):
        first, second = await existing(kafka, [topic], Beginning())
    headers = [("a", b"1"), ("b", None)]
    assert first == Record("Local", topic, 0, 0, AT, b"k", headers, b"v")
    assert second == Record("Local", topic, 0, 1, AT + 1, None, (), None)


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (Beginning(), ["0", "1", "2", "3", "4"]),
        (End(), []),
        (Last(2), ["3", "4"]),
        (Last(100), ["0", "1", "2", "3", "4"]),
        (Since(AT + 3), ["3", "4"]),
        (Since(AT + 1000), []),
    ],
)
async def test_it_begins_where_it_is_told(
    kafka: str, topic: str, start: Start, expected: list[str]
) -> None:
    """From the beginning, the end, the last n or a time, and it ends with what was there."""
    write(kafka, topic, "0", "1", "2", "3", "4")
    with trio.fail_after(60):
        assert texts(await existing(kafka, [topic], start)) == expected


async def test_the_last_n_are_the_newest_of_all(kafka: str, topic_prefix: str) -> None:
    """Over several topics and partitions the newest records are shown, oldest first."""
    one, two = f"{topic_prefix}-1", f"{topic_prefix}-2"
    create_topic(kafka, one, partitions=2)
    create_topic(kafka, two)
    write(kafka, one, "a0", "a1", at=AT)
    write(kafka, one, "b0", "b1", at=AT + 10, partition=1)
    write(kafka, two, "c0", "c1", at=AT + 5)
    with trio.fail_after(60):
        assert texts(await existing(kafka, [one, two], Last(3))) == ["c1", "b0", "b1"]


async def test_it_follows(kafka: str, topic: str) -> None:
    """After what was there come the records that are written then, each once."""
    write(kafka, topic, "old")
    with trio.fail_after(60):
        async with open_tail(cluster(kafka), "test", [topic], Last(10)) as tail:
            records = tail.follow()
            assert await collect(records, 1) == ["old"]
            for number in range(3):
                await trio.to_thread.run_sync(write, kafka, topic, f"new{number}")
                assert await collect(records, 1) == [f"new{number}"]


async def test_from_the_end_nothing_is_missed(kafka: str, topic: str) -> None:
    """Whatever is written after the opening is shown, however late somebody looks."""
    write(kafka, topic, "old")
    with trio.fail_after(60):
        async with open_tail(cluster(kafka), "test", [topic], End()) as tail:
            await trio.to_thread.run_sync(write, kafka, topic, "new")
            assert await collect(tail.follow(), 1) == ["new"]


async def test_a_topic_that_comes_later_is_read_from_its_beginning(
    kafka: str, topic_prefix: str
) -> None:
    """A missing topic is named, and read as soon as it is there; so are partitions added."""
    with trio.fail_after(30):
        async with open_tail(cluster(kafka), "test", [topic_prefix], End()) as tail:
            assert tail.missing == {topic_prefix}
            records = tail.follow()
            await trio.to_thread.run_sync(create_topic, kafka, topic_prefix)
            await trio.to_thread.run_sync(write, kafka, topic_prefix, "1")
            assert await collect(records, 1) == ["1"]
            assert not tail.missing
            await trio.to_thread.run_sync(add_partition, kafka, topic_prefix)
            await collect_added(kafka, topic_prefix, tail)


def add_partition(address: str, topic: str) -> None:
    """Give a topic a second partition."""
    admin = AdminClient({"bootstrap.servers": address, "log_level": 0})
    admin.create_partitions([NewPartitions(topic, 2)])[topic].result(10)


async def collect_added(address: str, topic: str, tail: Tail) -> None:
    """A record of the second partition is shown."""
    await trio.to_thread.run_sync(lambda: write(address, topic, "2", partition=1))
    assert await collect(tail.follow(), 1) == ["2"]


async def test_a_broker_that_comes_back_is_read_on(
    own_broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    """While the broker is away nothing is raised; back, it is read on from where it was."""
    create_topic(own_broker.address, "t")
    write(own_broker.address, "t", "1")
    with trio.fail_after(60):
        async with open_tail(cluster(own_broker.address), "test", ["t"], Beginning()) as tail:
            records = tail.follow()
            assert await collect(records, 1) == ["1"]
            own_broker.kill()
            await trio.to_thread.run_sync(own_broker.start)
            await trio.to_thread.run_sync(write, own_broker.address, "t", "2")
            assert await collect(records, 1) == ["2"]


async def test_a_dead_address_is_unavailable() -> None:
    """Nobody there is told within seconds, with what the network said."""
    with trio.fail_after(30), pytest.raises(BrokerUnavailable, match="Connection refused"):
        await existing(NOWHERE, ["t"], End())


async def test_wrong_settings_are_fatal(kafka: str) -> None:
    """What the operator must change is told as such."""
    with trio.fail_after(30):
        with pytest.raises(BrokerFatal, match="use_tls"):
            async with open_tail(replace(cluster(kafka), use_tls=True), "test", ["t"], End()):
                pass
        with pytest.raises(BrokerFatal, match=r"no\.such"):
            async with open_tail(
                replace(cluster(kafka), options={"no.such": "1"}), "test", ["t"], End()
            ):
                pass


async def test_the_embedded_broker_can_be_looked_at() -> None:
    """From the beginning, the end and the last n work on the demonstration's broker; a time says
    that it does not."""
    with trio.fail_after(60), embedded_broker() as address:
        await trio.to_thread.run_sync(write, address, "t", "0", "1", "2")
        assert texts(await existing(address, ["t"], Beginning())) == ["0", "1", "2"]
        assert texts(await existing(address, ["t"], Last(1))) == ["2"]
        assert texts(await existing(address, ["t"], End())) == []
        async with open_tail(cluster(address), "test", ["t"], End()) as tail:
            await trio.to_thread.run_sync(write, address, "t", "3")
            assert await collect(tail.follow(), 1) == ["3"]
        with pytest.raises(BrokerFatal, match="offsets by time"):
            await existing(address, ["t"], Since(AT))
