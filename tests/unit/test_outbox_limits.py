"""A full buffer drops changes, the oldest first, counted, and nothing else."""

from collections.abc import Callable
from pathlib import Path

import pytest
import trio

from tests.outboxes import A, B, change, event, opened, take, take_all, values
from warlogix.outbox import memory

KB = "x" * 1000


def numbered(number: int) -> str:
    """A message of about a kilobyte that tells its number."""
    return f"{number:05}{KB}"


def numbers(texts: list[str]) -> list[int]:
    """The numbers of messages."""
    return [int(text[:5]) for text in texts]


@pytest.fixture(params=[memory.SHARE, 5000], ids=["memory", "disk"], autouse=True)
def _share(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each promise holds for rows in memory and for rows that are on disk alone."""
    monkeypatch.setattr(memory, "SHARE", request.param)


async def test_a_full_buffer_drops_the_oldest_changes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """At `max_size` the oldest changes go: what is left and what was dropped add up, the newest
    are there in order, the size holds, the events stay, and the log says it once."""
    with trio.fail_after(30):
        async with opened(tmp_path, (A,), max_size=1_000_000) as outbox:
            await outbox.append([event("e")])
            for number in range(1000):
                await outbox.append([change(numbered(number), numbered(number))])
                assert outbox.state.bytes <= 1_000_000
            waiting = outbox.waiting(A)
            assert waiting.messages + waiting.dropped == 2001
            assert waiting.messages > 330
            assert outbox.state.dropped == waiting.dropped
            assert caplog.text.count("it is full (max_size)") == 1
        async with opened(tmp_path, (A,), max_size=1_000_000) as outbox:
            assert outbox.waiting(A).messages == waiting.messages
            assert outbox.waiting(A).dropped == waiting.dropped
            assert values(await take(outbox.reader(A, "triggers"))) == ["e"]
            left = numbers(values(await take(outbox.reader(A, "changes"), 10_000)))
            assert left == [n for n in range(waiting.dropped // 2, 1000) for _ in "ab"]


async def test_drops_are_counted_per_cluster(tmp_path: Path) -> None:
    """A cluster that keeps up loses nothing when the buffer is full of what another one left."""
    with trio.fail_after(30):
        async with opened(tmp_path, max_size=1_000_000) as outbox:
            reader = outbox.reader(A, "changes")
            seen: list[str] = []
            for number in range(1000):
                await outbox.append([change(numbered(number), clusters=(A, B))])
                rows = await take(reader)
                seen += values(rows)
                reader.confirm(rows[-1].id)
            assert numbers(seen) == list(range(1000))
            assert outbox.waiting(A).dropped == 0
            dropped = outbox.waiting(B).dropped
            assert 0 < dropped < 1000
            assert outbox.state.dropped == dropped
            assert numbers(await take_all(outbox, B)) == list(range(dropped, 1000))


async def test_what_is_in_flight_is_not_dropped(tmp_path: Path) -> None:
    """Rows that a reader has in hand are not counted as dropped, and come again after a rewind."""
    with trio.fail_after(30):
        async with opened(tmp_path, (A,), max_size=1_000_000) as outbox:
            await outbox.append([change(numbered(n)) for n in range(5)])
            reader = outbox.reader(A, "changes")
            for expected in range(5):
                assert numbers(values(await take(reader, 1))) == [expected]
            for number in range(5, 1000):
                await outbox.append([change(numbered(number))])
            dropped = outbox.waiting(A).dropped
            assert dropped > 0
            reader.rewind()
            left = numbers(await take_all(outbox, A))
            assert left == [0, 1, 2, 3, 4, *range(5 + dropped, 1000)]
            assert outbox.waiting(A).messages == 0


async def test_a_tenth_is_kept_for_what_is_never_dropped(tmp_path: Path) -> None:
    """Events fit when changes have filled their share, and drop none of them."""
    with trio.fail_after(30):
        async with opened(tmp_path, (A,), max_size=2_000_000) as outbox:
            for number in range(2000):
                await outbox.append([change(numbered(number))])
            before = outbox.waiting(A)
            assert outbox.state.bytes < 1_900_000
            for _ in range(50):
                await outbox.append([event(KB)])
            after = outbox.waiting(A)
            assert after.messages == before.messages + 50
            assert after.dropped == before.dropped


async def test_events_are_kept_whatever_max_size_says(tmp_path: Path) -> None:
    """When events alone fill the buffer changes are refused and counted, events still kept."""
    with trio.fail_after(30):
        async with opened(tmp_path, (A,), max_size=300_000) as outbox:
            await outbox.append([change(numbered(1))])
            for _ in range(500):
                await outbox.append([event(KB)])
            await outbox.append([change(numbered(2))])
            waiting = outbox.waiting(A)
            assert (waiting.messages, waiting.dropped) == (500, 2)


async def test_changes_older_than_max_age_are_dropped(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Changes that waited longer than `max_age` go, over restarts too; events do not."""
    now = 1000.0
    clock: Callable[[], float] = lambda: now  # noqa: E731
    with trio.fail_after(60):
        async with opened(tmp_path, (A,), max_age=60, clock=clock, wall=clock) as outbox:
            await outbox.append([change("old"), event("e")])
            now += 40
            await outbox.append([change("new")])
        now += 30
        async with opened(tmp_path, (A,), max_age=60, clock=clock, wall=clock) as outbox:
            await outbox.append([event("f")])
            waiting = outbox.waiting(A)
            assert (waiting.messages, waiting.oldest, waiting.dropped) == (3, 70, 1)
            assert values(await take(outbox.reader(A, "changes"))) == ["new"]
    assert "older than max_age" in caplog.text


async def test_rows_that_another_cluster_has_in_hand_stay(tmp_path: Path) -> None:
    """Dropping what one cluster left behind leaves out the rows that another has in flight."""
    with trio.fail_after(30):
        async with opened(tmp_path, max_size=1_000_000) as outbox:
            for number in range(5):
                await outbox.append([change(numbered(number), clusters=(A, B))])
            reader = outbox.reader(A, "changes")
            for _ in range(3):
                rows = await take(reader, 1)
                reader.confirm(rows[-1].id)
            assert numbers(values(await take(reader, 1))) == [3]
            for number in range(5, 1000):
                await outbox.append([change(numbered(number), clusters=(A, B))])
            dropped = outbox.waiting(B).dropped
            assert outbox.waiting(A).dropped == dropped - 3
            reader.rewind()
            left = [3, *range(dropped + 1, 1000)]
            assert numbers(await take_all(outbox, A)) == left
            assert numbers(await take_all(outbox, B)) == left


async def test_numbers_of_dropped_rows_are_not_given_again(tmp_path: Path) -> None:
    """A row that was dropped, or never fitted, keeps its number for itself."""
    with trio.fail_after(30):
        async with opened(tmp_path, (A,), max_size=300_000) as outbox:
            await outbox.append([event(KB) for _ in range(500)])
            await outbox.append([change(KB)])
            assert outbox.waiting(A).dropped == 1
        async with opened(tmp_path, (A,)) as outbox:
            await outbox.append([change(KB)])
            assert (await take(outbox.reader(A, "changes")))[0].id == 2
