"""Hands batches over to a client, and has it report no more than is needed to know them confirmed.

    hands = Hands(gapless=...)
    nursery.start_soon(hands.learn, lambda: client)
    await hands.over(client, topic, batches, headers, delivery)
    hands.begin_again()                         # there is another client

A report costs as much as handing a record over. With the gapless guarantee a record is confirmed
behind all that were handed over before it for its partition, or not at all; so of many records the
last of each partition reports for all. Behind records that did not arrive each one reports, because
which of them is refused, and why, must be known.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NoReturn

import confluent_kafka
import trio

from warlogix.kafka.clients import count_partitions
from warlogix.kafka.delivery import Delivery, Headers, each, hand_over, last_of_each
from warlogix.kafka.partitions import Partitions
from warlogix.messages import Batch

# Fewer may as well report each.
_MANY = 100
_ANSWER = 1.0


class Hands:
    """What is known of the topics that a client was given records for."""

    def __init__(self, *, gapless: bool) -> None:
        self._gapless = gapless
        self._partitions = Partitions()
        self._latest: dict[str, Delivery] = {}

    async def over(
        self,
        client: confluent_kafka.Producer,
        topic: str,
        batches: Sequence[Batch],
        headers: Headers,
        delivery: Delivery,
    ) -> None:
        """Hand over all, in order; others have their turn meanwhile. Not to be cancelled."""
        before, self._latest[topic] = self._latest.get(topic), delivery
        if before is not None and before.failures:
            self._partitions.forget(topic)
        sound = before is not None and before.arrived
        many = self._gapless and sound and delivery.count >= _MANY
        if many:
            self._partitions.want(topic)
        place = partial(self._partitions.of, topic)
        hear = last_of_each if many else each
        for _ in hand_over(client, topic, batches, headers, delivery, place, hear):
            await trio.lowlevel.cancel_shielded_checkpoint()

    def begin_again(self) -> None:
        """The client is another one, to which nothing was handed over yet."""
        self._latest.clear()

    async def learn(self, client: Callable[[], confluent_kafka.Producer | None]) -> NoReturn:
        """Ask the current client for the partitions of topics, for ever."""
        threads = trio.CapacityLimiter(1)

        async def count(topic: str) -> int:
            asked = client()
            if asked is None:
                return 0
            found = partial(count_partitions, asked, topic, _ANSWER)
            # The end does not wait for it: a thread that is left behind asks, and no more.
            return await trio.to_thread.run_sync(found, abandon_on_cancel=True, limiter=threads)

        await self._partitions.keep(count)
