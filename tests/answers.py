"""What comes back from writeback, for tests: a topic as it grows, and answers, read.

async with open_tail(kafka, site.responses) as tail:
    first, second = await answered(tail, 2)
    assert first.outcome == "done"
"""

import json
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import NoReturn

import trio
from confluent_kafka import Consumer, Message, TopicPartition

from tests.witness import CONSUMER, Record, partitions_of, record_of

LIMIT = 60.0
QUIET = {"log_level": 0, "reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 200}


class Tail:
    """Every record of a topic from its beginning, in order of arrival, and who waits for more."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self._more = trio.Condition()

    async def until(self, enough: Callable[[Sequence[Record]], bool]) -> list[Record]:
        """All there is, as soon as it is enough; the time limit is the caller's."""
        async with self._more:
            while not enough(self.records):
                await self._more.wait()
        return list(self.records)

    async def follow(self, consumer: Consumer) -> NoReturn:
        """Read on for ever."""
        while True:
            messages = await trio.to_thread.run_sync(_fetch, consumer)
            async with self._more:
                self.records += map(record_of, messages)
                self._more.notify_all()


@asynccontextmanager
async def open_tail(address: str, topic: str) -> AsyncIterator[Tail]:
    """What is and what comes into a topic, which is waited for where it does not exist yet."""
    consumer = Consumer({"bootstrap.servers": address, **CONSUMER, **QUIET})
    try:
        deadline = time.monotonic() + LIMIT
        partitions = await trio.to_thread.run_sync(partitions_of, consumer, topic, deadline)
        consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
        tail = Tail()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(tail.follow, consumer)
            yield tail
            nursery.cancel_scope.cancel()
    finally:
        consumer.close()


def _fetch(consumer: Consumer) -> list[Message]:
    """What is there, waiting a moment for the first."""
    first = consumer.poll(0.1)
    found = [] if first is None else [first, *consumer.consume(5000, timeout=0)]
    return [message for message in found if message.error() is None]


@dataclass(frozen=True, slots=True)
class Answer:
    """A response as a reader of the documentation sees it; `instance` is who gave it."""

    key: bytes | None
    instance: str
    fields: Mapping[str, object]

    @property
    def request_id(self) -> object:
        """The id of the request, None without one."""
        return self.fields.get("request_id")

    @property
    def error(self) -> str:
        """Why not; empty for a success."""
        return str(self.fields["error"])

    @property
    def outcome(self) -> str:
        """The answer in one or two words, as `docs/writeback.md` tells them apart."""
        if self.fields["success"]:
            return "done"
        if self.fields["skipped"]:
            return "expired"
        if self.fields["deduplicated"]:
            return "repeated" if self.error.startswith("request repeated") else "superseded"
        found = [
            text for text in ("outcome unknown", "not executed") if self.error.startswith(text)
        ]
        return found[0] if found else "failed"


def answer(record: Record) -> Answer:
    """A record of the topic of answers, whose form is checked on the way."""
    fields = json.loads(record.value or b"", parse_int=_integer)
    names = ["plc", "tag", "value", "request_id", "success", "error", "skipped", "deduplicated"]
    names.append("timestamp")
    assert list(fields) == [each for each in names if each != "request_id" or each in fields]
    headers = dict(record.headers)
    assert headers["content-type"] == b"application/json"
    assert headers["warlogix-version"] == b"1"
    instance = headers["warlogix-instance"]
    assert instance
    found = Answer(record.key, instance.decode(), fields)
    outcomes = (fields["success"], fields["skipped"], fields["deduplicated"])
    assert sum(outcomes) <= 1, fields
    assert fields["success"] == (not found.error), fields
    return found


def _integer(digits: str) -> int | str:
    """A number, or its digits where Python takes no more."""
    return int(digits) if len(digits) < 1000 else digits


def answers(records: Iterable[Record]) -> list[Answer]:
    """Records of the topic of answers, read."""
    return [answer(record) for record in records]


async def answered(tail: Tail, count: int) -> list[Answer]:
    """The answers, as soon as there are so many."""
    return answers(await tail.until(lambda records: len(records) >= count))
