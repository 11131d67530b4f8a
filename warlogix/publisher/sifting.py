"""Finds the records that the broker refuses for themselves, and lets all others through.

A record that is refused for itself fails whatever travels with it. So the rows up to it are sent
one by one, and a refused row in halves, until the record is alone: it is set aside and counted,
and the lane goes on behind it.
"""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

from warlogix.kafka.delivery import Failure, Headers
from warlogix.kafka.producer import Producer
from warlogix.kafka.reasons import Refusal
from warlogix.messages import Batch
from warlogix.outbox import Reader, Row

log = logging.getLogger(__name__)


class Sieve:
    """Sifts what one lane sends to `topic`; `heed` waits as the lane does after a failure."""

    def __init__(
        self,
        producer: Producer,
        reader: Reader,
        topic: str,
        headers: Headers,
        heed: Callable[[Sequence[Failure]], Awaitable[None]],
    ) -> None:
        self._producer = producer
        self._name = producer.cluster.name
        self._reader = reader
        self._topic = topic
        self._headers = headers
        self._heed = heed
        self._refused: Counter[str] = Counter()

    async def sift(self, until: int) -> None:
        """Send the rows up to `until` one by one, and set aside the records that are refused."""
        before, last = self._refused.total(), 0
        async with self._producer.careful() as careful:
            while last < until:
                for row in await self._reader.take(max_messages=1, max_bytes=1):
                    await self._sift_row(careful, row)
                    self._reader.confirm(last := row.id)
        count = self._refused.total() - before
        log.warning("%s: topic %s goes on without %d records", self._name, self._topic, count)

    async def _sift_row(self, careful: Producer, row: Row) -> None:
        parts = [row.batch]
        while parts:
            part = parts.pop()
            delivery = await careful.send(self._topic, [part], self._headers)
            await delivery.settled.wait()
            failure = delivery.worst()
            if failure is None:
                continue
            if failure.refusal is not Refusal.RECORD:
                parts.append(part)
                await self._heed([failure])
            elif len(part) == 1:
                self._set_aside(part, failure)
            else:
                parts += reversed(_halves(part))

    def _set_aside(self, record: Batch, failure: Failure) -> None:
        """Count it, and name the first of each reason."""
        say = log.debug if self._refused[failure.text] else log.error
        self._refused[failure.text] += 1
        key, value = record.keys[0] or b"", record.values[0] or b""
        say(
            "%s: topic %s: a record is refused and set aside: %s (key %s, %d bytes, timestamp %d)",
            self._name,
            self._topic,
            failure.text,
            key.decode(errors="replace"),
            len(value),
            record.timestamps[0],
        )


def _halves(batch: Batch) -> list[Batch]:
    middle = len(batch) // 2
    return [_cut(batch, slice(None, middle)), _cut(batch, slice(middle, None))]


def _cut(batch: Batch, part: slice) -> Batch:
    headers = None if batch.headers is None else batch.headers[part]
    origins = None if batch.origins is None else batch.origins[part]
    return Batch(batch.keys[part], batch.values[part], batch.timestamps[part], headers, origins)
