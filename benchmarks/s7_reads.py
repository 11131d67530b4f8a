"""What reading a Siemens S7 costs: tags a second, CPU per tag, requests per scan.

    python -m benchmarks.s7_reads [--seconds 3] [--cpu s7-1500]

The simulated CPU runs in a process of its own, on loopback: the numbers are the driver's cost.
On a real network the round trips dominate, and the requests per scan say how many there are.
"""

import argparse
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import trio

from warlogix.drivers.s7 import S7Driver
from warlogix.drivers.s7.scan import S7Scan
from warlogix.drivers.s7.wire import Request
from warlogix.simulators.s7 import S7_300, S7_400, S7_1200, S7_1500, Cpu
from warlogix.tags import Endpoint, Tag

COUNT = 1000
BLOCKS = 50
SIZE = 8192
CPUS = {cpu.name.lower(): cpu for cpu in (S7_300, S7_400, S7_1200, S7_1500)}


def in_one_block() -> tuple[Tag, ...]:
    """DINTs one after another."""
    return tuple(Tag(f"DB1.DBD{4 * n}", data_type="DINT") for n in range(COUNT))


def scattered() -> tuple[Tag, ...]:
    """DINTs at random places of many data blocks, the same places in each run."""
    places = random.Random(1)
    starts = [(places.randint(1, BLOCKS), places.randrange(0, SIZE - 4, 2)) for _ in range(COUNT)]
    return tuple(Tag(f"DB{number}.DBD{start}", data_type="DINT") for number, start in starts)


@contextmanager
def simulator(cpu: Cpu) -> Iterator[int]:
    """The port of a simulated CPU in its own process."""
    blocks = [f"--db={number}:{SIZE}" for number in range(1, BLOCKS + 1)]
    command = [sys.executable, "-m", "warlogix.simulators.s7", f"--cpu={cpu.name.lower()}", *blocks]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


async def measure(name: str, tags: tuple[Tag, ...], cpu: Cpu, port: int, seconds: float) -> None:
    """Read again and again, and print what it cost."""
    rack, slot = min(cpu.slots or {(0, 1)})
    driver = S7Driver(Endpoint("bench", "s7", "127.0.0.1", port, rack=rack, slot=slot))
    await driver.connect()
    started = time.perf_counter()
    assert not (await driver.read(tags)).bad
    first = time.perf_counter() - started
    scans, started, spent = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - started < seconds:
        await driver.read(tags)
        scans += 1
    taken, spent = time.perf_counter() - started, time.process_time() - spent
    await driver.aclose()
    read, requests = scans * len(tags), S7Scan(tags, "latin-1", cpu.pdu_length).requests
    print(
        f"{name:<36}{read / taken:>10,.0f} tags/s {spent / read * 1e6:>6.2f} us CPU/tag "
        f"{requests:>4} requests/scan, first scan {first * 1e3:.1f} ms"
    )


async def measure_decoding(kind: str, seconds: float) -> None:
    """Decode scans in which every value changed, without a network."""
    tags = tuple(Tag(f"DB1.DBD{4 * n}", data_type=kind) for n in range(COUNT))
    images = [random.Random(n).randbytes(4 * COUNT) for n in (1, 2)]
    # Exponents of everyday numbers, so that no REAL is NaN.
    images = [bytes(0x42 if at % 4 == 0 else byte for at, byte in enumerate(i)) for i in images]
    scan, scans = S7Scan(tags, "latin-1", 960), 0

    async def ask(request: Request) -> list[bytes | int]:
        await trio.lowlevel.checkpoint_if_cancelled()
        image = images[scans % 2]
        return [image[item.start : item.start + item.size] for item in request.items]

    spent = time.process_time()
    while time.process_time() - spent < seconds:
        await scan.read(ask, 0)
        scans += 1
    spent = time.process_time() - spent
    cost = spent / scans / COUNT * 1e6
    print(f"{f'{COUNT} {kind}s all changed, decoding':<36}{'':>17} {cost:>6.2f} us CPU/tag")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--cpu", choices=CPUS, default="s7-1500")
    asked = parser.parse_args()
    cpu = CPUS[asked.cpu]
    with simulator(cpu) as port:
        for name, tags in (
            (f"{COUNT} DINTs in one data block", in_one_block()),
            (f"{COUNT} DINTs over {BLOCKS} data blocks", scattered()),
        ):
            trio.run(measure, name, tags, cpu, port, asked.seconds)
    for kind in ("DINT", "REAL"):
        trio.run(measure_decoding, kind, asked.seconds / 3)


if __name__ == "__main__":
    main()
