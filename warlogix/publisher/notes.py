"""Sends the newest notes of one topic: what is worth nothing when old, and waits in memory."""

import logging
from collections.abc import Sequence
from typing import NoReturn

import trio

from warlogix.kafka.delivery import Failure, Headers
from warlogix.kafka.producer import Producer
from warlogix.kafka.reasons import Refusal
from warlogix.latest import Latest, Note
from warlogix.messages import Batch
from warlogix.publisher.usable import UsableTopics
from warlogix.topics import Topic

log = logging.getLogger(__name__)

_PAUSE = 1.0


async def publish_notes(
    producer: Producer,
    latest: Latest,
    topic: Topic,
    name: str,
    usable: UsableTopics,
    headers: Headers,
) -> NoReturn:
    """Send the topic's notes while the cluster is online; `name` is the topic's full name."""
    while True:
        await usable.wait(name)
        await producer.status.wait_value(lambda status: status.online)
        notes = await latest.take(topic)
        if not producer.status.value.online:
            latest.put_back(topic, notes)
            continue
        failure = await _deliver(producer, name, notes, headers)
        if failure is None:
            continue
        if failure.refusal is Refusal.RECORD:
            cluster = producer.cluster.name
            log.error("%s: a message for %s is refused: %s", cluster, name, failure.text)
            continue
        latest.put_back(topic, notes)
        if failure.refusal is Refusal.TOPIC:
            usable.doubt(name)
        await trio.sleep(_PAUSE)


async def _deliver(
    producer: Producer, name: str, notes: Sequence[Note], headers: Headers
) -> Failure | None:
    batch = Batch(
        [note.key for note in notes], [note.value for note in notes], [note.at for note in notes]
    )
    delivery = await producer.send(name, [batch], headers)
    await delivery.settled.wait()
    return delivery.worst()
