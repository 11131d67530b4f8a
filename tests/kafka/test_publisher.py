"""The publisher on a real broker: from the outbox to the topics, in order whatever happens."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
import trio
from confluent_kafka.admin import AdminClient

from tests.brokers import Broker
from tests.outlets import AT, NOWHERE, Gateway, batch, change, cluster, publishing
from tests.witness import Record, create_topic, read_topic, read_topic_async
from warlogix.clusters import Cluster, TopicSpec
from warlogix.messages import Batch
from warlogix.outbox import NewRow
from warlogix.topics import Topic

LOCAL = "Local"


def texts(records: Iterable[Record]) -> list[str]:
    """The records' values."""
    return [(record.value or b"").decode() for record in records]


def first_seen(records: Sequence[Record]) -> dict[bytes, list[int]]:
    """The numbers of each key in the order in which they first appeared."""
    seen: defaultdict[bytes, dict[int, None]] = defaultdict(dict)
    for record in records:
        seen[record.key or b""].setdefault(int(record.value or b""))
    return {key: list(numbers) for key, numbers in seen.items()}


def numbered(first: int, count: int, keys: int = 8) -> Batch:
    """A batch of numbers, each under one of some keys."""
    numbers = range(first, first + count)
    return Batch(
        [f"key{number % keys}".encode() for number in numbers],
        [str(number).encode() for number in numbers],
        [AT] * count,
    )


async def feed(gateway: Gateway, stop: trio.Event) -> int:
    """Append numbered changes until told to stop, some thousands a second; how many."""
    count = 0
    while not stop.is_set():
        await gateway.outbox.append([NewRow("changes", (LOCAL,), numbered(count, 50))])
        count += 50
        await trio.sleep(0.01)
    return count


async def test_what_is_appended_arrives(kafka: str, topic_prefix: str, tmp_path: Path) -> None:
    """Rows of each lane arrive in its topic, in order, under their own time, packs in that of the
    changes and events in a trigger's own; the topics are made as the configuration says; and the
    outbox is empty then."""
    own = f"{topic_prefix}-parts"
    with trio.fail_after(30):
        async with publishing(tmp_path, cluster(kafka), namespace=topic_prefix) as gateway:
            await gateway.outbox.append([change("1", "2"), change("3")])
            await gateway.outbox.append([NewRow("triggers", (LOCAL,), batch("event"))])
            await gateway.outbox.append([NewRow(f"triggers:{own}", (LOCAL,), batch("part"))])
            await gateway.sent()
            await gateway.outbox.append([NewRow("packs", (LOCAL,), batch("pack"))])
            await gateway.sent()
        records = await read_topic_async(kafka, topic_prefix)
        events = await read_topic_async(kafka, f"{topic_prefix}-triggers")
        parts = await read_topic_async(kafka, own)
    assert texts(records) == ["1", "2", "3", "pack"]
    assert texts(parts) == ["part"]
    assert {record.timestamp for record in records} == {AT}
    assert texts(events) == ["event"]
    found = AdminClient({"bootstrap.servers": kafka}).list_topics(topic_prefix, timeout=5)
    assert len(found.topics[topic_prefix].partitions) == 3


async def test_configured_headers_go_on_changes_and_health(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Headers of the configuration are on changes, packs and health, and on nothing else."""
    settings = Cluster(LOCAL, (kafka,), headers=(("site", b"north"),))
    with trio.fail_after(30):
        async with publishing(tmp_path, settings, namespace=topic_prefix) as gateway:
            rows = [NewRow(lane, (LOCAL,), batch("0")) for lane in ("packs", "triggers")]
            await gateway.outbox.append([change("1"), *rows])
            gateway.latest.put(Topic.HEALTH, b"Plc", b"2", AT)
            gateway.latest.put(Topic.GATEWAY, b"me", b"3", AT)
            changed = await read_topic_async(kafka, topic_prefix, at_least=2)
            (event,) = await read_topic_async(kafka, f"{topic_prefix}-triggers", at_least=1)
            (health,) = await read_topic_async(kafka, f"{topic_prefix}.health", at_least=1)
            (own,) = await read_topic_async(kafka, f"{topic_prefix}.gateway", at_least=1)
    assert {each.headers for each in (*changed, health)} == {(("site", b"north"),)}
    assert event.headers == own.headers == ()
    assert (health.key, health.value, health.timestamp) == (b"Plc", b"2", AT)


async def test_an_absent_broker_is_taken_up_when_it_comes(
    own_broker: Broker, tmp_path: Path
) -> None:
    """With no broker at the start what is appended waits, and arrives soon after one comes."""
    own_broker.kill()
    with trio.fail_after(60):
        async with publishing(tmp_path, cluster(own_broker.address), namespace="t") as gateway:
            await gateway.outbox.append([change("1"), change("2")])
            await gateway.producer.status.wait_value(lambda status: "refused" in status.error)
            await trio.to_thread.run_sync(own_broker.start)
            with trio.fail_after(30):
                await gateway.sent()
        records = await read_topic_async(own_broker.address, "t")
    assert texts(records) == ["1", "2"]


async def test_order_per_key_survives_a_killed_broker(own_broker: Broker, tmp_path: Path) -> None:
    """While changes flow the broker is killed and started twice: each arrives, and per key none
    appears before an older one."""
    counts: list[int] = []
    with trio.fail_after(120):
        async with publishing(tmp_path, cluster(own_broker.address), namespace="t") as gateway:

            async def flow(stop: trio.Event) -> None:
                counts.append(await feed(gateway, stop))

            await gateway.online()
            stop = trio.Event()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(flow, stop)
                for enough in (2_000, 4_000):
                    await read_topic_async(own_broker.address, "t", at_least=enough)
                    await trio.to_thread.run_sync(own_broker.kill)
                    await trio.to_thread.run_sync(own_broker.start)
                stop.set()
            await gateway.sent()
        records = await read_topic_async(own_broker.address, "t")
    (count,) = counts
    expected = {f"key{i}".encode(): list(range(i, count, 8)) for i in range(8)}
    assert first_seen(records) == expected


async def test_a_refused_record_is_set_aside_alone(
    kafka: str, topic_prefix: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Records that the broker refuses are left out, named once for each reason, and every other
    arrives, in order per key."""
    create_topic(kafka, topic_prefix, partitions=3, max_message_bytes="2000")
    rows = [numbered(i * 100, 100) for i in range(20)]
    for row, place in ((3, 50), (3, 51), (12, 99)):
        rows[row].values[place] = b"9" * 5000
    refused = {350, 351, 1299}
    with trio.fail_after(60):
        async with publishing(tmp_path, cluster(kafka), namespace=topic_prefix) as gateway:
            await gateway.outbox.append([NewRow("changes", (LOCAL,), row) for row in rows])
            await gateway.sent()
        records = await read_topic_async(kafka, topic_prefix)
    expected = {
        f"key{i}".encode(): [n for n in range(i, 2000, 8) if n not in refused] for i in range(8)
    }
    assert first_seen(records) == expected
    named = [line for line in caplog.messages if "set aside" in line]
    assert len(named) == 1
    assert "key6" in named[0]
    assert "5000 bytes" in named[0]


async def test_a_refused_timestamp_is_set_aside_alone(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """A record whose timestamp the broker does not take is left out, and the rest arrives."""
    create_topic(kafka, topic_prefix, message_timestamp_before_max_ms="1000000000000")
    made = Batch([b"k"] * 3, [b"1", b"2", b"3"], [AT, 1, AT])
    with trio.fail_after(30):
        async with publishing(tmp_path, cluster(kafka), namespace=topic_prefix) as gateway:
            await gateway.outbox.append([NewRow("changes", (LOCAL,), made)])
            await gateway.sent()
        records = await read_topic_async(kafka, topic_prefix)
    assert texts(records) == ["1", "3"]


async def test_a_missing_topic_holds_itself_alone(
    kafka: str, topic_prefix: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Where topics are not made and one is missing, its lane waits and the log says what to do;
    the other lanes and health go on."""
    for name in (topic_prefix, f"{topic_prefix}.health"):
        create_topic(kafka, name)
    settings = Cluster(LOCAL, (kafka,), auto_create_topics=False)
    with trio.fail_after(30):
        async with publishing(tmp_path, settings, namespace=topic_prefix) as gateway:
            await gateway.outbox.append([NewRow("triggers", (LOCAL,), batch("event"))])
            await gateway.outbox.append([change("1")])
            gateway.latest.put(Topic.HEALTH, b"Plc", b"2", AT)
            await read_topic_async(kafka, topic_prefix, at_least=1)
            await read_topic_async(kafka, f"{topic_prefix}.health", at_least=1)
            assert gateway.outbox.waiting(LOCAL).messages == 1
    said = [line for line in caplog.messages if f"{topic_prefix}-triggers" in line]
    assert len(said) == 1
    assert "does not exist and auto_create_topics = false" in said[0]


async def test_a_deleted_topic_is_made_again(
    own_broker: Broker, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A topic that is deleted while changes flow is made again, and they go on in order."""
    admin = AdminClient({"bootstrap.servers": own_broker.address})
    with trio.fail_after(60):
        async with publishing(tmp_path, cluster(own_broker.address), namespace="t") as gateway:
            await gateway.outbox.append([NewRow("changes", (LOCAL,), numbered(0, 100))])
            await gateway.sent()
            admin.delete_topics(["t"])["t"].result(10)
            await gateway.outbox.append([NewRow("changes", (LOCAL,), numbered(100, 100))])
            await gateway.sent()
            await gateway.outbox.append([NewRow("changes", (LOCAL,), numbered(200, 100))])
            await gateway.sent()
        records = await read_topic_async(own_broker.address, "t")
    numbers = sorted(int(record.value or b"") for record in records)
    assert set(range(200, 300)) <= set(numbers)
    for seen in first_seen(records).values():
        assert seen == sorted(seen)


async def test_a_dead_cluster_slows_no_other(kafka: str, topic_prefix: str, tmp_path: Path) -> None:
    """With one of two clusters dead the other gets everything, and for the dead one it waits."""
    clusters = (cluster(kafka, "Alive"), cluster(NOWHERE, "Dead"))
    with trio.fail_after(30):
        async with publishing(tmp_path, *clusters, namespace=topic_prefix) as gateway:
            for first in range(0, 5_000, 100):
                row = NewRow("changes", ("Alive", "Dead"), numbered(first, 100))
                await gateway.outbox.append([row])
            await gateway.sent("Alive")
            assert gateway.outbox.waiting("Dead").messages == 5_000
        records = await read_topic_async(kafka, topic_prefix)
    assert len(records) == 5_000


async def test_what_was_not_confirmed_goes_out_at_the_next_start(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Rows that found no broker are sent by the next gateway on the same buffer, once."""
    with trio.fail_after(30):
        async with publishing(tmp_path, cluster(NOWHERE), namespace=topic_prefix) as gateway:
            await gateway.outbox.append([change("1"), change("2")])
        async with publishing(tmp_path, cluster(kafka), namespace=topic_prefix) as gateway:
            await gateway.sent()
        async with publishing(tmp_path, cluster(kafka), namespace=topic_prefix) as gateway:
            await gateway.outbox.append([change("3")])
            await gateway.sent()
        records = await read_topic_async(kafka, topic_prefix)
    assert texts(records) == ["1", "2", "3"]


async def test_only_the_newest_health_waits_for_a_broker(
    own_broker: Broker, tmp_path: Path
) -> None:
    """Of health that was put while the broker was away only the newest per key arrives."""
    own_broker.kill()
    with trio.fail_after(60):
        async with publishing(tmp_path, cluster(own_broker.address), namespace="t") as gateway:
            for number in range(5):
                gateway.latest.put(Topic.HEALTH, b"A", b"a%d" % number, AT)
                gateway.latest.put(Topic.HEALTH, b"B", b"b%d" % number, AT)
            await trio.to_thread.run_sync(own_broker.start)
            await gateway.online()
            records = await read_topic_async(own_broker.address, "t.health", at_least=2)
    assert sorted(texts(records)) == ["a4", "b4"]


async def test_a_broker_that_forgot_everything_gets_its_topics_again(
    own_broker: Broker, tmp_path: Path
) -> None:
    """A broker that comes back empty gets the topics made again, and what is appended then."""
    with trio.fail_after(90):
        async with publishing(tmp_path, cluster(own_broker.address), namespace="t") as gateway:
            await gateway.outbox.append([change("1")])
            await gateway.sent()
            own_broker.kill()
            own_broker.wipe()
            await trio.to_thread.run_sync(own_broker.start)
            await gateway.outbox.append([change("2")])
            await gateway.sent()
        assert texts(read_topic(own_broker.address, "t")) == ["2"]


async def test_rows_of_an_unknown_lane_are_told_and_kept(
    kafka: str, topic_prefix: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Rows that no topic of the configuration is for stay in the buffer, and the log says so."""
    caplog.set_level(logging.WARNING)
    with trio.fail_after(30):
        async with publishing(
            tmp_path, cluster(kafka), namespace=topic_prefix, specs=[TopicSpec(topic_prefix)]
        ) as gateway:
            await gateway.outbox.append([NewRow("gone", (LOCAL,), batch("event"))])
            await gateway.outbox.append([change("1")])
            await read_topic_async(kafka, topic_prefix, at_least=1)
            assert gateway.outbox.waiting(LOCAL).messages >= 1
    assert any("waits as gone" in line for line in caplog.messages)


async def test_only_topics_in_use_are_made(kafka: str, topic_prefix: str, tmp_path: Path) -> None:
    """A topic that the configuration does not use is not made, also when others are."""
    with trio.fail_after(30):
        async with publishing(
            tmp_path, cluster(kafka), namespace=topic_prefix, specs=[TopicSpec(topic_prefix)]
        ) as gateway:
            await gateway.outbox.append([change("1")])
            await gateway.sent()
    there = AdminClient({"bootstrap.servers": kafka}).list_topics(timeout=5).topics
    assert [name for name in there if name.startswith(topic_prefix)] == [topic_prefix]
