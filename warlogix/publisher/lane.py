"""One lane of the outbox to one topic: in order, as fast as it goes, whatever happens.

A handful at a time is under way: confirmed to the outbox, or, when any of it failed, sent again
from the first unconfirmed row on. What that repeats was sent before; nothing overtakes.

A record that is refused for itself fails whatever travels with it: see `sifting`.
"""

import logging
from collections.abc import Sequence
from typing import NoReturn

import trio
from trio_util import AsyncValue

from warlogix.kafka.delivery import Failure, Headers
from warlogix.kafka.producer import Producer
from warlogix.kafka.reasons import Refusal
from warlogix.outbox import Reader, Row
from warlogix.publisher.pace import Pace
from warlogix.publisher.sifting import Sieve
from warlogix.publisher.usable import UsableTopics

log = logging.getLogger(__name__)

_PAUSE, _LONGEST_PAUSE = 0.1, 30.0


class Lane:
    """The task that sends one lane to `topic`; it owns the reader's position.

    `outdated` gets one more when records are taken again after some were refused for their
    timestamps: what these told nobody knows, and the clocks are right again.
    """

    def __init__(
        self,
        producer: Producer,
        reader: Reader,
        topic: str,
        usable: UsableTopics,
        headers: Headers,
        outdated: AsyncValue,
    ) -> None:
        self._producer = producer
        self._name = producer.cluster.name
        self._reader = reader
        self._topic = topic
        self._usable = usable
        self._headers = headers
        self._outdated = outdated
        self._pace = Pace()
        self._pause = _PAUSE
        self._sieve = Sieve(producer, reader, topic, headers, self._heed)

    async def run(self) -> NoReturn:
        """Send for ever."""
        while True:
            await self._usable.wait(self._topic)
            rows, failure = await self._stream()
            self._reader.rewind()
            self._pace.begin_again()
            if failure.refusal is Refusal.RECORD:
                await self._sift(rows)
            else:
                await self._heed(failure)

    async def _sift(self, rows: Sequence[Row]) -> None:
        """Send rows one by one; where each record of them is taken, they were too much at once."""
        if await self._sieve.sift(rows[-1].id) or len(rows) == 1:
            return
        size = sum(row.size for row in rows)
        self._pace.refuse(size)
        told = "%s: topic %s took %d bytes in parts and not at once; the next go in smaller ones"
        log.info(told, self._name, self._topic, size)

    async def _stream(self) -> tuple[Sequence[Row], Failure]:
        """Send on and on; the rows of a handful that failed, and why it did.

        The next handful goes when this one is confirmed: librdkafka keeps a core busy for as long
        as anything waits behind a request that is under way, and whatever it holds is ahead of the
        answers that share its connection.
        """
        producer, pace = self._producer, self._pace
        while True:
            # A full buffer drops the oldest that nobody has in hand, and the newest if all is.
            # Where there is nothing to wait for, waiting costs a turn of the event loop.
            if not producer.status.value.online:
                await producer.status.wait_value(lambda status: status.online)
            await self._usable.wait(self._topic)
            rows = await self._reader.take(max_messages=pace.messages, max_bytes=pace.size)
            delivery = await producer.send(self._topic, [row.batch for row in rows], self._headers)
            log.debug("%s: %d messages sent to %s", self._name, delivery.count, self._topic)
            await delivery.settled.wait()
            failure = delivery.worst()
            if failure is not None:
                return rows, failure
            self._reader.confirm(rows[-1].id)
            log.debug("%s: %d messages confirmed in %s", self._name, delivery.count, self._topic)
            self._pause = _PAUSE
            if self._sieve.out_of_time:
                self._sieve.out_of_time = False
                self._outdated.value += 1
            pace.took(sum(row.size for row in rows), trio.current_time() - delivery.sent)

    async def _heed(self, failure: Failure) -> None:
        """Wait before the next attempt: longer each time nothing arrives in between."""
        if failure.refusal is Refusal.TOPIC:
            await self._hold(failure)
        else:
            await trio.sleep(_PAUSE)

    async def _hold(self, failure: Failure) -> None:
        """The topic is refused: look at it again, and try again ever more slowly."""
        first = self._pause == _PAUSE
        if failure.gone:
            say = log.warning if first else log.debug
            say("%s: topic %s is gone; what is for it waits", self._name, self._topic)
        else:
            say = log.error if first else log.debug
            say("%s: topic %s is refused, trying again: %s", self._name, self._topic, failure.text)
        self._usable.doubt(self._topic)
        await trio.sleep(self._pause)
        self._pause = min(4 * self._pause, _LONGEST_PAUSE)
        await self._usable.wait(self._topic)
