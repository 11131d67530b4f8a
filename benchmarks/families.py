"""What reading costs in each family: tags a second, CPU per tag, requests per scan.

    python -m benchmarks.families [--seconds 3] [logix beckhoff ...]

A thousand DINTs each, at rest and then all of them moving. The simulated PLC runs in a process of
its own, on loopback: the CPU is the driver's alone. On a real network the round trips dominate, and
the requests per scan say how many there are. What follows a read in the gateway is no part of it.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager

import trio

from warlogix.drivers.base import Driver
from warlogix.drivers.families import new_drivers
from warlogix.simulators import ads, cip, fins, s7
from warlogix.simulators.server import Simulator
from warlogix.tags import Endpoint, Tag

COUNT = 1000
MOVE_EVERY = 0.02
NAMES = [f"Tag{number}" for number in range(COUNT)]
SYMBOLS = [f"GVL.Tag{number}" for number in range(COUNT)]

# A running PLC, and what gives all its tags another value.
Moving = tuple[Simulator, Callable[[int], None]]


def _raw(value: int, order: str) -> bytes:
    one = value.to_bytes(4, "big")
    return (one[2:] + one[:2] if order == "low word first" else one) * COUNT


@asynccontextmanager
async def open_s7() -> AsyncIterator[Moving]:
    """An S7-1500."""
    async with s7.open_s7_simulator(s7.Memory({1: bytearray(4 * COUNT)})) as plc:
        yield plc, lambda value: plc.poke(1, 0, _raw(value, "high word first"))


@asynccontextmanager
async def open_fins(ways: frozenset[fins.Way]) -> AsyncIterator[Moving]:
    """A CJ2M."""
    async with fins.open_fins_simulator(fins.Memory(), ways=ways) as plc:
        yield plc, lambda value: plc.poke("D", 0, _raw(value, "low word first"))


@asynccontextmanager
async def open_ads() -> AsyncIterator[Moving]:
    """A TwinCAT 3 runtime."""
    project = ads.Project(tuple(ads.Symbol(name, "DINT") for name in SYMBOLS))
    async with ads.open_ads_simulator(project) as plc:

        def move(value: int) -> None:
            for name in SYMBOLS:
                plc.put(name, value)

        yield plc, move


@asynccontextmanager
async def open_cip(
    opened: Callable[[cip.Program], AbstractAsyncContextManager[cip.CipSimulator]],
) -> AsyncIterator[Moving]:
    """A Logix, a Micro800 or an NJ."""
    async with opened(cip.Program(tuple(cip.Tag(name, "DINT") for name in NAMES))) as plc:

        def move(value: int) -> None:
            for name in NAMES:
                plc.put(name, value)

        yield plc, move


OPEN: dict[str, Callable[[], AbstractAsyncContextManager[Moving]]] = {
    "logix": lambda: open_cip(cip.open_logix_simulator),
    "micro800": lambda: open_cip(cip.open_micro800_simulator),
    "s7": open_s7,
    "beckhoff": open_ads,
    "omron-fins-tcp": lambda: open_fins(fins.BOTH),
    "omron-fins-udp": lambda: open_fins(frozenset({fins.Way.UDP})),
    "omron-eip": lambda: open_cip(cip.open_nj_simulator),
}
MOVES = ("at rest", "moving")


def tags_of(family: str) -> tuple[Tag, ...]:
    """A thousand DINTs."""
    if family == "s7":
        return tuple(Tag(f"DB1.DBD{4 * number}", data_type="DINT") for number in range(COUNT))
    if family.startswith("omron-fins"):
        return tuple(Tag(f"D{2 * number}", data_type="DINT") for number in range(COUNT))
    return tuple(Tag(name) for name in (SYMBOLS if family == "beckhoff" else NAMES))


def endpoint_of(family: str, port: int) -> Endpoint:
    """Where the simulated PLC is."""
    name, _, protocol = family.partition("-")
    return Endpoint(
        family,
        name,
        "127.0.0.1",
        None if protocol.startswith("fins") else port,
        slot=1 if family == "s7" else 0,
        ams_net_id=ads.NET_ID,
        protocol=protocol.partition("-")[0],
        fins_port=port,
    )


async def serve(family: str, moves: str) -> None:
    """Print the port, then the count of requests whenever a byte comes in."""
    async with OPEN[family]() as (plc, move), trio.open_nursery() as nursery:
        say(plc.port)
        if moves == "moving":
            nursery.start_soon(keep_moving, move)
        asked = trio.lowlevel.FdStream(os.dup(0))
        while await asked.receive_some(1):
            say(plc.carried_out.value)
        nursery.cancel_scope.cancel()


def say(number: int) -> None:
    """One number on a line."""
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


async def keep_moving(move: Callable[[int], None]) -> None:
    """Give the tags a value after the other."""
    for value in range(1 << 30):
        move(value)
        await trio.sleep(MOVE_EVERY)


@contextmanager
def simulator(family: str, moves: str) -> Iterator[tuple[int, Callable[[], int]]]:
    """The port of a simulated PLC in its own process, and what asks for its requests so far."""
    command = [sys.executable, __file__, "--serve", family, "--moves", moves]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, bufsize=0) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        asked, told = process.stdin, process.stdout

        def requests() -> int:
            asked.write(b"?")
            return int(told.readline())

        try:
            yield int(told.readline()), requests
        finally:
            process.kill()


async def measure(family: str, moves: str, seconds: float) -> None:
    """Read again and again, and print what it cost."""
    tags = tags_of(family)
    with simulator(family, moves) as (port, requests):
        endpoint = endpoint_of(family, port)
        driver: Driver = new_drivers()[endpoint.family](endpoint)
        started = time.perf_counter()
        await driver.connect()
        assert not (await driver.read(tags)).bad
        first, asked = time.perf_counter() - started, requests()
        scans, started, spent = 0, time.perf_counter(), time.process_time()
        while time.perf_counter() - started < seconds:
            await driver.read(tags)
            scans += 1
        taken, spent = time.perf_counter() - started, time.process_time() - spent
        asked = requests() - asked
        await driver.aclose()
    read = scans * len(tags)
    sys.stdout.write(
        f"{family:<16}{moves:<9}{read / taken:>11,.0f} tags/s {spent / read * 1e6:>6.2f} us CPU/tag"
        f"{asked / scans:>8.1f} requests/scan {taken / scans * 1e3:>7.2f} ms/scan,"
        f" until the first {first * 1e3:.0f} ms\n"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="What reading a thousand tags costs.")
    parser.add_argument(
        "families", nargs="*", default=list(OPEN), help=f"some of {', '.join(OPEN)}"
    )
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--serve", choices=OPEN, help=argparse.SUPPRESS)
    parser.add_argument("--moves", choices=MOVES, default=MOVES[0], help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve:
        trio.run(serve, asked.serve, asked.moves)
        return
    for family in asked.families:
        for moves in MOVES:
            trio.run(measure, family, moves, asked.seconds)


if __name__ == "__main__":
    main()
