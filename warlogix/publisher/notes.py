"""Sends the newest notes of one topic: what is worth nothing when old, and waits in memory.

A note that is refused for itself costs whatever goes by the shared client a new one. So the notes
that travelled with it are sent one by one beside that client, and so is each later one of a key
that was refused, until one of it is taken.
"""

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
    sender = _Sender(producer, name, headers)
    while True:
        await usable.wait(name)
        await producer.status.wait_value(lambda status: status.online)
        notes = await latest.take(topic)
        if not producer.status.value.online:
            latest.put_back(topic, notes)
            continue
        left, failure = await sender.send(notes)
        if failure is None:
            continue
        latest.put_back(topic, left)
        if failure.refusal is Refusal.TOPIC:
            usable.doubt(name)
        await trio.sleep(_PAUSE)


class _Sender:
    """Sends notes to the topic `name`, and remembers which keys were refused, and why."""

    def __init__(self, producer: Producer, name: str, headers: Headers) -> None:
        self._producer = producer
        self._name = name
        self._headers = headers
        self._refused: set[bytes] = set()
        self._reasons: set[str] = set()

    async def send(self, notes: Sequence[Note]) -> tuple[Sequence[Note], Failure | None]:
        """Send the notes, all but those that are refused for themselves.

        What has to be sent again, and why: nothing and None when that is none.
        """
        doubtful = [note for note in notes if note.key in self._refused]
        usual = [note for note in notes if note.key not in self._refused]
        if usual:
            failure = await self._deliver(self._producer, usual)
            if failure is not None and failure.refusal is not Refusal.RECORD:
                return notes, failure
            if failure is not None:
                doubtful = [*notes]
        return await self._send_each(doubtful) if doubtful else ((), None)

    async def _send_each(self, notes: Sequence[Note]) -> tuple[Sequence[Note], Failure | None]:
        """Send the notes one by one, up to the first that fails and is not refused for itself."""
        async with self._producer.careful() as careful:
            for place, note in enumerate(notes):
                failure = await self._deliver(careful, [note])
                if failure is None:
                    self._refused.discard(note.key)
                elif failure.refusal is Refusal.RECORD:
                    self._refused.add(note.key)
                    self._tell(note, failure)
                else:
                    return notes[place:], failure
        return (), None

    async def _deliver(self, producer: Producer, notes: Sequence[Note]) -> Failure | None:
        batch = Batch(
            [note.key for note in notes],
            [note.value for note in notes],
            [note.at for note in notes],
        )
        delivery = await producer.send(self._name, [batch], self._headers)
        await delivery.settled.wait()
        return delivery.worst()

    def _tell(self, note: Note, failure: Failure) -> None:
        """Name the first that is refused for this reason: the next comes within seconds."""
        say = log.debug if failure.text in self._reasons else log.error
        self._reasons.add(failure.text)
        say(
            "%s: a message for %s is refused: %s (key %s, %d bytes, timestamp %d)",
            self._producer.cluster.name,
            self._name,
            failure.text,
            note.key.decode(errors="replace"),
            len(note.value),
            note.at,
        )
