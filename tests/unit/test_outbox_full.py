"""A buffer that is full of what may not be dropped says so, steadily, and says when it is over."""

import sqlite3
from contextlib import closing
from pathlib import Path

import hypothesis.strategies as st
import pytest
import trio
from hypothesis import given, settings

from tests.outboxes import A, B, change, damage_row, event, full_disk, opened, take, take_all
from warlogix.outbox import Outbox, memory, trouble

KB = "x" * 1000
SIZE = 1_000_000


@pytest.fixture(params=[memory.SHARE, 5000], ids=["memory", "disk"])
def _share(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The promise holds for rows in memory and for rows that are on disk alone."""
    monkeypatch.setattr(memory, "SHARE", request.param)


async def fill(outbox: Outbox) -> int:
    """Append events of a kilobyte, one by one, until the outbox is full: how many."""
    count = 0
    while not outbox.full.value:
        await outbox.append([event(KB)])
        count += 1
    return count


@pytest.mark.usefixtures("_share")
async def test_events_fill_it_at_max_size_and_confirming_alone_makes_room(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is full when events have reached `max_size`, not before, and no longer when Kafka has
    them, although nothing is appended any more; the log says each once."""
    with trio.fail_after(20):
        async with opened(tmp_path, (A,), max_size=SIZE) as outbox:
            assert await fill(outbox) > 600
            assert outbox.state.bytes > SIZE
            await outbox.append([event(KB)])
            await take_all(outbox, A, "triggers")
            await outbox.full.wait_value(value_or_predicate=False)
            assert outbox.state.bytes <= 0.95 * SIZE
    assert caplog.text.count("answers and events fill it") == 1
    assert caplog.text.count("there is room again") == 1


@pytest.mark.usefixtures("_share")
async def test_changes_never_make_it_full(tmp_path: Path) -> None:
    """However many changes wait and are dropped, there is room for what may not be dropped."""
    with trio.fail_after(20):
        async with opened(tmp_path, (A,), max_size=SIZE) as outbox:
            for _ in range(200):
                await outbox.append([change(*[KB] * 10)])
                await outbox.append([change(KB), event("small")])
                assert not outbox.full.value
            assert outbox.waiting(A).dropped > 1000


async def test_it_is_full_only_when_changes_are_gone(tmp_path: Path) -> None:
    """Events push all changes out before the buffer is full of them."""
    with trio.fail_after(20):
        async with opened(tmp_path, (A,), max_size=SIZE) as outbox:
            for _ in range(100):
                await outbox.append([change(*[KB] * 10)])
            events = await fill(outbox)
            assert outbox.waiting(A).messages == events


async def test_a_little_room_is_not_enough(tmp_path: Path) -> None:
    """Once full it stays so until a twentieth is free, whatever changes do meanwhile: it is full
    once and has room once while its events are confirmed one after the other."""
    seen: list[bool] = []
    with trio.fail_after(30):
        async with opened(tmp_path, (A,), max_size=SIZE) as outbox, trio.open_nursery() as nursery:
            nursery.start_soon(_note, outbox, seen)
            count = await fill(outbox)
            reader = outbox.reader(A, "triggers")
            for _ in range(count - 1):
                await outbox.append([change(*[KB] * 3)])
                if outbox.full.value:
                    assert outbox.state.bytes > 0.9 * SIZE
                reader.confirm((await take(reader, 1))[0].id)
            await outbox.append([change(KB)])
            nursery.cancel_scope.cancel()
    assert seen == [False, True, False]


async def _note(outbox: Outbox, seen: list[bool]) -> None:
    async for full in outbox.full.eventual_values():
        seen.append(full)


async def test_a_full_buffer_is_full_after_a_restart(tmp_path: Path) -> None:
    """What fills it is still there when the gateway starts again: it says so by itself, and
    has room when that is confirmed."""
    with trio.fail_after(20):
        async with opened(tmp_path, (A,), max_size=SIZE) as outbox:
            await outbox.append([event(*[KB] * 1200)])
        async with opened(tmp_path, (A,), max_size=SIZE) as outbox:
            await outbox.full.wait_value(value_or_predicate=True)
            await take_all(outbox, A, "triggers")
            await outbox.full.wait_value(value_or_predicate=False)


async def test_one_large_append_leaves_no_trace(tmp_path: Path) -> None:
    """A WAL that one append made far larger than the buffer does not keep it full for ever."""
    with trio.fail_after(20):
        async with opened(tmp_path, (A,), max_size=300_000) as outbox:
            await outbox.append([event(*[KB] * 20) for _ in range(200)])
            await outbox.full.wait_value(value_or_predicate=True)
            await take_all(outbox, A, "triggers")
            await outbox.full.wait_value(value_or_predicate=False)


async def test_a_tool_that_kept_the_wal_from_shrinking_leaves_no_trace(tmp_path: Path) -> None:
    """A WAL that grew for as long as somebody read the file shrinks by itself when everything is
    confirmed and they let go: nothing is appended, nothing waits, and there is room."""
    with trio.fail_after(20):
        async with opened(tmp_path, (A,), max_size=SIZE) as outbox:
            with closing(sqlite3.connect(tmp_path / "outbox.sqlite", isolation_level=None)) as tool:
                tool.execute("BEGIN")
                tool.execute("SELECT count(*) FROM rows").fetchone()
                await fill(outbox)
                await take_all(outbox, A, "triggers")
            await outbox.full.wait_value(value_or_predicate=False)


async def test_changes_that_were_in_hand_make_room_by_themselves(tmp_path: Path) -> None:
    """Changes that a reader has in hand cannot be dropped and fill the buffer like events; given
    back they go, although nobody appends, and there is room."""
    with trio.fail_after(20):
        async with opened(tmp_path, (A,), max_size=SIZE) as outbox:
            for _ in range(60):
                await outbox.append([change(*[KB] * 10)])
            reader = outbox.reader(A, "changes")
            while len(reader_rows := await take(reader, 1)) and reader_rows[-1].id < 60:
                pass
            events = await fill(outbox)
            assert events < 600
            reader.rewind()
            await outbox.full.wait_value(value_or_predicate=False)
            waiting = outbox.waiting(A)
            assert waiting.messages + waiting.dropped == events + 600
            assert 0 < waiting.dropped < 300


async def test_another_cluster_that_is_away_keeps_it_full(tmp_path: Path) -> None:
    """What one cluster has confirmed fills the buffer for as long as another one needs it."""
    with trio.fail_after(20):
        async with opened(tmp_path, max_size=SIZE) as outbox:
            await outbox.append([event(*[KB] * 10, clusters=(A, B)) for _ in range(120)])
            await outbox.full.wait_value(value_or_predicate=True)
            await take_all(outbox, A, "triggers")
            await outbox.append([event("more")])
            assert outbox.full.value
            await take_all(outbox, B, "triggers")
            await outbox.full.wait_value(value_or_predicate=False)


async def test_a_new_file_has_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the file that was full turns out to be damaged the new one is not full."""
    monkeypatch.setattr(memory, "SHARE", 0)
    with trio.fail_after(20):
        async with opened(tmp_path, (A,), max_size=SIZE) as outbox:
            await outbox.append([event("damaged" * 10)])
            await outbox.append([event(*[KB] * 1200)])
        damage_row(tmp_path, b"damaged" * 10)
        async with opened(tmp_path, (A,), max_size=SIZE) as outbox, trio.open_nursery() as nursery:
            await outbox.full.wait_value(value_or_predicate=True)
            nursery.start_soon(take, outbox.reader(A, "triggers"))
            await outbox.full.wait_value(value_or_predicate=False)
            nursery.cancel_scope.cancel()


async def test_room_is_noticed_when_a_disk_in_trouble_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was confirmed while the disk took nothing makes room as soon as it takes deletes."""
    monkeypatch.setattr(trouble, "RETRY", 0.02)
    with trio.fail_after(20):
        async with opened(tmp_path, (A,), max_size=SIZE) as outbox:
            await fill(outbox)
            with full_disk():
                await outbox.append([event(KB)])
                await outbox.error.wait_value(bool)
                await take_all(outbox, A, "triggers")
                assert outbox.full.value
            await outbox.full.wait_value(value_or_predicate=False)


_loads = st.lists(
    st.tuples(
        st.sampled_from(["event", "change", "confirm", "hold", "rewind"]), st.integers(1, 40)
    ),
    max_size=40,
)


@settings(max_examples=25, deadline=None)
@given(loads=_loads)
async def test_it_is_never_full_for_ever(
    loads: list[tuple[str, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever was appended, taken and given back: when all events are confirmed and no change is
    in hand there is room, without another append."""
    folder = tmp_path_factory.mktemp("buffer")
    with trio.fail_after(20):
        async with opened(folder, (A,), max_size=300_000) as outbox:
            changes, events = outbox.reader(A, "changes"), outbox.reader(A, "triggers")
            numbers = {"changes": 0, "triggers": 0}
            for load, count in loads:
                if load in ("event", "change"):
                    new = event if load == "event" else change
                    await outbox.append([new(KB) for _ in range(count)])
                    numbers[new("").lane] += count
                elif load == "confirm" and numbers["triggers"]:
                    rows = await take(events, count)
                    events.confirm(rows[-1].id)
                    numbers["triggers"] -= len(rows)
                elif load == "hold":
                    with trio.move_on_after(0.01):
                        await take(changes, count)
                else:
                    changes.rewind()
            changes.rewind()
            while numbers["triggers"]:
                rows = await take(events)
                events.confirm(rows[-1].id)
                numbers["triggers"] -= len(rows)
            await outbox.full.wait_value(value_or_predicate=False)
