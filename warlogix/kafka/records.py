"""A record of a topic, as consumers give it."""

from collections.abc import Sequence
from dataclasses import dataclass

from confluent_kafka import TIMESTAMP_NOT_AVAILABLE, Message


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a topic. `timestamp` is in ms since 1970, -1 where there is none."""

    cluster: str
    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    value: bytes | None


def record_of(cluster: str, topic: str, partition: int, offset: int, message: Message) -> Record:
    """What a message holds, at the place that it names."""
    kind, timestamp = message.timestamp()
    at = -1 if kind == TIMESTAMP_NOT_AVAILABLE else timestamp
    headers = _headers(message.headers())
    return Record(cluster, topic, partition, offset, at, message.key(), headers, message.value())


def _headers(given: object) -> Sequence[tuple[str, bytes | None]]:
    """What the library declares in several forms is a list of pairs, or nothing."""
    return given if isinstance(given, list) else ()
