"""Writeback in a minute: from request to answer on an idle system, a backlog, and writes a second.

    python -m benchmarks.writeback [--requests 200] [--window 250ms] [--backlog 100000]

From the repository's root. Apache Kafka is a real broker in a process of its own, the gateway is
`warlogix run` in another, the PLC is simulated in this one. The excess is what passes beyond the
window and the PLC's own round trip; the aim is at most 30 ms at p99.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import trio

from tests.answers import Tail, open_tail
from tests.brokers import open_broker
from tests.chaos.instances import Instance, open_instance
from tests.memory import peak_megabytes
from tests.witness import Record
from tests.writers import Sender, Site, ask, memory
from warlogix.config.units import parse_duration
from warlogix.drivers.s7 import S7Driver
from warlogix.simulators.s7 import S7Simulator, open_s7_simulator
from warlogix.tags import Endpoint, Tag

AIM = 0.030
WARM_UP = 10
WRITES = 2_000


async def measure(broker: str, folder: Path, requests: int, window: str, backlog: int) -> None:
    """Run all three and print."""
    async with open_s7_simulator(memory()) as plc:
        trip = await round_trip(plc)
        # Every tag is momentary, so that each request is executed.
        site = Site("benchmark", broker, {"Press": plc.port}, momentary=0, window=window)
        sender = Sender(broker, site.writes)
        async with open_instance(site, folder / "a") as instance:
            with trio.fail_after(30):
                await site.ready()
            async with open_tail(broker, site.responses) as tail:
                waits = await latencies(sender, tail, requests)
                report_latency(waits, parse_duration(window), trip)
                await throughput(sender, tail)
            assert await instance.stop() == 0
        await answer_backlog(site, sender, folder, backlog)


async def round_trip(plc: S7Simulator) -> float:
    """What one write to the PLC takes without any gateway: the median of a hundred, in seconds."""
    driver = S7Driver(Endpoint("Press", "s7", "127.0.0.1", plc.port, slot=1))
    tag = Tag("DB1.DBD0", address="DB1.DBD0", data_type="DINT", type="DINT")
    await driver.connect()
    times = []
    for value in range(100):
        began = time.perf_counter()
        await driver.write(tag, value)
        times.append(time.perf_counter() - began)
    await driver.aclose()
    return sorted(times)[50]


async def latencies(sender: Sender, tail: Tail, requests: int) -> list[float]:
    """Seconds from sending a request to having its answer, one after another."""
    waits = []
    for value in range(1, WARM_UP + requests + 1):
        have = len(tail.records)
        began = time.perf_counter()
        await sender.send([ask("Press", f"Tag{value % 8}", value)])
        await tail.until(more_than(have))
        waits.append(time.perf_counter() - began)
        # The next one finds an idle system, at no special moment of anybody's period.
        await trio.sleep(0.01 * (value % 7))
    return waits[WARM_UP:]


def more_than(count: int) -> Callable[[Sequence[Record]], bool]:
    """Whether there are more records than these."""
    return lambda records: len(records) > count


def report_latency(waits: Sequence[float], window: float, trip: float) -> None:
    """Print what was measured one by one."""
    ordered = sorted(waits)
    p50, p99 = ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100]
    print(
        f"latency    {len(waits)} requests, window {window * 1e3:.0f} ms, PLC {trip * 1e3:.1f} ms"
    )
    print(
        f"           p50 {p50 * 1e3:.1f} ms, p99 {p99 * 1e3:.1f} ms, max {ordered[-1] * 1e3:.1f} ms"
    )
    excess = [(each - window - trip) * 1e3 for each in (p50, p99)]
    verdict = "reached" if excess[1] <= AIM * 1e3 else "MISSED"
    print(f"excess     p50 {excess[0]:.1f} ms, p99 {excess[1]:.1f} ms: aim of 30 ms {verdict}")


async def throughput(sender: Sender, tail: Tail) -> None:
    """Print how many writes a second one PLC takes, each a request with an answer of its own."""
    have = len(tail.records)
    began = time.perf_counter()
    await sender.send(ask("Press", f"Tag{n % 8}", n) for n in range(WRITES))
    await tail.until(lambda records: len(records) >= have + WRITES)
    took = time.perf_counter() - began
    print(f"writes     {WRITES:,} executed and answered in {took:.1f} s, {WRITES / took:,.0f}/s")


async def answer_backlog(site: Site, sender: Sender, folder: Path, count: int) -> None:
    """Print how long a backlog of stale requests takes from the gateway's start, and memory."""
    old = round((time.time() - 3600) * 1000)
    for first in range(0, count, 10_000):
        letters = [ask("Press", f"Tag{n % 8}", n) for n in range(first, min(first + 10_000, count))]
        await sender.send(replace(each, at_ms=old) for each in letters)
    async with open_tail(site.kafka, site.responses) as tail:
        await tail.until(lambda records: len(records) >= WRITES)
        have = len(tail.records)
        async with open_instance(site, folder / "a") as instance:
            await backlog_done(tail, have, count, instance)


async def backlog_done(tail: Tail, have: int, count: int, instance: Instance) -> None:
    """Print when the last answer is there."""
    began = time.perf_counter()
    await tail.until(more_than(have))
    first = time.perf_counter() - began
    await tail.until(lambda records: len(records) >= have + count)
    took = time.perf_counter() - began
    megabytes = peak_megabytes(instance.process.pid)
    rate = count / max(took - first, 1e-9)
    print(f"backlog    {count:,} expired in {took:.1f} s from the start, {rate:,.0f} a second")
    print(f"memory     {megabytes:.0f} MB at most")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--window", default="250ms")
    parser.add_argument("--backlog", type=int, default=100_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, open_broker(Path(name)) as broker:
        run = partial(
            measure, broker.address, Path(name), given.requests, given.window, given.backlog
        )
        trio.run(run)


if __name__ == "__main__":
    main()
