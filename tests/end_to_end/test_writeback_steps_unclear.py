"""Commits whose fate nobody tells, and brokers that stand still, between any two steps of a write
request: see the table of docs/writeback.md."""

from pathlib import Path

import trio

from tests.brokers import Broker
from tests.end_to_end.steps import (
    all_outcomes,
    free,
    free_the_plcs,
    held,
    linked,
    named,
    stop_the_plcs,
)
from tests.end_to_end.writing import Line
from tests.links import Api, Link
from warlogix.kafka.settings import SESSION

LIMIT = 60
# What becomes of those that the unclear commit is not about.
OTHERS = {"sent": ["done by a"], "committed": ["not executed by a"], "fetched": ["done by a"]}


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


async def settle_unclear(line: Line, link: Link) -> None:
    """A request whose commit has no answer in time, and one in the window behind it."""
    await line.ask(named("Press", 4, "settled"))
    await link.holds(Api.COMMIT)
    await line.ask(named("Press", 5, "fetched"))
    await give_up(line)
    free_the_plcs(line)


async def test_a_commit_of_unclear_fate_executes_nothing(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Without an answer to a commit a gateway executes nothing of it, nothing that waits in its
    queues, and finishes what is in a PLC. Back in the group it says `not executed` of what the
    commit has covered after all; what it has not covered comes again and is executed; of what it
    has answered before nothing is said again."""
    with trio.fail_after(LIMIT):
        async with trio.open_nursery() as three:
            three.start_soon(_taken, kafka, f"{topic_prefix}-1", tmp_path / "1" / "a")
            three.start_soon(_lost, kafka, f"{topic_prefix}-2", tmp_path / "2" / "a")
            three.start_soon(_lost_later, kafka, f"{topic_prefix}-3", tmp_path / "3" / "a")


async def _taken(kafka: str, namespace: str, folder: Path) -> None:
    """The broker has taken the commit; its answer comes too late."""
    async with linked(kafka, namespace, folder) as (line, link):
        await begin(line)
        link.hold_answers(Api.COMMIT)
        await settle_unclear(line, link)
        link.release(Api.COMMIT)
        found = await all_outcomes(line)
        assert line.values("Press") == [6]
        assert line.values("Oven") == [3]
    assert found == OTHERS | {"settled": ["not executed by a"]}


async def _lost(kafka: str, namespace: str, folder: Path) -> None:
    """The commit has never come to the broker."""
    async with linked(kafka, namespace, folder) as (line, link):
        await begin(line)
        link.hold(Api.COMMIT)
        await settle_unclear(line, link)
        link.lose(Api.COMMIT)
        found = await all_outcomes(line)
        assert line.values("Press") == [5, 6]
        assert line.values("Oven") == [3]
    assert found == OTHERS | {"settled": ["done by a"]}


async def _lost_later(kafka: str, namespace: str, folder: Path) -> None:
    """The commit that takes an answered request off the list has never come to the broker."""
    async with linked(kafka, namespace, folder) as (line, link):
        await line.ask(
            named("Press", 0, "confirmed"), named("Oven", 2, "sent"), named("Oven", 3, "committed")
        )
        await held(line.plcs["Oven"])
        await held(line.plc)
        link.hold(Api.COMMIT)
        free(line.plc)
        await link.holds(Api.COMMIT)
        # It is no event that is waited for: half a session after the last commit nothing starts.
        await trio.sleep(SESSION / 2)
        free(line.plcs["Oven"])
        await line.gateway.says("the brokers did not answer a commit within 5 s")
        link.lose(Api.COMMIT)
        found = await all_outcomes(line)
        assert line.values("Press") == [1]
        assert line.values("Oven") == [3]
    answered = {"confirmed": ["done by a"], "sent": ["done by a"]}
    assert found == answered | {"committed": ["not executed by a"]}


async def test_a_broker_that_stands_still_holds_up_what_is_not_started(
    own_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    """Frozen for a moment, the broker takes the commit when it goes on: the request is executed
    then, or expired if it is too old by then. Frozen for longer, what is in a PLC is finished, and
    its answer arrives afterwards; what waits in a queue or for a commit is not executed any more.
    """
    address, age = own_broker.address, 3.0
    with trio.fail_after(LIMIT):
        async with linked(address, topic_prefix, tmp_path / "a", max_age=f"{age:g}s") as (
            line,
            link,
        ):
            free_the_plcs(line)
            await ask_and_freeze(line, link, own_broker, "young")
            own_broker.thaw()
            await line.answers(1)
            await ask_and_freeze(line, link, own_broker, "old")
            # It is no event that is waited for, but the age of a request.
            await trio.sleep(age)
            own_broker.thaw()
            await line.answers(2)
            await stop_the_plcs(line)
            await line.ask(named("Press", 0, "durable"))
            await begin(line)
            await held(line.plc)
            await ask_and_freeze(line, link, own_broker, "settled", "fetched")
            free(line.plc)
            await line.gateway.says("Write successful: Press/Tag0")
            await give_up(line)
            own_broker.thaw()
            found = await all_outcomes(line)
            assert line.values("Press") == [5, 1]
            assert line.values("Oven") == [3]
    # The broker may take the commit when it goes on, or a session is over then.
    assert found.pop("settled") in (["not executed by a"], ["expired by a"])
    assert found == {
        "young": ["done by a"],
        "old": ["expired by a"],
        "durable": ["done by a"],
        "sent": ["done by a"],
        "committed": ["not executed by a"],
        "fetched": ["expired by a"],
    }


async def ask_and_freeze(
    line: Line, link: Link, broker: Broker, name: str, behind: str = ""
) -> None:
    """A request whose commit gets to a broker that stands still; and one in the next window."""
    link.hold(Api.COMMIT)
    await line.ask(named("Press", 4, name))
    await link.holds(Api.COMMIT)
    if behind:
        (sent,) = await line.ask(named("Press", 5, behind))
        place = f"partition=0 offset={sent.offset}"
        await line.gateway.says(f"Received write request: {place}")
    broker.freeze()
    link.release(Api.COMMIT)
