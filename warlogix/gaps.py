"""Notices when a cluster has missed tag changes: they were dropped, or its topic is another one.

Either way its readers have no current values any more, so `begin_anew` is called with the
cluster's name. Once per gap: what it brings is no gap of its own.
"""

import logging
from collections.abc import Callable
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


async def notice_new_topic(producer: Producer, topic: str, begin_anew: BeginAnew) -> NoReturn:
    """Begin anew when the topic that was there is gone, or another one of the same name."""
    known, pause = "", _FIRST_LOOKS
    while True:
        await producer.status.wait_value(lambda status: status.online)
        found = await _topic_id(producer, topic)
        if known and found not in (None, known):
            cluster = producer.cluster.name
            log.info("%s: topic %s is a new one, every tag is sent again", cluster, topic)
            begin_anew(cluster)
        known = known if found is None else found
        with trio.move_on_after(_LOOK_AT_TOPIC if found else pause):
            await producer.status.wait_value(lambda status: not status.online)
        pause = _FIRST_LOOKS if found else min(2 * pause, _LOOK_AT_TOPIC)


async def _topic_id(producer: Producer, topic: str) -> str | None:
    """The topic's id, "" when there is none, None when nobody tells."""
    try:
        async with open_admin(producer.cluster, producer.client_id) as admin:
            found = (await admin.find([topic])).get(topic)
    except BrokerError as exc:
        log.debug("%s", exc)
        return None
    if found is None:
        return ""
    return None if found.error else found.id
