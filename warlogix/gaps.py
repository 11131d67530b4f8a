"""Notices when a cluster has missed tag changes or packs: they were dropped, or refused for their
time, or its topic is another one.

Either way its readers have no current values any more, so `begin_anew` is called with the
cluster's name. Once per gap: what it brings is no gap of its own.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

import trio
from trio_util import AsyncValue

from warlogix.errors import BrokerError
from warlogix.kafka.admin import open_admin
from warlogix.kafka.producer import Producer
from warlogix.outbox import Outbox

log = logging.getLogger(__name__)

_LOOK = 10.0
# A topic that was made anew while the cluster stayed online is noticed after so many seconds.
_LOOK_AT_TOPIC = 30.0
# One that is not there yet is being made, and a broker that starts does not tell at once.
_FIRST_LOOKS = 0.5

BeginAnew = Callable[[str], None]


async def notice_drops(
    cluster: str, status: AsyncValue, outbox: Outbox, begin_anew: BeginAnew
) -> NoReturn:
    """Begin anew when changes were dropped, the cluster is online and no more are dropped."""
    told = seen = outbox.waiting(cluster).dropped
    while True:
        await trio.sleep(_LOOK)
        dropped = outbox.waiting(cluster).dropped
        if told != dropped == seen and status.value.online:
            log.info("%s: it missed %d messages, every tag is sent again", cluster, dropped - told)
            told = dropped
            begin_anew(cluster)
        seen = dropped


async def notice_clock(cluster: str, outdated: AsyncValue, begin_anew: BeginAnew) -> NoReturn:
    """Begin anew when timestamps are taken again, after some that were refused.

    A machine that starts with a wrong clock ends like this: what did not change since is missing.
    """
    while True:
        told = outdated.value
        await outdated.wait_value(lambda now, told=told: now != told)
        log.info("%s: it takes timestamps again, every tag is sent again", cluster)
        begin_anew(cluster)


async def notice_new_topic(producer: Producer, topic: str, begin_anew: BeginAnew) -> NoReturn:
    """Begin anew when the topic that was there is gone, or another one of the same name.

    A cluster with another id is another one, topic and all: its id is known at once, and a topic's
    only after it was made.
    """
    known, pause = _Place("", ""), _FIRST_LOOKS
    while True:
        await producer.status.wait_value(lambda status: status.online)
        found = await _place(producer, topic)
        if found is not None:
            if known.replaced_by(found):
                cluster = producer.cluster.name
                log.info("%s: topic %s is a new one, every tag is sent again", cluster, topic)
                begin_anew(cluster)
            if known != found:
                log.debug("%s: %s is %r", producer.cluster.name, topic, found)
            known = found
        settled = found is not None and found.topic
        with trio.move_on_after(_LOOK_AT_TOPIC if settled else pause):
            await producer.status.wait_value(lambda status: not status.online)
        pause = _FIRST_LOOKS if settled else min(2 * pause, _LOOK_AT_TOPIC)


@dataclass(frozen=True, slots=True)
class _Place:
    """The id of a cluster and of its topic, "" for one that is not known or not there."""

    cluster: str
    topic: str

    def replaced_by(self, found: "_Place") -> bool:
        """Whether what was known is not what is there now."""
        return self.cluster not in ("", found.cluster) or self.topic not in ("", found.topic)


async def _place(producer: Producer, topic: str) -> _Place | None:
    """Where the topic is now, None when nobody tells."""
    try:
        async with open_admin(producer.cluster, producer.client_id) as admin:
            found = (await admin.find([topic])).get(topic)
            cluster = admin.cluster_id
    except BrokerError as exc:
        log.debug("%s", exc)
        return None
    if found is None:
        return _Place(cluster, "")
    return None if found.error else _Place(cluster, found.id)
