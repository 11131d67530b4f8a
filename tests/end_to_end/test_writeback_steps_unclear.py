"""Commits whose fate nobody tells, and brokers that stand still, between any two steps of a write
request: see the table of docs/writeback.md."""

from collections.abc import Callable
from pathlib import Path

import pytest
import trio

from tests.brokers import Broker
from tests.end_to_end.steps import (
    all_outcomes,
    free,
    free_the_plcs,
    held,
    linked,
    named,
)
from tests.end_to_end.writing import Line
from tests.links import Api, Link

LIMIT = 60
LOST = "contact with the group was lost: the brokers did not answer a commit within 5 s"


async def begin(line: Line) -> None:
    """A request that is in its PLC, and one behind it."""
    await line.ask(named("Oven", 2, "sent"), named("Oven", 3, "committed"))
    await held(line.plcs["Oven"])


async def give_up(line: Line) -> None:
    """Wait until the gateway has given up its commit, and let the PLC carry out what it has."""
    response = f"Publishing response to {line.site.responses}"
    await line.gateway.says(f"{response}: key=Oven.Tag3 success=false")
    free(line.plcs["Oven"])
    await line.gateway.says("Write successful: Oven/Tag2")


@pytest.mark.parametrize(
    ("hold", "settled"), [(Link.hold_answers, "not executed by a"), (Link.hold, "done by a")]
)
async def test_a_commit_of_unclear_fate_executes_nothing(
    kafka: str,
    topic_prefix: str,
    tmp_path: Path,
    hold: Callable[[Link, Api], None],
    settled: str,
) -> None:
    """Without an answer to a commit a gateway executes nothing of it, nothing that waits in its
    queues, and finishes what is in a PLC. Back in the group it says `not executed` of what the
    commit has covered after all; what it has not covered comes again and is executed."""
    with trio.fail_after(LIMIT):
        async with linked(kafka, topic_prefix, tmp_path / "a") as (line, link):
            await begin(line)
            hold(link, Api.COMMIT)
            await line.ask(named("Press", 4, "settled"))
            await link.holds(Api.COMMIT)
            await line.ask(named("Press", 5, "fetched"))
            await give_up(line)
            free_the_plcs(line)
            link.lose(Api.COMMIT)
            found = await all_outcomes(line)
            told = {each.request_id: each.error for each in await line.answers(4)}
            assert line.values("Press") == ([5, 6] if settled.startswith("done") else [6])
            assert line.values("Oven") == [3]
    assert found == {
        "sent": ["done by a"],
        "committed": ["not executed by a"],
        "settled": [settled],
        "fetched": ["done by a"],
    }
    assert told["committed"] == f"not executed: {LOST}"


async def test_an_unclear_commit_behind_an_answer_changes_nothing(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """When the commit that takes an answered request off the list is lost, the gateway finds it
    listed, and knows that it was answered: nothing is said again."""
    with trio.fail_after(LIMIT):
        async with linked(kafka, topic_prefix, tmp_path / "a") as (line, link):
            await line.ask(named("Press", 0, "confirmed"))
            await held(line.plc)
            link.hold(Api.COMMIT)
            free_the_plcs(line)
            await link.holds(Api.COMMIT)
            await line.gateway.says("the brokers did not answer a commit within 5 s")
            link.lose(Api.COMMIT)
            found = await all_outcomes(line)
            assert line.values() == [1]
    assert found == {"confirmed": ["done by a"]}


async def test_a_broker_that_stands_still_for_a_moment_delays_writes_until_they_are_too_old(
    own_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    """Frozen for less than five seconds while a window is open, the broker takes the commit when
    it goes on: the request is executed then, or expired if it is too old by then."""
    age = 2.0
    with trio.fail_after(LIMIT):
        async with linked(
            own_broker.address, topic_prefix, tmp_path / "a", max_age=f"{age:g}s"
        ) as (line, link):
            free_the_plcs(line)
            await ask_and_freeze(line, link, own_broker, "young")
            own_broker.thaw()
            await line.answers(1)
            await ask_and_freeze(line, link, own_broker, "old")
            # It is no event that is waited for, but the age of a request.
            await trio.sleep(age)
            own_broker.thaw()
            found = await all_outcomes(line)
            assert line.values() == [1]
    assert found == {"young": ["done by a"], "old": ["expired by a"]}


async def ask_and_freeze(line: Line, link: Link, broker: Broker, name: str) -> None:
    """A request whose commit gets to a broker that stands still."""
    link.hold(Api.COMMIT)
    await line.ask(named("Press", 0, name))
    await link.holds(Api.COMMIT)
    broker.freeze()
    link.release(Api.COMMIT)


async def test_a_broker_that_stands_still_for_long_stops_all_writes(
    own_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    """While the broker is frozen, writes that are in a PLC are finished, and their answers arrive
    when it goes on; what waits in a queue or for a commit is not executed any more."""
    with trio.fail_after(LIMIT):
        async with linked(own_broker.address, topic_prefix, tmp_path / "a", max_age="4s") as (
            line,
            link,
        ):
            await line.ask(named("Press", 0, "answered"))
            await begin(line)
            await held(line.plc)
            await ask_and_freeze(line, link, own_broker, "settled")
            free(line.plc)
            await line.gateway.says("Write successful: Press/Tag0")
            await give_up(line)
            own_broker.thaw()
            found = await all_outcomes(line)
            assert line.values("Press") == [1]
            assert line.values("Oven") == [3]
    # The broker may take the commit when it goes on, or a session is over then.
    assert found.pop("settled") in (["not executed by a"], ["expired by a"])
    assert found == {
        "answered": ["done by a"],
        "sent": ["done by a"],
        "committed": ["not executed by a"],
    }
