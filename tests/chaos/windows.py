"""Which fault explains what happened to a key at a time: pure."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from math import inf

from tests.chaos.truth import Fault, Up

# Rows that were under way, and what says each current value anew, come behind the first new value.
MARGIN = 5.0
# A PLC that is back is read within so many seconds: a key has a new value by then.
LATEST = 15.0
# What the broker had taken so long before a trouble may not have been known to be confirmed.
UNDER_WAY = 2.0

# When a value was put in, and when it first arrived.
Arrival = tuple[float, float]


class Windows:
    """The times in which each fault can show in the topic.

    To a key a fault shows from its beginning until the scene has recovered and a value that was put
    in after the fault has arrived for that key too (for which it has 15 s), and for 5 s more.
    """

    def __init__(
        self,
        faults: Iterable[Fault],
        arrivals: Mapping[str, Sequence[Arrival]],
        ups: Mapping[str, Sequence[Up]],
    ) -> None:
        self._faults = sorted(faults, key=lambda fault: -fault.since)
        self._arrivals = {key: sorted(each) for key, each in arrivals.items()}
        self._breaks = {plc: list(_breaks(each)) for plc, each in ups.items()}

    def latest(self, key: str, since: float, until: float) -> Fault | None:
        """The fault that began last of those that show to this key in this time."""
        return next((each for each in self._faults if self._shows(each, key, since, until)), None)

    def of_repeat(self, key: str, at: float, before: float, *, newest: bool) -> Fault | None:
        """The fault that began last of those for which a message may come again at this time.

        It may if it came `before` while nobody had to know yet that it is confirmed; and if it is
        the `newest` of its key, where a fault has every current value announced anew.
        """
        for each in self._faults:
            if newest and each.kind.announces and self._announces(each, key, at):
                return each
            under_way = self._unsettled(each) <= before <= each.recovered + UNDER_WAY
            if each.kind.may_repeat and under_way and self._shows(each, key, at, at):
                return each
        return None

    def is_calm(self, key: str, at: float) -> bool:
        """Whether a reading that arrives at this time was made while its PLC could be read.

        What was read some time ago arrives late, or again, where something else was in trouble.
        """
        plc = key.partition(".")[0]
        others = (each for each in self._faults if each.kind.may_repeat)
        since = min((self._unsettled(e) for e in others if self._shows(e, key, at, at)), default=at)
        return not any(
            each.plc == plc and self._shows(each, key, since, at) for each in self._faults
        ) and not any(
            begin <= at and since <= end + MARGIN for begin, end in self._breaks.get(plc, [])
        )

    def _announces(self, fault: Fault, key: str, at: float) -> bool:
        """Whether it shows, or did when another trouble began that does: they tell it later."""
        return self._shows(fault, key, at, at) or any(
            each.kind.may_repeat
            and self._shows(each, key, at, at)
            and self._shows(fault, key, each.since, each.since)
            for each in self._faults
        )

    def _unsettled(self, fault: Fault) -> float:
        """What came before had been confirmed when the fault began, or another was in the way."""
        others = (each for each in self._faults if each.kind.may_repeat)
        waits = (each.since for each in others if each.since <= fault.since <= each.recovered)
        return min(waits, default=fault.since) - UNDER_WAY

    def _shows(self, fault: Fault, key: str, since: float, until: float) -> bool:
        concerned = fault.plc in ("", key.partition(".")[0])
        return concerned and fault.since <= until and since <= self._end(fault, key)

    def _end(self, fault: Fault, key: str) -> float:
        arrivals = self._arrivals.get(key, [])
        first = bisect_left(arrivals, (fault.until, -inf))
        arrived = arrivals[first][1] if first < len(arrivals) else inf
        return max(fault.recovered, min(arrived, fault.recovered + LATEST)) + MARGIN


def _breaks(ups: Sequence[Up]) -> Iterable[tuple[float, float]]:
    """The times before and between those in which a PLC could be read."""
    ends = [-inf, *(each.until for each in ups)]
    return zip(ends, [each.since for each in ups], strict=False)
