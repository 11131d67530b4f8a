"""`scripts/handshake [--parts 10000] [--faults 5] [--seed N]`: handshakes of triggers, judged."""

import argparse
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from random import SystemRandom

import trio

from tests.brokers import open_broker
from tests.handshake.play import Asked, play
from tests.handshake.stage import Setting
from tests.handshake.truth import Kind

KINDS = {kind.name.lower().replace("_", "-"): kind for kind in Kind}


def main() -> int:
    """Play what was asked for; 1 if a promise was broken."""
    given = parser().parse_args()
    if given.keep:
        given.keep.mkdir(parents=True, exist_ok=True)
        return run(given, given.keep)
    with tempfile.TemporaryDirectory() as name:
        return run(given, Path(name))


def parser() -> argparse.ArgumentParser:
    """What `scripts/handshake` can be asked for."""
    parser = argparse.ArgumentParser(
        prog="scripts/handshake",
        description="Parts that wait for their acks, through all trouble, with an exact account;"
        " exit status 1 if a promise is broken.",
    )
    seed, add = SystemRandom().randrange(1_000_000), parser.add_argument
    add("--parts", type=int, default=10_000, metavar="N", help="in all (default: 10000)")
    add("--faults", type=int, default=5, metavar="N", help="of each kind, 0 for none (default: 5)")
    add("--only", type=_kinds, default=list(Kind), metavar="KIND,...", help=", ".join(KINDS))
    add("--stations", type=int, default=4, metavar="N", help="on each of 4 PLCs (default: 4)")
    add("--ack-timeout", type=float, default=3.0, metavar="S", help="in seconds (default: 3)")
    add("--limit", type=float, default=900.0, metavar="S", help="for all of it (default: 900)")
    add("--seed", type=int, default=seed, help="repeat a run's decisions (default: any)")
    add("--keep", type=Path, metavar="FOLDER", help="keep logs and buffers in this folder")
    return parser


def _kinds(text: str) -> list[Kind]:
    unknown = [each for each in text.split(",") if each not in KINDS]
    if unknown:
        known = f"the kinds are {', '.join(KINDS)}"
        raise argparse.ArgumentTypeError(f"no such kind: {unknown[0]} ({known})")
    return [KINDS[name] for name in text.split(",")]


def run(given: argparse.Namespace, folder: Path) -> int:
    """One run, with its account."""
    began = time.monotonic()
    kinds = given.only * given.faults
    setting = Setting(given.stations, ack_timeout=given.ack_timeout)
    asked = Asked(given.parts, kinds, given.seed, given.limit, setting)
    say(f"{given.parts} parts, {len(kinds)} faults, seed {given.seed}")
    (folder / "broker").mkdir()
    with open_broker(folder / "broker") as broker:
        account = trio.run(partial(play, asked, broker, folder, say))
    say(f"\n{account.text()}\n")
    word = "FAILED" if account.violations else "PASSED"
    say(f"{word} in {time.monotonic() - began:.0f} s")
    return 1 if account.violations else 0


def say(text: str) -> None:
    """A line for the person who watches."""
    print(text, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
