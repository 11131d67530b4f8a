"""Messages a second: the whole durable way, a bare loop, and Kafka's own ProducerPerformance.

    python -m benchmarks.throughput [--rounds 5] [--seconds 10] [--one-in 2] [--compression none]
    python -m benchmarks.throughput --paced 10000 [--commit-interval 20ms]

From the repository's root. Apache Kafka is a real broker on this machine, started for the run. All
send the same tag changes of 160 bytes with acks=all to topics of the same settings, in turns, so
that what else this machine does meets all of them. `whole way` is `warlogix run` from the scan on:
change detection, encoding, fsync, publishing. Its scans change one tag in `--one-in`.
"noise" is what a fixed piece of Python took before each turn, against the fastest of them.
ProducerPerformance sends no keys, and its first five seconds, in which the JVM compiles, do not
count.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import trio

from benchmarks.contenders import WARM_UP, Field, Run, bare_loop, kafkas_own, whole_way
from tests.brokers import open_broker
from warlogix.config.units import parse_duration

NAMES = ("ProducerPerformance", "bare loop", "whole way")


def noise() -> float:
    """Seconds that a fixed piece of work takes."""
    start, total = time.perf_counter(), 0
    for number in range(1_000_000):
        total += number & 7
    return time.perf_counter() - start


def calibrated(field: Field) -> int:
    """How many messages ProducerPerformance sends in its warm-up and as long as the others run."""
    run = kafkas_own(field.fresh("calibration"), 300_000)
    again = kafkas_own(field.fresh("calibration-again"), max(300_000, round(run.rate * 12)))
    return round(again.rate * (field.seconds + WARM_UP))


def contest(field: Field, rounds: int) -> tuple[list[list[Run]], list[float]]:
    """The runs of each contender, a round after the other, and what the noise was before each."""
    count = calibrated(field)
    turns: list[Callable[[Field], Run]] = [
        lambda field: kafkas_own(field, count),
        bare_loop,
        lambda field: trio.run(whole_way, field),
    ]
    runs: list[list[Run]] = [[], [], []]
    noises = []
    for number in range(rounds):
        for place in range(len(turns)):
            turn = (place + number) % len(turns)
            noises.append(noise())
            runs[turn].append(turns[turn](field.fresh(f"round-{number}-{turn}")))
        rates = ", ".join(
            f"{name} {each[-1].rate:,.0f}" for name, each in zip(NAMES, runs, strict=True)
        )
        print(f"round {number + 1}: {rates}; load {os.getloadavg()[0]:.1f}", flush=True)
    return runs, noises


def tell(runs: Sequence[Sequence[Run]], noises: Sequence[float]) -> None:
    """Print the table."""
    print("\nmessages a second, median (least to most):")
    for name, each in zip(NAMES, runs, strict=True):
        line(name, [run.rate for run in each], ",.0f")
    *others, whole = runs
    for name, each in zip(NAMES, others, strict=False):
        ratios = [ours.rate / other.rate for ours, other in zip(whole, each, strict=True)]
        line(f"whole way / {name}", ratios, ".2f")
    for name, each in zip(NAMES[1:], runs[1:], strict=True):
        line(f"µs of CPU a message, {name}", [run.cpu / run.messages * 1e6 for run in each], ".1f")
    tell_delays(whole)
    line("ms that the event loop was late", [1e3 * run.late for run in whole], ".0f")
    line("noise", [each / min(noises) for each in noises], ".2f")


def line(name: str, values: Sequence[float], form: str) -> None:
    """Print median, least and most."""
    median, least, most = statistics.median(values), min(values), max(values)
    print(f"{name:<36} {median:>10{form}} ({least:{form}} to {most:{form}})")


def tell_delays(runs: Sequence[Run]) -> None:
    """Print how long messages took from the scan to the confirmation."""
    latencies = [run.latency for run in runs if run.latency is not None]
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        line(
            f"ms to confirmation, {name}",
            [1e3 * each.percentile(share) for each in latencies],
            ".1f",
        )


def pace(field: Field, rounds: int, rate: float) -> None:
    """Print latency and CPU at so many changes a second."""
    runs = [trio.run(whole_way, field.fresh(f"paced-{number}"), rate) for number in range(rounds)]
    print(f"{rate:,.0f} changes a second, {rounds} times {field.seconds:g} s")
    line("% of one core", [100 * run.cpu / run.seconds for run in runs], ".1f")
    tell_delays(runs)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=10.0, help="for each turn")
    parser.add_argument("--one-in", type=int, default=2, help="tags, of which one moves in a scan")
    compressions = ("none", "gzip", "snappy", "lz4", "zstd")
    parser.add_argument("--compression", default="none", choices=compressions)
    parser.add_argument("--paced", type=float, help="changes a second, of the whole way alone")
    parser.add_argument("--commit-interval", type=parse_duration, default=0.0, help="as 20ms")
    parser.add_argument("--directory", type=Path, help="of the buffer, on the disk to measure")
    given = parser.parse_args()
    load = os.getloadavg()
    print(f"{os.cpu_count()} cores, load {load[0]:.1f} {load[1]:.1f} {load[2]:.1f}", flush=True)
    with tempfile.TemporaryDirectory() as name, open_broker(Path(name)) as broker:
        field = Field(
            broker.address,
            "",
            given.seconds,
            given.compression,
            given.directory,
            given.one_in,
            given.commit_interval,
        )
        if given.paced:
            pace(field, given.rounds, given.paced)
        else:
            tell(*contest(field, given.rounds))


if __name__ == "__main__":
    main()
