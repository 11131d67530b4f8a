"""The newest message per key, in memory, until a cluster takes it: what is worth nothing when old.

latest.put(Topic.HEALTH, b"MainPLC", message, at)
notes = await latest.take(Topic.HEALTH)     # waits for the first; then all of that topic's
"""

from collections.abc import Iterable
from dataclasses import dataclass

import trio

from warlogix.topics import Topic


@dataclass(frozen=True, slots=True)
class Note:
    """A message that waits. `at` is its time in ms since 1970."""

    key: bytes
    value: bytes
    at: int


class Latest:
    """What one cluster has not been told yet."""

    def __init__(self) -> None:
        self._waiting: dict[Topic, dict[bytes, Note]] = {}
        self._put = trio.Event()

    def put(self, topic: Topic, key: bytes, value: bytes, at: int) -> None:
        """Keep this message instead of the one with the same topic and key."""
        self._waiting.setdefault(topic, {})[key] = Note(key, value, at)
        self._wake()

    def put_back(self, topic: Topic, notes: Iterable[Note]) -> None:
        """Keep notes that were taken and not delivered, where there is no newer one by now."""
        waiting = self._waiting.setdefault(topic, {})
        for note in notes:
            waiting.setdefault(note.key, note)
        self._wake()

    async def take(self, topic: Topic) -> list[Note]:
        """Everything that waits for the topic, as soon as something does."""
        while not self._waiting.get(topic):
            await self._put.wait()
        return list(self._waiting.pop(topic).values())

    def _wake(self) -> None:
        self._put.set()
        self._put = trio.Event()
