"""Whether it is a producer's clock that makes its requests too old, or too new.

    clocks = ProducerClocks(max_age)
    request, warning = clocks.judge(request)    # at its receipt; log the warning if there is one

Nobody tells which producer sent a record, so the record's key stands for it. Requests that waited
while the gateway was away are old too, but less and less so from one to the next. A clock that is
off gives the same age at each receipt, long after the first.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass, replace

from warlogix.writes.requests import Request

# Receipts at least so far apart, whose ages differ by no more, in seconds.
_APART, _STEADY = 1.0, 1.0
_MOST_KEYS, _LONGEST_KEY = 1000, 200
_MOST_TOLD = 100
_HINT = "all requests with this key come this old: compare the producer's clock with the gateway's"
_REMEDY = "set the clocks of producers, brokers and gateways by one source of time"


@dataclass(frozen=True, slots=True)
class _Expired:
    """The first of a row of requests that were all too old when they came."""

    received: float
    age: float


class ProducerClocks:
    """What is known of the clocks of those who send requests. `max_age` is in seconds."""

    def __init__(self, max_age: float) -> None:
        self._max_age = max_age
        self._expired: OrderedDict[bytes, _Expired] = OrderedDict()
        # One producer sends with many keys, and its clock is off by as much in all of them.
        self._told: deque[float] = deque(maxlen=_MOST_TOLD)

    def judge(self, request: Request) -> tuple[Request, str]:
        """The request, with what its answer is to add, and a warning the first time."""
        key = _producer(request)
        if request.age <= self._max_age:
            self._expired.pop(key, None)
            if -request.age <= self._max_age:
                return request, ""
            return request, self._once(request, f"{-request.age:.0f} s ahead of")
        first = self._expired.setdefault(key, _Expired(request.received, request.age))
        if len(self._expired) > _MOST_KEYS:
            self._expired.popitem(last=False)
        if abs(request.age - first.age) > _STEADY:
            self._expired[key] = _Expired(request.received, request.age)
        elif request.received - first.received >= _APART:
            return replace(request, clock=_HINT), self._once(request, f"{request.age:.0f} s behind")
        return request, ""

    def _once(self, request: Request, off: str) -> str:
        """The warning, unless a clock that is off by as much was told of already."""
        if any(abs(request.age - age) <= max(_STEADY, self._max_age) for age in self._told):
            return ""
        self._told.append(request.age)
        key = _producer(request).decode(errors="backslashreplace")
        fact = (
            f'the timestamps of write requests with the key "{key}" are {off} this gateway\'s clock'
        )
        return f"{fact}; {_REMEDY}"


def _producer(request: Request) -> bytes:
    key = request.key or f"{request.plc}.{request.tag}".encode()
    return key[:_LONGEST_KEY]
