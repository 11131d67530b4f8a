"""What was handed in, scan by scan, and how long it took to be confirmed; no clock, no I/O.

    ledger.hand_in(messages=10, moment=now)     # the next scan
    ledger.settle(messages=10, moment=now)      # so many more have come back, the oldest first
    ledger.sent, ledger.settled, ledger.latency.percentile(0.5)

A scan costs a fraction of a microsecond, however many messages it has, and nothing once it is back.
"""

from collections import Counter, deque
from math import exp, inf, log

# Latencies are told apart when they differ by a hundredth.
_FINENESS = 100
# Nothing is faster: it stands for zero, too.
_LEAST = 1e-6


class Latency:
    """How long messages took, in seconds, in memory that does not grow with their number."""

    def __init__(self) -> None:
        self.messages = 0
        self.longest = 0.0
        self._total = 0.0
        self._counts: Counter[int] = Counter()

    def add(self, seconds: float, messages: int) -> None:
        """So many messages took so long."""
        self.messages += messages
        self._total += seconds * messages
        self.longest = max(self.longest, seconds)
        self._counts[round(log(max(seconds, _LEAST)) * _FINENESS)] += messages

    @property
    def average(self) -> float:
        """Over all messages; 0 without any."""
        return self._total / self.messages if self.messages else 0.0

    def percentile(self, share: float) -> float:
        """So large a share of the messages took no longer, to within a hundredth; 0 without any."""
        wanted, seen = share * self.messages, 0
        for step in sorted(self._counts):
            seen += self._counts[step]
            if seen >= wanted:
                return min(exp(step / _FINENESS), self.longest)
        return self.longest


class Ledger:
    """Scans that were handed in, and come back in their order.

    `since` is the moment of the first handed in; `until` that of the last one back, or of the end
    of sending where that came later.
    """

    def __init__(self) -> None:
        self.sent = self.settled = 0
        self.since, self.until = inf, -inf
        self.latency = Latency()
        self._under_way: deque[tuple[int, float]] = deque()

    @property
    def unsettled(self) -> int:
        """Messages that are on their way."""
        return self.sent - self.settled

    @property
    def seconds(self) -> float:
        """From the first message handed in to the last one back, or to the end of sending."""
        return max(0.0, self.until - self.since)

    def hand_in(self, messages: int, moment: float) -> None:
        """The next scan has so many messages, and went in at this moment."""
        self.since = min(self.since, moment)
        self.sent += messages
        self._under_way.append((self.sent, moment))

    def end_sending(self, moment: float) -> None:
        """No more scans are handed in: what never comes back does not shorten the time."""
        self.until = max(self.until, moment)

    def settle(self, messages: int, moment: float) -> None:
        """So many more messages, of whole scans, are back at this moment."""
        under_way, add = self._under_way, self.latency.add
        back = self.settled + messages
        while under_way and under_way[0][0] <= back:
            upto, began = under_way.popleft()
            add(moment - began, upto - self.settled)
            self.settled = upto
            self.until = moment
