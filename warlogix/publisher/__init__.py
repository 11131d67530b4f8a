"""Sends what waits in the outbox to one cluster, and tells the outbox what arrived.

    await publish(Outlet(producer, outbox, latest, topics, specs))      # endless, one per cluster

Each lane of the outbox is a task of its own, so that an answer never waits behind five million
changes, and a topic that is refused holds nothing but itself. The newest notes (health) go beside
them. Order within a lane is kept whatever happens: see `lane`.

*Errors*: none. What the cluster refuses is told in its status or in the log, and tried again.
*Closing*: cancel it, at any time; what is not confirmed by then stays in the outbox.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

import trio
from trio_util import AsyncValue

from warlogix.clusters import TopicSpec
from warlogix.kafka.producer import Producer
from warlogix.latest import Latest
from warlogix.outbox import Outbox
from warlogix.publisher.lane import Lane
from warlogix.publisher.notes import publish_notes
from warlogix.publisher.usable import UsableTopics
from warlogix.topics import PACKS_LANE, Topic

log = logging.getLogger(__name__)

_NOTES = (Topic.HEALTH, Topic.GATEWAY)
# Only these carry the headers of the configuration.
_WITH_HEADERS = (Topic.CHANGES, Topic.HEALTH)
# What each lane of the outbox is sent as. Packs have an order of their own in the topic of tag
# changes; behind "triggers:" stands a topic of a trigger's own.
_PURPOSES = {topic.value: topic for topic in Topic} | {PACKS_LANE: Topic.CHANGES}


@dataclass(frozen=True, slots=True)
class Outlet:
    """One cluster, what waits for it, and where it goes.

    `topics` names all of the cluster's topics, `specs` says how those in use are to be made.
    `refusal` is a value to wait on: why a topic cannot be used, "" while all can. `outdated` counts
    how often messages were refused for their timestamps, and others taken again.
    """

    producer: Producer
    outbox: Outbox
    latest: Latest
    topics: Mapping[Topic, str]
    specs: Sequence[TopicSpec]
    refusal: AsyncValue = field(default_factory=lambda: AsyncValue(""))
    outdated: AsyncValue = field(default_factory=lambda: AsyncValue(0))

    def headers(self, topic: Topic) -> tuple[tuple[str, bytes], ...]:
        """What the configuration adds to every message of the topic."""
        return self.producer.cluster.headers if topic in _WITH_HEADERS else ()


async def publish(outlet: Outlet) -> NoReturn:
    """Send everything that is for the outlet's cluster."""
    usable = UsableTopics(outlet.producer, outlet.specs, outlet.refusal)
    in_use = {spec.name for spec in outlet.specs}
    async with trio.open_nursery() as nursery:
        nursery.start_soon(usable.keep)
        nursery.start_soon(usable.doubt_after_outages)
        for topic in _NOTES:
            name, headers = outlet.topics[topic], outlet.headers(topic)
            if name in in_use:
                nursery.start_soon(
                    publish_notes, outlet.producer, outlet.latest, topic, name, usable, headers
                )
        await _start_lanes(nursery, outlet, usable)
    raise AssertionError("its tasks are endless")


async def _start_lanes(nursery: trio.Nursery, outlet: Outlet, usable: UsableTopics) -> NoReturn:
    """One task for each lane that has anything for the cluster, also those that come later."""
    cluster = outlet.producer.cluster.name
    lanes = outlet.outbox.lanes(cluster)
    started: set[str] = set()
    while True:
        for word in sorted(lanes.value - started):
            started.add(word)
            topic, _, own = word.partition(":")
            purpose = _PURPOSES.get(topic)
            if purpose is None:
                log.warning("%s: what waits as %s has no topic in the configuration", cluster, word)
                continue
            reader, name = outlet.outbox.reader(cluster, word), own or outlet.topics[purpose]
            headers = outlet.headers(purpose)
            lane = Lane(outlet.producer, reader, name, usable, headers, outlet.outdated)
            nursery.start_soon(lane.run)
        await lanes.wait_value(lambda now: bool(now - started))
