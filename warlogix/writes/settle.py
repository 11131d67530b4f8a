"""Which requests of a window are executed, and what the others are told.

    settled = settle(requests, targets, repeats, now, max_age)

A request that lacks something, has expired, or cannot be carried out is answered with that and
displaces nothing. A repetition is answered as one. Of the rest, the latest request for each tag
stays, at its own place in the order; but a tag with `coalesce_writes = false` keeps every request,
and none is superseded across such a one to the same PLC.
"""

from collections import Counter, OrderedDict, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from msgspec import UNSET

from warlogix.conversion import convert, parse_json
from warlogix.errors import BadRequest
from warlogix.tags import Value
from warlogix.writes.answers import Answer
from warlogix.writes.requests import Request
from warlogix.writes.targets import Target, Targets

# More than any topic brings within a usual age limit; about 80 MB when full.
_MOST = 200_000
# Producers that fill every field have these where they have no id.
_NO_ID = (b"null", b'""')


@dataclass(frozen=True, slots=True)
class Write:
    """A request that is to be executed; `value` is ready for the tag's type."""

    request: Request
    target: Target
    value: Value


@dataclass(frozen=True, slots=True)
class Settled:
    """What to execute and what to answer, each in the order of the requests."""

    todo: tuple[Write, ...]
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class _Seen:
    received: float
    partition: int
    offset: int


class Repeats:
    """What was asked for already: a producer that got no answer asks again, with the same id.

    It remembers the requests of the last `max_age` seconds that had a `request_id`; there is one
    for each consumer of requests.
    """

    def __init__(self, max_age: float) -> None:
        self._max_age = max_age
        self._seen: OrderedDict[bytes, _Seen] = OrderedDict()

    def earlier(self, request: Request, target: Target, value: Value) -> tuple[int, int] | None:
        """Partition and offset of the request that this one repeats; else it is remembered.

        A repetition has the same id, tag and value and comes within the age limit. A record
        that is delivered again repeats nothing: it is the same one.
        """
        if request.request_id is UNSET or bytes(request.request_id) in _NO_ID:
            return None
        self._forget(request.received - self._max_age)
        identity = _identity(bytes(request.request_id), target, value)
        first = self._seen.setdefault(
            identity, _Seen(request.received, request.partition, request.offset)
        )
        place = (first.partition, first.offset)
        return None if place == (request.partition, request.offset) else place

    def _forget(self, before: float) -> None:
        seen = self._seen
        while seen and (next(iter(seen.values())).received < before or len(seen) >= _MOST):
            seen.popitem(last=False)


def settle(
    requests: Sequence[Request], targets: Targets, repeats: Repeats, now: float, max_age: float
) -> Settled:
    """Decide on the requests of one window, given in the order of their arrival.

    `now` is monotonic seconds, at the moment the window closes.
    """
    writes: dict[int, Write] = {}
    answers: dict[int, Answer] = {}
    for place, request in enumerate(requests):
        judged = _judge(request, targets, repeats, now, max_age)
        if isinstance(judged, Write):
            writes[place] = judged
        else:
            answers[place] = judged
    for place, by in _superseded(writes).items():
        answers[place] = Answer.superseded(writes.pop(place).request, by)
    return Settled(tuple(writes.values()), tuple(answers[place] for place in sorted(answers)))


def late(request: Request, now: float, max_age: float) -> str:
    """Why it is too late for the request, or too early by its timestamp; "" when it is neither."""
    age = request.age + (now - request.received)
    if age > max_age:
        fact = f"request expired (age: {go_duration(age)}, max: {go_duration(max_age)})"
        return f"{fact}; {request.clock}" if request.clock else fact
    if -age > max_age:
        return f"request timestamp is {_seconds(-age)} s ahead of this gateway's clock"
    return ""


def go_duration(seconds: float) -> str:
    """Seconds as Go prints a duration, rounded to ms: `850ms`, `5.2s`, `1m5.2s`, `1h0m0s`."""
    milliseconds = round(seconds * 1000)
    if 0 < milliseconds < 1000:
        return f"{milliseconds}ms"
    minutes, rest = divmod(milliseconds, 60_000)
    whole, fraction = divmod(rest, 1000)
    last = f"{whole}.{fraction:03d}".rstrip("0").rstrip(".") if fraction else f"{whole}"
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes}m{last}s"
    return f"{minutes}m{last}s" if minutes else f"{last}s"


def _seconds(lead: float) -> str:
    return f"{lead:.0f}" if lead >= 10 else f"{lead:.1f}".removesuffix(".0")


def _judge(
    request: Request, targets: Targets, repeats: Repeats, now: float, max_age: float
) -> Write | Answer:
    if request.fault or request.value is UNSET:
        return Answer.failed(request, request.fault)
    if reason := late(request, now, max_age):
        return Answer.expired(request, reason)
    try:
        target = targets.find(request.plc, request.tag)
        value = converted(bytes(request.value), target)
    except BadRequest as error:
        return Answer.failed(request, str(error))
    if earlier := repeats.earlier(request, target, value):
        return Answer.repeated(request, *earlier)
    return Write(request, target, value)


def converted(value: bytes, target: Target) -> Value:
    """The JSON of a request as the tag's own value. Raises `BadRequest`."""
    if target.tag.kind is None:
        raise BadRequest(
            f"the type of tag {target.tag.label} of PLC {target.plc} is not known yet; "
            "it needs a data_type in the configuration"
        )
    return convert(parse_json(value), target.tag.kind)


def _identity(request_id: bytes, target: Target, value: Value) -> bytes:
    # Of one tag's values equal ones look equal: they were converted to its type.
    parts = (request_id, target.plc.encode(), target.tag.name.encode(), repr(value).encode())
    digest = blake2b(digest_size=16)
    for part in parts:
        digest.update(b"%d:" % len(part))
        digest.update(part)
    return digest.digest()


def _superseded(writes: dict[int, Write]) -> dict[int, Request]:
    """The places of the writes that are superseded, and by what."""
    kept_so_far: Counter[str] = Counter()
    rivals: defaultdict[tuple[str, str, int], list[int]] = defaultdict(list)
    for place, write in writes.items():
        plc, tag = write.target.plc, write.target.tag
        if tag.coalesce_writes:
            rivals[plc, tag.name, kept_so_far[plc]].append(place)
        else:
            kept_so_far[plc] += 1
    superseded: dict[int, Request] = {}
    for places in rivals.values():
        if len(places) > 1:
            survivor = _latest(places, writes)
            by = writes[survivor].request
            superseded.update((place, by) for place in places if place != survivor)
    return superseded


def _latest(places: Sequence[int], writes: dict[int, Write]) -> int:
    """Of each partition the later offset, and of those the later timestamp, then the last to come.

    In this order: offsets tell for sure, and timestamps of a partition may contradict them.
    """
    last: dict[int, int] = {}
    for place in sorted(places, key=lambda place: writes[place].request.offset):
        last[writes[place].request.partition] = place
    return max(last.values(), key=lambda place: (writes[place].request.written, place))
