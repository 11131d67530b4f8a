"""The newest message per key, in memory."""

import trio
from trio.testing import wait_all_tasks_blocked

from warlogix.latest import Latest, Note
from warlogix.topics import Topic


async def test_only_the_newest_of_a_key_waits() -> None:
    """Of several messages with the same topic and key the last one is taken, of others each."""
    latest = Latest()
    latest.put(Topic.HEALTH, b"A", b"old", 1)
    latest.put(Topic.HEALTH, b"B", b"b", 2)
    latest.put(Topic.HEALTH, b"A", b"new", 3)
    with trio.fail_after(1):
        assert await latest.take(Topic.HEALTH) == [Note(b"A", b"new", 3), Note(b"B", b"b", 2)]


async def test_take_waits_for_its_own_topic() -> None:
    """A taker sleeps until something is put for its topic; what is for another stays there."""
    latest = Latest()
    taken: list[Note] = []

    async def taker() -> None:
        taken.extend(await latest.take(Topic.GATEWAY))

    with trio.fail_after(1):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(taker)
            await wait_all_tasks_blocked()
            latest.put(Topic.HEALTH, b"A", b"health", 1)
            await wait_all_tasks_blocked()
            assert not taken
            latest.put(Topic.GATEWAY, b"me", b"gateway", 2)
        assert await latest.take(Topic.HEALTH) == [Note(b"A", b"health", 1)]
    assert taken == [Note(b"me", b"gateway", 2)]


async def test_what_was_not_delivered_yields_to_what_is_newer() -> None:
    """Notes that are put back wait again, but never instead of a newer one of their key."""
    latest = Latest()
    latest.put(Topic.HEALTH, b"A", b"old", 1)
    latest.put(Topic.HEALTH, b"B", b"old", 1)
    with trio.fail_after(1):
        notes = await latest.take(Topic.HEALTH)
        latest.put(Topic.HEALTH, b"A", b"new", 2)
        latest.put_back(Topic.HEALTH, notes)
        assert await latest.take(Topic.HEALTH) == [Note(b"A", b"new", 2), Note(b"B", b"old", 1)]
