"""Sends what waits in the outbox to one cluster, and tells the outbox what arrived.

    await publish(producer, outbox, latest, topics, specs)      # one task per cluster, endless

Each lane of the outbox is a task of its own, so that an answer never waits behind five million
changes, and a topic that is refused holds nothing but itself. The newest notes (health) go beside
them. Order within a lane is kept whatever happens: see `lane`.

*Errors*: none. What the cluster refuses is told in its status or in the log, and tried again.
*Closing*: cancel it, at any time; what is not confirmed by then stays in the outbox.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import NoReturn

import trio

from warlogix.clusters import TopicSpec
from warlogix.kafka.producer import Producer
from warlogix.latest import Latest
from warlogix.outbox import Outbox
from warlogix.publisher.lane import Lane
from warlogix.publisher.notes import publish_notes
from warlogix.publisher.usable import UsableTopics
from warlogix.topics import Topic

log = logging.getLogger(__name__)

_NOTES = (Topic.HEALTH, Topic.GATEWAY)
# Only these carry the headers of the configuration.
_WITH_HEADERS = (Topic.CHANGES, Topic.HEALTH)


async def publish(
    producer: Producer,
    outbox: Outbox,
    latest: Latest,
    topics: Mapping[Topic, str],
    specs: Sequence[TopicSpec],
) -> NoReturn:
    """Send everything that is for the producer's cluster.

    `topics` names the cluster's topics, `specs` says how those are to be made that may be missing.
    """
    usable = UsableTopics(producer, specs)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(usable.keep)
        for topic in _NOTES:
            if topic in topics:
                name, headers = topics[topic], _headers(producer, topic)
                nursery.start_soon(publish_notes, producer, latest, topic, name, usable, headers)
        await _start_lanes(nursery, producer, outbox, topics, usable)
    raise AssertionError("its tasks are endless")


async def _start_lanes(
    nursery: trio.Nursery,
    producer: Producer,
    outbox: Outbox,
    topics: Mapping[Topic, str],
    usable: UsableTopics,
) -> NoReturn:
    """One task for each lane that has anything for the cluster, also those that come later."""
    name = producer.cluster.name
    lanes = {topic.value: topic for topic in topics}
    started: set[str] = set()
    while True:
        for word in sorted(outbox.lanes(name).value - started):
            started.add(word)
            topic = lanes.get(word)
            if topic is None:
                log.warning("%s: what waits as %s has no topic in the configuration", name, word)
                continue
            reader = outbox.reader(name, word)
            lane = Lane(producer, reader, topics[topic], usable, _headers(producer, topic))
            nursery.start_soon(lane.run)
        await outbox.lanes(name).wait_value(lambda now: bool(now - started))


def _headers(producer: Producer, topic: Topic) -> tuple[tuple[str, bytes], ...]:
    return producer.cluster.headers if topic in _WITH_HEADERS else ()
