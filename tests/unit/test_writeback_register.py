"""Two configured clusters that are one Kafka: the earlier one serves its write topic."""

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from warlogix.writeback.register import Register, TakenElsewhere


async def test_the_later_cluster_is_refused() -> None:
    """A topic that an earlier cluster of the file serves is not served by a later one."""
    register = Register({"First": "writes", "Second": "writes"})
    async with register.held("First", "id", "writes"):
        with pytest.raises(TakenElsewhere) as taken:
            async with register.held("Second", "id", "writes"):
                raise AssertionError("both would execute every request")
        assert str(taken.value) == (
            "Second: executes no write requests: it is the same Kafka as First, which takes writes;"
            " give it a selector, or configure that Kafka once"
        )
        async with register.held("Second", "id", "other-writes"):
            pass
        async with register.held("Second", "other", "writes"):
            pass


async def test_a_topic_is_not_passed_on_while_its_cluster_is_away() -> None:
    """A later cluster does not take over from an earlier one that has lost contact: what that one
    has executed would be executed again."""
    register = Register({"First": "writes", "Second": "writes"})
    async with register.held("First", "id", "writes"):
        pass
    with pytest.raises(TakenElsewhere):
        async with register.held("Second", "id", "writes"):
            raise AssertionError("it is First's")
    async with register.held("First", "id", "writes"):
        pass


async def test_the_earlier_cluster_comes_when_the_later_has_left(
    autojump_clock: MockClock,
) -> None:
    """An earlier cluster that connects late displaces the later one, and never overlaps it."""
    register, order = Register({"First": "writes", "Second": "writes"}), list[str]()

    async def second() -> None:
        async with register.held("Second", "id", "writes") as displaced:
            await displaced.wait()
            order.append("told")
            await trio.sleep(3)
            order.append("left")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(second)
        await wait_all_tasks_blocked()
        async with register.held("First", "id", "writes"):
            order.append("entered")
    assert order == ["told", "left", "entered"]


async def test_the_later_cluster_waits_until_the_earlier_one_is_known(
    autojump_clock: MockClock,
) -> None:
    """At the start nobody serves a topic that an earlier cluster may turn out to have."""
    register = Register({"First": "writes", "Other": "else", "Second": "writes"})
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.sleep, 2)
        before = trio.current_time()
        await register.looked("Other")
        assert trio.current_time() == before

        async def first() -> None:
            await trio.sleep(1)
            await register.looked("First")

        nursery.start_soon(first)
        await register.looked("Second")
        assert trio.current_time() == before + 1


async def test_a_cluster_that_is_away_is_not_waited_for_for_ever(
    autojump_clock: MockClock,
) -> None:
    """A later cluster serves its topic after some seconds, whatever becomes of the earlier one."""
    register = Register({"First": "writes", "Second": "writes"})
    with trio.fail_after(6):
        await register.looked("Second")
