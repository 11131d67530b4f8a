"""Tells the clusters how the PLCs and the gateway itself are doing, and the log how clusters are.

Health is worth nothing when old, so it does not go by the outbox: the newest message per key waits
in memory until its cluster takes it.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any, Literal, NoReturn

import trio
from trio_util import AsyncValue

from warlogix import messages
from warlogix.kafka.status import ClusterStatus
from warlogix.latest import Latest
from warlogix.outbox import Outbox
from warlogix.plc import Plc, PlcStatus
from warlogix.topics import Topic

log = logging.getLogger(__name__)

_INTERVAL = 10.0
# A line that loses its switch changes fifty PLCs at once: one message of the gateway tells it.
_SETTLE = 0.2
# Of a cluster that stays away the log tells again after so many seconds, and then each hour.
_AGAIN, _EACH = (60.0, 540.0, 3000.0), 3600.0
# What waits for less is what comes while a cluster is online.
_OLD = 1.0

Wall = Callable[[], int]


async def report_plc(plc: Plc, outlets: Sequence[Latest], wall: Wall) -> NoReturn:
    """Put the PLC's health out every 10 s and on every change of its status."""
    while True:
        status = plc.status.value
        _put_health(plc, outlets, wall())
        with trio.move_on_after(_INTERVAL):
            await plc.status.wait_value(lambda now, told=status: now != told)


async def report_return(
    cluster: AsyncValue, plcs: Sequence[Plc], outlet: Latest, wall: Wall
) -> NoReturn:
    """Put every PLC's health out once more each time this cluster comes back."""
    while True:
        await cluster.wait_value(lambda now: not now.online)
        await cluster.wait_value(lambda now: now.online)
        at = wall()
        for plc in plcs:
            _put_health(plc, (outlet,), at)


def _put_health(plc: Plc, outlets: Sequence[Latest], at: int) -> None:
    status = plc.status.value
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
        outlet.put(Topic.HEALTH, plc.name.encode(), message, at)


async def tell_waiting(cluster: str, status: AsyncValue, outbox: Outbox) -> NoReturn:
    """Say in the log how much waits for a cluster: when it is back, and while it stays away."""
    while True:
        await status.wait_value(lambda now: not now.online)
        for pause in chain(_AGAIN, repeat(_EACH)):
            with trio.move_on_after(pause):
                await status.wait_value(lambda now: now.online)
                break
            _tell_away(cluster, status.value, outbox.waiting(cluster).messages)
        waiting = outbox.waiting(cluster)
        if waiting.messages and waiting.oldest >= _OLD:
            told = "%s: %d messages wait for it, the oldest for %.0f s; they are sent now"
            log.info(told, cluster, waiting.messages, waiting.oldest)


def _tell_away(cluster: str, status: ClusterStatus, waiting: int) -> None:
    since = messages.timestamp(status.since)
    told = "%s: away since %s: %s; %d messages wait for it"
    log.warning(told, cluster, since, status.error, waiting)


@dataclass(frozen=True, slots=True)
class Gateway:
    """What the gateway's own health speaks of.

    `clusters` is how each is doing, `refusals` why one of its topics cannot be used, or "", each.
    """

    instance: str
    version: str
    plcs: Sequence[Plc]
    clusters: Mapping[str, AsyncValue]
    refusals: Mapping[str, Sequence[AsyncValue]]
    outbox: Outbox

    def message(self, at: int) -> messages.Gateway:
        """The gateway's state now; `degraded` while any of it is away or refused."""
        clusters = {name: self._cluster(name, state.value) for name, state in self.clusters.items()}
        buffer = self.outbox.state
        online = sum(plc.status.value.online for plc in self.plcs)
        well = (
            online == len(self.plcs)
            and all(cluster.online and not cluster.error for cluster in clusters.values())
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
            status.error or next((each.value for each in self.refusals[name] if each.value), ""),
            waiting.messages,
            round(waiting.oldest, 1),
            waiting.dropped + waiting.refused,
        )


async def report_gateway(gateway: Gateway, outlets: Iterable[Latest], wall: Wall) -> NoReturn:
    """Put the gateway's own health out every 10 s, and when its PLCs, clusters or disk change."""
    key = gateway.instance.encode()
    moved = AsyncValue(0)
    async with trio.open_nursery() as nursery:
        for plc in gateway.plcs:
            nursery.start_soon(_count_moves, plc.status, moved, _is_online)
        for cluster in gateway.clusters.values():
            nursery.start_soon(_count_moves, cluster, moved, _why_away)
        refusals = chain.from_iterable(gateway.refusals.values())
        for error in [gateway.outbox.error, gateway.outbox.aside_error, *refusals]:
            nursery.start_soon(_count_moves, error, moved, bool)
        while True:
            seen, at = moved.value, wall()
            message = messages.encode(gateway.message(at))
            for outlet in outlets:
                outlet.put(Topic.GATEWAY, key, message, at)
            with trio.move_on_after(_INTERVAL):
                await trio.sleep(_SETTLE)
                await moved.wait_value(lambda now, told=seen: now != told)


async def _count_moves(
    state: AsyncValue, moved: AsyncValue, told: Callable[[Any], object]
) -> NoReturn:
    """Add one to `moved` each time that what is told of this changes."""
    while True:
        seen = told(state.value)
        await state.wait_value(lambda now, seen=seen: told(now) != seen)
        moved.value += 1


def _is_online(status: PlcStatus) -> bool:
    return status.online


def _why_away(status: ClusterStatus) -> tuple[bool, str]:
    """A reason may become definite only after a look."""
    return status.online, status.error
