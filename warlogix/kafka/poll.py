"""One consumer and the thread that it lives in; what it tells becomes events, in order.

    poll = Poll("Local", "writers", "factory-writes")
    poll.start(consumer)
    event = await poll.next()

A consumer takes one call at a time (a second thread would wait for the first), and librdkafka's
rebalance callbacks run inside `poll` until they are answered: that is what holds a partition back
before `begin` and after its revocation. So one thread makes every call. What others want of it are
jobs in a queue, looked at between polls, and from inside a callback as well, so that a commit
works while a partition waits to be let go. Nothing blocks it for longer than a question's limit.

A `poll` whose callback made such calls must end with it: confluent_kafka would find no interpreter
for the next callback (and abort the process). The callback leaves it by an exception, `_Answered`.
"""

import logging
import queue
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TypeVar

import confluent_kafka
import outcome
import trio
from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition

from warlogix.errors import BrokerFatal
from warlogix.kafka.consumer import Record, record_of
from warlogix.kafka.events import Assigned, CaughtUp, Event, Fetched, Lost, Revoked
from warlogix.kafka.reasons import group_refusal, plain

log = logging.getLogger(__name__)

T = TypeVar("T")

# How long a poll waits for a message, and how long a job so may wait for its turn: not at all
# long while something happens.
_BUSY, _IDLE = 0.005, 0.05
_LATELY = 1.0
_AT_ONCE = 1_000
# So many lists of records wait for somebody who calls `next`, then no more are fetched.
_AHEAD = 3


class _Answered(Exception):
    """A callback is over, and so is the poll that it ran in."""


class Poll:
    """The events of one consumer, and a way to its thread."""

    def __init__(self, cluster: str, group: str, topic: str) -> None:
        self._cluster = cluster
        self._group = group
        self._topic = topic
        # For the event loop's thread alone:
        self._events: deque[Event] = deque()
        self._failure: BaseException | None = None
        self._news = trio.Event()
        self._over = trio.Event()
        self._assignments = 0
        self._seeks: dict[int, int] = {}
        self._asked: Assigned | Revoked | None = None
        # Which partitions are this member's, each with the number of the assignment that gave it.
        self._held: dict[int, int] = {}
        self._closing = False
        # What either thread hands to the other:
        self._loop = trio.lowlevel.current_trio_token()
        self._jobs: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        # For the consumer's thread alone:
        self._consumer: confluent_kafka.Consumer
        self._batch: list[Record] = []
        self._answers: list[Mapping[int, int]] = []
        self._leaving: frozenset[int] = frozenset()
        self._committing: Callable[[KafkaError | None], None] | None = None
        self._active = 0.0
        self._is_deep = False

    def start(self, consumer: confluent_kafka.Consumer) -> None:
        """Join the group."""
        self._consumer = consumer
        trio.lowlevel.start_thread_soon(self._live, partial(self._tell, self._ended))

    async def close(self) -> None:
        """Leave the group. Cancelled, the thread finishes that by itself."""
        self._closing = True
        self._held.clear()
        await self._over.wait()

    async def next(self) -> Event:
        """What happened next."""
        await trio.lowlevel.checkpoint()
        while not self._events:
            if self._failure is not None:
                failure, self._failure = self._failure, None
                raise failure
            self._news = trio.Event()
            await self._news.wait()
        return self._events.popleft()

    async def run(self, call: Callable[[confluent_kafka.Consumer], T]) -> T:
        """The result of a call in the consumer's thread, or what it raises."""
        done = trio.Event()
        results: list[outcome.Outcome[T]] = []

        def deliver(result: outcome.Outcome[T]) -> None:
            results.append(result)
            done.set()

        self._jobs.put(lambda: self._tell(deliver, outcome.capture(call, self._consumer)))
        await done.wait()
        return results[0].unwrap()

    def do(self, call: Callable[[confluent_kafka.Consumer], None]) -> None:
        """Make a call in the consumer's thread, soon."""
        self._jobs.put(partial(self._try, call))

    def commit(
        self,
        offsets: list[TopicPartition],
        terms: Mapping[int, int],
        settle: Callable[[KafkaError | None], None],
    ) -> None:
        """Commit while these are held; `settle` is told, in the event loop, what went wrong."""
        self._jobs.put(partial(self._commit, offsets, terms, settle))

    def begin(self, starts: Mapping[int, int]) -> None:
        """Answer `Assigned`."""
        asked = self._question(Assigned)
        if starts.keys() != set(asked):
            raise ValueError(f"asked to begin {asked}, not {sorted(starts)}")
        self._jobs.put(partial(self._settle, dict(starts)))

    def let_go(self) -> None:
        """Answer `Revoked`."""
        for partition in self._question(Revoked):
            self._held.pop(partition, None)
        self._jobs.put(partial(self._settle, {}))

    def seek(self, partition: int, offset: int) -> None:
        """Drop what was read of the partition already, and read on from there."""
        self._seeks[partition] = offset
        waiting, self._events = self._events, deque()
        for event in waiting:
            self._keep(event)
        self._jobs.put(partial(self._seek, partition, offset))

    def terms(self, partitions: Iterable[int]) -> dict[int, int]:
        """Those of the partitions that are held, each with the number of its assignment."""
        return {each: self._held[each] for each in partitions if each in self._held}

    def holds(self, terms: Mapping[int, int]) -> bool:
        """Whether these are held without a gap since then; not for none. From either thread."""
        return bool(terms) and all(self._held.get(each) == term for each, term in terms.items())

    # What the consumer's thread tells, in the event loop's.

    def _arrived(self, event: Event) -> None:
        match event:
            case Assigned(partitions):
                self._assignments += 1
                self._held |= dict.fromkeys(partitions, self._assignments)
                self._asked = event
            case Revoked(partitions):
                self._asked = event
                self._forget_seeks(partitions)
            case Lost(partitions):
                self._forget_seeks(partitions)
                for partition in partitions:
                    self._held.pop(partition, None)
        self._keep(event)
        self._news.set()

    def _keep(self, event: Event) -> None:
        """Queue an event, without what was read before a seek that is still to be made."""
        match event:
            case CaughtUp(partition) if partition in self._seeks:
                return
            case Fetched(records) if self._seeks:
                records = [each for each in records if each.partition not in self._seeks]
                if not records:
                    return
                event = Fetched(records)
        self._events.append(event)

    def _forget_seeks(self, partitions: Iterable[int]) -> None:
        for partition in partitions:
            self._seeks.pop(partition, None)

    def _sought(self, partition: int, offset: int) -> None:
        if self._seeks.get(partition) == offset:
            del self._seeks[partition]

    def _failed(self, failure: BaseException) -> None:
        self._failure = failure
        self._news.set()

    def _ended(self, result: outcome.Outcome[None]) -> None:
        self._over.set()
        if isinstance(result, outcome.Error):
            self._failed(result.error)

    def _question(self, kind: type[Assigned] | type[Revoked]) -> tuple[int, ...]:
        asked = self._asked
        if not isinstance(asked, kind):
            raise ValueError(f"nothing was {kind.__name__.lower()}")
        self._asked = None
        return asked.partitions

    # What follows runs in the consumer's thread.

    def _tell(self, function: Callable[..., None], *args: object) -> None:
        with suppress(trio.RunFinishedError):  # a thread that was left behind at the end
            self._loop.run_sync_soon(function, *args)

    def _live(self) -> None:
        self._consumer.subscribe(
            [self._topic],
            on_assign=self._on_assign,
            on_revoke=self._on_revoke,
            on_lost=self._on_lost,
        )
        while not self._closing:
            self._step()
        with suppress(KafkaException):
            self._consumer.close()

    def _step(self) -> None:
        """Whatever is to be done now, or a short wait."""
        crowded = len(self._events) >= _AHEAD
        with suppress(queue.Empty):
            while not self._closing:
                self._jobs.get(block=crowded, timeout=_BUSY)()
                self._active = time.monotonic()
        if crowded:
            # The answer to a commit comes by way of the messages.
            if self._committing is not None:
                self._take(0, 1)
        else:
            lately = time.monotonic() - self._active < _LATELY
            self._take(_BUSY if lately or self._committing is not None else _IDLE, _AT_ONCE)
        self._flush()

    def _take(self, wait: float, most: int) -> None:
        for _ in range(most):
            try:
                message = self._consumer.poll(wait)
            except _Answered:
                return
            except KafkaException as exc:
                self._heed(exc.args[0])
                return
            if message is None:
                return
            self._note(message)
            wait = 0

    def _note(self, message: Message) -> None:
        topic, partition, offset = message.topic(), message.partition(), message.offset()
        error = message.error()
        self._active = time.monotonic()
        if error is not None and error.code() != KafkaError._PARTITION_EOF:
            self._heed(error)
        elif topic is None or partition is None or offset is None or partition in self._leaving:
            return
        elif error is None:
            self._batch.append(record_of(self._cluster, topic, partition, offset, message))
        else:
            self._flush()
            self._tell(self._arrived, CaughtUp(partition, offset))

    def _heed(self, error: KafkaError) -> None:
        said = error.str()
        refusal = group_refusal(error.code(), said, self._group, self._topic)
        if refusal or error.fatal():
            self._tell(self._failed, BrokerFatal(self._cluster, refusal or plain(said)))
        log.debug("%s: group %s: %s", self._cluster, self._group, said)

    def _flush(self) -> None:
        if self._batch:
            records, self._batch = self._batch, []
            self._tell(self._arrived, Fetched(records))

    # Jobs.

    def _try(self, call: Callable[[confluent_kafka.Consumer], None]) -> None:
        try:
            call(self._consumer)
        except KafkaException as exc:
            log.debug("%s: group %s: %s", self._cluster, self._group, exc.args[0].str())

    def _settle(self, answer: Mapping[int, int]) -> None:
        self._answers.append(answer)

    def _seek(self, partition: int, offset: int) -> None:
        self._flush()
        self._try(lambda consumer: consumer.seek(TopicPartition(self._topic, partition, offset)))
        self._tell(self._sought, partition, offset)

    def _commit(
        self,
        offsets: list[TopicPartition],
        terms: Mapping[int, int],
        settle: Callable[[KafkaError | None], None],
    ) -> None:
        self._committing = settle
        if not self.holds(terms):
            self.on_commit(KafkaError(KafkaError._ASSIGNMENT_LOST), [])
            return
        try:
            self._consumer.commit(offsets=offsets, asynchronous=True)
        except KafkaException as exc:
            self.on_commit(exc.args[0], [])

    # librdkafka's callbacks, inside `poll` or `close`.

    def on_commit(self, error: KafkaError | None, places: list[TopicPartition]) -> None:
        """What became of a commit; the consumer's configuration names this."""
        settle, self._committing = self._committing, None
        if error is None:
            error = next((place.error for place in places if place.error is not None), None)
        if settle is not None:
            self._tell(settle, error)

    def _on_assign(self, _: confluent_kafka.Consumer, places: list[TopicPartition]) -> None:
        starts = self._ask(Assigned(_numbers(places))) if places else {}
        begun = [TopicPartition(self._topic, each, at) for each, at in starts.items()]
        self._try(lambda consumer: consumer.incremental_assign(begun))
        self._surface()

    def _on_revoke(self, _: confluent_kafka.Consumer, places: list[TopicPartition]) -> None:
        self._leaving = frozenset(_numbers(places))
        if places:
            self._ask(Revoked(_numbers(places)))
        self._try(lambda consumer: consumer.incremental_unassign(places))
        self._leaving = frozenset()
        self._surface()

    def _on_lost(self, _: confluent_kafka.Consumer, places: list[TopicPartition]) -> None:
        self._flush()
        self._tell(self._arrived, Lost(_numbers(places)))
        self._try(lambda consumer: consumer.incremental_unassign(places))

    def _ask(self, question: Assigned | Revoked) -> Mapping[int, int]:
        """The answer, however long it takes; nothing when the member is closing."""
        self._flush()
        self._answers.clear()
        if not self._closing:
            self._tell(self._arrived, question)
        while not self._answers and not self._closing:
            self._is_deep = True
            self._step()
        return self._answers.pop() if self._answers else {}

    def _surface(self) -> None:
        deep, self._is_deep = self._is_deep, False
        if deep:
            raise _Answered


def _numbers(places: Sequence[TopicPartition]) -> tuple[int, ...]:
    return tuple(sorted(place.partition for place in places))
