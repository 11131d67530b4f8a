"""A member of a group when brokers, other members and itself stand still, die and come back."""

import signal
from contextlib import suppress
from typing import Any

import pytest
import trio
from trio_util import compose_values

from tests.brokers import Broker
from tests.members import Worker, group_cluster, position, process, until, working
from tests.outlets import cluster
from tests.witness import create_topic
from warlogix.kafka.group import (
    SESSION,
    Assigned,
    CaughtUp,
    Fenced,
    Lost,
    open_member,
)


@pytest.fixture(params=["classic", "consumer"])
def protocol(request: pytest.FixtureRequest) -> str:
    """Each of the two protocols of a group."""
    return str(request.param)


async def test_a_killed_member_is_replaced(kafka: str, topic: str, protocol: str) -> None:
    """What a killed member had is another's soon after its session, from its last commit on."""
    with trio.fail_after(120):
        async with process(kafka, topic, topic, protocol) as (child, said):
            await until(said, "has 0")
            await until(said, "committed")
            child.kill()
            async with working(group_cluster(kafka, protocol), topic, topic) as worker:
                with trio.fail_after(45):
                    await worker.owns(0)


async def test_a_member_that_stood_still_is_fenced(kafka: str, topic: str, protocol: str) -> None:
    """A member that stood still while another took over commits nothing, and is told so."""
    settings = group_cluster(kafka, protocol)
    with trio.fail_after(120):
        async with process(kafka, topic, topic, protocol) as (child, said):
            await until(said, "has 0")
            await until(said, "committed")
            child.send_signal(signal.SIGSTOP)
            async with working(settings, topic, topic) as worker:
                await worker.owns(0)
                await worker.member.commit({0: position(50, 49)})
                child.send_signal(signal.SIGCONT)
                await until(said, "fenced")
                assert (await worker.member.committed())[0] == position(50, 49)


async def test_a_commit_that_nobody_answers(steady_broker: Broker, protocol: str) -> None:
    """A commit on a frozen broker waits for its caller's deadline; what became of it is the same
    for everybody who asks later, and no later commit is overtaken by it."""
    create_topic(steady_broker.address, "writes")
    settings = group_cluster(steady_broker.address, protocol)
    with trio.fail_after(120):
        async with open_member(settings, "test", "group", "writes") as member:
            assert await member.next() == Assigned((0,))
            await member.commit({0: position(1)})
            steady_broker.freeze()
            with trio.move_on_after(2) as limit:
                await member.commit({0: position(2)})
            assert limit.cancelled_caught
            steady_broker.thaw()
            found = (await member.committed())[0]
            assert found in (position(1), position(2))
            await member.commit({0: position(3)})
            assert (await member.committed())[0] == position(3)


async def test_lost_by_its_own_clock(steady_broker: Broker) -> None:
    """A member that hears nothing knows after the session's time that it has lost, and commits
    no more; when the broker is back it gets its partitions again."""
    create_topic(steady_broker.address, "writes")
    with trio.fail_after(120):
        async with open_member(cluster(steady_broker.address), "test", "group", "writes") as member:
            await member.next()
            member.begin({0: 0})
            assert await member.next() == CaughtUp(0, 0)
            steady_broker.freeze()
            with trio.fail_after(SESSION + 20):
                assert await member.next() == Lost((0,))
            with pytest.raises(Fenced):
                await member.commit({0: position(1)})
            steady_broker.thaw()
            with trio.fail_after(45):
                assert await member.next() == Assigned((0,))


async def test_silence_while_it_begins(steady_broker: Broker) -> None:
    """A member that hears nothing for a session's time before it begins has its partition in the
    end, and commits."""
    create_topic(steady_broker.address, "writes")
    settings = cluster(steady_broker.address)
    with trio.fail_after(120):
        async with working(settings, "group", "writes") as worker:
            worker.may_answer = trio.Event()
            await worker.asked.wait_value(bool)
            await _stand_still(steady_broker)
            worker.may_answer.set()
            await worker.owns(0)
            await _commit(worker)


async def test_silence_while_it_lets_go(steady_broker: Broker) -> None:
    """Two members that hear nothing for a session's time, while one lets go, share in the end."""
    create_topic(steady_broker.address, "writes", partitions=2)
    settings = cluster(steady_broker.address)
    with trio.fail_after(90):
        async with working(settings, "group", "writes") as first:
            await first.owns(0, 1)
            first.may_answer = trio.Event()
            async with working(settings, "group", "writes") as second:
                await first.asked.wait_value(lambda asked: len(asked) == 1)
                await _stand_still(steady_broker)
                first.may_answer.set()
                with compose_values(first=first.held, second=second.held) as held:
                    await held.wait_value(_shared)
                await _commit(first)


def _shared(held: Any) -> bool:
    """Each has one of the two: on the way there both may have the same, or one has none."""
    return {frozenset(held.first), frozenset(held.second)} == {frozenset({0}), frozenset({1})}


async def _stand_still(broker: Broker) -> None:
    broker.freeze()
    await trio.sleep(SESSION + 2)
    broker.thaw()


async def _commit(worker: Worker) -> None:
    """Commit what it has, as soon as it has something."""
    while True:
        held = await worker.held.wait_value(bool)
        with suppress(Fenced):
            return await worker.member.commit({each: position(7) for each in held})


async def test_leaving_a_silent_broker(steady_broker: Broker, protocol: str) -> None:
    """A member leaves within seconds, whatever it was doing when the broker fell silent, and the
    group is free soon after the broker speaks again."""
    create_topic(steady_broker.address, "writes")
    settings = group_cluster(steady_broker.address, protocol)
    with trio.fail_after(90):
        for moment in ("asked", "reading", "committing"):
            async with open_member(settings, "test", "group", "writes") as member:
                assert await member.next() == Assigned((0,))
                if moment != "asked":
                    member.begin({0: 0})
                    await member.next()
                steady_broker.freeze()
                with trio.move_on_after(0.5):
                    if moment == "committing":
                        await member.commit({0: position(1)})
                begun = trio.current_time()
            assert trio.current_time() - begun < 15
            steady_broker.thaw()


async def test_a_broker_that_comes_later(own_broker: Broker, protocol: str) -> None:
    """A member that finds no broker waits for one, and works soon after it is there."""
    create_topic(own_broker.address, "writes")
    await trio.to_thread.run_sync(own_broker.stop)
    settings = group_cluster(own_broker.address, protocol)
    with trio.fail_after(120):
        async with working(settings, "group", "writes") as worker:
            with trio.move_on_after(1):
                await worker.owns(0)
                pytest.fail("there is no broker")
            await trio.to_thread.run_sync(own_broker.start)
            with trio.fail_after(45):
                await worker.owns(0)


async def test_a_broker_that_was_killed(own_broker: Broker, protocol: str) -> None:
    """After a broker's death a member has its partitions, commits and reads on within seconds."""
    create_topic(own_broker.address, "writes")
    settings = group_cluster(own_broker.address, protocol)
    with trio.fail_after(120):
        async with working(settings, "group", "writes") as worker:
            await worker.owns(0)
            await worker.member.commit({0: position(1)})
            await trio.to_thread.run_sync(own_broker.kill)
            await trio.to_thread.run_sync(own_broker.start)
            with trio.fail_after(45):
                assert await worker.member.committed() == {0: position(1)}
                await worker.owns(0)
                await worker.member.commit({0: position(2)})
