"""A simulated S7 in a process of its own, for trying things out and for benchmarks.

    python -m warlogix.simulators.s7 --db 1:4096 --db 2:64

Prints its port as the first line on stdout and serves until it is killed.
"""

import argparse
import sys

import trio

from warlogix.simulators.s7 import S7_300, S7_400, S7_1200, S7_1500, Cpu, Memory, open_s7_simulator

_CPUS = {cpu.name.lower(): cpu for cpu in (S7_300, S7_400, S7_1200, S7_1500)}


def _block(text: str) -> tuple[int, int]:
    number, size = text.split(":")
    return int(number), int(size)


async def serve(port: int, blocks: dict[int, int], cpu: Cpu) -> None:
    """Serve data blocks of the given sizes in bytes."""
    memory = Memory({number: bytearray(size) for number, size in blocks.items()})
    async with open_s7_simulator(memory, port=port, cpu=cpu) as plc:
        sys.stdout.write(f"{plc.port}\n")
        sys.stdout.flush()
        await trio.sleep_forever()


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(
        prog="python -m warlogix.simulators.s7",
        description="A simulated Siemens S7 on 127.0.0.1, until Ctrl-C. It prints the port that it"
        " listens on; its data blocks begin with zeros.",
    )
    parser.add_argument(
        "--port", type=int, default=0, help="where it listens (0: any that is free)"
    )
    parser.add_argument(
        "--db",
        type=_block,
        action="append",
        default=[],
        metavar="NUMBER:BYTES",
        help="a data block and its size, as in 1:256; may be given again",
    )
    parser.add_argument("--cpu", choices=_CPUS, default="s7-1500", help="what it is (s7-1500)")
    asked = parser.parse_args()
    try:
        trio.run(serve, asked.port, dict(asked.db), _CPUS[asked.cpu])
    except* KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main()
