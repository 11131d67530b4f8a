"""Which requests were asked before: a producer that got no answer asks again, with the same id."""

from collections import OrderedDict
from dataclasses import dataclass
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
from hashlib import blake2b

from msgspec import UNSET

from warlogix.writes.requests import Request
from warlogix.writes.targets import Target

# More than any topic brings within a usual age limit; about 80 MB when full.
_MOST = 200_000
# Producers that fill every field have these where they have no id.
_NO_ID = (b"null", b'""')
_EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)


@dataclass(frozen=True, slots=True)
class _Seen:
    received: float
    partition: int
    offset: int


class Repeats:
    """What was asked for already.

    It remembers the requests of the last `max_age` seconds that had a `request_id`; there is one
    for each consumer of requests.
    """

    def __init__(self, max_age: float) -> None:
        self._max_age = max_age
        self._seen: OrderedDict[bytes, _Seen] = OrderedDict()

    def earlier(self, request: Request, target: Target, asked: object) -> tuple[int, int] | None:
        """Partition and offset of the request that this one repeats; else it is remembered.

        A repetition has the same id, tag and value and comes within the age limit. `asked` is the
        value as `parse_json` has read it: a repetition is one whether or not anybody knows the
        tag's type. A record that is delivered again repeats nothing: it is the same one.
        """
        if request.request_id is UNSET or request.value is UNSET:
            return None
        if bytes(request.request_id) in _NO_ID:
            return None
        self._forget(request.received - self._max_age)
        value = _value(bytes(request.value), asked)
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


def _identity(request_id: bytes, target: Target, value: bytes) -> bytes:
    parts = (request_id, target.plc.encode(), target.tag.name.encode(), value)
    digest = blake2b(digest_size=16)
    for part in parts:
        digest.update(b"%d:" % len(part))
        digest.update(part)
    return digest.digest()


def _value(raw: bytes, asked: object) -> bytes:
    """The value in a form in which equal ones look equal: 1, 1.0, 1e0 and true are one.

    A list or an object is as it was sent: it may be nested deeper than a function goes.
    """
    if isinstance(asked, int | Decimal):
        return str(_EXACT.normalize(Decimal(asked))).encode()
    return raw
