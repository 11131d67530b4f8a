"""Who serves which write topic: two configured clusters may turn out to be one.

    await register.looked("Second")     # earlier ones with the same topic had their time
    async with register.held("Second", cluster_id, "factory-writes") as displaced:
        ...                             # nobody else of this gateway serves the topic
        await displaced.wait()          # an earlier one of the configuration claims it: leave

Each cluster has a group of its own, so both would execute every request.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import trio

from warlogix.errors import BrokerFatal

# So long a later cluster waits, at the start, until earlier ones have told which cluster they are.
_PATIENCE = 5.0


class TakenElsewhere(BrokerFatal):
    """An earlier cluster of the configuration is the same Kafka, and serves the topic."""

    def __init__(self, cluster: str, earlier: str, topic: str) -> None:
        fact = f"executes no write requests: it is the same Kafka as {earlier}, which takes {topic}"
        super().__init__(cluster, f"{fact}; give it a selector, or configure that Kafka once")


@dataclass(slots=True)
class _Holder:
    displaced: trio.Event = field(default_factory=trio.Event)
    left: trio.Event = field(default_factory=trio.Event)


class Register:
    """The write topics that this gateway serves.

    `topics` names each cluster's write topic, in the file's order.
    """

    def __init__(self, topics: Mapping[str, str]) -> None:
        self._topics = topics
        self._clusters = list(topics)
        self._holders: dict[tuple[str, str], _Holder] = {}
        # The first cluster of the file that was ever found to have a topic.
        self._firsts: dict[tuple[str, str], int] = {}
        self._known: set[str] = set()
        self._moved = trio.Event()
        self._until = trio.current_time() + _PATIENCE

    async def looked(self, cluster: str) -> None:
        """This cluster is known; return when earlier ones of the same topic are, or had their time.

        Until then nobody can tell whether one of them is the same Kafka.
        """
        self._known.add(cluster)
        self._moved.set()
        self._moved = trio.Event()
        rank, topic = self._clusters.index(cluster), self._topics[cluster]
        earlier = {name for name in self._clusters[:rank] if self._topics[name] == topic}
        with trio.move_on_at(self._until):
            while not earlier <= self._known:
                await self._moved.wait()

    @asynccontextmanager
    async def held(self, cluster: str, cluster_id: str, topic: str) -> AsyncIterator[trio.Event]:
        """The topic for this cluster alone, once a later one that has it has left.

        *Errors*: `TakenElsewhere` when an earlier one has it.
        """
        key, rank = (cluster_id, topic), self._clusters.index(cluster)
        while True:
            # For good: one that loses contact for a while comes back to requests of its own.
            first = self._firsts.setdefault(key, rank)
            if first < rank:
                raise TakenElsewhere(cluster, self._clusters[first], topic)
            self._firsts[key] = rank
            if (holder := self._holders.get(key)) is None:
                break
            holder.displaced.set()
            await holder.left.wait()
        own = self._holders[key] = _Holder()
        try:
            yield own.displaced
        finally:
            del self._holders[key]
            own.left.set()
