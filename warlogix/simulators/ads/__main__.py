"""A simulated TwinCAT host in a process of its own, for trying things out and for benchmarks.

    python -m warlogix.simulators.ads --symbols 1000

Prints its port as the first line on stdout and serves until it is killed.
"""

import argparse
import sys

import trio

from warlogix.simulators.ads import NET_ID, Project, Symbol, open_ads_simulator

_TYPES = ("DINT", "REAL", "BOOL", "INT")


async def serve(port: int, net_id: str, symbols: int) -> None:
    """Serve symbols GVL.Tag0, GVL.Tag1 and so on, of four types in turn."""
    project = Project(
        tuple(Symbol(f"GVL.Tag{at}", _TYPES[at % len(_TYPES)]) for at in range(symbols))
    )
    async with open_ads_simulator(project, net_id=net_id, port=port) as plc:
        sys.stdout.write(f"{plc.port}\n")
        sys.stdout.flush()
        await trio.sleep_forever()


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(
        prog="python -m warlogix.simulators.ads",
        description="A simulated Beckhoff TwinCAT 3 host on 127.0.0.1, until Ctrl-C. It prints the"
        " port that it listens on; behind AMS port 851 it has symbols GVL.Tag0, GVL.Tag1 and so on"
        f" of the types {', '.join(_TYPES)} in turn, all zero.",
    )
    parser.add_argument(
        "--port", type=int, default=0, help="where it listens (0: any that is free)"
    )
    parser.add_argument("--net-id", default=NET_ID, help=f"its AMS Net ID ({NET_ID})")
    parser.add_argument("--symbols", type=int, default=100, help="how many symbols it has (100)")
    asked = parser.parse_args()
    try:
        trio.run(serve, asked.port, asked.net_id, asked.symbols)
    except* KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main()
