"""The lines of writeback in the debug log, word for word as WarLogix writes them.

Values are the JSON that was asked, text without its quotes; type words are those of Go.
"""

from collections.abc import Iterable

import msgspec
from msgspec import UNSET

from warlogix.writes.answers import Answer, response_key
from warlogix.writes.requests import Original, Request
from warlogix.writes.settle import Settled, Write

_START = "[Kafka] [Consumer]"
_LONGEST = 1000
_TYPE_WORDS = {
    b'"': "string",
    b"t": "bool",
    b"f": "bool",
    b"[": "[]interface {}",
    b"{": "map[string]interface {}",
    b"n": "<nil>",
}


def received(original: Original) -> str:
    """A record has come."""
    place = f"partition={original.partition} offset={original.offset}"
    return f"{_START} Received write request: {place} key={_text(original.key)}"


def payload(original: Original) -> str:
    """What the record holds, cut when it is long."""
    return f"{_START} Payload: {_text(original.raw)}"


def dedup_discard(answer: Answer, now: float) -> str:
    """A request is not executed because of another; `now` is monotonic seconds."""
    request, by = answer.request, answer.by
    age = round((request.age + now - request.received) * 1000)
    fact = f"{_START} DEDUP DISCARD: {_asked(request)} (offset={request.offset}, age={age}ms)"
    if by is None:
        return f"{fact}: {answer.error}"
    return f"{fact} replaced by value={_value(by)} (offset={by.offset})"


def processing_batch(settled: Settled) -> str:
    """A window has closed; what has expired counts among what is to execute."""
    count = len(settled.todo) + len(settled.answers)
    spared = sum(answer.deduplicated for answer in settled.answers)
    counts = f"{count} received, {spared} deduplicated, {count - spared} to execute"
    return f"{_START} Processing batch: {counts}"


def sending_deduplicated(answer: Answer) -> str:
    """A request is told that another took its place."""
    why = "replaced by newer request" if answer.by else "repeated request"
    return f"{_START} Sending deduplicated response for {_asked(answer.request)} ({why})"


def publishing(topic: str, answer: Answer) -> str:
    """An answer goes to the topic of responses."""
    key = _text(response_key(answer.request))
    success = "true" if answer.success else "false"
    return f"{_START} Publishing response to {topic}: key={key} success={success}"


def executing(write: Write) -> str:
    """A write starts."""
    raw = write.request.value
    word = "float64" if raw is UNSET else _TYPE_WORDS.get(bytes(raw)[:1], "float64")
    return f"{_START} Executing write: {_assigned(write)} (type: {word})"


def write_successful(write: Write) -> str:
    """The PLC has accepted it."""
    return f"{_START} Write successful: {_assigned(write)}"


def write_failed(write: Write, reason: str) -> str:
    """It is not done, or nobody knows."""
    return f"{_START} Write failed: {_assigned(write)}: {_text(reason.encode(errors='replace'))}"


def batch_complete(answers: Iterable[Answer]) -> str:
    """All requests of a window have their answers."""
    given = list(answers)
    succeeded = sum(answer.success for answer in given)
    expired = sum(answer.skipped for answer in given)
    spared = sum(answer.deduplicated for answer in given)
    failed = len(given) - succeeded - expired - spared
    return (
        f"{_START} Batch complete: {succeeded} succeeded, {failed} failed, "
        f"{expired} expired, {spared} deduplicated"
    )


def _asked(request: Request) -> str:
    return f"{_name(request)} value={_value(request)}"


def _assigned(write: Write) -> str:
    return f"{_name(write.request)} = {_value(write.request)}"


def _name(request: Request) -> str:
    return _text(f"{request.plc}/{request.tag}".encode())


def _value(request: Request) -> str:
    if request.value is UNSET or bytes(request.value) == b"null":
        return "<nil>"
    raw = bytes(request.value)
    return _text(msgspec.json.decode(raw, type=str).encode() if raw[:1] == b'"' else raw)


def _text(raw: bytes | None) -> str:
    """Bytes of somebody else's as one line of text."""
    if raw is None:
        return ""
    text = raw[:_LONGEST].decode(errors="backslashreplace")
    line = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
    return f"{line}…" if len(raw) > _LONGEST else line
