"""Where a group begins: what was sent before it counts or not, and nothing is ever lost later."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import trio
from confluent_kafka import KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewPartitions, NewTopic

from tests.answers import Answer
from tests.end_to_end.writing import serving, simulated, writing
from tests.witness import create_topic
from tests.writers import Letter, Site, ask, committed, send

LIMIT = 60
PROTOCOLS = ("classic", "consumer")


def requests(values: Sequence[int], partition: int = -1) -> list[Letter]:
    """Right requests, each for a tag of its own, in one partition."""
    letters = [ask("Press", f"Tag{each % 8}", each, request_id=each) for each in values]
    return [replace(each, partition=partition) for each in letters]


def numbers(answers: Sequence[Answer]) -> list[int]:
    """The requests that were answered, by their ids."""
    return sorted(int(str(each.request_id)) for each in answers)


def special(protocol: str, partitions: int = 1) -> Site:
    """A site whose group is of this protocol."""
    options = {"options": {"group.protocol": protocol}}
    return Site("", "", {}, partitions=partitions, cluster=options)


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_new_group_starts_at_the_end(
    kafka: str, topic_prefix: str, tmp_path: Path, protocol: str
) -> None:
    """On a topic that was there before, a group without a position commits the end of every
    partition at once; what was sent before is not answered, what comes after is."""
    create_topic(kafka, f"{topic_prefix}-writes", 3)
    site = replace(special(protocol, 3), namespace=topic_prefix, kafka=kafka)
    with trio.fail_after(LIMIT):
        await send(site, [*requests([1, 2], 0), *requests([3], 1)])
        async with writing(kafka, topic_prefix, tmp_path, site=site) as line:
            assert await committed(line.site) == {0: 2, 1: 1, 2: 0}
            await line.ask(*requests([4], 0), *requests([5], 1), *requests([6], 2))
            found = await line.answers(3)
            assert sorted(line.values()) == [4, 5, 6]
    assert numbers(found) == [4, 5, 6]


async def test_a_topic_that_the_gateway_made_is_read_from_its_beginning(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Whoever sends as soon as the topic exists is answered, although the group is not yet one."""
    with trio.fail_after(LIMIT):
        async with simulated(["Press"]) as plcs:
            ports = {name: plc.port for name, plc in plcs.items()}
            site = Site(topic_prefix, kafka, ports, partitions=2)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_send_as_soon_as_there_is_a_topic, site)
                async with serving(site, plcs, tmp_path) as line:
                    found = await line.answers(4)
    assert numbers(found) == [1, 2, 3, 4]


async def _send_as_soon_as_there_is_a_topic(site: Site) -> None:
    """A producer gets no place for its records before the topic exists."""
    client = AdminClient({"bootstrap.servers": site.kafka, "log_level": 0})

    def wait() -> None:
        while site.writes not in client.list_topics(timeout=10).topics:
            pass

    await trio.to_thread.run_sync(wait, abandon_on_cancel=True)
    await send(site, [*requests([1, 2], 0), *requests([3, 4], 1)])


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_partition_added_later_is_read_from_its_beginning(
    kafka: str, topic_prefix: str, tmp_path: Path, protocol: str
) -> None:
    """Requests in a partition that was added while no gateway ran are answered by the next one."""
    with trio.fail_after(LIMIT):
        async with simulated(["Press"]) as plcs:
            ports = {name: plc.port for name, plc in plcs.items()}
            site = replace(special(protocol), namespace=topic_prefix, kafka=kafka, plcs=ports)
            async with serving(site, plcs, tmp_path) as line:
                await line.ask(*requests([1]))
                await line.answers(1)
                line.gateway.terminate()
                assert await line.gateway.wait() == 0
            client = AdminClient({"bootstrap.servers": kafka, "log_level": 0})
            client.create_partitions([NewPartitions(site.writes, 2)])[site.writes].result(10)
            await send(site, requests([2, 3], 1))
            async with serving(site, plcs, tmp_path) as line:
                found = await line.answers(3)
    assert numbers(found) == [1, 2, 3]


async def test_a_partition_added_while_running_is_read_from_its_beginning(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Requests sent to a new partition before the group has heard of it are answered."""
    site = replace(
        special("classic"), cluster={"options": {"topic.metadata.refresh.interval.ms": "500"}}
    )
    with trio.fail_after(LIMIT):
        async with writing(kafka, topic_prefix, tmp_path, site=site) as line:
            client = AdminClient({"bootstrap.servers": kafka, "log_level": 0})
            topic = line.site.writes
            client.create_partitions([NewPartitions(topic, 2)])[topic].result(10)
            await send(line.site, requests([1, 2], 1))
            await line.ask(*requests([3], 0))
            found = await line.answers(3)
    assert numbers(found) == [1, 2, 3]


async def test_a_topic_made_anew_is_read_from_its_beginning(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """A position of a topic that is gone says nothing about the new one of the same name: what
    was sent to it while no gateway ran is answered, more or fewer requests than the old one had."""
    with trio.fail_after(LIMIT):
        async with simulated(["Press"]) as plcs:
            ports = {name: plc.port for name, plc in plcs.items()}
            site = Site(topic_prefix, kafka, ports)
            sent = 0
            for count in (3, 2, 9):
                async with serving(site, plcs, tmp_path) as line:
                    await line.answers(sent)
                    await line.ask(*requests(range(sent + 1, sent + 4)))
                    await line.answers(sent + 3)
                    line.gateway.terminate()
                    assert await line.gateway.wait() == 0
                await trio.to_thread.run_sync(_make_anew, site)
                await send(site, requests(range(sent + 4, sent + 4 + count)))
                sent += 3 + count
            async with serving(site, plcs, tmp_path) as line:
                found = await line.answers(sent)
    assert numbers(found) == list(range(1, sent + 1))


async def test_a_group_that_was_forgotten_starts_at_the_end(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """When the brokers have forgotten the group, in time or because they were told to, what it
    executed before is not executed again, nor answered anew; what comes now is."""
    # It lives as long as the test: dropped right behind an answer it may crash the process.
    client = AdminClient({"bootstrap.servers": kafka, "log_level": 0})
    with trio.fail_after(LIMIT):
        async with simulated(["Press"]) as plcs:
            site = Site(topic_prefix, kafka, {"Press": plcs["Press"].port})
            async with serving(site, plcs, tmp_path) as line:
                await line.ask(*requests([1, 2]))
                await line.answers(2)
                line.gateway.terminate()
                assert await line.gateway.wait() == 0
            client.delete_consumer_groups([site.group])[site.group].result(10)
            async with serving(site, plcs, tmp_path) as line:
                await line.ask(*requests([3]))
                found = await line.answers(3)
                assert line.values() == [1, 2, 3]
    assert numbers(found) == [1, 2, 3]


async def test_a_topic_made_anew_while_running_is_read_from_its_beginning(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """When somebody deletes the topic of requests and makes it again below a running gateway, it
    notices, and whatever was sent to the new one is answered."""
    with trio.fail_after(LIMIT):
        async with writing(kafka, topic_prefix, tmp_path) as line:
            for first in (1, 4):
                await line.ask(*requests(range(first, first + 3)))
                await line.answers(first + 2)
                await trio.to_thread.run_sync(_make_anew, line.site)
            await line.ask(*requests(range(7, 10)))
            found = await line.answers(9)
    assert numbers(found) == list(range(1, 10))


def _make_anew(site: Site) -> None:
    """Delete the topic of requests and make it again, unless somebody has by then."""
    client = AdminClient({"bootstrap.servers": site.kafka, "log_level": 0})
    client.delete_topics([site.writes])[site.writes].result(10)
    while True:
        try:
            client.create_topics([NewTopic(site.writes, 1, 1)])[site.writes].result(10)
            return
        except KafkaException as exc:
            # A name is free again a moment after the topic was deleted.
            if exc.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise


async def test_a_position_that_retention_removed_goes_on_at_the_beginning(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Requests that were removed while no gateway ran cannot be answered; the first that is still
    there can, and so can all behind it."""
    with trio.fail_after(LIMIT):
        async with simulated(["Press"]) as plcs:
            ports = {name: plc.port for name, plc in plcs.items()}
            site = Site(topic_prefix, kafka, ports)
            async with serving(site, plcs, tmp_path) as line:
                await line.ask(*requests([1]))
                await line.answers(1)
                line.gateway.terminate()
                assert await line.gateway.wait() == 0
            await send(site, requests(range(2, 10)))
            client = AdminClient({"bootstrap.servers": kafka, "log_level": 0})
            for each in client.delete_records([TopicPartition(site.writes, 0, 5)]).values():
                each.result(10)
            async with serving(site, plcs, tmp_path) as line:
                found = await line.answers(5)
    assert numbers(found) == [1, 6, 7, 8, 9]
