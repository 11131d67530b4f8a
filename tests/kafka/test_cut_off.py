"""Clients that have lost their brokers for good, while a new one finds them.

librdkafka gets there when a cluster of one broker is shut down in an unlucky millisecond. Here the
first client of each test goes by a link of its own, which is then taken away.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from types import ModuleType
from typing import Any

import confluent_kafka
import pytest
import trio

from tests.brokers import Broker
from tests.links import Link, open_link
from tests.outlets import batch, cluster, wall
from tests.unit.writeback_site import FakeOutbox, FakeQueue, desk
from tests.witness import create_topic, read_topic_async
from warlogix.clusters import Cluster, TopicSpec
from warlogix.kafka import clients, consumer, group, producer
from warlogix.kafka.consumer import open_tail
from warlogix.kafka.cut_off import has_no_broker
from warlogix.kafka.producer import open_producer
from warlogix.kafka.settings import client_config
from warlogix.kafka.starts import End
from warlogix.plan import WritebackPlan
from warlogix.writeback import Register, write_back

LIMIT = 60


@pytest.fixture
async def link(kafka: str) -> AsyncIterator[Link]:
    """The way of the first client."""
    async with open_link(kafka) as opened:
        yield opened


def first_by(link: Link, monkeypatch: pytest.MonkeyPatch, module: ModuleType) -> None:
    """Let the first client that this module makes know no other way than the link."""
    made: list[object] = []

    def make_client(make: Any, of: Cluster, config: dict[str, Any]) -> object:
        if not made:
            config = config | {"bootstrap.servers": link.address}
        made.append(clients.new_client(make, of, config))
        return made[-1]

    monkeypatch.setattr(module, "new_client", make_client)


def lose(link: Link) -> None:
    """Take the link away; whoever knows no other is cut off."""
    link.door.shut()
    link.cut()


def write(address: str, topic: str, value: str) -> None:
    """One record, by a way of its own."""
    client = confluent_kafka.Producer({"bootstrap.servers": address, "log_level": 0})
    client.produce(topic, value)
    assert client.flush(30) == 0


async def test_a_producer_that_is_cut_off_is_replaced(
    kafka: str, link: Link, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a lost producer had under way fails, and what is sent then arrives."""
    first_by(link, monkeypatch, producer)
    with trio.fail_after(LIMIT):
        async with open_producer(cluster(kafka), "test", wall) as opened:
            await (await opened.send(topic, [batch("1")])).settled.wait()
            lose(link)
            lost = await opened.send(topic, [batch("2")])
            await lost.settled.wait()
            assert lost.worst() is not None
            found = await opened.send(topic, [batch("2")])
            await found.settled.wait()
            assert found.worst() is None
            await opened.status.wait_value(lambda status: status.online)
        records = await read_topic_async(kafka, topic, at_least=2)
    assert [record.value for record in records] == [b"1", b"2"]


async def test_a_careful_producer_that_is_cut_off_is_replaced(
    kafka: str, link: Link, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lane that sends record by record does not wait for ever either."""
    with trio.fail_after(LIMIT):
        async with open_producer(cluster(kafka), "test", wall) as opened:
            await (await opened.send(topic, [batch("1")])).settled.wait()
            first_by(link, monkeypatch, producer)
            async with opened.careful() as careful:
                await (await careful.send(topic, [batch("2")])).settled.wait()
                lose(link)
                lost = await careful.send(topic, [batch("3")])
                await lost.settled.wait()
                found = await careful.send(topic, [batch("3")])
                await found.settled.wait()
                assert (lost.worst() is None, found.worst()) == (False, None)


async def test_a_tail_that_is_cut_off_goes_on_where_it_was(
    kafka: str, link: Link, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each record is shown once, those that came meanwhile too, and none from before the start."""
    first_by(link, monkeypatch, consumer)
    write(kafka, topic, "old")
    with trio.fail_after(LIMIT):
        async with open_tail(cluster(kafka), "test", [topic], End()) as tail:
            following = tail.follow()
            lose(link)
            for value in ("1", "2", "3"):
                write(kafka, topic, value)
                shown = [record.value for record in await anext(following)]
                assert shown == [value.encode()]


@asynccontextmanager
async def answering(kafka: str, topic: str) -> AsyncIterator[FakeOutbox]:
    """A writeback of this topic, and what it answers."""
    outbox = FakeOutbox()
    plan = WritebackPlan("cut-off", TopicSpec(topic), 0.25, 3600)
    place = replace(desk(outbox, FakeQueue()), cluster=cluster(kafka), plan=plan, wall=wall)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(write_back, place, Register({"Local": topic}))
        yield outbox
        nursery.cancel_scope.cancel()


async def test_a_writeback_that_is_cut_off_takes_part_anew(
    kafka: str, link: Link, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests that come after the member was lost are answered."""
    first_by(link, monkeypatch, group)
    with trio.fail_after(LIMIT):
        async with answering(kafka, topic) as outbox:
            await until(lambda: bool(outbox.notes))
            write(kafka, topic, "no request")
            await until(lambda: 0 in answered(outbox))
            lose(link)
            write(kafka, topic, "nor this")
            await until(lambda: 1 in answered(outbox))


def answered(outbox: FakeOutbox) -> set[int]:
    """The offsets of the records that have an answer."""
    return {origin.offset for row in outbox.rows for origin in row.batch.origins or ()}


async def until(seen: Callable[[], bool]) -> None:
    """Return when it is so."""
    while not seen():  # noqa: ASYNC110 - it tells only who asks
        await trio.sleep(0.05)


async def test_a_client_whose_broker_is_slow_is_not_cut_off(own_broker: Broker) -> None:
    """A broker that holds the connection and says nothing has its client still."""
    create_topic(own_broker.address, "one")
    config = client_config(cluster(own_broker.address), "test")
    client = confluent_kafka.Producer(config)
    client.list_topics("one", timeout=30)
    own_broker.freeze()
    with trio.fail_after(LIMIT):
        assert not await trio.to_thread.run_sync(has_no_broker, client, "one")
    own_broker.thaw()
