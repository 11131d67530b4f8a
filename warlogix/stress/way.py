"""The way of a scan as `run` has it: pipeline, outbox on disk, publisher, producer; and its end."""

from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import NoReturn

import trio

from warlogix.buffer import open_buffer
from warlogix.clock import wall
from warlogix.clusters import Cluster, TopicSpec
from warlogix.kafka.producer import Producer, open_producer
from warlogix.latest import Latest
from warlogix.outbox import NewRow, Outbox, Receipt
from warlogix.pipeline import Packs, PlcChanges, Takers, publish_scans, scan_channel
from warlogix.plan import BufferPlan
from warlogix.publisher import Outlet, publish
from warlogix.stress.ledger import Ledger
from warlogix.stress.plant import Plant
from warlogix.tags import Scan
from warlogix.topics import Topic

# So many messages are on their way at the most: enough for the disk and the cluster to work side by
# side, and few enough for a cluster that takes a thousand a second to confirm them in the end.
_AHEAD = 30_000


class Rows:
    """The outbox, and how many messages each row has that was put there."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._under_way: deque[tuple[int, int]] = deque()

    async def append(self, rows: Sequence[NewRow], /) -> Receipt:
        """Append them, and remember their numbers."""
        receipt = await self._outbox.append(rows)
        counts = [len(row.batch) for row in rows]
        self._under_way.extend(zip(receipt.ids, counts, strict=True))
        return receipt

    def settled(self, row: int) -> int:
        """How many messages those have that are settled when all are up to this one."""
        messages = 0
        while self._under_way and self._under_way[0][0] <= row:
            messages += self._under_way.popleft()[1]
        return messages


class Way:
    """An open way to one cluster; `open_way` makes it."""

    def __init__(self, plant: Plant, scans: trio.MemorySendChannel[Scan], outlet: Outlet) -> None:
        self.ledger = Ledger()
        self._plant = plant
        self._scans = scans
        self._outlet = outlet
        self._name = outlet.producer.cluster.name
        self.rows = Rows(outlet.outbox)
        self._moved = trio.Event()

    async def hand_in(self) -> None:
        """Hand in the next scan; waits for room, in the channel and on the way behind it."""
        while self.ledger.unsettled >= _AHEAD:
            await self._moved.wait()
        moment = trio.current_time()
        scan, changes = self._plant.scan(wall(), moment)
        try:
            self._scans.send_nowait(scan)
        except trio.WouldBlock:
            await self._scans.send(scan)
        self.ledger.hand_in(changes, moment)

    async def settled(self) -> None:
        """Return when all that was handed in has come back."""
        while self.ledger.unsettled:
            await self._moved.wait()

    async def open_up(self) -> None:
        """Hand in a first scan and return when it has come back, all connections made."""
        await self.hand_in()
        await self.settled()

    def begin_again(self) -> None:
        """Count anew from here on, while nothing is under way."""
        self.ledger = Ledger()

    @property
    def failed(self) -> int:
        """Messages that came back unconfirmed: refused by the broker, or dropped on the way."""
        waiting = self._outlet.outbox.waiting(self._name)
        return waiting.refused + waiting.dropped

    @property
    def trouble(self) -> str:
        """What stands in the way at this moment, "" when nothing is known."""
        status = self._outlet.producer.status.value
        cluster = self._outlet.refusal.value if status.online else status.error
        return cluster or self.disk_error

    @property
    def disk_error(self) -> str:
        """Why the buffer's disk takes nothing at this moment, "" while it does."""
        return self._outlet.outbox.state.error

    async def keep_count(self) -> NoReturn:
        """Keep the ledger true."""
        confirmed = self._outlet.outbox.confirmed(self._name, Topic.CHANGES.value)
        async for row in confirmed.eventual_values():
            self.ledger.settle(self.rows.settled(row), trio.current_time())
            self._moved.set()
            self._moved = trio.Event()
        raise AssertionError("a value has no end")


@asynccontextmanager
async def open_way(
    cluster: Cluster, spec: TopicSpec, client_id: str, buffer: BufferPlan, plant: Plant
) -> AsyncIterator[Way]:
    """The way of the plant's scans to the topic `spec`, over a new outbox in the buffer's folder.

    *Errors*: `BufferUnusable`, `BufferInUse`; what the cluster refuses is told by `trouble`.
    *Closing*: what is under way gets no time; the folder stays, and is the caller's to remove.
    """
    async with (
        open_buffer(buffer, [cluster.name]) as outbox,
        open_producer(cluster, client_id, wall) as producer,
        trio.open_nursery() as nursery,
    ):
        scans, taken = scan_channel(len(plant.tags))
        outlet = _outlet(producer, outbox, spec)
        way = Way(plant, scans, outlet)
        changes = {name: PlcChanges(name, tags) for name, tags in plant.tags.items()}
        takers, packs = Takers([cluster.name]), Packs({}, wall)
        interval = buffer.commit_interval
        nursery.start_soon(publish_scans, taken, changes, way.rows, takers, packs, interval)
        nursery.start_soon(publish, outlet)
        nursery.start_soon(way.keep_count)
        with scans:
            yield way
        nursery.cancel_scope.cancel()


def _outlet(producer: Producer, outbox: Outbox, spec: TopicSpec) -> Outlet:
    """Changes alone have a topic, and so nothing else is published."""
    topics = dict.fromkeys(Topic, "") | {Topic.CHANGES: spec.name}
    return Outlet(producer, outbox, Latest(), topics, [spec])
