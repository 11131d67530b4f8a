"""Batches handed to librdkafka in one go, and what becomes of them.

delivery = Delivery(len(batch))
await trio.to_thread.run_sync(hand_over, client, topic, [batch], (), delivery)
await delivery.settled.wait()       # every record is confirmed or has failed
if delivery.failures: ...
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Protocol

import trio
from confluent_kafka import KafkaError, KafkaException

from warlogix.kafka.reasons import Refusal, judge
from warlogix.messages import Batch

Headers = Sequence[tuple[str, bytes]]

_GONE = (
    KafkaError._UNKNOWN_PARTITION,
    KafkaError._UNKNOWN_TOPIC,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
)


class Produces(Protocol):
    """The part of a confluent_kafka Producer that takes records."""

    @property
    def produce(self) -> Callable[..., None]:
        """Queue one record."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why records of a delivery failed, and how many of them."""

    code: int
    text: str
    count: int = 1

    @property
    def refusal(self) -> Refusal:
        """What it says about sending them again."""
        return judge(self.code)

    @property
    def gone(self) -> bool:
        """Whether it was for want of the topic: one that is deleted, or of a broker come empty."""
        return self.code in _GONE

    @property
    def out_of_time(self) -> bool:
        """Whether it was for the timestamp: this machine's clock or a broker's is wrong."""
        return self.code == KafkaError.INVALID_TIMESTAMP


class Delivery:
    """What becomes of records that were handed over together.

    `settled` is set, from `poll`, when each is confirmed or has failed. `sent` is the moment they
    were handed over.
    """

    __slots__ = ("count", "failures", "pending", "sent", "settled")

    def __init__(self, count: int) -> None:
        self.count = count
        self.pending = count
        self.failures: dict[int, Failure] = {}
        self.sent = trio.current_time()
        self.settled = trio.Event()

    def report(self, error: KafkaError | None, _message: object) -> None:
        """The callback of one record. Millions of calls: it counts and does no more."""
        self.pending -= 1
        if error is not None:
            self._note(error, 1)
        if not self.pending:
            self.settled.set()

    def fail(self, error: KafkaError, count: int) -> None:
        """Records that will see no callback: never handed over, or lost with their client."""
        self._note(error, count)
        self.pending -= count
        if not self.pending:
            self.settled.set()

    def worst(self) -> Failure | None:
        """The failure that decides what comes next, None when every record was confirmed."""
        order = (Refusal.TOPIC, Refusal.RECORD, Refusal.PASSING)
        return min(
            self.failures.values(), key=lambda failure: order.index(failure.refusal), default=None
        )

    def _note(self, error: KafkaError, count: int) -> None:
        seen = self.failures.get(error.code())
        total = count + (seen.count if seen else 0)
        self.failures[error.code()] = Failure(error.code(), error.str(), total)


class Owed:
    """The deliveries of a client that are under way, the oldest first."""

    def __init__(self) -> None:
        self._deliveries: dict[Delivery, None] = {}

    def __bool__(self) -> bool:
        return bool(self._deliveries)

    @property
    def oldest(self) -> float | None:
        """The moment when the oldest was handed over, None without any."""
        return next((delivery.sent for delivery in self._deliveries), None)

    def add(self, delivery: Delivery) -> None:
        """One more."""
        self._deliveries[delivery] = None

    def records(self) -> int:
        """How many records are neither confirmed nor failed."""
        return sum(delivery.pending for delivery in self._deliveries)

    def drop_settled(self) -> None:
        """Forget those of which nothing is under way any more."""
        for delivery in [owed for owed in self._deliveries if not owed.pending]:
            del self._deliveries[delivery]

    def fail(self, error: KafkaError) -> None:
        """Fail all that is under way: the client is gone."""
        for delivery in self._deliveries:
            delivery.fail(error, delivery.pending)
        self._deliveries.clear()


def hand_over(
    client: Produces, topic: str, batches: Sequence[Batch], headers: Headers, delivery: Delivery
) -> tuple[int, KafkaError] | None:
    """Queue every record of the batches, in order; runs in a thread, and never blocks.

    The answer is how many were not taken, and why: nothing behind a record that is not taken is
    handed over. None when all were.
    """
    produce, report, left = client.produce, delivery.report, delivery.count
    common = list(headers)
    try:
        for batch in batches:
            column: Iterator[Sequence[tuple[str, bytes | None]] | None] = repeat(common or None)
            if batch.headers is not None:
                column = iter([[*common, *own] for own in batch.headers])
            rows = zip(batch.keys, batch.values, batch.timestamps, column, strict=False)
            for key, value, at, extra in rows:
                produce(topic, value, key, -1, report, None, at, extra)
                left -= 1
    except BufferError:
        return left, KafkaError(KafkaError._QUEUE_FULL)
    except KafkaException as exc:
        return left, exc.args[0]
    return None
