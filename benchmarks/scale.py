"""What one gateway carries: polls kept, lateness, CPU, memory, wake-ups and disk, by its PLCs.

    python -m benchmarks.scale [--plcs 10 50 100 200] [--tags 500] [--poll-rate 1] [--seconds 30]
    python -m benchmarks.scale --plcs 50 --changing 0                   # at rest
    python -m benchmarks.scale --plcs 50 --tags 100 --poll-rate 0.25 --commit-interval 200ms

From the repository's root. For each number of PLCs `warlogix run` is a process of its own, with a
configuration as a plant has it and its buffer on this disk. The S7 simulators are two more
processes, Apache Kafka is a real broker, all on this machine: what they took stands beside.
`--changing` is the share of the tags, in percent, that has another value at each poll.

Lateness is what the PLCs saw: how much later than its deadline the first request of each poll came,
counted from the one most in time. So the delays of the simulators are in it.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import trio
from confluent_kafka import Consumer, TopicPartition

from benchmarks.processes import Usage, started, usage_of
from tests.brokers import open_broker
from warlogix.simulators.s7 import Memory, Read, S7Simulator, open_s7_simulator

NAMESPACE = "benchmark"
PLANTS = 2
# What follows the first reading of all tags: the collector, the first positions.
SETTLE = 5.0
START_LIMIT = 120.0
DAY = 86_400


@dataclass(frozen=True, slots=True)
class Asked:
    """So many PLCs with so many DINTs each, every `poll_rate` seconds, some percent `changing`."""

    plcs: int
    tags: int
    poll_rate: float
    changing: float
    seconds: float
    commit_interval: str


@dataclass(frozen=True, slots=True)
class Moment:
    """What everybody had used by then, and the messages that Kafka had."""

    at: float
    gateway: Usage
    plants: float
    broker: float
    messages: int


async def plant(asked: Asked) -> None:
    """The PLCs: print their ports, move until stdin ends, then print when each poll began."""
    async with AsyncExitStack() as stack:
        memories = [Memory({1: bytearray(4 * asked.tags)}) for _ in range(asked.plcs)]
        opened = [await stack.enter_async_context(open_s7_simulator(each)) for each in memories]
        say([plc.port for plc in opened])
        async with trio.open_nursery() as nursery:
            nursery.start_soon(move, opened, asked)
            await trio.to_thread.run_sync(sys.stdin.read)
            nursery.cancel_scope.cancel()
    say([[read.at for read in plc.journal.reads if is_first(read)] for plc in opened])


def is_first(read: Read) -> bool:
    """Whether a request is the first of a poll."""
    return read.places[0].first == 0


async def move(plcs: Sequence[S7Simulator], asked: Asked) -> None:
    """Let some tags of each PLC have another value for each of its polls."""
    count = round(asked.tags * asked.changing / 100)
    if not count:
        return
    # Of every so many DINTs the lowest byte.
    low = slice(3, None, asked.tags // count * 4)
    begun = trio.current_time()
    for turn in range(sys.maxsize):
        value, number = divmod(turn, asked.plcs)
        block = plcs[number].db(1)
        block[low] = bytes((value % 256,)) * len(block[low])
        await trio.sleep_until(begun + turn * asked.poll_rate / asked.plcs)


def say(what: object) -> None:
    """One line of JSON for the process that asked."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


@contextmanager
def planted(asked: Asked, plcs: int) -> Iterator[subprocess.Popen[str]]:
    """A process with so many of the PLCs."""
    command = [sys.executable, "-m", "benchmarks.scale", "--plant", f"--plcs={plcs}"]
    command += [f"--tags={asked.tags}", f"--poll-rate={asked.poll_rate}"]
    command += [f"--changing={asked.changing}"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def running(configuration: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The gateway; SIGTERM at the end."""
    command = [sys.executable, "-m", "warlogix", "--config", str(configuration), "run"]
    log = configuration.with_suffix(".log")
    with log.open("wb") as file, subprocess.Popen(command, stderr=file) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def configured(asked: Asked, ports: Sequence[int], broker: str, folder: Path) -> Path:
    """The file of such a plant: each tag has its address, its type and a name."""
    lines = [f'namespace = "{NAMESPACE}"', f'poll_rate = "{asked.poll_rate * 1000:g}ms"']
    for number, port in enumerate(ports):
        lines += ["[[plcs]]", f'name = "PLC{number}"', 'family = "s7"', "slot = 1"]
        lines += [f'address = "127.0.0.1:{port}"', "tags = ["]
        lines += [
            f'{{ name = "DB1.DBD{4 * tag}", alias = "Station{tag // 20}.Value{tag % 20}",'
            ' data_type = "DINT" },'
            for tag in range(asked.tags)
        ]
        lines += ["]"]
    lines += ["[[kafka]]", 'name = "Local"', f'brokers = ["{broker}"]']
    lines += ["[buffer]", f'directory = "{folder}/buffer-{asked.plcs}"']
    lines += [f'commit_interval = "{asked.commit_interval}"']
    path = folder / f"scale-{asked.plcs}.toml"
    path.write_text("\n".join(lines))
    return path


def messages_in(broker: str) -> int:
    """How many tag changes the cluster has."""
    consumer = Consumer({"bootstrap.servers": broker, "group.id": NAMESPACE, "log_level": 0})
    try:
        offsets = consumer.get_watermark_offsets(TopicPartition(NAMESPACE, 0), timeout=10)
    finally:
        consumer.close()
    return int(offsets[1])


def has_topic(broker: str) -> bool:
    """Whether the gateway has made its topic by now."""
    consumer = Consumer({"bootstrap.servers": broker, "group.id": NAMESPACE, "log_level": 0})
    try:
        return NAMESPACE in consumer.list_topics(timeout=10).topics
    finally:
        consumer.close()


def wait_for_all(broker: str, tags: int, deadline: float) -> None:
    """Until each tag was published once."""
    while not has_topic(broker) or messages_in(broker) < tags:
        assert time.monotonic() < deadline, "the gateway has not read all tags"
        time.sleep(0.2)


def measure(asked: Asked, folder: Path) -> None:
    """Run it once and print a line."""
    with ExitStack() as stack:
        broker = stack.enter_context(open_broker(folder))
        shares = [asked.plcs // PLANTS, asked.plcs - asked.plcs // PLANTS]
        plants = [stack.enter_context(planted(asked, share)) for share in shares if share]
        ports = [port for each in plants for port in said(each)]
        path = configured(asked, ports, broker.address, folder)
        begun = time.monotonic()
        with running(path) as gateway:
            wait_for_all(broker.address, asked.plcs * asked.tags, begun + START_LIMIT)
            ready = time.monotonic() - begun
            time.sleep(SETTLE)
            pids = (gateway.pid, *(each.pid for each in plants))
            before = moment(pids, broker.address)
            time.sleep(asked.seconds)
            after = moment(pids, broker.address)
        polls = [plc for each in plants for plc in json.loads(each.communicate()[0])]
    tell(asked, before, after, polls)
    print(f"      all tags published {ready:.1f} s after the start", flush=True)


def said(process: subprocess.Popen[str]) -> list[int]:
    """A line of a plant."""
    assert process.stdout is not None
    ports: list[int] = json.loads(process.stdout.readline())
    return ports


def moment(pids: Sequence[int], broker: str) -> Moment:
    """What was used by now."""
    messages = messages_in(broker)
    gateway, *plants = pids
    (java,) = started("java")
    return Moment(
        time.time(),
        usage_of(gateway),
        sum(usage_of(each).cpu for each in plants),
        usage_of(java).cpu,
        messages,
    )


def tell(asked: Asked, before: Moment, after: Moment, polls: Sequence[Sequence[float]]) -> None:
    """Print what was measured between the two moments."""
    seconds = after.at - before.at
    within = [[at for at in plc if before.at <= at < after.at] for plc in polls]
    late = sorted(each for plc in within for each in lateness(plc, asked.poll_rate))
    skipped = sum(missing(plc, asked.poll_rate) for plc in within)
    cpu = after.gateway.cpu - before.gateway.cpu
    scans = len(late)
    written = after.gateway.written - before.gateway.written
    print(
        f"{asked.plcs:>4} PLCs x {asked.tags} tags, {scans:,} polls in {seconds:.0f} s,"
        f" {skipped} skipped; late p50 {late[scans // 2] * 1e3:.0f},"
        f" p99 {late[scans * 99 // 100] * 1e3:.0f}, most {late[-1] * 1e3:.0f} ms;"
        f" {(after.messages - before.messages) / seconds:,.0f} messages/s\n"
        f"      CPU {cpu / seconds:.1%} of a core, {cpu / scans * 1e3:.2f} ms a poll;"
        f" RSS {after.gateway.resident:.0f} MB (most {after.gateway.most:.0f});"
        f" {(after.gateway.wakeups - before.gateway.wakeups) / seconds:,.0f} wake-ups/s;"
        f" disk {written / seconds * DAY / 1e9:.1f} GB a day\n"
        f"      beside it: PLCs {(after.plants - before.plants) / seconds:.1%},"
        f" broker {(after.broker - before.broker) / seconds:.1%}; load {os.getloadavg()[0]:.1f},"
        f" a million turns of a loop take {turns() * 1e3:.0f} ms of CPU"
    )


def turns() -> float:
    """What a million turns of an empty loop cost: how fast this machine is just now."""
    start = time.process_time()
    for _ in range(1_000_000):
        pass
    return time.process_time() - start


def lateness(starts: Sequence[float], interval: float) -> list[float]:
    """How much later than its deadline each poll came, counted from the one most in time."""
    offsets = [at - n * interval for n, at in enumerate(starts)]
    return [offset - min(offsets) for offset in offsets]


def missing(starts: Sequence[float], interval: float) -> int:
    """How many polls are missing between the first and the last."""
    return round((starts[-1] - starts[0]) / interval) + 1 - len(starts)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--plcs", type=int, nargs="+", default=[10, 50, 100, 200])
    parser.add_argument("--tags", type=int, default=500)
    parser.add_argument("--poll-rate", type=float, default=1.0)
    parser.add_argument("--changing", type=float, default=10.0)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--commit-interval", default="0ms")
    parser.add_argument("--directory", type=Path, help="on the disk to measure")
    parser.add_argument("--plant", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    for plcs in given.plcs:
        asked = Asked(
            plcs, given.tags, given.poll_rate, given.changing, given.seconds, given.commit_interval
        )
        if given.plant:
            trio.run(plant, asked)
            return
        with tempfile.TemporaryDirectory(dir=given.directory) as name:
            measure(asked, Path(name))


if __name__ == "__main__":
    main()
