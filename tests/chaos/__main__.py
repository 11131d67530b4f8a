"""`scripts/chaos --writes [--requests 2000] [--kills 30] [--seed N]`: chaos on purpose."""

import argparse
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from random import SystemRandom

import trio

from tests.brokers import open_broker
from tests.chaos.rounds import Asked
from tests.chaos.writes import play


def main() -> int:
    """Run the chaos that was asked for; 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="scripts/chaos")
    parser.add_argument("--writes", action="store_true", help="chaos for writeback")
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(1_000_000))
    parser.add_argument("--instances", type=int, default=2, help="how many run at once")
    parser.add_argument("--protocol", choices=("classic", "consumer"), default="classic")
    parser.add_argument("--keep", type=Path, help="keep logs and buffers in this folder")
    given = parser.parse_args()
    if not given.writes:
        parser.error("say what is to be tried: --writes")
    asked = Asked(
        requests=given.requests,
        kills=given.kills,
        seed=given.seed,
        slots=given.instances,
        protocol=given.protocol,
    )
    say(f"{asked}")
    if given.keep:
        given.keep.mkdir(parents=True, exist_ok=True)
        return writes(asked, given.keep)
    with tempfile.TemporaryDirectory() as name:
        return writes(asked, Path(name))


def writes(asked: Asked, folder: Path) -> int:
    """Chaos for writeback, with a summary."""
    began = time.monotonic()
    (folder / "broker").mkdir()
    with open_broker(folder / "broker") as broker:
        account = trio.run(partial(play, asked, broker, folder, say))
    say(f"{'FAILED' if account.violations else 'PASSED'} in {time.monotonic() - began:.0f} s")
    say(f"seed {asked.seed}: {account.text()}")
    return 1 if account.violations else 0


def say(text: str) -> None:
    """A line for the person who watches."""
    print(text, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
