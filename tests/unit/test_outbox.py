"""What is appended comes out, in order, until it is confirmed, over restarts too."""

import os
from pathlib import Path

import pytest
import trio
import trio.testing

from tests.outboxes import A, B, batch, change, event, opened, take, take_all, values
from warlogix.errors import BufferInUse, BufferUnusable
from warlogix.messages import Batch
from warlogix.outbox import NewRow, Row, memory


async def test_rows_come_out_in_order_with_all_that_a_batch_holds(tmp_path: Path) -> None:
    """A row comes out as it went in: keys, values, times, headers, absent ones too."""
    full = Batch([b"k", None], [None, b"v"], [5, 6], [[("h", b"1")], []])
    with trio.fail_after(60):
        async with opened(tmp_path) as outbox:
            await outbox.append([NewRow("dead-letters", (A,), full)])
        async with opened(tmp_path) as outbox:
            (row,) = await take(outbox.reader(A, "dead-letters"))
    assert row.batch == full


async def test_a_row_is_handed_out_until_it_is_confirmed(tmp_path: Path) -> None:
    """What was taken and not confirmed comes again after a rewind and after a restart."""
    with trio.fail_after(60):
        async with opened(tmp_path) as outbox:
            for text in "abc":
                await outbox.append([change(text)])
            reader = outbox.reader(A, "changes")
            rows = await take(reader)
            reader.confirm(rows[0].id)
            reader.rewind()
            assert values(await take(reader)) == ["b", "c"]
        async with opened(tmp_path) as outbox:
            assert values(await take(outbox.reader(A, "changes"))) == ["b", "c"]


async def test_confirming_what_was_not_taken_is_a_mistake(tmp_path: Path) -> None:
    """A row that was never handed out cannot be confirmed."""
    with trio.fail_after(60):
        async with opened(tmp_path) as outbox:
            await outbox.append([change("a")])
            with pytest.raises(ValueError, match="not taken"):
                outbox.reader(A, "changes").confirm(1)


async def test_take_waits_for_the_first_row_and_cancelled_takes_nothing(tmp_path: Path) -> None:
    """A take that is cancelled while it waits leaves the row to the next one."""
    with trio.fail_after(60):
        async with opened(tmp_path) as outbox, trio.open_nursery() as nursery:
            reader = outbox.reader(A, "changes")
            nursery.start_soon(take, reader)
            await trio.testing.wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()
            with trio.CancelScope(shield=True):
                await outbox.append([change("a")])
                assert values(await take(reader)) == ["a"]


async def test_each_cluster_has_its_own_position(tmp_path: Path) -> None:
    """What one cluster confirmed still waits for the other, and nothing waits twice."""
    with trio.fail_after(60):
        async with opened(tmp_path) as outbox:
            await outbox.append([change("a", clusters=(A, B)), change("b", clusters=(A,))])
            assert await take_all(outbox, A) == ["a", "b"]
            assert outbox.waiting(A).messages == 0
        async with opened(tmp_path) as outbox:
            assert (outbox.waiting(A).messages, outbox.waiting(B).messages) == (0, 1)
            assert await take_all(outbox, B) == ["a"]


async def test_lanes_do_not_wait_for_each_other(tmp_path: Path) -> None:
    """An event is there at once, behind any number of changes that nobody confirms."""
    with trio.fail_after(60):
        async with opened(tmp_path) as outbox:
            for number in range(50):
                await outbox.append([change(str(number))])
            await outbox.append([event("e")])
            assert values(await take(outbox.reader(A, "triggers"))) == ["e"]


async def test_a_take_is_bounded(tmp_path: Path) -> None:
    """Rows are handed out up to the one that reaches the messages or the bytes asked for."""
    with trio.fail_after(60):
        async with opened(tmp_path) as outbox:
            await outbox.append([change("a", "b"), change("c"), change("x" * 500), change("d")])
            reader = outbox.reader(A, "changes")
            assert values(await reader.take(max_messages=3, max_bytes=10**6)) == ["a", "b", "c"]
            assert values(await reader.take(max_messages=99, max_bytes=400)) == ["x" * 500]
            assert values(await reader.take(max_messages=1, max_bytes=1)) == ["d"]


async def test_new_lanes_are_announced(tmp_path: Path) -> None:
    """A cluster's publisher hears of each lane that has something for it."""
    with trio.fail_after(60):
        async with opened(tmp_path) as outbox:
            assert outbox.lanes(A).value == frozenset()
            await outbox.append([event("e"), change("c", clusters=(B,))])
            assert outbox.lanes(A).value == {"triggers"}
        async with opened(tmp_path) as outbox:
            assert outbox.lanes(A).value == {"triggers"}
            assert outbox.lanes(B).value == {"changes"}


async def test_rows_are_numbered_without_gaps_and_never_twice(tmp_path: Path) -> None:
    """A lane's numbers go on over restarts, also when everything was confirmed and deleted."""
    numbers = []
    with trio.fail_after(60):
        for clusters in ((A,), (A,), (B,), (B,)):
            async with opened(tmp_path, clusters) as outbox:
                await outbox.append([change("a", clusters=clusters), event("e", clusters=clusters)])
                reader = outbox.reader(clusters[0], "changes")
                rows = await take(reader)
                reader.confirm(rows[-1].id)
                numbers += [row.id for row in rows]
    assert numbers == [1, 2, 3, 4]


async def test_a_cluster_that_left_loses_its_positions_and_the_log_counts_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What waited for a cluster that is no longer configured goes, is counted, and stays gone."""
    with trio.fail_after(60):
        async with opened(tmp_path) as outbox:
            await outbox.append([change("a", "b", clusters=(A, B)), event("e", clusters=(B,))])
        async with opened(tmp_path, (A,)) as outbox:
            assert "cluster Beta is no longer configured; 3 messages" in caplog.text
            assert await take_all(outbox, A) == ["a", "b"]
        async with opened(tmp_path) as outbox:
            assert outbox.waiting(B).messages == 0


async def test_a_new_cluster_starts_behind_what_is_there(tmp_path: Path) -> None:
    """A cluster that is new gets what is appended from now on, and nothing older."""
    with trio.fail_after(60):
        async with opened(tmp_path, (A,)) as outbox:
            await outbox.append([change("old")])
        async with opened(tmp_path) as outbox:
            await outbox.append([change("new", clusters=(A, B))])
            assert values(await take(outbox.reader(B, "changes"))) == ["new"]


async def test_what_waits_is_counted_and_aged_over_restarts(tmp_path: Path) -> None:
    """Messages and the age of the oldest are exact, with the gap between runs in the age."""
    now, wall = 100.0, 5000.0
    with trio.fail_after(60):
        async with opened(tmp_path, clock=lambda: now, wall=lambda: wall) as outbox:
            await outbox.append([change("a", "b")])
            now += 30
            # The clock on the wall is set while the gateway runs: nothing ages by that.
            wall += 86400
            await outbox.append([event("c")])
            waiting = outbox.waiting(A)
            assert (waiting.messages, waiting.oldest) == (3, 30)
        now, wall = 7.0, wall + 60
        async with opened(tmp_path, clock=lambda: now, wall=lambda: wall) as outbox:
            waiting = outbox.waiting(A)
            assert (waiting.messages, waiting.oldest) == (3, 90)
            reader = outbox.reader(A, "changes")
            reader.confirm((await take(reader))[-1].id)
            waiting = outbox.waiting(A)
            assert (waiting.messages, waiting.oldest) == (1, 60)


async def test_confirmed_rows_are_deleted_from_the_disk(tmp_path: Path) -> None:
    """What everyone has confirmed takes no room any more when the next row is written."""
    with trio.fail_after(20):
        async with opened(tmp_path, (A,)) as outbox:
            for _ in range(20):
                await outbox.append([change(*["x" * 1000] * 100)])
            full = outbox.state.bytes
            await take_all(outbox, A)
            # The deletes ride along with the next row.
            await outbox.append([change("more")])
            assert outbox.state.bytes < full - 1_500_000


async def test_rows_that_left_memory_are_read_from_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory keeps a bounded share; the rest comes from the disk, in order and complete."""
    monkeypatch.setattr(memory, "SHARE", 2000)
    with trio.fail_after(20):
        async with opened(tmp_path) as outbox:
            expected = [str(number) for number in range(300)]
            for text in expected:
                await outbox.append([change(text, clusters=(A, B))])
            assert await take_all(outbox, A) == expected
            assert await take_all(outbox, B) == expected


async def test_appends_that_wait_together_are_one_transaction(tmp_path: Path) -> None:
    """A hundred tasks that append at once need far fewer commits than a hundred."""
    with trio.fail_after(60):
        async with opened(tmp_path) as outbox:
            finished: list[int] = []

            async def append(number: int) -> None:
                await outbox.append([change(str(number))])
                finished.append(number)

            async with trio.open_nursery() as nursery:
                for number in range(100):
                    nursery.start_soon(append, number)
            rows = await take(outbox.reader(A, "changes"))
    assert len({row.since for row in rows}) <= 5
    assert sorted(finished) == list(range(100))


async def test_rows_for_nobody_are_nothing(tmp_path: Path) -> None:
    """An empty batch, or one for no cluster, takes no number and no room."""
    with trio.fail_after(60):
        async with opened(tmp_path) as outbox:
            await outbox.append([])
            await outbox.append([change("a", clusters=()), change()])
            await outbox.append([change("b")])
            rows: list[Row] = await take(outbox.reader(A, "changes"))
            assert (rows[0].id, values(rows)) == (1, ["b"])


async def test_an_unknown_cluster_is_a_mistake(tmp_path: Path) -> None:
    """Appending for a cluster that was not named at the start is refused by name."""
    with trio.fail_after(60):
        async with opened(tmp_path, (A,)) as outbox:
            with pytest.raises(ValueError, match="Beta"):
                await outbox.append([NewRow("changes", (B,), batch("x"))])


async def test_a_folder_has_one_owner(tmp_path: Path) -> None:
    """A second outbox in the same folder ends at once with an error that names the first."""
    with trio.fail_after(60):
        async with opened(tmp_path):
            with pytest.raises(BufferInUse, match=str(os.getpid())):
                async with opened(tmp_path):
                    pytest.fail("two own one folder")
        async with opened(tmp_path):
            pass


async def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """A path that leads through a file is an error with the path in it."""
    (tmp_path / "file").write_text("")
    with trio.fail_after(60):
        with pytest.raises(BufferUnusable, match="file"):
            async with opened(tmp_path / "file" / "buffer"):
                pytest.fail("there is no such folder")


async def test_leaving_by_cancellation_keeps_what_was_appended(tmp_path: Path) -> None:
    """A block that is cancelled still commits what was given to it, and closes the file."""
    with trio.fail_after(60), trio.CancelScope() as scope:
        async with opened(tmp_path) as outbox, trio.open_nursery() as nursery:
            nursery.start_soon(outbox.append, [change("a")])
            for _ in range(2):
                await trio.lowlevel.checkpoint()
            scope.cancel()
            await trio.sleep_forever()
    assert scope.cancelled_caught
    assert not (tmp_path / "outbox.sqlite-wal").exists()
    with trio.fail_after(60):
        async with opened(tmp_path) as outbox:
            assert await take_all(outbox, A) == ["a"]


async def test_a_closed_outbox_takes_nothing(tmp_path: Path) -> None:
    """Appending behind the end of the block is an error."""
    with trio.fail_after(60):
        async with opened(tmp_path) as outbox:
            pass
        with pytest.raises(trio.ClosedResourceError):
            await outbox.append([change("a")])
