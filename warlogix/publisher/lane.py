"""One lane of the outbox to one topic: in order, as fast as it goes, whatever happens.

While all is well many batches are under way and each is confirmed to the outbox in turn. When one
fails the lane stops, waits until nothing of it is under way, goes back to the first unconfirmed row
and sends again from there. What that repeats was sent before; nothing overtakes.

A record that is refused for itself fails whatever travels with it: see `sifting`.
"""

import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

import trio

from warlogix.kafka.delivery import Delivery, Failure, Headers
from warlogix.kafka.producer import Producer
from warlogix.kafka.reasons import Refusal
from warlogix.outbox import Reader
from warlogix.publisher.sifting import Sieve
from warlogix.publisher.usable import UsableTopics

log = logging.getLogger(__name__)

# Handed over in one go: long enough to be cheap, short enough not to hold the event loop up.
_HANDFUL, _HANDFUL_BYTES = 2_000, 1_000_000
# Under way at most; the broker needs a few requests' worth, memory pays for the rest.
_UNDER_WAY, _UNDER_WAY_BYTES = 20_000, 16_000_000
_PAUSE, _LONGEST_PAUSE = 0.1, 30.0


@dataclass(frozen=True, slots=True)
class Sent:
    """Rows that are under way together; `last` is the number of the last of them."""

    last: int
    size: int
    delivery: Delivery


class Lane:
    """The task that sends one lane to `topic`; it owns the reader's position."""

    def __init__(
        self,
        producer: Producer,
        reader: Reader,
        topic: str,
        usable: UsableTopics,
        headers: Headers,
    ) -> None:
        self._producer = producer
        self._name = producer.cluster.name
        self._reader = reader
        self._topic = topic
        self._usable = usable
        self._headers = headers
        self._under_way: deque[Sent] = deque()
        self._moved = trio.Event()
        self._pause = _PAUSE
        self._sieve = Sieve(producer, reader, topic, headers, self._heed)

    async def run(self) -> NoReturn:
        """Send for ever."""
        while True:
            await self._usable.wait(self._topic)
            failed = await self._stream()
            self._reader.rewind()
            refused = [sent for sent in failed if _refusal(sent) is Refusal.RECORD]
            if refused:
                await self._sieve.sift(refused[-1].last)
            else:
                await self._heed([f for sent in failed if (f := sent.delivery.worst())])

    async def _stream(self) -> Sequence[Sent]:
        """Send on and on; what had failed when nothing was under way any more."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._feed)
            await self._confirm()
            nursery.cancel_scope.cancel()
        for sent in self._under_way:
            await sent.delivery.settled.wait()
        failed = [sent for sent in self._under_way if sent.delivery.failures]
        self._under_way.clear()
        return failed

    async def _feed(self) -> NoReturn:
        while True:
            while self._full():
                await self._moved.wait()
            # A full buffer drops the oldest that nobody has in hand, and the newest if all is.
            await self._producer.status.wait_value(lambda status: status.online)
            rows = await self._reader.take(max_messages=_HANDFUL, max_bytes=_HANDFUL_BYTES)
            batches = [row.batch for row in rows]
            delivery = await self._producer.send(self._topic, batches, self._headers)
            self._under_way.append(Sent(rows[-1].id, sum(row.size for row in rows), delivery))
            log.debug("%s: %d messages sent to %s", self._name, delivery.count, self._topic)
            self._move()

    async def _confirm(self) -> None:
        """Tell the outbox what arrived, in order, until something did not."""
        while True:
            while not self._under_way:
                await self._moved.wait()
            first = self._under_way[0]
            await first.delivery.settled.wait()
            if first.delivery.failures:
                return
            self._under_way.popleft()
            self._reader.confirm(first.last)
            count = first.delivery.count
            log.debug("%s: %d messages confirmed in %s", self._name, count, self._topic)
            self._pause = _PAUSE
            self._move()

    def _full(self) -> bool:
        messages = sum(sent.delivery.count for sent in self._under_way)
        return messages >= _UNDER_WAY or sum(s.size for s in self._under_way) >= _UNDER_WAY_BYTES

    def _move(self) -> None:
        self._moved.set()
        self._moved = trio.Event()

    async def _heed(self, failures: Sequence[Failure]) -> None:
        """Wait before the next attempt: longer each time nothing arrives in between."""
        for failure in failures:
            if failure.refusal is Refusal.TOPIC:
                await self._hold(failure)
                return
        await trio.sleep(_PAUSE)

    async def _hold(self, failure: Failure) -> None:
        """The topic is refused: look at it again, and try again ever more slowly."""
        say = log.error if self._pause == _PAUSE else log.debug
        say("%s: topic %s is refused, trying again: %s", self._name, self._topic, failure.text)
        self._usable.doubt(self._topic)
        await trio.sleep(self._pause)
        self._pause = min(4 * self._pause, _LONGEST_PAUSE)
        await self._usable.wait(self._topic)


def _refusal(sent: Sent) -> Refusal | None:
    failure = sent.delivery.worst()
    return failure.refusal if failure else None
