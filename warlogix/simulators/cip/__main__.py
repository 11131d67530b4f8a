"""A simulated EtherNet/IP controller in a process of its own, for trying out and benchmarks.

    python -m warlogix.simulators.cip --family logix --tags 1000

Prints its port as the first line on stdout and serves until it is killed.
"""

import argparse
import sys

import trio

from warlogix.simulators.cip.program import Member, Program, Record, Tag
from warlogix.simulators.cip.simulator import (
    open_logix_simulator,
    open_micro800_simulator,
    open_nj_simulator,
)

_FAMILIES = {
    "logix": open_logix_simulator,
    "micro800": open_micro800_simulator,
    "nj": open_nj_simulator,
}
_TYPES = ("DINT", "REAL", "INT", "BOOL")


def program(tags: int) -> Program:
    """So many tags `Tag0`, `Tag1` ... of four types in turn, an array and a structure."""
    numbered = tuple(Tag(f"Tag{i}", _TYPES[i % len(_TYPES)]) for i in range(tags))
    motor = Record("Motor", (Member("Speed", "REAL"), Member("Running", "BOOL")))
    return Program((*numbered, Tag("Samples", "DINT[100]"), Tag("Line", "Motor")), types=(motor,))


async def serve(family: str, port: int, tags: int) -> None:
    """Serve a controller of the family."""
    async with _FAMILIES[family](program(tags), port=port) as plc:
        sys.stdout.write(f"{plc.port}\n")
        sys.stdout.flush()
        await trio.sleep_forever()


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(
        prog="python -m warlogix.simulators.cip",
        description="A simulated EtherNet/IP controller on 127.0.0.1, until Ctrl-C. It prints the"
        " port that it listens on; its tags begin with zeros.",
    )
    parser.add_argument("--family", choices=_FAMILIES, default="logix", help="what it is (logix)")
    parser.add_argument(
        "--port", type=int, default=0, help="where it listens (0: any that is free)"
    )
    parser.add_argument("--tags", type=int, default=100, help="how many tags it has (100)")
    asked = parser.parse_args()
    try:
        trio.run(serve, asked.family, asked.port, asked.tags)
    except* KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main()
