"""The producer on a real broker: delivery, order, refusals, and the truth about the cluster."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import confluent_kafka
import pytest
import trio

from tests.brokers import Broker
from tests.outlets import AT, NOWHERE, batch, cluster, wall
from tests.witness import create_topic, read_topic_async
from warlogix.kafka.producer import Producer, open_producer
from warlogix.kafka.reasons import Refusal
from warlogix.messages import Batch


async def online(producer: Producer) -> None:
    """Wait until the cluster is seen to be there."""
    await producer.status.wait_value(lambda status: status.online)


async def away(producer: Producer) -> str:
    """Wait until the cluster is told to be away; why."""
    status = await producer.status.wait_value(
        lambda status: not status.online and status.error != "connecting"
    )
    return str(status.error)


def kafka_threads() -> Sequence[str]:
    """The threads of librdkafka in this process."""
    names = []
    for task in Path("/proc/self/task").iterdir():
        try:
            names.append((task / "comm").read_text().strip())
        except OSError:  # it has just ended
            continue
    return [name for name in names if name.startswith("rdk:")]


async def test_a_batch_arrives_as_it_was_made(kafka: str, topic: str) -> None:
    """Key, value, timestamp and headers of each record arrive in the order of the batch."""
    made = Batch(
        [b"a", None, b"c"],
        [b"1", b"2", None],
        [AT, AT + 1, AT + 2],
        [[("own", b"x")], [], [("own", b"y")]],
    )
    with trio.fail_after(30):
        async with open_producer(cluster(kafka), "test", wall) as producer:
            delivery = await producer.send(topic, [made, batch("4")], [("site", b"north")])
            await delivery.settled.wait()
        records = await read_topic_async(kafka, topic)
    assert not delivery.failures
    assert [record.key for record in records] == [b"a", None, b"c", b"key"]
    assert [record.value for record in records] == [b"1", b"2", None, b"4"]
    assert [record.timestamp for record in records] == [AT, AT + 1, AT + 2, AT]
    site = ("site", b"north")
    assert [record.headers for record in records] == [
        (site, ("own", b"x")),
        (site,),
        (site, ("own", b"y")),
        (site,),
    ]


async def test_without_headers_a_record_carries_none(kafka: str, topic: str) -> None:
    """Nothing is added to a record that nobody gave headers."""
    with trio.fail_after(30):
        async with open_producer(cluster(kafka), "test", wall) as producer:
            await (await producer.send(topic, [batch("1")])).settled.wait()
        (record,) = await read_topic_async(kafka, topic)
    assert record.headers == ()


async def test_keys_go_where_java_clients_put_them(kafka: str, topic_prefix: str) -> None:
    """A record's partition is murmur2 of its key, as in Kafka's own clients."""
    create_topic(kafka, topic_prefix, partitions=7)
    keys = [f"MainPLC.Tag{i}" for i in range(50)]
    with trio.fail_after(30):
        async with open_producer(cluster(kafka), "test", wall) as producer:
            made = batch(*(f"{key}=1" for key in keys))
            await (await producer.send(topic_prefix, [made])).settled.wait()
        records = await read_topic_async(kafka, topic_prefix)
    assert len(records) == 50
    for record in records:
        assert record.key is not None
        assert record.partition == confluent_kafka.murmur2(record.key, 7)


@pytest.mark.parametrize("acks", [-1, 1, 0])
async def test_every_setting_of_required_acks_works(kafka: str, topic: str, acks: int) -> None:
    """Records are confirmed and arrive in order with required_acks = -1, 1 and 0."""
    values = [str(i) for i in range(1000)]
    with trio.fail_after(30):
        async with open_producer(
            replace(cluster(kafka), required_acks=acks), "test", wall
        ) as producer:
            delivery = await producer.send(topic, [batch(*values)])
            await delivery.settled.wait()
        records = await read_topic_async(kafka, topic, at_least=1000)
    assert not delivery.failures
    assert [record.value for record in records] == [value.encode() for value in values]


@pytest.mark.parametrize("compression", ["gzip", "snappy", "lz4", "zstd"])
async def test_every_compression_works(kafka: str, topic: str, compression: str) -> None:
    """Compressed records arrive."""
    settings = replace(cluster(kafka), compression=compression)
    with trio.fail_after(30):
        async with open_producer(settings, "test", wall) as producer:
            await (await producer.send(topic, [batch("1", "2")])).settled.wait()
        assert len(await read_topic_async(kafka, topic)) == 2


async def test_nothing_overtakes_a_refused_record(kafka: str, topic_prefix: str) -> None:
    """When a record is refused, none that was sent behind it is in the topic, and the next
    batches are taken by a new client."""
    create_topic(kafka, topic_prefix, max_message_bytes="1000")
    values = [str(i) for i in range(600)]
    values[300] = "x" * 2000
    # The broker judges a request's records together: small requests show what goes behind.
    settings = replace(cluster(kafka), options={"batch.size": "900"})
    with trio.fail_after(30):
        async with open_producer(settings, "test", wall) as producer:
            warm = await producer.send(topic_prefix, [batch("warm")])
            await warm.settled.wait()
            delivery = await producer.send(topic_prefix, [batch(*values)])
            await delivery.settled.wait()
            again = await producer.send(topic_prefix, [batch("again")])
            await again.settled.wait()
            status = producer.status.value
        records = await read_topic_async(kafka, topic_prefix)
    worst = delivery.worst()
    assert worst is not None
    assert worst.refusal is Refusal.RECORD
    assert not again.failures
    assert status.online
    arrived = [(record.value or b"").decode() for record in records]
    assert arrived[0] == "warm"
    assert arrived[-1] == "again"
    assert arrived[1:-1] == values[: len(arrived) - 2]
    assert len(arrived) - 2 <= 300


async def test_a_record_larger_than_any_is_refused_alone(kafka: str, topic: str) -> None:
    """A record that librdkafka itself does not take fails, with those behind it."""
    with trio.fail_after(30):
        async with open_producer(cluster(kafka), "test", wall) as producer:
            delivery = await producer.send(topic, [batch("1", "x" * 2_000_000, "3")])
            await delivery.settled.wait()
        records = await read_topic_async(kafka, topic, at_least=1)
    worst = delivery.worst()
    assert worst is not None
    assert worst.refusal is Refusal.RECORD
    assert worst.count == 2
    assert [record.value for record in records] == [b"1"]


async def test_a_dead_address_is_away_with_its_reason() -> None:
    """A broker that is not there is told within seconds, with what the network said."""
    with trio.fail_after(30):
        async with open_producer(cluster(NOWHERE), "test", wall) as producer:
            assert await away(producer) == "127.0.0.1:1: Connection refused"
            assert not producer.status.value.fatal


async def test_settings_that_cannot_work_are_told(tmp_path: Path) -> None:
    """A CA file that is not there is a fatal reason in the status, and no exception."""
    settings = replace(cluster(NOWHERE), use_tls=True, tls_ca_file=str(tmp_path / "ca.pem"))
    with trio.fail_after(30):
        async with open_producer(settings, "test", wall) as producer:
            assert "tls_ca_file" in await away(producer)
            assert producer.status.value.fatal


async def test_tls_to_a_plaintext_port_names_the_setting(kafka: str) -> None:
    """A broker without TLS is told in terms of the key to change."""
    with trio.fail_after(30):
        async with open_producer(replace(cluster(kafka), use_tls=True), "test", wall) as producer:
            assert "use_tls" in await away(producer)
            assert producer.status.value.fatal


async def test_a_killed_broker_is_away_and_back(own_broker: Broker) -> None:
    """A killed broker is away within seconds, since then, and why; online soon after its start,
    and what was handed over meanwhile is confirmed."""
    create_topic(own_broker.address, "t")
    ticks = iter(range(1_000, 10_000))
    with trio.fail_after(60):
        async with open_producer(
            cluster(own_broker.address), "test", lambda: next(ticks)
        ) as producer:
            await online(producer)
            first = producer.status.value
            own_broker.kill()
            with trio.fail_after(30):
                reason = await away(producer)
            status = producer.status.value
            waiting = await producer.send("t", [batch("1")])
            await trio.to_thread.run_sync(own_broker.start)
            with trio.fail_after(30):
                await waiting.settled.wait()
                await online(producer)
    assert "Connection refused" in reason
    assert first.since < status.since
    assert producer.status.value.error == ""
    assert not waiting.failures


async def test_a_frozen_broker_is_away_and_back(own_broker: Broker) -> None:
    """A broker that stands still says nothing: the unconfirmed records tell within seconds. Thawed,
    it confirms them once."""
    create_topic(own_broker.address, "t")
    with trio.fail_after(60):
        async with open_producer(cluster(own_broker.address), "test", wall) as producer:
            await (await producer.send("t", [batch("1")])).settled.wait()
            own_broker.freeze()
            waiting = await producer.send("t", [batch("2")])
            with trio.fail_after(30):
                reason = await away(producer)
            own_broker.thaw()
            with trio.fail_after(30):
                await waiting.settled.wait()
                await online(producer)
        records = await read_topic_async(own_broker.address, "t")
    assert "do not answer" in reason
    assert [record.value for record in records] == [b"1", b"2"]


async def test_nothing_is_left_behind(kafka: str, topic: str) -> None:
    """Leaving the block ends every thread and connection, with records under way and without."""
    before = kafka_threads()
    with trio.fail_after(60):
        async with open_producer(cluster(kafka), "test", wall) as producer:
            await (await producer.send(topic, [batch("1")])).settled.wait()
        async with open_producer(cluster(NOWHERE), "test", wall) as producer:
            delivery = await producer.send(topic, [batch("1")])
    assert kafka_threads() == before
    assert delivery.settled.is_set()
    assert delivery.failures


async def test_leaving_a_frozen_broker_takes_no_longer(own_broker: Broker) -> None:
    """With records under way to a broker that stands still the block ends within seconds, and
    leaves nothing behind."""
    create_topic(own_broker.address, "t")
    before = kafka_threads()
    with trio.fail_after(30):
        async with open_producer(cluster(own_broker.address), "test", wall) as producer:
            await (await producer.send("t", [batch("1")])).settled.wait()
            own_broker.freeze()
            delivery = await producer.send("t", [batch("2")])
            begun = trio.current_time()
        assert trio.current_time() - begun < 15
    assert kafka_threads() == before
    assert delivery.failures


async def test_leaving_waits_for_what_is_under_way(kafka: str, topic: str) -> None:
    """Records handed over just before the end are confirmed, while the broker is there."""
    with trio.fail_after(60):
        async with open_producer(cluster(kafka), "test", wall) as producer:
            await online(producer)
            delivery = await producer.send(topic, [batch(*map(str, range(5000)))])
    assert not delivery.failures
    assert delivery.settled.is_set()
