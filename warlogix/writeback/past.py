"""What this process knows of requests from one membership of the group to the next.

    past.take(names, now)           # a commit covers them: they are executed, or answered
    past.took(name)                 # a record that comes again under another topic id is the same
    past.spared                     # what a commit of unclear fate covered, and so was not executed

A topic that is deleted and made again at once is not seen to be another one for some seconds. What
was taken from it by then is read again from its beginning, and must not be executed again.
"""

from collections import OrderedDict
from collections.abc import Iterable

from warlogix.writeback.answered import Name

# More than any topic brings before it is seen to be another one.
_MOST = 50_000


class Past:
    """It remembers what was taken for `seconds`, within bounds."""

    def __init__(self, seconds: float) -> None:
        self.spared: set[Name] = set()
        self._seconds = seconds
        self._taken: OrderedDict[Name, float] = OrderedDict()

    def take(self, names: Iterable[Name], now: float) -> None:
        """A commit that has succeeded covers these; `now` is monotonic seconds."""
        taken = self._taken
        taken.update(dict.fromkeys(names, now))
        while taken and (len(taken) > _MOST or now - next(iter(taken.values())) > self._seconds):
            taken.popitem(last=False)

    def took(self, name: Name) -> bool:
        """Whether it was taken lately."""
        return name in self._taken

    def settle(self, partition: int, unanswered: Iterable[int]) -> None:
        """The broker has told which of the partition's offsets are open: others are not spared."""
        open_now = set(unanswered)
        self.spared -= {n for n in self.spared if n[0] == partition and n[1] not in open_now}
