"""The newest message per key, in memory, until a cluster takes it: what is worth nothing when old.

    latest.put(Topic.HEALTH, b"MainPLC", message, at)
    notes = await latest.take()         # waits for the first; then everything, oldest key first

One writer's message replaces its older one with the same topic and key.
"""

from dataclasses import dataclass

import trio

from warlogix.topics import Topic


@dataclass(frozen=True, slots=True)
class Note:
    """A message that waits. `at` is its time in ms since 1970."""

    topic: Topic
    key: bytes
    value: bytes
    at: int


class Latest:
    """What one cluster has not been told yet."""

    def __init__(self) -> None:
        self._notes: dict[tuple[Topic, bytes], Note] = {}
        self._filled = trio.Event()

    def put(self, topic: Topic, key: bytes, value: bytes, at: int) -> None:
        """Keep this message instead of the one with the same topic and key."""
        self._notes[topic, key] = Note(topic, key, value, at)
        self._filled.set()

    def put_back(self, notes: list[Note]) -> None:
        """Keep notes that were taken and not delivered, unless a newer one is there by now."""
        for note in notes:
            self._notes.setdefault((note.topic, note.key), note)
        if notes:
            self._filled.set()

    async def take(self) -> list[Note]:
        """Everything that waits, as soon as something does."""
        await self._filled.wait()
        notes = list(self._notes.values())
        self._notes.clear()
        self._filled = trio.Event()
        return notes
