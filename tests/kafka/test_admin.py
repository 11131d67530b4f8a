"""Topics made, found and left alone, on a real broker and on the embedded one."""

from dataclasses import replace

import pytest
import trio
from confluent_kafka.admin import AdminClient

from tests.brokers import Broker
from tests.outlets import NOWHERE, cluster
from tests.witness import create_topic
from warlogix.clusters import TopicSpec
from warlogix.errors import BrokerFatal, BrokerUnavailable
from warlogix.kafka.admin import Made, ensure_topics, open_admin
from warlogix.kafka.embedded import embedded_broker


def partitions(address: str, topic: str) -> int:
    """How many partitions a topic has."""
    found = AdminClient({"bootstrap.servers": address, "log_level": 0}).list_topics(
        topic, timeout=5
    )
    return len(found.topics[topic].partitions)


async def test_missing_topics_are_made_as_configured(kafka: str, topic_prefix: str) -> None:
    """A missing topic gets the partitions and the settings that were asked for."""
    spec = TopicSpec(topic_prefix, partitions=3, config={"cleanup.policy": "compact"})
    with trio.fail_after(20):
        assert await ensure_topics(cluster(kafka), "test", [spec]) == {topic_prefix: ""}
        async with open_admin(cluster(kafka), "test") as admin:
            found = await admin.find([topic_prefix, f"{topic_prefix}-none"])
            settings = await admin.settings([topic_prefix])
    assert list(found) == [topic_prefix]
    assert [part.number for part in found[topic_prefix].partitions] == [0, 1, 2]
    assert found[topic_prefix].writable
    assert found[topic_prefix].id
    assert settings == {topic_prefix: {"cleanup.policy": "compact"}}


async def test_an_existing_topic_is_never_altered(kafka: str, topic_prefix: str) -> None:
    """A topic that exists stays as it is, whatever is configured, and can be used."""
    create_topic(kafka, topic_prefix, partitions=2)
    spec = TopicSpec(topic_prefix, partitions=5, config={"cleanup.policy": "compact"})
    with trio.fail_after(20):
        assert await ensure_topics(cluster(kafka), "test", [spec]) == {topic_prefix: ""}
        async with open_admin(cluster(kafka), "test") as admin:
            assert await admin.create([spec]) == {topic_prefix: Made(existed=True)}
            assert await admin.settings([topic_prefix]) == {topic_prefix: {}}
    assert partitions(kafka, topic_prefix) == 2


async def test_each_topic_has_its_own_answer(kafka: str, topic_prefix: str) -> None:
    """What cannot be made is told with its name and the broker's reason; the others are made."""
    good, bad = f"{topic_prefix}-good", f"{topic_prefix}-bad"
    specs = [TopicSpec(good), TopicSpec(bad, replication_factor=3)]
    with trio.fail_after(20):
        answers = await ensure_topics(cluster(kafka), "test", specs)
    assert answers[good] == ""
    assert answers[bad].startswith(f"topic {bad} cannot be made: ")
    assert "replicat" in answers[bad].lower()


async def test_without_leave_nothing_is_made(kafka: str, topic_prefix: str) -> None:
    """With auto_create_topics = false a missing topic is named, and what to do."""
    settings = replace(cluster(kafka), auto_create_topics=False)
    with trio.fail_after(20):
        answers = await ensure_topics(settings, "test", [TopicSpec(topic_prefix)])
        async with open_admin(settings, "test") as admin:
            assert await admin.find([topic_prefix]) == {}
    assert topic_prefix in answers[topic_prefix]
    assert "warlogix topics create" in answers[topic_prefix]


async def test_a_topic_is_removed(kafka: str, topic_prefix: str) -> None:
    """A topic that is removed is gone with what is in it; one that is gone already is no error."""
    create_topic(kafka, topic_prefix)
    with trio.fail_after(20):
        async with open_admin(cluster(kafka), "test") as admin:
            assert await admin.remove(topic_prefix) == ""
            # The broker hears of it from the controller a moment later.
            while await admin.find([topic_prefix]):
                pass
            assert await admin.remove(topic_prefix) == ""


async def test_a_dead_address_is_unavailable() -> None:
    """Nobody there is told within seconds, with what the network said."""
    with trio.fail_after(10), pytest.raises(BrokerUnavailable, match="Connection refused"):
        await ensure_topics(cluster(NOWHERE), "test", [TopicSpec("t")])


async def test_a_frozen_broker_is_unavailable(own_broker: Broker) -> None:
    """A broker that stands still is told within seconds."""
    own_broker.freeze()
    with trio.fail_after(10), pytest.raises(BrokerUnavailable, match="do not answer"):
        await ensure_topics(cluster(own_broker.address), "test", [TopicSpec("t")])


async def test_wrong_settings_are_fatal() -> None:
    """Settings that librdkafka refuses are the operator's to change."""
    settings = replace(cluster(NOWHERE), options={"no.such.option": "1"})
    with trio.fail_after(10), pytest.raises(BrokerFatal, match=r"no\.such\.option"):
        await ensure_topics(settings, "test", [TopicSpec("t")])


async def test_a_wrong_protocol_is_fatal(kafka: str) -> None:
    """TLS to a port without it is the operator's to change, and names the key."""
    with trio.fail_after(10), pytest.raises(BrokerFatal, match="use_tls"):
        await ensure_topics(replace(cluster(kafka), use_tls=True), "test", [TopicSpec("t")])


async def test_the_embedded_broker_makes_topics_by_itself() -> None:
    """On the demonstration's broker every topic can be used, and making or describing one says
    why it cannot."""
    with trio.fail_after(10), embedded_broker() as address:
        answers = await ensure_topics(cluster(address), "test", [TopicSpec("t")])
        assert answers == {"t": ""}
        assert partitions(address, "t") == 4
        async with open_admin(cluster(address), "test") as admin:
            with pytest.raises(BrokerFatal, match="embedded broker"):
                await admin.create([TopicSpec("t")])
            with pytest.raises(BrokerFatal, match="embedded broker"):
                await admin.settings(["t"])
