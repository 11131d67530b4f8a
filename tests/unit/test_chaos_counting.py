"""What PLCs showed, as a run of chaos notes it."""

from random import Random
from types import SimpleNamespace
from typing import cast

import trio
from trio.testing import MockClock

from tests.chaos.counting import Journal, count_on
from tests.chaos.holding import SLACK
from tests.chaos.machines import TAGS, Machine, open_machines
from tests.chaos.stage import POLL
from tests.chaos.truth import Held


def test_each_value_is_held_from_its_put_to_the_next() -> None:
    """No instant is left out between two values, and the last one is held to the end."""
    times = iter((1.0, 2.5, 4.0, 7.0))
    journal = Journal(lambda: next(times))
    machine = shown([])
    for _ in range(3):
        journal.put(machine, "Slow")
    shows = journal.last()
    journal.close()

    assert shows == {"Press.Slow": 3}
    assert journal.held == [
        Held("Press.Slow", 1, 1.0, 2.5),
        Held("Press.Slow", 2, 2.5, 4.0),
        Held("Press.Slow", 3, 4.0, 7.0),
    ]


def test_the_time_of_a_value_is_taken_before_the_plc_shows_it() -> None:
    """Who reads a value has read it after it was noted: nothing can arrive too early."""
    steps: list[object] = []

    def clock() -> float:
        steps.append("noted")
        return 1.0

    journal = Journal(clock)
    journal.put(shown(steps), "Fast")

    assert steps == ["noted", ("Fast", 1)]


def test_a_value_that_was_never_shown_is_older_than_all() -> None:
    """Of what a tag showed the beginning is known, and of nothing else."""
    journal = Journal(lambda: 5.0)
    journal.put(shown([]), "Fast")

    assert journal.since("Press.Fast", 1) == 5.0
    assert journal.since("Press.Fast", 2) == float("-inf")
    assert journal.since("Press.Slow", 1) == float("-inf")


async def test_every_tag_of_every_plc_counts_by_one(autojump_clock: MockClock) -> None:
    """Simulated PLCs show what the journal says, and no value is left out or comes twice."""
    journal = Journal(trio.current_time)
    async with open_machines() as machines:
        journal.begin(machines.values())
        with trio.move_on_after(30):
            await count_on(machines.values(), journal, Random(1))
        names = list(machines)
    journal.close()
    values: dict[str, list[int]] = {}
    for each in journal.held:
        values.setdefault(each.key, []).append(each.value)

    assert sorted(values) == sorted(f"{name}.{tag}" for name in names for tag in TAGS)
    assert all(found == list(range(1, len(found) + 1)) for found in values.values())
    assert all(len(found) > 10 for found in values.values())


async def test_slow_tags_hold_every_value_for_long_enough(autojump_clock: MockClock) -> None:
    """What has to arrive is there: each value of a slow tag stays for a poll and a second."""
    journal = Journal(trio.current_time)
    async with open_machines() as machines:
        journal.begin(machines.values())
        with trio.move_on_after(30):
            await count_on(machines.values(), journal, Random(1))
    slow = [each for each in journal.held if each.key.endswith(".Slow")]

    assert len(slow) >= 6 * 9
    assert min(each.until - each.since for each in slow) >= POLL + SLACK


def shown(steps: list[object]) -> Machine:
    """A PLC that only notes what is put in."""

    def put(tag: str, value: int) -> None:
        steps.append((tag, value))

    return cast(Machine, SimpleNamespace(name="Press", put=put))
