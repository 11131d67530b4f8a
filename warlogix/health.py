"""Tells the clusters how the PLCs and the gateway itself are doing.

Health is worth nothing when old, so it does not go by the outbox: the newest message per key waits
in memory until its cluster takes it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NoReturn

import trio
from trio_util import AsyncValue

from warlogix import messages
from warlogix.kafka.status import ClusterStatus
from warlogix.latest import Latest
from warlogix.outbox import Outbox
from warlogix.plc import Plc
from warlogix.topics import Topic

_INTERVAL = 10.0
# A line that loses its switch changes fifty PLCs at once: one message of the gateway tells it.
_SETTLE = 0.2

Wall = Callable[[], int]


async def report_plc(plc: Plc, outlets: Sequence[Latest], wall: Wall) -> NoReturn:
    """Put the PLC's health out every 10 s and on every change of its status."""
    key = plc.name.encode()
    while True:
        status, at = plc.status.value, wall()
        message = messages.encode(
            messages.Health(
                plc.name,
                plc.endpoint.family,
                status.online,
                status.status,
                status.error,
                messages.timestamp(at),
            )
        )
        for outlet in outlets:
            outlet.put(Topic.HEALTH, key, message, at)
        await _changed(plc.status, status)


async def _changed(state: AsyncValue, seen: object) -> None:
    with trio.move_on_after(_INTERVAL):
        await state.wait_value(lambda now: now != seen)


@dataclass(frozen=True, slots=True)
class Gateway:
    """What the gateway's own health speaks of."""

    instance: str
    version: str
    plcs: Sequence[Plc]
    clusters: Mapping[str, AsyncValue]
    outbox: Outbox

    def message(self, at: int) -> messages.Gateway:
        """The gateway's state now; `degraded` while anything of it is away or was dropped."""
        clusters = {name: self._cluster(name, state.value) for name, state in self.clusters.items()}
        buffer = self.outbox.state
        online = sum(plc.status.value.online for plc in self.plcs)
        well = (
            online == len(self.plcs)
            and all(cluster.online for cluster in clusters.values())
            and not buffer.error
        )
        status: Literal["ok", "degraded"] = "ok" if well else "degraded"
        return messages.Gateway(
            self.instance,
            self.version,
            status,
            clusters,
            messages.BufferState(buffer.bytes, buffer.dropped, buffer.error),
            messages.PlcCounts(online, len(self.plcs)),
            messages.timestamp(at),
        )

    def _cluster(self, name: str, status: ClusterStatus) -> messages.ClusterState:
        waiting = self.outbox.waiting(name)
        return messages.ClusterState(
            status.online,
            messages.timestamp(status.since),
            status.error,
            waiting.messages,
            round(waiting.oldest, 1),
            waiting.dropped,
        )


async def report_gateway(gateway: Gateway, outlets: Iterable[Latest], wall: Wall) -> NoReturn:
    """Put the gateway's own health out every 10 s, and when a PLC or a cluster comes or goes."""
    key = gateway.instance.encode()
    moved = AsyncValue(0)
    async with trio.open_nursery() as nursery:
        for state in [*(plc.status for plc in gateway.plcs), *gateway.clusters.values()]:
            nursery.start_soon(_count_moves, state, moved)
        while True:
            seen, at = moved.value, wall()
            message = messages.encode(gateway.message(at))
            for outlet in outlets:
                outlet.put(Topic.GATEWAY, key, message, at)
            await trio.sleep(_SETTLE)
            await _changed(moved, seen)


async def _count_moves(state: AsyncValue, moved: AsyncValue) -> NoReturn:
    """Add one to `moved` each time this comes online or goes away."""
    while True:
        await state.wait_value(lambda now: not now.online)
        moved.value += 1
        await state.wait_value(lambda now: now.online)
        moved.value += 1
