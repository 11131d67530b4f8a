"""The supervision tree: what runs, what ends first, and who waits for whom.

    outbox open, producers open                      exit: bounded
    └ OUTLET  publisher × cluster, pipeline          the pipeline ends with its channel,
      │                                              the publishers when all is sent, or in time
      └ INLET  poller × PLC, triggers, writes × PLC, cancelled by the first signal
               writeback × cluster, health, gaps

Leaving INLET, writes that were begun are finished and every request that was taken is answered;
the pollers' ends of the scan channel are closed; the pipeline empties it and ends; the publishers
get `_DRAIN` seconds for what waits. What is not confirmed by then stays on disk and
goes out at the next start. Nobody calls `stop` on anybody, and a bug is caught by nobody: it
cancels the tree and ends the process.
"""

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import NoReturn

import trio
from trio_util import AsyncValue, move_on_when

from warlogix.buffer import open_buffer
from warlogix.clock import wall
from warlogix.clusters import Cluster
from warlogix.datatypes import Kind
from warlogix.drivers.families import new_drivers
from warlogix.firing import Firing
from warlogix.gaps import notice_clock, notice_drops, notice_new_topic
from warlogix.health import (
    Gateway,
    report_gateway,
    report_plc,
    report_return,
    tell_waiting,
)
from warlogix.kafka.producer import Producer, open_producer
from warlogix.latest import Latest
from warlogix.outbox import Outbox
from warlogix.pipeline import Packs, PlcChanges, Takers, packs_of, publish_scans, scan_channel
from warlogix.plan import Plan, PlcPlan
from warlogix.plc import Plc
from warlogix.poller import Poller
from warlogix.publisher import Outlet, publish
from warlogix.signals import stop_by_signal
from warlogix.tags import Scan, Tag
from warlogix.topics import Topic
from warlogix.writeback import Answered, Desk, PlcQueue, Register, write_back

# Of the ten seconds from the first signal to the end, this many are the outlets'.
_DRAIN = 3.0
# However long writes took to be finished, closing begins after so many.
_ALL_BUT_CLOSING = 7.5
# And this many are the pipeline's, which needs milliseconds unless the disk hangs.
_EMPTY = 1.5
# At the start the buffer is read for so long, at most, before anything else begins.
_RECALL = 5.0
# The first polls of all PLCs are spread over so many seconds.
_SPREAD = 1.0


async def run_gateway(plan: Plan) -> bool:
    """Run until the first SIGTERM, SIGINT or SIGHUP; True when everything was sent before the end.

    Errors: `BufferInUse`, `BufferUnusable`; any other error is a bug.
    """
    async with stop_by_signal() as stop:
        return await gateway(plan, stop)


async def gateway(plan: Plan, stop: trio.Event) -> bool:
    """The whole gateway, until `stop` is set; True when everything was sent before the end."""
    async with _opened(plan) as (outbox, outlets):
        drivers = new_drivers()
        plcs = [(Plc(each.endpoint, drivers[each.endpoint.family]), each) for each in plan.plcs]
        desks = _desks(plan, plcs, outbox, outlets)
        await _recall(desks, stop)
        async with trio.open_nursery() as outlet:
            for each in outlets:
                outlet.start_soon(publish, each)
            stopped = await _pipe(plan, plcs, outbox, outlets, desks, stop)
            drained = await _drain(outbox, outlets, stopped + _ALL_BUT_CLOSING)
            outlet.cancel_scope.cancel()
    return drained


async def _recall(desks: Sequence[Desk], stop: trio.Event) -> None:
    """What was answered before, as long as it waits: nothing may be published until this is known.

    A disk that cannot be read holds nobody up for long.
    """
    with trio.move_on_after(_RECALL):
        async with move_on_when(stop.wait):
            for desk in desks:
                await desk.answered.recall()


@asynccontextmanager
async def _opened(plan: Plan) -> AsyncIterator[tuple[Outbox, list[Outlet]]]:
    names = [each.cluster.name for each in plan.clusters]
    async with (
        open_buffer(plan.buffer, names) as outbox,
        trio.open_nursery() as producers,
    ):
        outlets = []
        for each in plan.clusters:
            producer = await producers.start(_keep_open, each.cluster, f"warlogix-{plan.instance}")
            outlets.append(Outlet(producer, outbox, Latest(), each.topics, each.specs))
        yield outbox, outlets
        # They close side by side: each may take its second for what is under way.
        producers.cancel_scope.cancel()


async def _keep_open(
    cluster: Cluster, client_id: str, task_status: trio.TaskStatus[Producer]
) -> NoReturn:
    async with open_producer(cluster, client_id, wall) as producer:
        task_status.started(producer)
        await trio.sleep_forever()


async def _drain(outbox: Outbox, outlets: Sequence[Outlet], until: float) -> bool:
    """Give the clusters that are online their time; True when nothing waits any more."""
    with trio.move_on_at(min(until, trio.current_time() + _DRAIN)):
        # Once, and bounded: a value to wait on would cost every confirmation of the whole run.
        while any(each.status.value.online for each in _owing(outbox, outlets)):  # noqa: ASYNC110
            await trio.sleep(_DRAIN / 100)
    return not _owing(outbox, outlets)


def _owing(outbox: Outbox, outlets: Sequence[Outlet]) -> list[Producer]:
    """The producers whose clusters have yet to confirm something."""
    producers = [each.producer for each in outlets]
    return [each for each in producers if outbox.waiting(each.cluster.name).messages]


async def _pipe(
    plan: Plan,
    plcs: Sequence[tuple[Plc, PlcPlan]],
    outbox: Outbox,
    outlets: Sequence[Outlet],
    desks: Sequence[Desk],
    stop: trio.Event,
) -> float:
    """Pipeline and INLET: polls until `stop`, returns when every scan is in the outbox.

    The answer is the moment of `stop`.
    """
    scans, taken = scan_channel(len(plcs))
    changes = {plc.name: PlcChanges(plc.name, each.tags) for plc, each in plcs}
    takers = Takers([each.cluster.name for each in plan.clusters if each.publish_changes])
    packs = Packs(packs_of(plan, [plc for plc, _ in plcs]), wall)
    async with trio.open_nursery() as pipeline:
        interval = plan.buffer.commit_interval
        pipeline.start_soon(publish_scans, taken, changes, outbox, takers, packs, interval)
        async with scans, trio.open_nursery() as inlet:
            _start_polling(plan, plcs, packs, outbox, scans, inlet)
            _start_writing(desks, inlet)
            refusals = {desk.cluster.name: desk.trouble for desk in desks}
            _start_health(plan, plcs, outbox, outlets, refusals, inlet)
            _start_noticing(takers, packs, outbox, outlets, inlet)
            await stop.wait()
            stopped = trio.current_time()
            inlet.cancel_scope.cancel()
        # A disk that hangs holds the last scans; it must not hold the end.
        pipeline.cancel_scope.deadline = trio.current_time() + _EMPTY
    return stopped


def _start_polling(
    plan: Plan,
    plcs: Sequence[tuple[Plc, PlcPlan]],
    packs: Packs,
    outbox: Outbox,
    scans: trio.MemorySendChannel[Scan],
    inlet: trio.Nursery,
) -> None:
    """The pollers, and the triggers that judge what they read."""
    links = {plc.name: plc for plc, _ in plcs}
    firing = Firing(plan.triggers, links, packs.by_name, outbox, plan.instance, time.time_ns)
    inlet.start_soon(firing.run)
    for i, (plc, each) in enumerate(plcs):
        onlookers = firing.onlookers(plc.name, each.tags)
        poller = Poller(plc, each.tags, scans.clone(), wall=wall, onlookers=onlookers)
        # The PLCs' polls are spread, so that they do not all come at once; but a PLC that is read
        # once a minute is connected at once, to be written to.
        inlet.start_soon(poller.poll, each.interval, min(each.interval, _SPREAD) * i / len(plcs))


def _desks(
    plan: Plan, plcs: Sequence[tuple[Plc, PlcPlan]], outbox: Outbox, outlets: Sequence[Outlet]
) -> list[Desk]:
    """What writeback works with, for each cluster that has it."""
    queues = {plc.name: PlcQueue(plc) for plc, _ in plcs}
    by_name = {plc.name: plc for plc, _ in plcs}

    def kind(plc: str, tag: Tag) -> Kind | str:
        return by_name[plc].kind(tag)

    return [
        Desk(
            each.cluster,
            outlet.producer.client_id,
            plan.instance,
            each.writeback,
            each.topics,
            plan.targets,
            kind,
            queues,
            outbox,
            Answered(outbox, each.cluster.name, each.writeback.spec.name),
            wall,
            AsyncValue(""),
        )
        for each, outlet in zip(plan.clusters, outlets, strict=True)
        if each.writeback is not None
    ]


def _start_writing(desks: Sequence[Desk], inlet: trio.Nursery) -> None:
    register = Register({desk.cluster.name: desk.topic for desk in desks})
    for desk in desks:
        inlet.start_soon(write_back, desk, register)
    for queue in desks[0].queues.values() if desks else ():
        inlet.start_soon(queue.execute)


def _start_noticing(
    takers: Takers, packs: Packs, outbox: Outbox, outlets: Sequence[Outlet], inlet: trio.Nursery
) -> None:
    def begin_anew(cluster: str) -> None:
        takers.begin_anew(cluster)
        packs.begin_anew(cluster)

    names = packs.clusters.union(takers.names)
    for outlet in outlets:
        producer, topic = outlet.producer, outlet.topics[Topic.CHANGES]
        name = producer.cluster.name
        if name in names:
            inlet.start_soon(notice_drops, name, producer.status, outbox, begin_anew)
            inlet.start_soon(notice_clock, name, outlet.outdated, begin_anew)
            inlet.start_soon(notice_new_topic, producer, topic, begin_anew)


def _start_health(
    plan: Plan,
    plcs: Sequence[tuple[Plc, PlcPlan]],
    outbox: Outbox,
    outlets: Sequence[Outlet],
    troubles: Mapping[str, AsyncValue],
    inlet: trio.Nursery,
) -> None:
    latests = [outlet.latest for outlet in outlets]
    told = [plc for plc, each in plcs if each.health]
    for plc in told:
        inlet.start_soon(report_plc, plc, latests, wall)
    for outlet in outlets:
        inlet.start_soon(report_return, outlet.producer.status, told, outlet.latest, wall)
        name, status = outlet.producer.cluster.name, outlet.producer.status
        inlet.start_soon(tell_waiting, name, status, outbox)
    states = {outlet.producer.cluster.name: outlet.producer.status for outlet in outlets}
    refusals = {name: [outlets[i].refusal] for i, name in enumerate(states)}
    for name, trouble in troubles.items():
        refusals[name].append(trouble)
    own = Gateway(
        plan.instance, version("warlogix"), [plc for plc, _ in plcs], states, refusals, outbox
    )
    inlet.start_soon(report_gateway, own, latests, wall)
