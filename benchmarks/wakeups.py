"""What a wake-up costs on this machine: CPU of a Trio program that does nothing else.

    python -m benchmarks.wakeups [--seconds 5]

A steady gateway mostly wakes up: for a scan, for the disk, for Kafka. "sleep" is a task that wakes
up so many times a second; "sleep and thread" has a thread do nothing each time and waits for it, as
each commit to disk does at least. "turn" and "thread" are the same without a pause, caches warm.
"""

import argparse
import os
from collections.abc import Awaitable, Callable

import trio

from benchmarks.processes import own_cpu

RATES = (100, 200, 1000)


async def thread() -> None:
    """Have a thread do nothing."""
    await trio.to_thread.run_sync(int)


async def paced(times: int, rate: float, work: Callable[[], Awaitable[None]]) -> float:
    """CPU seconds for each of so many turns at even intervals."""
    start, before = trio.current_time(), own_cpu()
    for number in range(times):
        await trio.sleep_until(start + number / rate)
        await work()
    return (own_cpu() - before) / times


async def at_once(times: int, work: Callable[[], Awaitable[None]]) -> float:
    """CPU seconds for each of so many turns without a pause."""
    before = own_cpu()
    for _ in range(times):
        await work()
    return (own_cpu() - before) / times


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=5.0, help="for each line")
    seconds = parser.parse_args().seconds
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    works = (("turn", trio.lowlevel.checkpoint), ("thread", thread))
    for name, work in works:
        print(f"{name:<24}{'':>8} {1e6 * trio.run(at_once, 5000, work):6.0f} µs")
    for rate in RATES:
        for name, work in (("sleep", trio.lowlevel.checkpoint), ("sleep and thread", thread)):
            each = trio.run(paced, round(rate * seconds), rate, work)
            print(
                f"{name:<24}{rate:>6}/s {1e6 * each:6.0f} µs, {100 * each * rate:4.1f} % of a core"
            )


if __name__ == "__main__":
    main()
