"""Stress tests from beginning to end, within their time: one cluster after another."""

import shlex
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

import trio

from warlogix.clusters import Cluster, TopicSpec
from warlogix.errors import BrokerError, BrokerFatal
from warlogix.kafka.admin import open_admin
from warlogix.plan import BufferPlan
from warlogix.signals import told_to_end
from warlogix.stress.bar import shown
from warlogix.stress.folder import folder_beside
from warlogix.stress.ledger import Ledger
from warlogix.stress.plant import Plant
from warlogix.stress.way import Way, open_way

# So long, in seconds, the first scan may take, and afterwards what is still on its way at the end.
_REST = 30.0
# Asking a broker to remove the topic takes no longer, whatever the broker does.
_REMOVAL = 10.0
_REMAINS = "topic {name} was not removed: {why}"
_LATER = "`warlogix stress --cluster {cluster} --duration 1s --cleanup` tries it again"
_MISSING = (
    "topic {name} does not exist and auto_create_topics = false: make it with Kafka's own tools,"
    " or let it be made"
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What to do to each cluster: for so many seconds, scans of so many PLCs with so many tags.

    `buffer` is the configured one: the test's own is like it, in a folder beside it.
    """

    duration: float
    plcs: int
    tags: int
    buffer: BufferPlan
    client_id: str


class Afterwards(Enum):
    """What becomes of the topic."""

    KEEP = "keep"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Target:
    """A cluster, the topic there, how that is made where it is missing, and its end."""

    cluster: Cluster
    spec: TopicSpec
    afterwards: Afterwards = Afterwards.KEEP


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one cluster's test; `failures` is empty when every message was confirmed.

    `errors` counts messages that were refused by the brokers, or dropped on the way.
    """

    cluster: Cluster
    ledger: Ledger
    errors: int
    failures: tuple[BrokerError, ...]

    @property
    def passed(self) -> bool:
        """Whether every message was confirmed, and nothing was wrong."""
        return not self.failures

    @property
    def confirmed(self) -> int:
        """How many messages the cluster has confirmed."""
        return max(0, self.ledger.settled - self.errors)

    @property
    def throughput(self) -> float:
        """Confirmed messages a second of the ledger's time."""
        seconds = self.ledger.seconds
        return self.confirmed / seconds if seconds else 0.0


Companion = Callable[[Way], Awaitable[None]]


async def rehearse_all(
    wish: Wish, targets: Sequence[Target], show: Callable[[Outcome], None], stays: set[str]
) -> list[Outcome]:
    """Test one cluster after another, with a progress bar; each outcome is shown at once.

    `stays` has the clusters at which the topic stays with what was sent, also after a Ctrl-C.
    *Errors*: `BufferUnusable`, and what `show` raises. SIGTERM, and a terminal that is closed, end
    it as a Ctrl-C does.
    """
    outcomes = []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_end_when_told)
        for target in targets:
            with shown() as bar:

                async def follow(way: Way, name: str = target.cluster.name) -> None:
                    await bar.follow(way.ledger, name, wish.duration)

                outcome = await rehearse(wish, target, follow, stays)
            outcomes.append(outcome)
            show(outcome)
        nursery.cancel_scope.cancel()
    return outcomes


async def _end_when_told() -> None:
    with trio.open_signal_receiver(*told_to_end()) as signals:
        async for _ in signals:
            raise KeyboardInterrupt


async def rehearse(wish: Wish, target: Target, companion: Companion, stays: set[str]) -> Outcome:
    """Send simulated scans to the target's topic, which is made where it may be.

    `companion` runs beside it while scans are handed in and come back, and is cancelled then.
    `stays` has the cluster from the first scan on, until the topic is removed.
    *Errors*: `BufferUnusable`. A cluster that does not answer, or refuses, is an outcome.
    """
    cluster = target.cluster
    try:
        await _make(wish, target)
    except BrokerError as exc:
        return Outcome(cluster, Ledger(), 0, (exc,))
    stays.add(cluster.name)
    removal: list[BrokerError] = []
    try:
        with folder_beside(wish.buffer.directory) as folder:
            outcome = await _rehearse_in(folder, wish, target, companion)
    finally:
        if target.afterwards is Afterwards.REMOVE:
            refusal = _REMAINS.format(name=target.spec.name, why=f"no answer in {_REMOVAL:g} s")
            with trio.move_on_after(_REMOVAL, shield=True):
                refusal = await _remove(wish, target)
            if refusal:
                removal = [_not_removed(target, refusal)]
            else:
                stays.discard(cluster.name)
    return replace(outcome, failures=(*outcome.failures, *removal))


async def _make(wish: Wish, target: Target) -> None:
    """Make the topic where it is missing and may be made. *Errors*: `BrokerError`."""
    cluster, name = target.cluster, target.spec.name
    async with open_admin(cluster, wish.client_id) as admin:
        if not cluster.auto_create_topics and name not in await admin.find([name]):
            raise BrokerFatal(cluster.name, _MISSING.format(name=name))
        states = await admin.ensure([target.spec])
    if refusal := states[name]:
        raise BrokerFatal(cluster.name, refusal)


async def _rehearse_in(folder: Path, wish: Wish, target: Target, companion: Companion) -> Outcome:
    plant, buffer = Plant(wish.plcs, wish.tags), replace(wish.buffer, directory=folder)
    cluster = target.cluster
    async with open_way(cluster, target.spec, wish.client_id, buffer, plant) as way:
        with trio.move_on_after(_REST):
            await way.open_up()
        # What does not even take a first scan is not to be sent thousands.
        if not _failures(way):
            way.begin_again()
            async with trio.open_nursery() as beside:
                beside.start_soon(companion, way)
                await _drive(way, wish.duration)
                beside.cancel_scope.cancel()
        failures = tuple(BrokerError(cluster.name, each) for each in _failures(way))
        return Outcome(cluster, way.ledger, way.failed, failures)


async def _drive(way: Way, duration: float) -> None:
    """Hand in for so long, as fast as it is taken, and give the rest its time."""
    until = trio.current_time() + duration
    with trio.move_on_at(until):
        while trio.current_time() < until:
            await way.hand_in()
    way.ledger.end_sending(trio.current_time())
    with trio.move_on_after(_REST):
        await way.settled()


def _failures(way: Way) -> list[str]:
    """Everything for which the test fails."""
    ledger, failures = way.ledger, []
    if ledger.unsettled:
        counted = f"{ledger.unsettled:,} of {ledger.sent:,} messages were not confirmed"
        failures.append(f"{counted} within {_REST:g} s: {_why(way)}")
    if way.failed:
        failures.append(f"{way.failed:,} messages were refused or dropped")
    if way.disk_error:
        failures.append(f"the buffer's disk takes nothing: {way.disk_error}")
    return failures


def _why(way: Way) -> str:
    return way.trouble or "the cluster is too slow"


async def _remove(wish: Wish, target: Target) -> str:
    """Remove the topic; "" when it is gone, else why not."""
    try:
        async with open_admin(target.cluster, wish.client_id) as admin:
            return await admin.remove(target.spec.name)
    except BrokerError as exc:
        return _REMAINS.format(name=target.spec.name, why=exc.reason)


def _not_removed(target: Target, reason: str) -> BrokerError:
    """Tells why the topic stays, and how to remove it later."""
    name = target.cluster.name
    later = _LATER.format(cluster=shlex.quote(name))
    return BrokerError(name, f"{reason}; {later}")
