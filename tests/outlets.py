"""What the tests of producer and publisher share: clusters, batches, a publisher at work."""

import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import trio
from trio_util import AsyncValue

from warlogix.clusters import Cluster, TopicSpec
from warlogix.kafka.producer import Producer, open_producer
from warlogix.kafka.status import ClusterStatus
from warlogix.latest import Latest
from warlogix.messages import Batch
from warlogix.outbox import NewRow, Outbox, open_outbox
from warlogix.publisher import Outlet, publish
from warlogix.topics import Topic, topic_name

NOWHERE = "127.0.0.1:1"
# The records' time: lately, or the broker's retention would have them.
AT = time.time_ns() // 1_000_000 - 60_000


def wall() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def cluster(address: str, name: str = "Local") -> Cluster:
    """A cluster at the address; `replace` gives it other settings."""
    return Cluster(name, (address,))


def online_producer() -> Producer:
    """A producer for who only looks at its cluster, which is online; it sends nothing."""
    status = AsyncValue(ClusterStatus(True, 0, ""))
    found = SimpleNamespace(
        cluster=cluster(NOWHERE), client_id="test", status=status, belong_to=trio.sleep
    )
    return cast("Producer", found)


def batch(*values: str, key: str = "key") -> Batch:
    """A batch with a message per value; `value` may name its own key as `key=value`."""
    pairs = [value.rpartition("=") for value in values]
    keys: list[bytes | None] = [(own or key).encode() for own, _, _ in pairs]
    return Batch(keys, [value.encode() for _, _, value in pairs], [AT] * len(values))


def change(*values: str, clusters: Sequence[str] = ("Local",)) -> NewRow:
    """A row of changes."""
    return NewRow("changes", tuple(clusters), batch(*values))


def topics_of(namespace: str) -> dict[Topic, str]:
    """The names of all topics of a cluster without selector."""
    return {topic: topic_name(namespace, "", topic) for topic in Topic}


@dataclass(frozen=True, slots=True)
class Gateway:
    """An outbox with a publisher for each cluster."""

    outbox: Outbox
    outlets: Mapping[str, Outlet]
    tasks: trio.Nursery

    @property
    def producer(self) -> Producer:
        """The only cluster's producer."""
        (outlet,) = self.outlets.values()
        return outlet.producer

    @property
    def latest(self) -> Latest:
        """What waits in memory for the only cluster."""
        (outlet,) = self.outlets.values()
        return outlet.latest

    async def sent(self, name: str = "Local") -> None:
        """Return when the cluster has confirmed everything."""
        while self.outbox.waiting(name).messages:  # noqa: ASYNC110 - it tells only who asks
            await trio.sleep(0.02)

    async def online(self, name: str = "Local") -> None:
        """Return when the cluster is online."""
        await self.outlets[name].producer.status.wait_value(lambda status: status.online)


@asynccontextmanager
async def publishing(
    folder: Path,
    *clusters: Cluster,
    namespace: str,
    specs: Sequence[TopicSpec] | None = None,
    clock: Callable[[], int] = wall,
    max_size: int = 10**9,
) -> AsyncIterator[Gateway]:
    """A gateway's way out, with topics of this namespace, at work as long as the block runs."""
    topics = topics_of(namespace)
    if specs is None:
        used = (Topic.CHANGES, Topic.HEALTH, Topic.GATEWAY, Topic.TRIGGERS)
        specs = [TopicSpec(topics[topic], partitions=3) for topic in used]
    async with AsyncExitStack() as stack:
        outbox = await stack.enter_async_context(
            open_outbox(
                folder,
                [each.name for each in clusters],
                max_size=max_size,
                max_age=1e6,
            )
        )
        outlets = {}
        for each in clusters:
            producer = await stack.enter_async_context(open_producer(each, "test", clock))
            outlets[each.name] = Outlet(producer, outbox, Latest(), topics, specs)
        tasks = await stack.enter_async_context(trio.open_nursery())
        for outlet in outlets.values():
            tasks.start_soon(publish, outlet)
        yield Gateway(outbox, outlets, tasks)
        tasks.cancel_scope.cancel()
