"""Who serves which write topic: two configured clusters may turn out to be one.

    async with register.held(desk, place) as displaced:
        ...                             # nobody else of this gateway serves the topic
        await displaced.wait()          # an earlier one of the configuration claims it: leave

Each cluster has a group of its own, so both would execute every request.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import trio

from warlogix.errors import BrokerFatal


@dataclass(slots=True)
class _Holder:
    rank: int
    displaced: trio.Event = field(default_factory=trio.Event)
    left: trio.Event = field(default_factory=trio.Event)


class Register:
    """The write topics that this gateway serves; `clusters` are named in the file's order."""

    def __init__(self, clusters: Sequence[str]) -> None:
        self._clusters = clusters
        self._holders: dict[tuple[str, str], _Holder] = {}

    @asynccontextmanager
    async def held(self, cluster: str, cluster_id: str, topic: str) -> AsyncIterator[trio.Event]:
        """The topic for this cluster alone, once a later one that has it has left.

        *Errors*: `BrokerFatal` when an earlier one has it.
        """
        key, rank = (cluster_id, topic), self._clusters.index(cluster)
        while (holder := self._holders.get(key)) is not None:
            if holder.rank < rank:
                fact = f"is the same Kafka cluster as {self._clusters[holder.rank]}, and {topic}"
                remedy = "its writeback stays off: give it a selector, or configure it once"
                raise BrokerFatal(cluster, f"{fact} is served there already; {remedy}")
            holder.displaced.set()
            await holder.left.wait()
        own = self._holders[key] = _Holder(rank)
        try:
            yield own.displaced
        finally:
            del self._holders[key]
            own.left.set()
