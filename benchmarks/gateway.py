"""What the whole gateway does in half a minute: polls kept, their lateness, CPU, memory, messages.

    python -m benchmarks.gateway [--plcs 50] [--tags 100] [--poll-rate 1.0] [--seconds 20]

From the repository's root. The PLCs are simulated in a process of their own, Apache Kafka is a real
broker in another, and the gateway runs in this one, with its buffer on this disk. A tenth of the
tags moves about as often as it is polled. Lateness is what the PLCs saw: how much later than its
deadline the first request of each poll came.
"""

import argparse
import json
import resource
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import trio
from confluent_kafka import Consumer, TopicPartition

from tests.brokers import open_broker
from warlogix.clusters import Cluster, TopicSpec
from warlogix.daemon import gateway
from warlogix.drivers.s7.scan import S7Scan
from warlogix.plan import BufferPlan, ClusterPlan, Plan, PlcPlan
from warlogix.simulators.s7 import S7_1500, Memory, S7Simulator, open_s7_simulator
from warlogix.tags import Endpoint, Tag
from warlogix.topics import Topic, topic_name
from warlogix.writes.targets import Targets

NAMESPACE = "benchmark"
WARM_UP = 3.0
MOVING = 10


@dataclass(frozen=True, slots=True)
class Asked:
    """What to run: so many PLCs with so many DINTs, polled every `poll_rate` seconds."""

    plcs: int
    tags: int
    poll_rate: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Usage:
    """What this process and the cluster have done so far."""

    at: float
    cpu: float
    messages: int


async def plant(asked: Asked) -> None:
    """The PLCs: print their ports, move until stdin ends, then print when each request came."""
    async with AsyncExitStack() as stack:
        memories = [Memory({1: bytearray(4 * asked.tags)}) for _ in range(asked.plcs)]
        opened = [await stack.enter_async_context(open_s7_simulator(each)) for each in memories]
        say([plc.port for plc in opened])
        async with trio.open_nursery() as nursery:
            nursery.start_soon(move, opened, asked)
            await trio.to_thread.run_sync(sys.stdin.read)
            nursery.cancel_scope.cancel()
    say([[read.at for read in plc.journal.reads] for plc in opened])


async def move(plcs: Sequence[S7Simulator], asked: Asked) -> None:
    """Let every tenth tag count, between two polls of the PLC."""
    for value in range(1, sys.maxsize):
        for plc in plcs:
            for tag in range(0, asked.tags, MOVING):
                struct.pack_into(">i", plc.db(1), 4 * tag, value)
            await trio.sleep(asked.poll_rate / asked.plcs)


def say(what: object) -> None:
    """One line of JSON for the process that asked."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


@contextmanager
def planted(asked: Asked) -> Iterator[subprocess.Popen[str]]:
    """The PLCs' process."""
    options = [f"--{name}={getattr(asked, name)}" for name in ("plcs", "tags")]
    command = [sys.executable, "-m", "benchmarks.gateway", "--plant", *options]
    command.append(f"--poll-rate={asked.poll_rate}")
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def plan_for(asked: Asked, ports: Sequence[int], broker: str, folder: Path) -> Plan:
    """What the gateway is to run."""
    tags = tags_of(asked)
    plcs = [
        PlcPlan(Endpoint(f"PLC{n}", "s7", "127.0.0.1", port, slot=1), tags, asked.poll_rate, True)
        for n, port in enumerate(ports)
    ]
    topics = {topic: topic_name(NAMESPACE, "", topic) for topic in Topic}
    used = (Topic.CHANGES, Topic.HEALTH, Topic.GATEWAY)
    cluster = ClusterPlan(
        Cluster("Local", (broker,)),
        True,
        topics,
        tuple(TopicSpec(topics[each]) for each in used),
        writeback=None,
    )
    buffer = BufferPlan(folder / "buffer", 10**9, 1e6, 0)
    targets = Targets([(each.endpoint.plc, each.tags) for each in plcs])
    return Plan("benchmark", tuple(plcs), (cluster,), buffer, targets, packs=(), triggers=())


def tags_of(asked: Asked) -> tuple[Tag, ...]:
    """DINTs one after another in DB1."""
    names = [f"DB1.DBD{4 * n}" for n in range(asked.tags)]
    return tuple(Tag(name, address=name, data_type="DINT", type="DINT") for name in names)


@asynccontextmanager
async def running(plan: Plan) -> AsyncIterator[None]:
    """The gateway at work in this process; it drains at the end."""
    stop = trio.Event()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(gateway, plan, stop)
        yield
        stop.set()


async def usage(broker: str) -> Usage:
    """The process's CPU seconds and the messages that Kafka has taken, now."""
    messages = await trio.to_thread.run_sync(messages_in, broker)
    return Usage(time.time(), time.process_time(), messages)


def messages_in(broker: str) -> int:
    """How many tag changes the cluster has."""
    consumer = Consumer({"bootstrap.servers": broker, "group.id": "benchmark"})
    try:
        _, end = consumer.get_watermark_offsets(TopicPartition(NAMESPACE, 0), timeout=10)
    finally:
        consumer.close()
    return int(end)


async def measure(plan: Plan, broker: str, seconds: float) -> tuple[Usage, Usage]:
    """Run the gateway; what it had used after the warm-up, and at the end."""
    with trio.fail_after(WARM_UP + seconds + 30):
        async with running(plan):
            await trio.sleep(WARM_UP)
            before = await usage(broker)
            await trio.sleep(seconds)
            after = await usage(broker)
    return before, after


def report(asked: Asked, before: Usage, after: Usage, reads: Sequence[Sequence[float]]) -> None:
    """Print what was measured between the two moments."""
    requests = S7Scan(tags_of(asked), "latin-1", S7_1500.pdu_length).requests
    polls = [
        [at for at in plc[::requests] if before.at <= at < after.at] for plc in reads if len(plc)
    ]
    late = sorted(each for plc in polls if plc for each in lateness(plc, asked.poll_rate))
    taken, messages = after.at - before.at, after.messages - before.messages
    scheduled = asked.plcs * taken / asked.poll_rate
    print(f"{asked.plcs} PLCs, {asked.tags} tags each, every {asked.poll_rate:g} s, {taken:.1f} s")
    print(
        f"polls      {len(late):,} done of {scheduled:,.0f} scheduled, {requests} request(s) each"
    )
    print(
        f"lateness   p50 {late[len(late) // 2] * 1e3:.1f} ms, "
        f"p99 {late[len(late) * 99 // 100] * 1e3:.1f} ms, most {late[-1] * 1e3:.1f} ms"
    )
    print(f"messages   {messages:,} confirmed, {messages / taken:,.0f} a second")
    print(f"CPU        {(after.cpu - before.cpu) / taken:.1%} of one core")
    print(f"memory     {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB at most")


def lateness(starts: Sequence[float], interval: float) -> list[float]:
    """How much later than its deadline each poll came, counted from the one most in time."""
    offsets = [at - n * interval for n, at in enumerate(starts)]
    return [offset - min(offsets) for offset in offsets]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--plcs", type=int, default=50)
    parser.add_argument("--tags", type=int, default=100)
    parser.add_argument("--poll-rate", type=float, default=1.0)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--plant", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    asked = Asked(given.plcs, given.tags, given.poll_rate, given.seconds)
    if given.plant:
        trio.run(plant, asked)
        return
    with tempfile.TemporaryDirectory() as name, planted(asked) as plcs:
        assert plcs.stdout is not None
        ports = json.loads(plcs.stdout.readline())
        with open_broker(Path(name)) as broker:
            plan = plan_for(asked, ports, broker.address, Path(name))
            before, after = trio.run(measure, plan, broker.address, asked.seconds)
        reads, _ = plcs.communicate()
    report(asked, before, after, json.loads(reads))


if __name__ == "__main__":
    main()
