"""How far one cluster is in one lane, and what waits for it there. No clock, no disk, no tasks."""

from collections import deque
from collections.abc import Sequence

from trio_util import AsyncValue

from warlogix.outbox.rows import Row
from warlogix.outbox.work import Mark

# Whoever asks for the fate of a row asks as soon as it is settled.
_REFUSALS = 1000


class Position:
    """All rows up to `confirmed` are settled, all up to `cursor` handed out.

    `taken` are the rows handed out and not yet confirmed. `messages` waits to be confirmed, taken
    or not; `since` is the age mark of the oldest of it, or of a row shortly before that one.
    `dropped` and `refused` count what the cluster will not get: there was no room for it, or its
    brokers do not take it. `turn` changes when what is being read from disk must not be handed out
    any more. `gaps` are the numbers of rows that went with a damaged file before they were
    confirmed, `refusals` those of the latest rows that hold what its brokers do not take.
    """

    __slots__ = (
        "_told",
        "confirmed",
        "cursor",
        "dirty",
        "dropped",
        "gaps",
        "messages",
        "refusals",
        "refused",
        "since",
        "taken",
        "turn",
    )

    def __init__(self, mark: Mark, messages: int, since: int) -> None:
        self.confirmed = self.cursor = mark.confirmed
        self.dropped = mark.dropped
        self.refused = mark.refused
        self.messages = messages
        self.since = since
        self.taken: deque[Row] = deque()
        self.turn = 0
        self.dirty = False
        self.gaps: list[range] = []
        self.refusals: deque[int] = deque(maxlen=_REFUSALS)
        self._told: AsyncValue[int] | None = None

    def tell(self) -> AsyncValue[int]:
        """`confirmed` for others to wait on, true from now on."""
        if self._told is None:
            self._told = AsyncValue(self.confirmed)
        return self._told

    def add(self, messages: int, since: int) -> None:
        """A row for this cluster was appended."""
        if not self.messages:
            self.since = since
        self.messages += messages

    def take(self, rows: Sequence[Row], upto: int) -> None:
        """`rows` are handed out; up to `upto` there is nothing else for this cluster."""
        if rows and not self.taken:
            self.since = rows[0].since
        self.taken.extend(rows)
        self.cursor = upto

    def confirm(self, number: int, refused: int) -> None:
        """Everything taken up to row `number` is settled, so many messages of it by refusal."""
        if number <= self.confirmed:
            return
        if number > self.cursor:
            raise ValueError(f"row {number} was not taken yet")
        while self.taken and self.taken[0].id <= number:
            row = self.taken.popleft()
            self.messages -= len(row.batch)
            self.since = row.since
        if self.taken:
            self.since = self.taken[0].since
        if refused:
            self.refused += refused
            self.refusals.append(number)
        # What lies between the rows taken is for other clusters.
        self._settle(number if self.taken else self.cursor)

    def rewind(self) -> None:
        """Hand out again what was not confirmed."""
        self.cursor = self.confirmed
        self.taken.clear()
        self.turn += 1

    def lose(self, messages: int, since: int) -> None:
        """Rows not taken yet were dropped; what is left is no older than `since`."""
        self.messages -= messages
        self.dropped += messages
        self.turn += 1
        if not self.taken:
            self.since = max(self.since, since)
        self.dirty = True

    def miss(self, gaps: Sequence[range]) -> None:
        """The rows in `gaps`, none of them taken, are nowhere any more."""
        self.gaps += gaps
        self._settle(self.confirmed)

    def missed(self, number: int) -> bool:
        """Whether row `number` is nowhere any more, and was not confirmed before."""
        return any(number in gap for gap in self.gaps)

    def _settle(self, number: int) -> None:
        if self.gaps and not self.messages:
            # Nothing is left whose confirmation would pass the last gap.
            number = max(number, *(gap.stop - 1 for gap in self.gaps))
        self.cursor = max(self.cursor, number)
        self.confirmed = number
        self.dirty = True
        if self._told is not None:
            self._told.value = number
