"""Where in a topic to begin, and what of it is there already."""

from dataclasses import dataclass
from typing import TypeAlias

from confluent_kafka import Consumer, TopicPartition

_ANSWER = 5.0


@dataclass(frozen=True, slots=True)
class End:
    """With the next record that comes."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """With the first record that the broker still has."""


@dataclass(frozen=True, slots=True)
class Since:
    """With the first record made at this time (ms since 1970) or later."""

    at: int


@dataclass(frozen=True, slots=True)
class Last:
    """With the newest records, so many of all topics together."""

    count: int


Start: TypeAlias = End | Beginning | Since | Last


@dataclass(frozen=True, slots=True)
class Span:
    """The offsets from `first` up to, and without, `end`: what is there now and is asked for."""

    first: int
    end: int


def span(consumer: Consumer, topic: str, partition: int, start: Start) -> Span:
    """What a partition has for this start. Blocks, in a thread.

    *Errors*: `KafkaException` when the broker does not tell.
    """
    place = TopicPartition(topic, partition)
    low, high = consumer.get_watermark_offsets(place, timeout=_ANSWER)
    match start:
        case End():
            return Span(high, high)
        case Beginning():
            return Span(low, high)
        case Last(count):
            return Span(max(low, high - count), high)
        case Since(at):
            wanted = TopicPartition(topic, partition, at)
            (found,) = consumer.offsets_for_times([wanted], timeout=_ANSWER)
            return Span(found.offset if found.offset >= 0 else high, high)
