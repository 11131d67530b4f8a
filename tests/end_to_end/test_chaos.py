"""The exact account of a short run of `scripts/chaos`."""

import sys
from pathlib import Path

import trio

from tests.brokers import Broker
from tests.chaos.scene import Asked, play
from tests.chaos.truth import Kind

LIMIT = 600
# Values that had to arrive: without hundreds of them the account says little.
FAIR = 150
# With this one the long freeze has company.
SEED = 1


def say(line: str) -> None:
    """A line for pytest's captured output."""
    sys.stdout.write(line + "\n")


async def test_nothing_is_lost_nothing_overtakes_and_only_a_fault_repeats(
    own_broker: Broker, tmp_path: Path
) -> None:
    """Through one trouble of every kind each value that a PLC held for a poll and a second arrives,
    in order of first appearance per key, and only what a trouble met arrives twice."""
    with trio.fail_after(LIMIT):
        outcome = await play(Asked(list(Kind), 1, SEED), own_broker, tmp_path, say)
    say(outcome.text())
    assert not outcome.verdict.violations
    assert outcome.verdict.total().faults == len(Kind)
    assert outcome.verdict.total().held >= FAIR
