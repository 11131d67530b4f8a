"""Batches handed to librdkafka in one go, and what becomes of them.

delivery = Delivery(len(batch))
for _ in hand_over(client, topic, [batch], (), delivery, place, each):
    await trio.lowlevel.checkpoint()
await delivery.settled.wait()       # every record is confirmed or has failed
if delivery.failures: ...
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice, repeat
from typing import Protocol

import trio
from confluent_kafka import KafkaError, KafkaException

from warlogix.kafka.partitions import ANY
from warlogix.kafka.reasons import Refusal, judge
from warlogix.messages import Batch

Headers = Sequence[tuple[str, bytes]]
_Headers = Sequence[tuple[str, bytes | None]]
Report = Callable[[KafkaError | None, object], None]
# Gives the partition of each key.
Place = Callable[[Sequence[bytes | None]], Sequence[int]]
# The report that each of some records asks for, and of how many records those of the first so many
# of them tell.
Heard = tuple[Sequence[Report | None], Callable[[int], int]]
Hear = Callable[["Delivery", Sequence[int]], Heard]

# So many records are handed over in two milliseconds.
_TURN = 2000
# Looking for the last of each partition costs as much for every one of them.
_FEW = 24

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

    def report_many(self, count: int, error: KafkaError | None, _message: object) -> None:
        """The callback of one record that tells of so many."""
        if error is not None:
            self._note(error, count)
        self.pending -= count
        if not self.pending:
            self.settled.set()

    def fail(self, error: KafkaError, count: int) -> None:
        """Records that will see no callback: never handed over, or lost with their client."""
        self._note(error, count)
        self.pending -= count
        if not self.pending:
            self.settled.set()

    @property
    def arrived(self) -> bool:
        """Whether every record is confirmed."""
        return not self.pending and not self.failures

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
    client: Produces,
    topic: str,
    batches: Sequence[Batch],
    headers: Headers,
    delivery: Delivery,
    place: Place,
    hear: Hear,
) -> Iterator[None]:
    """Queue every record of the batches, in order; gives the caller a turn now and then.

    It never blocks. Nothing behind a record that is not taken is handed over: the rest fails.
    """
    produce, left = client.produce, delivery.count
    keys = chain.from_iterable([batch.keys for batch in batches])
    values = chain.from_iterable([batch.values for batch in batches])
    times = chain.from_iterable([batch.timestamps for batch in batches])
    extras = _headers(batches, headers)
    while turn := list(islice(keys, _TURN)):
        partitions = place(turn)
        reports, told = hear(delivery, partitions)
        records = zip(turn, values, partitions, reports, times, extras, strict=False)
        try:
            for key, value, partition, report, at, extra in records:
                produce(topic, value, key, partition, report, None, at, extra)
        except (BufferError, KafkaException) as exc:
            taken = len(turn) - 1 - sum(1 for _ in records)
            delivery.fail(_error(exc), left - told(taken))
            return
        left -= len(turn)
        if left:
            yield


def each(delivery: Delivery, partitions: Sequence[int]) -> Heard:
    """Each record reports for itself."""
    return [delivery.report] * len(partitions), int


def last_of_each(delivery: Delivery, partitions: Sequence[int]) -> Heard:
    """The last record of each partition reports for all there.

    Where a partition is not known, or there are so many that little is spared, each reports.
    """
    numbers = set(partitions)
    if ANY in numbers or len(numbers) > _FEW:
        return each(delivery, partitions)
    backwards = partitions[::-1]
    counts = {len(partitions) - 1 - backwards.index(n): partitions.count(n) for n in numbers}
    reports: list[Report | None] = [None] * len(partitions)
    for last, count in counts.items():
        reports[last] = partial(delivery.report_many, count)

    def told(first: int) -> int:
        return sum(count for last, count in counts.items() if last < first)

    return reports, told


def _headers(batches: Sequence[Batch], headers: Headers) -> Iterator[_Headers | None]:
    common = list(headers)
    return chain.from_iterable([_headers_of(batch, common) for batch in batches])


def _headers_of(batch: Batch, common: list[tuple[str, bytes]]) -> Iterable[_Headers | None]:
    if batch.headers is None:
        return repeat(common or None, len(batch))
    return ([*common, *own] for own in batch.headers)


def _error(exc: BufferError | KafkaException) -> KafkaError:
    if isinstance(exc, KafkaException):
        error: KafkaError = exc.args[0]
        return error
    return KafkaError(KafkaError._QUEUE_FULL)
