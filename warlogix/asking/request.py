"""What is asked and what came of it; pure.

request = Request("MainPLC", "Count", read_value("100"))
"""

from dataclasses import dataclass
from enum import Enum

import msgspec

from warlogix.kafka.single import Place
from warlogix.messages import one_line


@dataclass(frozen=True, slots=True)
class Request:
    """A value for a tag; `value` is JSON in UTF-8, digit for digit as it was typed."""

    plc: str
    tag: str
    value: bytes


class Outcome(Enum):
    """What became of a request, in one word."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    DEDUPLICATED = "deduplicated"
    UNKNOWN = "unknown"
    SILENT = "no answer"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back within `seconds`.

    `error` says why it is not done. Through Kafka, `place` is where the request is, None as long as
    Kafka has not confirmed it, and `answer` the response as it came.
    """

    outcome: Outcome
    seconds: float
    error: str = ""
    request_id: str = ""
    place: Place | None = None
    answer: bytes | None = None


def whereabouts(place: Place | None) -> str:
    """Where a request is that was sent."""
    if place is None:
        return "the request may be in Kafka all the same"
    return f"the request is in {place.topic}, partition {place.partition}, offset {place.offset}"


def read_value(text: str) -> bytes:
    """The JSON that a word of the command line is, else that of the word as a text."""
    raw = text.encode()
    try:
        msgspec.json.decode(raw, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return text_value(text)
    return one_line(raw).strip()


def text_value(text: str) -> bytes:
    """The JSON of a text, whatever it looks like."""
    return msgspec.json.encode(text)
