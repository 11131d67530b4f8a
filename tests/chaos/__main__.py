"""`scripts/chaos [--faults 20] [--seed N]`, `scripts/chaos --writes`: chaos on purpose."""

import argparse
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from random import SystemRandom

import trio

from tests.brokers import open_broker
from tests.chaos import scene, writes
from tests.chaos.rounds import Asked
from tests.chaos.truth import Kind

KINDS = {kind.name.lower().replace("_", "-"): kind for kind in Kind}


def main() -> int:
    """Run the chaos that was asked for; 1 if a promise was broken."""
    given = _parser().parse_args()
    run = run_writes if given.writes else run_scene
    if given.keep:
        given.keep.mkdir(parents=True, exist_ok=True)
        return run(given, given.keep)
    with tempfile.TemporaryDirectory() as name:
        return run(given, Path(name))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/chaos")
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(1_000_000))
    parser.add_argument("--keep", type=Path, help="keep logs and buffers in this folder")
    parser.add_argument("--faults", type=int, default=20, help="how many of each kind")
    parser.add_argument("--only", type=_kinds, default=list(Kind), help=", ".join(KINDS))
    parser.add_argument("--markdown", type=Path, help="write the account into this file too")
    parser.add_argument("--writes", action="store_true", help="chaos for writeback instead")
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--instances", type=int, default=2, help="how many run at once")
    parser.add_argument("--protocol", choices=("classic", "consumer"), default="classic")
    return parser


def _kinds(text: str) -> list[Kind]:
    unknown = sorted(set(text.split(",")) - KINDS.keys())
    if unknown:
        raise argparse.ArgumentTypeError(f"no such kind: {', '.join(unknown)}")
    return [KINDS[name] for name in text.split(",")]


def run_scene(given: argparse.Namespace, folder: Path) -> int:
    """Chaos for what is published, with the account as a table."""
    began = time.monotonic()
    asked = scene.Asked(given.only, given.faults, given.seed)
    say(f"{given.faults} of each kind, seed {given.seed}")
    (folder / "broker").mkdir()
    with open_broker(folder / "broker") as broker:
        outcome = trio.run(partial(scene.play, asked, broker, folder, say))
    say(f"\n{outcome.text()}\n")
    if given.markdown:
        given.markdown.write_text(f"{outcome.text()}\n")
    say(f"{_word(outcome.verdict.violations)} in {time.monotonic() - began:.0f} s")
    return 1 if outcome.verdict.violations else 0


def run_writes(given: argparse.Namespace, folder: Path) -> int:
    """Chaos for writeback, with a summary."""
    began = time.monotonic()
    asked = Asked(
        requests=given.requests,
        kills=given.kills,
        seed=given.seed,
        slots=given.instances,
        protocol=given.protocol,
    )
    say(f"{asked}")
    (folder / "broker").mkdir()
    with open_broker(folder / "broker") as broker:
        account = trio.run(partial(writes.play, asked, broker, folder, say))
    say(f"{_word(account.violations)} in {time.monotonic() - began:.0f} s")
    say(f"seed {asked.seed}: {account.text()}")
    return 1 if account.violations else 0


def _word(violations: list[str]) -> str:
    return "FAILED" if violations else "PASSED"


def say(text: str) -> None:
    """A line for the person who watches."""
    print(text, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
