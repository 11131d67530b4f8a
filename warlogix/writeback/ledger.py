"""What is known of one partition of the write topic while it is ours. Pure.

    ledger = Ledger(0, position)
    ledger.cover(range(42, 45))         # they are about to be covered by a commit
    await member.commit({0: ledger.position()})
    ledger.settle([42])                 # Kafka has confirmed their answers

A request is *open* from the moment a commit covers it until its answer is confirmed: open offsets
ride in every commit, so that whoever takes over knows whom to answer.
"""

from collections.abc import Collection, Iterable

from warlogix.kafka.positions import Position, fits, fitting


class Ledger:
    """One partition, from its assignment to its end.

    `over` says why nothing of it may be started any more, "" while it is ours. `gone` is set when
    it is somebody else's, who alone may commit it then. `orphans` are the
    offsets that an earlier owner has left open and that were not read again yet; `dirty` is set
    when the position to commit has moved without a commit.
    """

    def __init__(self, partition: int, position: Position) -> None:
        self.partition = partition
        self.begun = position.offset
        self.over = ""
        self.gone = False
        self.dirty = False
        self.orphans = set(position.unanswered)
        self._open = set(position.unanswered)
        self._topic_id = position.topic_id
        self._covered = position.offset
        self._next = position.offset

    def read_from(self, offset: int) -> int:
        """Begin to read here, or before it where there is somebody to be answered; where that is.

        Records below `begun` were covered by somebody before.
        """
        self._next = min([offset, self.begun, *self.orphans])
        return self._next

    def position(self) -> Position:
        """What to commit now. Where the open ones do not fit, it lists some that are not."""
        return fitting(Position(self._covered, self._topic_id, tuple(sorted(self._open))))

    def takes(self, offsets: Collection[int]) -> bool:
        """Whether a commit that covers these too can list all that is open then."""
        unanswered = tuple(sorted(self._open.union(offsets)))
        covered = max([self._covered - 1, *offsets]) + 1
        return fits(Position(covered, self._topic_id, unanswered))

    def lists(self, offsets: Collection[int]) -> bool:
        """Whether a commit can list these when nothing else is open."""
        covered = max(offsets) + 1
        return fits(Position(covered, self._topic_id, tuple(sorted(offsets))))

    def cover(self, offsets: Iterable[int]) -> None:
        """The next commit covers these, all of them open."""
        for offset in offsets:
            self._open.add(offset)
            self._covered = max(self._covered, offset + 1)

    def settle(self, offsets: Iterable[int]) -> None:
        """Kafka has the answers of these; of others, nothing happens."""
        before = len(self._open)
        self._open.difference_update(offsets)
        self.dirty = self.dirty or len(self._open) != before

    def arrive(self, offset: int) -> bool:
        """A record has come: False when the topic has gone back, and is another one."""
        if offset < self._next:
            return False
        self._next = offset + 1
        return True

    def adopt(self, offset: int) -> bool:
        """Whether this record is an orphan, which now has somebody to answer it."""
        if offset not in self.orphans:
            return False
        self.orphans.discard(offset)
        return True

    def bury(self, before: int) -> list[int]:
        """Orphans below an offset that came without them: nobody can answer them any more."""
        gone = sorted(offset for offset in self.orphans if offset < before)
        self.orphans.difference_update(gone)
        self.settle(gone)
        return gone
