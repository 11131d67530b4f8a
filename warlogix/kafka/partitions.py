"""Which partition each key goes to: the one that Java clients choose for it.

    partitions = Partitions()
    nursery.start_soon(partitions.keep, count)      # count(topic): how many it has, 0: nobody tells
    partitions.want("factory")
    partitions.of("factory", [b"MainPLC.Speed"])    # [3], or [ANY] while nobody has told

Who knows where each record goes knows which is the last of each partition: see `hands`.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import NoReturn

import trio
from confluent_kafka import murmur2

# librdkafka chooses, by the same rule; a record without a key goes anywhere.
ANY = -1

# That a topic has more partitions now is noticed after so many seconds.
_ASK_AGAIN = 60.0
# Where nobody tells.
_ASK_SOON = 5.0
# So many keys of a topic are remembered: more than a gateway has tags.
_MOST_KEYS = 200_000


class Partitions:
    """The partitions of a producer's topics: of those that are wanted, kept up to date."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._places: dict[str, dict[bytes | None, int]] = {}
        self._due: dict[str, float] = {}
        self._work = trio.Event()

    def want(self, topic: str) -> None:
        """Have it asked how many partitions the topic has, where that is not known lately."""
        if self._due.setdefault(topic, 0.0) <= trio.current_time():
            self._work.set()

    def of(self, topic: str, keys: Sequence[bytes | None]) -> Sequence[int]:
        """The partition of each key; all are `ANY` while the topic's count is not known.

        Once known, the count is kept up to date for as long as anything is sent.
        """
        places = self._places.get(topic)
        if places is None:
            return [ANY] * len(keys)
        self.want(topic)
        try:
            return [places[key] for key in keys]
        except KeyError:
            return self._learn(places, keys, self._counts[topic])

    def forget(self, topic: str) -> None:
        """The topic may be another one by now."""
        self._counts.pop(topic, None)
        self._places.pop(topic, None)
        self._due.pop(topic, None)

    async def keep(self, count: Callable[[str], Awaitable[int]]) -> NoReturn:
        """Ask for what is wanted, for ever."""
        while True:
            await self._work.wait()
            self._work = trio.Event()
            for topic in [each for each, due in self._due.items() if due <= trio.current_time()]:
                found = await count(topic)
                self._due[topic] = trio.current_time() + (_ASK_AGAIN if found else _ASK_SOON)
                if found and found != self._counts.get(topic):
                    self._counts[topic] = found
                    self._places[topic] = {None: ANY}

    def _learn(
        self, places: dict[bytes | None, int], keys: Sequence[bytes | None], count: int
    ) -> Sequence[int]:
        if len(places) > _MOST_KEYS:
            places.clear()
            places[None] = ANY
        places.update({key: murmur2(key, count) for key in keys if key is not None})
        return [places[key] for key in keys]
