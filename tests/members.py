"""Members of a consumer group at work, in this process or in one of their own.

    async with working(cluster, group, topic) as worker:
        await worker.owns(0, 1)
        worker.records

A worker begins where its group has come to, commits what it has read before it lets go, and keeps
every event. `python -m tests.members ADDRESS GROUP TOPIC PROTOCOL` is one in a process, to be
killed and stopped; it prints its events.
"""

import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import trio
from trio_util import AsyncValue

from tests.outlets import cluster
from warlogix.clusters import Cluster
from warlogix.kafka.group import (
    Assigned,
    Event,
    Fenced,
    Fetched,
    Lost,
    Member,
    Revoked,
    open_member,
)
from warlogix.kafka.positions import Position
from warlogix.kafka.records import Record


def group_cluster(address: str, protocol: str) -> Cluster:
    """A cluster whose groups speak this protocol: classic or consumer."""
    options = {} if protocol == "classic" else {"group.protocol": protocol}
    return replace(cluster(address), options=options)


def position(offset: int, *unanswered: int) -> Position:
    """A position of some topic."""
    return Position(offset, "topic-id", unanswered)


class Worker:
    """A member and what it did."""

    def __init__(self, member: Member) -> None:
        self.member = member
        self.events: list[Event] = []
        self.records: list[Record] = []
        self.held: AsyncValue[frozenset[int]] = AsyncValue(frozenset())
        self.came: AsyncValue[int] = AsyncValue(0)
        self.next: dict[int, int] = {}
        self.asked: AsyncValue[tuple[int, ...]] = AsyncValue(())
        self.may_answer = trio.Event()
        self.may_answer.set()

    async def owns(self, *partitions: int) -> None:
        """Return when it has exactly these."""
        await self.held.wait_value(frozenset(partitions))

    async def read(self, count: int) -> None:
        """Return when it has read so many records."""
        await self.came.wait_value(lambda seen: seen >= count)

    async def work(self) -> None:
        """For ever."""
        while True:
            event = await self.member.next()
            self.events.append(event)
            await self._do(event)

    async def _do(self, event: Event) -> None:
        match event:
            case Assigned(partitions):
                self.asked.value = partitions
                await self.may_answer.wait()
                found = await self.member.committed()
                starts = {each: _offset(found.get(each)) for each in partitions}
                self.member.begin(starts)
                self.next |= starts
                self.held.value |= set(partitions)
            case Revoked(partitions):
                self.asked.value = partitions
                await self.may_answer.wait()
                with suppress(Fenced):
                    await self.member.commit(
                        {each: position(self.next[each]) for each in partitions}
                    )
                self.member.let_go()
                self.held.value -= set(partitions)
            case Lost(partitions):
                self.held.value -= set(partitions)
            case Fetched(records):
                self.records += records
                self.next |= {each.partition: each.offset + 1 for each in records}
                self.came.value = len(self.records)


def _offset(found: object) -> int:
    return found.offset if isinstance(found, Position) else 0


@asynccontextmanager
async def working(cluster: Cluster, group: str, topic: str) -> AsyncIterator[Worker]:
    """A member at work as long as the block runs."""
    async with open_member(cluster, "test", group, topic) as member:
        worker = Worker(member)
        async with trio.open_nursery() as tasks:
            tasks.start_soon(worker.work)
            yield worker
            tasks.cancel_scope.cancel()


@asynccontextmanager
async def process(
    address: str, group: str, topic: str, protocol: str
) -> AsyncIterator[tuple[trio.Process, trio.abc.ReceiveStream]]:
    """A member in a process of its own, and what it prints; killed at the end."""
    async with trio.open_nursery() as tasks:
        command = [sys.executable, "-m", "tests.members", address, group, topic, protocol]
        child: trio.Process = await tasks.start(_keep_open, command)
        assert child.stdout is not None
        yield child, child.stdout
        tasks.cancel_scope.cancel()


async def _keep_open(
    command: list[str], task_status: trio.TaskStatus[trio.Process] = trio.TASK_STATUS_IGNORED
) -> None:
    child = await trio.lowlevel.open_process(command, stdout=subprocess.PIPE)
    try:
        task_status.started(child)
        await child.wait()
    finally:
        child.kill()
        with trio.CancelScope(shield=True):
            await child.wait()


async def until(said: trio.abc.ReceiveStream, word: str) -> str:
    """What a process printed, up to a word."""
    text = ""
    while word not in text:
        some = await said.receive_some()
        assert some, f"it ended after {text!r}"
        text += some.decode()
    return text


async def _main(arguments: Sequence[str]) -> None:
    address, group, topic, protocol = arguments
    settings = group_cluster(address, protocol)
    async with working(settings, group, topic) as worker, trio.open_nursery() as tasks:
        tasks.start_soon(_print_events, worker)
        tasks.start_soon(_commit_always, worker)


async def _print_events(worker: Worker) -> None:
    async for held in worker.held.eventual_values():
        print("has", *sorted(held), flush=True)  # noqa: T201


async def _commit_always(worker: Worker) -> None:
    """Commit what is held, and say so; a stale member's commits are heard of as well."""
    while True:
        held = worker.held.value
        try:
            await worker.member.commit({each: position(worker.next[each]) for each in held})
            print("committed", flush=True)  # noqa: T201
        except Fenced:
            print("fenced", flush=True)  # noqa: T201
        await trio.sleep(0.1)


if __name__ == "__main__":
    trio.run(_main, sys.argv[1:])
