"""A member of a group, in both of Kafka's protocols: what it gets, keeps and gives away."""

import pytest
import trio
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewPartitions

from tests.members import group_cluster, position, working
from tests.outlets import AT, cluster
from tests.witness import create_topic
from warlogix.errors import BrokerFatal
from warlogix.kafka.group import (
    Assigned,
    CaughtUp,
    Event,
    Fenced,
    Fetched,
    Member,
    open_member,
)
from warlogix.kafka.positions import Foreign, encode


@pytest.fixture(params=["classic", "consumer"])
def protocol(request: pytest.FixtureRequest) -> str:
    """Each of the two protocols of a group."""
    return str(request.param)


@pytest.fixture
def writes(kafka: str, topic_prefix: str) -> str:
    """A new, empty topic with two partitions."""
    create_topic(kafka, topic_prefix, partitions=2)
    return topic_prefix


def write(address: str, topic: str, count: int, partition: int = 0, at: int = AT) -> None:
    """Numbered records, a millisecond apart."""
    client = Producer({"bootstrap.servers": address, "log_level": 0})
    for i in range(count):
        client.produce(topic, str(i), "key", partition=partition, timestamp=at + i)
    assert client.flush(30) == 0


async def until(member: Member, last: Event) -> list[Event]:
    """All events up to this one."""
    events: list[Event] = []
    while last not in events:
        events.append(await member.next())
    return events


def places(events: list[Event]) -> list[tuple[int, int]]:
    """Partition and offset of every record."""
    fetched = [event.records for event in events if isinstance(event, Fetched)]
    return [(record.partition, record.offset) for records in fetched for record in records]


async def test_nothing_is_read_before_it_begins(kafka: str, topic: str, protocol: str) -> None:
    """A partition is read from where the member begins it, whole and in order, not before."""
    write(kafka, topic, 5)
    with trio.fail_after(30):
        async with open_member(group_cluster(kafka, protocol), "test", topic, topic) as member:
            assert await member.next() == Assigned((0,))
            with trio.move_on_after(0.7):
                pytest.fail(f"{await member.next()}")
            member.begin({0: 2})
            events = await until(member, CaughtUp(0, 5))
    assert places(events) == [(0, 2), (0, 3), (0, 4)]


async def test_a_position_is_read_by_the_next_member(
    kafka: str, writes: str, protocol: str
) -> None:
    """What one member committed, up to 4,000 bytes of it, the next one finds, of all partitions."""
    full = position(1_000_000, *range(994_000, 1_000_000, 2)[:2_900])
    assert 3_800 < len(encode(full)) <= 4_000
    with trio.fail_after(30):
        for found in ({0: None, 1: None}, {0: full, 1: position(7)}):
            async with open_member(group_cluster(kafka, protocol), "test", writes, writes) as one:
                assert await one.next() == Assigned((0, 1))
                assert await one.committed() == found
                await one.commit({0: full, 1: position(7)})


async def test_what_others_committed_is_foreign(kafka: str, writes: str) -> None:
    """A position without a text of ours is told apart from none."""
    client = Consumer({"bootstrap.servers": kafka, "group.id": writes, "log_level": 0})
    client.commit(offsets=[TopicPartition(writes, 1, 3, "mine")], asynchronous=False)
    client.close()
    with trio.fail_after(30):
        async with open_member(cluster(kafka), "test", writes, writes) as member:
            assert await member.committed() == {0: None, 1: Foreign(3)}


async def test_where_records_are(kafka: str, writes: str) -> None:
    """First offset and end of each partition, and the offset at a time, or else the end."""
    write(kafka, writes, 5)
    with trio.fail_after(30):
        async with open_member(cluster(kafka), "test", writes, writes) as member:
            assert await member.ends() == {0: (0, 5), 1: (0, 0)}
            assert await member.offsets_at(AT + 3, [0, 1]) == {0: 3, 1: 0}
            assert await member.offsets_at(AT + 60_000, [0]) == {0: 5}


async def test_partitions_are_shared(kafka: str, writes: str, protocol: str) -> None:
    """A second member gets its share when the first lets go, and the rest when that one leaves."""
    settings = group_cluster(kafka, protocol)
    with trio.fail_after(60):
        async with working(settings, writes, writes) as second:
            async with working(settings, writes, writes) as first:
                await first.held.wait_value(lambda held: len(held) == 1)
                await second.held.wait_value(lambda held: len(held) == 1)
                assert first.held.value | second.held.value == {0, 1}
            await second.owns(0, 1)


async def test_a_revoked_partition_waits(kafka: str, writes: str, protocol: str) -> None:
    """Nobody gets a partition before it is let go; a commit until then is found by the next."""
    settings = group_cluster(kafka, protocol)
    with trio.fail_after(60):
        async with working(settings, writes, writes) as first:
            await first.owns(0, 1)
            first.may_answer = trio.Event()
            async with working(settings, writes, writes) as second:
                (revoked,) = await first.asked.wait_value(lambda asked: len(asked) == 1)
                await trio.to_thread.run_sync(write, kafka, writes, 9, revoked)
                with trio.move_on_after(2):
                    await second.owns(revoked)
                    pytest.fail("it was given away too early")
                await first.member.commit({revoked: position(5, 3, 4)})
                assert (await first.member.committed())[revoked] == position(5, 3, 4)
                first.next[revoked] = 6
                first.may_answer.set()
                await second.owns(revoked)
                await second.read(3)
                assert [each.offset for each in second.records] == [6, 7, 8]
                assert revoked not in {each.partition for each in first.records}


async def test_commit_is_for_holders(kafka: str, writes: str) -> None:
    """Without a partition, before or after, nothing is committed."""
    with trio.fail_after(30):
        async with open_member(cluster(kafka), "test", writes, writes) as member:
            with pytest.raises(Fenced):
                await member.commit({0: position(1)})
            await member.next()
            await member.commit({0: position(2)})
        async with open_member(cluster(kafka), "test", writes, writes) as member:
            assert (await member.committed())[0] == position(2)


async def test_pause(kafka: str, writes: str, protocol: str) -> None:
    """A paused partition brings nothing, the others go on; resumed, nothing is missing."""
    with trio.fail_after(30):
        async with open_member(group_cluster(kafka, protocol), "test", writes, writes) as member:
            await member.next()
            member.begin({0: 0, 1: 0})
            seen = [await member.next(), await member.next()]
            assert set(seen) == {CaughtUp(0, 0), CaughtUp(1, 0)}
            member.pause([0])
            await trio.to_thread.run_sync(write, kafka, writes, 3, 0)
            await trio.to_thread.run_sync(write, kafka, writes, 3, 1)
            assert places(await until(member, CaughtUp(1, 3))) == [(1, 0), (1, 1), (1, 2)]
            member.resume([0])
            assert places(await until(member, CaughtUp(0, 3))) == [(0, 0), (0, 1), (0, 2)]


async def test_next_can_be_cancelled(kafka: str, topic: str) -> None:
    """Whoever stops waiting misses nothing."""
    write(kafka, topic, 3_000)
    events: list[Event] = []
    with trio.fail_after(30):
        async with open_member(cluster(kafka), "test", topic, topic) as member:
            while CaughtUp(0, 3_000) not in events:
                with trio.move_on_after(0.001):
                    events.append(await member.next())
                    if isinstance(events[-1], Assigned):
                        member.begin({0: 0})
    assert places(events) == [(0, each) for each in range(3_000)]


async def test_many_records(kafka: str, topic: str, protocol: str) -> None:
    """100,000 records come in order, once each, in lists; a slow taker loses none."""
    write(kafka, topic, 100_000)
    events: list[Event] = []
    with trio.fail_after(60):
        async with open_member(group_cluster(kafka, protocol), "test", topic, topic) as member:
            await member.next()
            member.begin({0: 0})
            events.append(await member.next())
            await trio.sleep(0.5)
            await member.commit({0: position(1)})
            events += await until(member, CaughtUp(0, 100_000))
    assert places(events) == [(0, each) for each in range(100_000)]
    assert len(events) < 2_000


async def test_partitions_that_are_added(kafka: str, topic: str, protocol: str) -> None:
    """New partitions are assigned within seconds."""
    admin = AdminClient({"bootstrap.servers": kafka, "log_level": 0})
    with trio.fail_after(60):
        async with working(group_cluster(kafka, protocol), topic, topic) as worker:
            await worker.owns(0)
            future = admin.create_partitions([NewPartitions(topic, 3)])[topic]
            await trio.to_thread.run_sync(future.result)
            with trio.fail_after(40):
                await worker.owns(0, 1, 2)


async def test_what_retention_removed_is_passed_over(kafka: str, topic: str) -> None:
    """A start below the first record that is left leads to that one."""
    write(kafka, topic, 5)
    admin = AdminClient({"bootstrap.servers": kafka, "log_level": 0})
    admin.delete_records([TopicPartition(topic, 0, 3)])[TopicPartition(topic, 0)].result()
    with trio.fail_after(30):
        async with open_member(cluster(kafka), "test", topic, topic) as member:
            await member.next()
            assert await member.ends() == {0: (3, 5)}
            member.begin({0: 1})
            assert places(await until(member, CaughtUp(0, 5))) == [(0, 3), (0, 4)]


async def test_another_program_in_the_group(kafka: str, topic: str) -> None:
    """A group that others use in their own way is refused, with the key to change."""
    client = Consumer({"bootstrap.servers": kafka, "group.id": topic, "log_level": 0})
    client.subscribe([topic])
    with trio.fail_after(30):
        while not client.assignment():
            await trio.to_thread.run_sync(client.poll, 0.1)
        async with open_member(cluster(kafka), "test", topic, topic) as member:
            with pytest.raises(BrokerFatal, match="consumer_group"):
                await member.next()
    client.close()


async def test_a_topic_that_comes_later(kafka: str, topic_prefix: str, protocol: str) -> None:
    """A member waits for a missing topic, and has it within seconds of its making."""
    settings = group_cluster(kafka, protocol)
    with trio.fail_after(60):
        async with working(settings, topic_prefix, topic_prefix) as worker:
            with trio.move_on_after(1):
                await worker.owns(0)
                pytest.fail("there is no such topic")
            await trio.to_thread.run_sync(create_topic, kafka, topic_prefix)
            with trio.fail_after(40):
                await worker.owns(0)
