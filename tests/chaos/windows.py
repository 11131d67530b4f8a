"""Which fault explains what happened to a key at a time: pure."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from math import inf

from tests.chaos.truth import Fault

# Rows that were under way, and what says each current value anew, come behind the first new value.
MARGIN = 5.0

# When a value was put in, and when it first arrived.
Arrival = tuple[float, float]


class Windows:
    """The times in which each fault can show in the topic.

    To a key a fault shows from its beginning until the scene has recovered and a value that was put
    in after the fault has arrived for that key too, and for 5 s more.
    """

    def __init__(self, faults: Iterable[Fault], arrivals: Mapping[str, Sequence[Arrival]]) -> None:
        self._faults = sorted(faults, key=lambda fault: -fault.since)
        self._arrivals = {key: sorted(each) for key, each in arrivals.items()}

    def latest(self, key: str, since: float, until: float) -> Fault | None:
        """The fault that began last of those that show to this key in this time."""
        return next((each for each in self._faults if self._shows(each, key, since, until)), None)

    def of_repeat(self, key: str, at: float) -> Fault | None:
        """The fault that began last of those for which a message may come twice at this time."""
        repeating = (each for each in self._faults if each.kind.may_repeat)
        return next((each for each in repeating if self._shows(each, key, at, at)), None)

    def _shows(self, fault: Fault, key: str, since: float, until: float) -> bool:
        concerned = fault.plc in ("", key.partition(".")[0])
        return concerned and fault.since <= until and since <= self._end(fault, key)

    def _end(self, fault: Fault, key: str) -> float:
        arrivals = self._arrivals.get(key, [])
        first = bisect_left(arrivals, (fault.until, -inf))
        arrived = arrivals[first][1] if first < len(arrivals) else inf
        return max(fault.recovered, arrived) + MARGIN
