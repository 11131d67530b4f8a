"""One record on its own, sent to a real Apache Kafka."""

import pytest
import trio

from tests.brokers import Broker
from tests.links import Api, open_link
from tests.witness import create_topic, read_topic_async
from warlogix.clusters import Cluster
from warlogix.errors import BrokerFatal, BrokerUnavailable
from warlogix.kafka.single import Place, send_one

LIMIT = 120


def cluster(address: str) -> Cluster:
    """A cluster whose own messages nobody needs to confirm."""
    return Cluster("Local", (address,), required_acks=0)


async def test_it_tells_where_the_record_is(kafka: str, topic: str) -> None:
    """Each record is confirmed with its place, whatever `required_acks` says of other messages."""
    with trio.fail_after(LIMIT):
        places = [
            await send_one(cluster(kafka), "test", topic, b"k", value) for value in (b"a", b"b")
        ]
        records = await read_topic_async(kafka, topic, at_least=2)
    assert places == [Place(topic, 0, 0), Place(topic, 0, 1)]
    assert [(record.key, record.value) for record in records] == [(b"k", b"a"), (b"k", b"b")]


async def test_it_is_given_up_in_time_when_the_broker_stands_still(
    own_broker: Broker, topic_prefix: str
) -> None:
    """Cancelled, it ends soon although the broker is silent; the record is there once at most."""
    create_topic(own_broker.address, topic_prefix)
    place = None
    with trio.fail_after(LIMIT):
        with trio.fail_after(15), trio.move_on_after(0.5):
            place = await send_one(
                cluster(own_broker.address), "test", topic_prefix, b"k", b"v", own_broker.freeze
            )
        own_broker.thaw()
        assert place is None
        after = await send_one(cluster(own_broker.address), "test", topic_prefix, b"k", b"w")
        records = await read_topic_async(own_broker.address, topic_prefix, at_least=1)
    assert len(records) == after.offset + 1 <= 2


async def test_a_link_that_breaks_before_the_answer_is_told(
    own_broker: Broker, topic_prefix: str
) -> None:
    """A broker that dies with the record in its hands is told as away; it is not sent again."""
    create_topic(own_broker.address, topic_prefix)
    with trio.fail_after(LIMIT):
        async with open_link(own_broker.address) as link, trio.open_nursery() as nursery:
            link.hold_answers(Api.PRODUCE)

            async def kill() -> None:
                await link.holds(Api.PRODUCE)
                await trio.to_thread.run_sync(own_broker.kill)

            nursery.start_soon(kill)
            with pytest.raises(BrokerUnavailable):
                await send_one(cluster(link.address), "test", topic_prefix, b"k", b"v")


async def test_what_is_not_taken_says_why(kafka: str, topic: str) -> None:
    """A topic that is missing, a record that is too large and a broker that is away are told."""
    with trio.fail_after(LIMIT):
        with pytest.raises(BrokerFatal, match=f"there is no topic {topic}-none"):
            await send_one(cluster(kafka), "test", f"{topic}-none", b"k", b"v")
        with pytest.raises(BrokerFatal, match="too large"):
            await send_one(cluster(kafka), "test", topic, b"k", b"v" * 2_000_000)
        with pytest.raises(BrokerUnavailable, match=r"127\.0\.0\.1:1"):
            await send_one(cluster("127.0.0.1:1"), "test", topic, b"k", b"v")
