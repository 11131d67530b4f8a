"""What a request is told, and how that travels.

    Answer.done(request)
    Answer.failed(request, "value 300 does not fit BYTE (0 to 255)")
    batch = responses("factory-writes", answers, wall, "plant-1")
    batch = dead_letters("factory-writes", [unreadable], wall, "plant-1")

`topic` is the topic that the requests came from; where answers go is the publisher's business.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from msgspec import UNSET, Raw
from msgspec.structs import replace

from warlogix.messages import Batch, Origin, WriteResponse, encode, is_dated, own_headers, timestamp
from warlogix.writes.requests import Original, Request, Unreadable

# Below the megabyte that brokers take for a record, its key and headers included.
_LARGEST = 900_000
# A record that has just fitted does so with our headers too.
_LARGEST_LETTER = 995_000
# A key of ours has a tenth of that at most; one of a request that lacks something is anybody's.
_LARGEST_KEY = 100_000
_NULL = Raw(b"null")

Headers: TypeAlias = "list[tuple[str, bytes | None]]"


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request.

    `by` is the request that superseded it. An answer whose request has a `fault` goes to the dead
    letters too.
    """

    request: Request
    success: bool = False
    error: str = ""
    skipped: bool = False
    deduplicated: bool = False
    by: Request | None = None

    @classmethod
    def done(cls, request: Request) -> "Answer":
        """The PLC has accepted the value."""
        return cls(request, success=True)

    @classmethod
    def failed(cls, request: Request, reason: str) -> "Answer":
        """It is not done, or nobody knows; `reason` says why."""
        return cls(request, error=reason)

    @classmethod
    def expired(cls, request: Request, reason: str) -> "Answer":
        """Its timestamp is too far from now; `reason` is what `late` says."""
        return cls(request, error=reason, skipped=True)

    @classmethod
    def superseded(cls, request: Request, by: Request) -> "Answer":
        """A newer request means the same tag."""
        error = "request superseded by newer write to same tag"
        return cls(request, error=error, deduplicated=True, by=by)

    @classmethod
    def repeated(cls, request: Request, partition: int, offset: int) -> "Answer":
        """It was asked for already, by the record that is named."""
        error = f"request repeated: same request_id as offset {offset}"
        if partition != request.partition:
            error += f" of partition {partition}"
        return cls(request, error=error, deduplicated=True)


def response_key(request: Request) -> bytes | None:
    """`{plc}.{tag}` as asked; the request's own key where it lacks something."""
    return request.key if request.fault else f"{request.plc}.{request.tag}".encode()


def responses(topic: str, answers: Sequence[Answer], at_ms: int, instance: str) -> Batch:
    """The answers as messages, made at `at_ms`, each with the record that it answers."""
    at = timestamp(at_ms)
    records = [_response(answer, at) for answer in answers]
    requests = [answer.request for answer in answers]
    return Batch(
        [key for key, _ in records],
        [value for _, value in records],
        [at_ms] * len(answers),
        [own_headers(instance)] * len(answers),
        [_origin(topic, request) for request in requests],
    )


def dead_letters(
    topic: str, letters: Sequence[Request | Unreadable], at_ms: int, instance: str
) -> Batch:
    """The records as they came, with the reason why they are here in a header.

    One that is too large to be sent again with that header comes without its bytes, or without its
    headers; `error.reason` says so, and the source is where they are.
    """
    parts = [_letter(topic, letter, instance) for letter in letters]
    return Batch(
        [key for key, _, _ in parts],
        [raw for _, raw, _ in parts],
        [at_ms] * len(letters),
        [headers for _, _, headers in parts],
        [_origin(topic, letter) for letter in letters],
    )


def _letter(
    topic: str, letter: Request | Unreadable, instance: str
) -> tuple[bytes | None, bytes | None, Headers]:
    """Key, value and headers of a dead letter, small enough for a broker."""
    key, raw, own = letter.key, letter.raw, letter.headers
    left_out = []
    if len(key or b"") > _LARGEST_KEY:
        key, left_out = None, ["key"]
    given = sum(len(name) + len(value or b"") + 10 for name, value in own)
    if given > _LARGEST - _LARGEST_KEY:
        own, given = (), 0
        left_out.append("headers")
    if len(key or b"") + given + len(raw or b"") > _LARGEST_LETTER:
        raw = b""
        left_out.append("value")
    reason = letter.fault if isinstance(letter, Request) else letter.reason
    if left_out:
        reason += f"; too large to be kept here: its {' and '.join(left_out)}"
    return key, raw, [*own, *_letter_headers(topic, letter, reason, instance)]


def _response(answer: Answer, at: str) -> tuple[bytes | None, bytes]:
    """Key and value of a response, small enough for a broker whatever was asked."""
    key = response_key(answer.request)
    response = WriteResponse(
        plc=answer.request.plc,
        tag=answer.request.tag,
        value=_NULL if answer.request.value is UNSET else answer.request.value,
        request_id=answer.request.request_id,
        success=answer.success,
        # Half a character, which JSON can spell and UTF-8 cannot, comes back as its escape.
        error=answer.error.encode(errors="backslashreplace").decode(),
        skipped=answer.skipped,
        deduplicated=answer.deduplicated,
        timestamp=at,
    )
    return _fitting(key, response)


def _fitting(key: bytes | None, response: WriteResponse) -> tuple[bytes | None, bytes]:
    if key is not None and len(key) > _LARGEST_KEY:
        key = None
    room = _LARGEST - len(key or b"")
    value = encode(response)
    # The larger one goes first: it may be that the other fits then.
    for member in sorted(("value", "request_id"), key=lambda name: -_size(response, name)):
        if len(value) > room:
            response = _without(response, member)
            value = encode(response)
    return key, value


def _size(response: WriteResponse, member: str) -> int:
    given = getattr(response, member)
    return 0 if given is UNSET else len(bytes(given))


def _without(response: WriteResponse, member: str) -> WriteResponse:
    """The answer without a member; the error of a success stays empty."""
    fact = f"the {member} is too large for an answer and was left out of it"
    error = "" if response.success else f"{response.error}; {fact}"
    if member == "value":
        return replace(response, value=_NULL, error=error)
    return replace(response, request_id=UNSET, error=error)


def _letter_headers(topic: str, letter: Original, reason: str, instance: str) -> Headers:
    dated = is_dated(letter.timestamp)
    # Of two headers of one name readers take the last: the original's own come first.
    return [
        *own_headers(instance),
        ("error.reason", reason.encode(errors="backslashreplace")),
        ("source.topic", topic.encode()),
        ("source.partition", b"%d" % letter.partition),
        ("source.offset", b"%d" % letter.offset),
        ("source.timestamp", timestamp(letter.timestamp).encode() if dated else b""),
    ]


def _origin(topic: str, original: Original) -> Origin:
    return Origin(topic, original.partition, original.offset, original.timestamp)
