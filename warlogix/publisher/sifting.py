"""Finds the records that the broker refuses for themselves, and lets all others through.

A record that is refused for itself fails whatever travels with it. So the rows up to it are sent
one by one, and a refused row in halves, until the record is alone: the outbox keeps and counts it,
and the lane goes on behind it.

What is sent together may go in several requests, of which a later one is taken when an earlier one
is refused. So no two records of a key are ever sent together: the newer waits until the older has
arrived or is set aside.
"""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import zip_longest

from warlogix.kafka.delivery import Failure, Headers
from warlogix.kafka.producer import Producer
from warlogix.kafka.reasons import Refusal
from warlogix.messages import Batch
from warlogix.outbox import Reader, Refused, Row

log = logging.getLogger(__name__)

_CLOCKS = ": check the clocks of this machine and of the brokers"


class Sieve:
    """Sifts what one lane sends to `topic`; `heed` waits as the lane does after a failure.

    `out_of_time` says that records were refused for their timestamps, until somebody takes it back.
    """

    def __init__(
        self,
        producer: Producer,
        reader: Reader,
        topic: str,
        headers: Headers,
        heed: Callable[[Failure], Awaitable[None]],
    ) -> None:
        self._producer = producer
        self._name = producer.cluster.name
        self._reader = reader
        self._topic = topic
        self._headers = headers
        self._heed = heed
        self._reasons: Counter[str] = Counter()
        self._told = 0
        self.out_of_time = False

    async def sift(self, until: int) -> int:
        """Send the rows up to `until` one by one, and set aside the records that are refused.

        The answer is how many these were.
        """
        last, before = 0, self._reasons.total()
        async with self._producer.careful() as careful:
            while last < until:
                for row in await self._reader.take(max_messages=1, max_bytes=1):
                    refused = await self._sift_row(careful, row)
                    if refused:
                        await self._reader.set_aside(refused)
                    self._reader.confirm(last := row.id, refused=len(refused))
        self._tell()
        return self._reasons.total() - before

    async def _sift_row(self, careful: Producer, row: Row) -> list[Refused]:
        """Send a row, all but the records that are refused for themselves: these."""
        parts, refused = _keys_apart(row.batch)[::-1], []
        while parts:
            part = parts.pop()
            delivery = await careful.send(self._topic, [part], self._headers)
            await delivery.settled.wait()
            failure = delivery.worst()
            if failure is None:
                continue
            if failure.refusal is not Refusal.RECORD:
                parts.append(part)
                await self._heed(failure)
            elif len(part) == 1:
                refused.append(self._refused(part, failure))
            else:
                parts += reversed(_halves(part))
        return refused

    def _refused(self, record: Batch, failure: Failure) -> Refused:
        """The only record of a batch as it was sent; the first of each reason is named."""
        self.out_of_time = self.out_of_time or failure.out_of_time
        own = record.headers[0] if record.headers else []
        headers = [*self._headers, *own]
        (key,), (value,), (at,) = record.keys, record.values, record.timestamps
        say = log.debug if self._reasons[failure.text] else log.error
        self._reasons[failure.text] += 1
        say(
            "%s: topic %s: a record is refused and set aside in %s: %s"
            " (key %s, %d bytes, timestamp %d)",
            self._name,
            self._topic,
            self._reader.aside,
            f"{failure.text}{_CLOCKS if failure.out_of_time else ''}",
            (key or b"").decode(errors="replace"),
            len(value or b""),
            at,
        )
        return Refused(self._topic, key, value, at, headers, failure.text)

    def _tell(self) -> None:
        """Say how many it were so far, ever more rarely."""
        count = self._reasons.total()
        if count >= max(1, 10 * self._told):
            log.warning("%s: topic %s went on without %d records", self._name, self._topic, count)
            self._told = count


def _keys_apart(batch: Batch) -> list[Batch]:
    """The batch in parts, in order, in none of which a key comes twice."""
    starts, seen = [0], set[bytes | None]()
    for place, key in enumerate(batch.keys):
        if key in seen:
            starts.append(place)
            seen.clear()
        seen.add(key)
    return [_cut(batch, slice(*ends)) for ends in zip_longest(starts, starts[1:])]


def _halves(batch: Batch) -> list[Batch]:
    middle = len(batch) // 2
    return [_cut(batch, slice(None, middle)), _cut(batch, slice(middle, None))]


def _cut(batch: Batch, part: slice) -> Batch:
    headers = None if batch.headers is None else batch.headers[part]
    origins = None if batch.origins is None else batch.origins[part]
    return Batch(batch.keys[part], batch.values[part], batch.timestamps[part], headers, origins)
