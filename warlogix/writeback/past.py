"""What this process knows of requests from one membership of the group to the next.

    past.take(requests, now)            # a commit covers them: they are executed, or answered
    past.took(request)                  # a record that comes again under another topic id is known
    past.spare("3fa9c1", requests)      # that member's commit of these has failed, or nobody knows
    past.settle(0, position)            # what the broker has for a partition now
    past.spared(request)                # a commit covers it, and it was certainly not executed

A topic that is deleted and made again at once is not seen to be another one for some seconds. What
was taken from it by then is read again from its beginning, and must not be executed again.
"""

from collections import OrderedDict
from collections.abc import Iterable

from warlogix.kafka.positions import Position
from warlogix.writes.requests import Name, Original

# More than any topic brings before it is seen to be another one.
_MOST = 50_000


class Past:
    """It remembers what was taken for `seconds`, within bounds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._taken: OrderedDict[tuple[Name, int], float] = OrderedDict()
        self._spared: dict[Name, str] = {}

    def take(self, requests: Iterable[Original], now: float) -> None:
        """A commit that has succeeded covers these; `now` is monotonic seconds."""
        taken = self._taken
        taken.update(dict.fromkeys(map(_identity, requests), now))
        while taken and (len(taken) > _MOST or now - next(iter(taken.values())) > self._seconds):
            taken.popitem(last=False)

    def took(self, request: Original) -> bool:
        """Whether this very record was taken lately."""
        return _identity(request) in self._taken

    def spare(self, member: str, requests: Iterable[Original]) -> None:
        """Nothing of these was executed: this member's commit has failed, as far as it knows."""
        self._spared.update(dict.fromkeys((request.name for request in requests), member))

    def settle(self, partition: int, position: Position) -> None:
        """What the broker has is what counts.

        Requests are spared for sure only where it is that very member's commit that lists them: if
        another one came in between, it may have taken them for its own, and executed them.
        """
        open_now = set(position.unanswered)
        self._spared = {
            name: member
            for name, member in self._spared.items()
            if name[0] != partition or (member == position.member and name[1] in open_now)
        }

    def spared(self, request: Original) -> bool:
        """Whether it was certainly not executed, although a commit covers it."""
        return request.name in self._spared


def _identity(request: Original) -> tuple[Name, int]:
    return request.name, hash((request.key, request.raw))
