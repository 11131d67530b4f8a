"""`scripts/chaos [--faults 20] [--seed N]`, `scripts/chaos --writes`: chaos on purpose."""

import argparse
import difflib
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from random import SystemRandom
from traceback import TracebackException

import trio

from tests.brokers import open_broker
from tests.chaos import scene, writes
from tests.chaos.rounds import Asked
from tests.chaos.truth import Kind

KINDS = {kind.name.lower().replace("_", "-"): kind for kind in Kind}


def main() -> int:
    """Run the chaos that was asked for; 1 if a promise was broken."""
    given = parser().parse_args()
    run = run_writes if given.writes else run_scene
    try:
        if given.keep:
            given.keep.mkdir(parents=True, exist_ok=True)
            return run(given, given.keep)
        with tempfile.TemporaryDirectory() as name:
            return run(given, Path(name))
    except ExceptionGroup as exc:
        # Python's own words end at ten groups within each other, and the reason is further in.
        say("".join(TracebackException.from_exception(exc, max_group_depth=100).format()))
        return 1


def parser() -> argparse.ArgumentParser:
    """What `scripts/chaos` can be asked for."""
    parser = argparse.ArgumentParser(
        prog="scripts/chaos",
        description="Chaos on purpose, with an exact account; exit status 1 if a promise is broken."
        " A run takes about 30 s for the scene itself, and then some seconds for each fault.",
    )
    seed, add = SystemRandom().randrange(1_000_000), parser.add_argument
    add("--seed", type=int, default=seed, help="repeat a run's decisions (default: any)")
    add("--keep", type=Path, metavar="FOLDER", help="keep logs and buffers in this folder")
    published = parser.add_argument_group("what PLCs show, published")
    add = published.add_argument
    add("--faults", type=_count, default=20, metavar="N", help="of each kind (default: 20)")
    add("--only", type=_kinds, default=list(Kind), metavar="KIND,...", help=", ".join(KINDS))
    add("--markdown", type=Path, metavar="FILE", help="write the account into this file too")
    written = parser.add_argument_group("what is written into PLCs")
    add = written.add_argument
    add("--writes", action="store_true", help="chaos for writeback instead")
    add("--requests", type=_count, default=2000, metavar="N", help="in all (default: 2000)")
    add("--kills", type=_count, default=30, metavar="N", help="of an instance (default: 30)")
    add("--instances", type=_count, default=2, metavar="N", help="that run at once (default: 2)")
    ways = ("classic", "consumer")
    add("--protocol", choices=ways, default="classic", help="of the group (default: classic)")
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 on")
    return int(text)


def _kinds(text: str) -> list[Kind]:
    unknown = [each for each in text.split(",") if each not in KINDS]
    if unknown:
        near = difflib.get_close_matches(unknown[0], KINDS, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        known = f"the kinds are {', '.join(KINDS)}"
        raise argparse.ArgumentTypeError(f"no such kind: {unknown[0]}{hint} ({known})")
    return [KINDS[name] for name in dict.fromkeys(text.split(","))]


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
