"""A simulated Omron CPU in a process of its own, for trying things out and for benchmarks.

    python -m warlogix.simulators.fins --ways tcp

Prints its port as the first line on stdout and serves until it is killed.
"""

import argparse
import sys

import trio

from warlogix.simulators.fins import BOTH, CJ2M, CP1L, Cpu, Memory, Way, open_fins_simulator

_CPUS = {"cj2m": CJ2M, "cp1l": CP1L}
_WAYS = {"both": BOTH} | {way.value: frozenset({way}) for way in Way}


async def serve(port: int, cpu: Cpu, ways: frozenset[Way]) -> None:
    """Serve a memory of zeros."""
    async with open_fins_simulator(Memory(), port=port, cpu=cpu, ways=ways) as plc:
        sys.stdout.write(f"{plc.port}\n")
        sys.stdout.flush()
        await trio.sleep_forever()


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(
        prog="python -m warlogix.simulators.fins",
        description="A simulated Omron CPU that speaks FINS on 127.0.0.1, until Ctrl-C. It prints"
        " the port that it listens on; its memory begins with zeros.",
    )
    parser.add_argument(
        "--port", type=int, default=0, help="where it listens (0: any that is free)"
    )
    parser.add_argument("--ways", choices=_WAYS, default="both", help="what it serves (both)")
    parser.add_argument("--cpu", choices=_CPUS, default="cj2m", help="what it is (cj2m)")
    asked = parser.parse_args()
    try:
        trio.run(serve, asked.port, _CPUS[asked.cpu], _WAYS[asked.ways])
    except* KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main()
