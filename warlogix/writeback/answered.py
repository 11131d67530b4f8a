"""Which requests this instance has answered, as long as the group may list them as open.

    answered = Answered(outbox, "Local", "factory-writes")
    await answered.recall()                     # what waits, before any of it can be confirmed
    answered.note(name, lane, row)
    answered.rows(name)                         # where the answer is, or was, in the outbox

A request stays listed until a commit without it has succeeded. Its answer may be confirmed and gone
from the outbox by then: after a start it is, because the group takes longer to come back than the
answers take to leave. Whoever finds the request listed then must not answer it again.
"""

from collections.abc import Mapping

from warlogix.kafka.positions import Position
from warlogix.outbox import Outbox
from warlogix.topics import Topic
from warlogix.writes.requests import Name

# The lanes of the outbox that hold answers.
LANES = (Topic.RESPONSES.value, Topic.DEAD_LETTERS.value)


class Answered:
    """The rows of the outbox that answer a request, by lane; kept when they are confirmed."""

    def __init__(self, outbox: Outbox, cluster: str, topic: str) -> None:
        self._outbox = outbox
        self._cluster = cluster
        self._topic = topic
        self._rows: dict[int, dict[Name, dict[str, int]]] = {}

    async def recall(self) -> None:
        """Note what waits in the outbox."""
        for lane in LANES:
            for row, origin in await self._outbox.waiting_origins(self._cluster, lane):
                if origin.topic == self._topic:
                    self.note((origin.partition, origin.offset, origin.timestamp), lane, row)

    def note(self, name: Name, lane: str, row: int) -> None:
        """The row answers this one."""
        self._rows.setdefault(name[0], {}).setdefault(name, {})[lane] = row

    def rows(self, name: Name) -> Mapping[str, int]:
        """The row in each lane that answers this one; none that a damaged buffer has lost."""
        found = self._rows.get(name[0], {}).get(name, {})
        lost = self._outbox.lost
        return {lane: row for lane, row in found.items() if not lost(self._cluster, lane, row)}

    def committed(self, positions: Mapping[int, Position]) -> None:
        """Nobody will ask for what these positions cover and do not list."""
        for partition, position in positions.items():
            listed = set(position.unanswered)
            self._rows[partition] = {
                name: rows
                for name, rows in self._rows.get(partition, {}).items()
                if name[1] in listed or name[1] >= position.offset
            }
