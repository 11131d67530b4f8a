"""Stands in for a gateway that executes writes: reads the requests, and answers as it is told to.

gateway = Gateway(kafka, "factory")
with gateway.answering(lambda request: [answered(request)]):
    ...
"""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition

from tests.witness import Record, read_topic

LIMIT = 90.0
Answer = Callable[[dict[str, Any]], Sequence[dict[str, Any]]]


def answered(request: dict[str, Any], **outcome: Any) -> dict[str, Any]:
    """The response to a request, a success unless told otherwise."""
    told = {"success": True, "error": "", "skipped": False, "deduplicated": False} | outcome
    return {**request, **told, "timestamp": "2024-01-15T10:30:00.123Z"}


class Gateway:
    """Stands in for a gateway: answers each request with what `answer` makes of it."""

    def __init__(self, address: str, base: str) -> None:
        self._address = address
        self._base = base

    @contextmanager
    def answering(self, answer: Answer) -> Iterator[None]:
        """Answer whatever comes while the block lasts; a failure of `answer` fails the test."""
        over = threading.Event()
        broken: list[BaseException] = []

        def serve() -> None:
            try:
                self._serve(answer, over)
            except (AssertionError, KeyError, TypeError, ValueError) as error:
                broken.append(error)

        reader = threading.Thread(target=serve)
        reader.start()
        try:
            yield
        finally:
            over.set()
            reader.join()
        assert not broken

    def _serve(self, answer: Answer, over: threading.Event) -> None:
        producer = Producer({"bootstrap.servers": self._address, "log_level": 0})
        consumer = Consumer(
            {"bootstrap.servers": self._address, "group.id": "stand-in", "log_level": 0}
        )
        consumer.assign([TopicPartition(f"{self._base}-writes", 0, 0)])
        while not over.is_set():
            message = consumer.poll(0.05)
            if message is None or message.error() is not None:
                continue
            for response in answer(json.loads(message.value() or b"")):
                producer.produce(f"{self._base}-write-responses", json.dumps(response), b"k")
            assert producer.flush(LIMIT) == 0
        consumer.close()

    def requests(self) -> list[Record]:
        """What was asked."""
        return read_topic(self._address, f"{self._base}-writes")
