"""What a member was told, and what it holds."""

import pytest
import trio
import trio.testing
from outcome import Value

from warlogix.errors import BrokerFatal
from warlogix.kafka.events import Assigned, CaughtUp, Event, Fetched, Lost, Revoked
from warlogix.kafka.inbox import Inbox
from warlogix.kafka.records import Record


def fetched(*places: tuple[int, int]) -> Fetched:
    """Records at these partitions and offsets."""
    return Fetched([Record("Local", "t", *place, -1, None, (), None) for place in places])


async def test_events_come_in_order() -> None:
    """First in, first out; whoever waits is woken, and cancelled loses none."""
    inbox = Inbox()
    events: list[Event] = [Assigned((0,)), fetched((0, 1)), CaughtUp(0, 2), Lost((0,))]
    seen: list[Event] = []

    async def take() -> None:
        while len(seen) < len(events):
            seen.append(await inbox.next())

    with trio.fail_after(5), trio.move_on_after(0):
        await inbox.next()
    with trio.fail_after(5):
        async with trio.open_nursery() as tasks:
            tasks.start_soon(take)
            for event in events:
                inbox.arrived(event)
                await trio.testing.wait_all_tasks_blocked()
    assert seen == events


async def test_a_trouble_is_told_once() -> None:
    """What somebody must act on is raised once, behind the events before it."""
    inbox = Inbox()
    inbox.arrived(CaughtUp(0, 1))
    inbox.fail(BrokerFatal("Local", "no"))
    assert await inbox.next() == CaughtUp(0, 1)
    with pytest.raises(BrokerFatal):
        await inbox.next()
    inbox.arrived(CaughtUp(0, 2))
    assert await inbox.next() == CaughtUp(0, 2)


def test_what_is_held() -> None:
    """Held is what was assigned and neither given up nor lost; again is not still."""
    inbox = Inbox()
    assert not inbox.holds(inbox.terms([0]))
    inbox.arrived(Assigned((0, 1, 2)))
    terms = inbox.terms([0, 1])
    assert inbox.holds(terms)
    inbox.give_up([2])
    assert inbox.holds(terms)
    inbox.arrived(Lost((0,)))
    assert not inbox.holds(terms)
    inbox.arrived(Assigned((0,)))
    assert not inbox.holds(terms)
    assert inbox.holds(inbox.terms([0, 1]))
    inbox.give_up_all()
    assert not inbox.holds(inbox.terms([0, 1]))


def test_what_was_given_up_spoils_the_rest() -> None:
    """Partitions that were never held count for nothing, one that was given up counts against."""
    inbox = Inbox()
    inbox.arrived(Assigned((0, 1)))
    assert inbox.holds(inbox.terms([0, 7]))
    assert not inbox.holds(inbox.terms([7]))
    inbox.give_up([1])
    assert not inbox.holds(inbox.terms([0, 1]))
    assert inbox.holds(inbox.terms([0]))


def test_questions_are_answered_once() -> None:
    """An answer needs its question, of its own kind, and only one is given."""
    inbox = Inbox()
    with pytest.raises(ValueError, match="nothing was revoked"):
        inbox.question(Revoked)
    inbox.arrived(Revoked((3, 4)))
    with pytest.raises(ValueError, match="nothing was assigned"):
        inbox.question(Assigned)
    assert inbox.question(Revoked) == (3, 4)
    with pytest.raises(ValueError, match="nothing was revoked"):
        inbox.question(Revoked)


async def test_the_end() -> None:
    """`over` is set when the thread has ended."""
    inbox = Inbox()
    inbox.end(Value(None))
    with trio.fail_after(1):
        await inbox.over.wait()
