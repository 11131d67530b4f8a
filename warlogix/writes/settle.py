"""Which requests of a window are executed, and what the others are told.

    settled = settle(requests, targets, kinds, repeats, now, max_age)

A request that lacks something, has expired, cannot be carried out, or is for a tag whose type
nobody knows now is answered with that and displaces nothing. A repetition is answered as one. Of
the rest, the latest request for each tag stays, at its own place in the order; but a tag with
`coalesce_writes = false` keeps every request, and none is superseded across such a one to the same
PLC.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from msgspec import UNSET

from warlogix.conversion import convert, parse_json
from warlogix.datatypes import Kind
from warlogix.errors import BadRequest
from warlogix.tags import Tag, Value
from warlogix.writes.answers import Answer
from warlogix.writes.repeats import Repeats
from warlogix.writes.requests import Request
from warlogix.writes.targets import Target, Targets

# The type by which a value for a PLC's tag is converted, or why nobody knows it now.
Kinds: TypeAlias = Callable[[str, Tag], Kind | str]


@dataclass(frozen=True, slots=True)
class Write:
    """A request that is to be executed; `value` is ready for the tag's type, which is `kind`."""

    request: Request
    target: Target
    value: Value
    kind: Kind


@dataclass(frozen=True, slots=True)
class Settled:
    """What to execute and what to answer, each in the order of the requests."""

    todo: tuple[Write, ...]
    answers: tuple[Answer, ...]


def settle(
    requests: Sequence[Request],
    targets: Targets,
    kinds: Kinds,
    repeats: Repeats,
    now: float,
    max_age: float,
) -> Settled:
    """Decide on the requests of one window, given in the order of their arrival.

    `now` is monotonic seconds, at the moment the window closes.
    """
    writes: dict[int, Write] = {}
    answers: dict[int, Answer] = {}
    for place, request in enumerate(requests):
        judged = _judge(request, late(request, now, max_age), targets, kinds, repeats)
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
    request: Request, too_late: str, targets: Targets, kinds: Kinds, repeats: Repeats
) -> Write | Answer:
    """What becomes of a request by itself."""
    if request.fault or request.value is UNSET:
        return Answer.failed(request, request.fault)
    if too_late:
        return Answer.expired(request, too_late)
    try:
        target = targets.find(request.plc, request.tag)
        asked = parse_json(bytes(request.value))
        kind = kinds(target.plc, target.tag)
        value = None if isinstance(kind, str) else convert(asked, kind)
    except BadRequest as error:
        return Answer.failed(request, str(error))
    if earlier := repeats.earlier(request, target, asked):
        return Answer.repeated(request, *earlier)
    if isinstance(kind, str):
        return Answer.failed(request, f"not executed: {kind}")
    return Write(request, target, value, kind)


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
