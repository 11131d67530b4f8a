"""The exact account of a short run of `scripts/chaos --writes`."""

import sys
from pathlib import Path

import trio

from tests.brokers import Broker
from tests.chaos.rounds import Asked
from tests.chaos.writes import play

LIMIT = 150


def say(line: str) -> None:
    """A line for pytest's captured output."""
    sys.stdout.write(line + "\n")


async def test_at_most_once_into_the_machine_and_at_least_once_out_of_it(
    own_broker: Broker, tmp_path: Path
) -> None:
    """With the gateway killed again and again, the broker killed and frozen and PLCs in trouble,
    no request is executed twice, each that can be read has an answer in the end although nobody
    comes back who had it, and no answer says anything but the truth."""
    asked = Asked(requests=80, kills=4, seed=4, slots=1, plcs=2)
    folder = tmp_path / "chaos"
    folder.mkdir()
    with trio.fail_after(LIMIT):
        account = await play(asked, own_broker, folder, say)
    assert not account.violations
