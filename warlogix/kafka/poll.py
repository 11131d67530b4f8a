"""One consumer and the thread that it lives in; what it tells goes into an inbox.

    poll = Poll(cluster, "writers", "factory-writes", inbox)
    poll.start(consumer)
    found = await poll.run(lambda consumer: consumer.committed(places, timeout=2))

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
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TypeVar

import confluent_kafka
import trio
from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition
from trio_util import wait_any

from warlogix.clusters import Cluster
from warlogix.errors import BrokerFatal
from warlogix.kafka.events import Assigned, CaughtUp, Event, Fetched, Lost, Revoked
from warlogix.kafka.inbox import Inbox
from warlogix.kafka.reasons import group_refusal, told
from warlogix.kafka.records import Record, record_of

log = logging.getLogger(__name__)

T = TypeVar("T")

Call = Callable[[confluent_kafka.Consumer], T]
Settle = Callable[[KafkaError | None], None]

# How long a poll waits for a message, and so how long a job may wait for its turn: hardly at all
# while something happens.
_BUSY, _IDLE = 0.002, 0.05
_LATELY = 1.0
_AT_ONCE = 1_000
# So many lists of records wait for somebody who takes them, then no more are read.
_AHEAD = 3


class _Answered(Exception):
    """A callback is over, and so is the poll that it ran in."""


class Poll:
    """A consumer's thread."""

    def __init__(self, cluster: Cluster, group: str, topic: str, inbox: Inbox) -> None:
        self._cluster = cluster
        self._group = group
        self._topic = topic
        self._inbox = inbox
        self._loop = trio.lowlevel.current_trio_token()
        self._jobs: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._closing = False
        # For the consumer's thread alone:
        self._consumer: confluent_kafka.Consumer
        self._batch: list[Record] = []
        self._told = 0
        self._answers: list[Mapping[int, int]] = []
        self._leaving: frozenset[int] = frozenset()
        self._settle: Settle | None = None
        self._active = 0.0
        self._is_deep = False

    def start(self, consumer: confluent_kafka.Consumer) -> None:
        """Join the group."""
        self._consumer = consumer
        trio.lowlevel.start_thread_soon(self._live, partial(self._tell, self._inbox.end))

    def close(self) -> None:
        """Leave the group, and end; `over` of the inbox is set then. Nothing is asked any more."""
        self._closing = True

    async def run(self, call: Call[T]) -> T:
        """The result of a call in the consumer's thread.

        *Errors*: `KafkaException`. The thread dies of any other, and everybody who waits for it,
        or asks it later, is told: it is a bug.
        """
        done = trio.Event()
        results: list[T | KafkaException] = []

        def deliver(result: T | KafkaException) -> None:
            results.append(result)
            done.set()

        self._jobs.put(lambda: self._tell(deliver, self._result(call)))
        await self.until(done)
        result = results[0]
        if isinstance(result, KafkaException):
            raise result
        return result

    async def until(self, done: trio.Event) -> None:
        """Wait for what the thread is to do. *Errors*: what it died of before."""
        await wait_any(done.wait, self._inbox.over.wait)
        if not done.is_set():
            self._inbox.raise_death()
            await done.wait()

    def do(self, call: Call[None]) -> None:
        """Make a call in the consumer's thread, soon; that it fails does not matter."""
        self._jobs.put(partial(self._try, call))

    def answer(self, starts: Mapping[int, int]) -> None:
        """End the callback that is waiting: begin here, or let go."""
        self._jobs.put(partial(self._answers.append, starts))

    def commit(
        self, offsets: list[TopicPartition], terms: Mapping[int, int], settle: Settle
    ) -> None:
        """Commit if these are held; `settle` is told what went wrong, in the event loop.

        One at a time.
        """
        self._jobs.put(partial(self._commit, offsets, terms, settle))

    # What follows runs in the consumer's thread.

    def _live(self) -> None:
        self._consumer.subscribe(
            [self._topic],
            on_assign=self._on_assign,
            on_revoke=self._on_revoke,
            on_lost=self._on_lost,
        )
        while not self._closing:
            self._step()
        self._try(lambda consumer: consumer.close())
        # Freed here: it may wait for a name server, and the event loop must not.
        del self._consumer

    def _step(self) -> None:
        """Whatever is to be done now, or a short wait."""
        crowded = self._told - self._inbox.done >= _AHEAD
        with suppress(queue.Empty):
            while not self._closing:
                self._jobs.get(block=crowded, timeout=_BUSY)()
                self._active = time.monotonic()
        if not crowded:
            lately = time.monotonic() - self._active < _LATELY
            self._take(_BUSY if lately or self._settle is not None else _IDLE, _AT_ONCE)
        elif self._settle is not None:
            # The answer to a commit comes by way of the messages.
            self._take(0, 1)
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
            self._batch.append(record_of(self._cluster.name, topic, partition, offset, message))
        else:
            self._arrive(CaughtUp(partition, offset))

    def _heed(self, error: KafkaError) -> None:
        said = told(error.str(), self._cluster)
        refusal = group_refusal(error.code(), said, self._group, self._topic)
        if refusal or error.fatal():
            self._tell(self._inbox.fail, BrokerFatal(self._cluster.name, refusal or said))
        log.debug("%s: group %s: %s", self._cluster.name, self._group, said)

    def _flush(self) -> None:
        if self._batch:
            records, self._batch = self._batch, []
            self._told += 1
            self._tell(self._inbox.arrived, Fetched(records))

    def _arrive(self, event: Event) -> None:
        self._flush()
        self._tell(self._inbox.arrived, event)

    def _tell(self, function: Callable[..., None], *args: object) -> None:
        with suppress(trio.RunFinishedError):  # a thread that was left behind at the end
            self._loop.run_sync_soon(function, *args)

    # Jobs.

    def _result(self, call: Call[T]) -> T | KafkaException:
        try:
            return call(self._consumer)
        except KafkaException as exc:
            return exc

    def _try(self, call: Call[None]) -> None:
        failure = self._result(call)
        if failure is not None:
            said = told(failure.args[0].str(), self._cluster)
            log.debug("%s: group %s: %s", self._cluster.name, self._group, said)

    def _commit(
        self, offsets: list[TopicPartition], terms: Mapping[int, int], settle: Settle
    ) -> None:
        self._settle = settle
        if not self._inbox.holds(terms):
            self.on_commit(KafkaError(KafkaError._ASSIGNMENT_LOST), [])
            return
        try:
            self._consumer.commit(offsets=offsets, asynchronous=True)
        except KafkaException as exc:
            self.on_commit(exc.args[0], [])

    # librdkafka's callbacks, inside `poll` or `close`.

    def on_commit(self, error: KafkaError | None, places: list[TopicPartition]) -> None:
        """What became of a commit; the consumer's configuration names this."""
        settle, self._settle = self._settle, None
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
        self._arrive(Lost(_numbers(places)))
        self._try(lambda consumer: consumer.incremental_unassign(places))

    def _ask(self, question: Assigned | Revoked) -> Mapping[int, int]:
        """The answer, however long it takes; nothing when the member is closing."""
        self._answers.clear()
        if not self._closing:
            self._arrive(question)
        while not self._answers and not self._closing:
            self._is_deep = True
            self._step()
        return self._answers.pop() if self._answers else {}

    def _surface(self) -> None:
        """End the poll around this callback, if the callback made calls of its own."""
        deep, self._is_deep = self._is_deep, False
        if deep:
            raise _Answered


def _numbers(places: Sequence[TopicPartition]) -> tuple[int, ...]:
    return tuple(sorted(place.partition for place in places))
