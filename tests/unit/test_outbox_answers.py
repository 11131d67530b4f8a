"""An answer is followed from its append until Kafka has it, or until it can never have it."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio
import trio.testing

from tests.outboxes import (
    A,
    B,
    answer,
    change,
    confirm_answers,
    event,
    full_disk,
    opened,
    origin,
    take,
    take_all,
    values,
)
from warlogix.messages import Batch, Origin
from warlogix.outbox import NewRow, Receipt, memory, trouble
from warlogix.outbox.log import Log

ANSWERS = "write-responses"


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is tried again soon, so that nobody waits for it."""
    monkeypatch.setattr(trouble, "RETRY", 0.02)


async def test_a_receipt_numbers_each_row_that_was_given(tmp_path: Path) -> None:
    """The numbers are those that the readers see, in the order given; a row that was nothing has
    0, and appends that wait together do not mix theirs."""
    receipts: dict[int, Receipt] = {}
    with trio.fail_after(60):
        async with opened(tmp_path) as outbox:

            async def append(index: int) -> None:
                rows = [answer(index), change(clusters=()), event("e"), change(), answer(-index)]
                receipts[index] = await outbox.append(rows)

            async with trio.open_nursery() as nursery:
                for index in range(1, 20):
                    nursery.start_soon(append, index)
            rows = {row.id: row for row in await take(outbox.reader(A, ANSWERS))}
            for index, receipt in receipts.items():
                assert receipt.durable
                first, nobody, _, empty, last = receipt.ids
                assert (nobody, empty) == (0, 0)
                assert values([rows[first], rows[last]]) == [str(index), str(-index)]
            assert sorted(receipt.ids[2] for receipt in receipts.values()) == list(range(1, 20))
            assert await outbox.append([change(clusters=())]) == Receipt((0,), durable=True)
            assert await outbox.append([]) == Receipt((), durable=True)


async def test_a_receipt_tells_whether_the_disk_has_it(tmp_path: Path) -> None:
    """On a disk that takes nothing a row has its number and is not durable; when the error is
    over it is on disk by itself, as is what comes next."""
    with trio.fail_after(60):
        async with opened(tmp_path, (A,)) as outbox:
            assert await outbox.append([answer(1)]) == Receipt((1,), durable=True)
            with full_disk():
                assert await outbox.append([answer(2)]) == Receipt((2,), durable=False)
                assert await outbox.append([answer(3)]) == Receipt((3,), durable=False)
            await outbox.error.wait_value("")
            assert (await outbox.append([answer(4)])).durable
        async with opened(tmp_path, (A,)) as outbox:
            assert await take_all(outbox, A, ANSWERS) == ["1", "2", "3", "4"]


async def test_what_is_confirmed_is_known_from_the_first_question(tmp_path: Path) -> None:
    """Asked late, the number is the current one; it goes on with each confirmation, for this
    cluster and lane alone, over rewinds too, and is right again after a restart."""
    with trio.fail_after(60):
        async with opened(tmp_path) as outbox:
            await outbox.append([answer(n, clusters=(A, B)) for n in range(1, 5)])
            await confirm_answers(outbox, 2)
            confirmed = outbox.confirmed(A, ANSWERS)
            assert confirmed.value == 2
            assert outbox.confirmed(A, ANSWERS) is confirmed
            await confirm_answers(outbox, 1)
            outbox.reader(A, ANSWERS).rewind()
            assert confirmed.value == 3
            assert outbox.confirmed(B, ANSWERS).value == 0
            assert outbox.confirmed(A, "dead-letters").value == 0
        async with opened(tmp_path) as outbox:
            assert outbox.confirmed(A, ANSWERS).value == 3
            assert outbox.confirmed(B, ANSWERS).value == 0


async def test_a_lane_can_be_watched_before_there_is_one(tmp_path: Path) -> None:
    """Asked before the first row is there, the number begins at 0 and follows that row; nobody's
    publisher hears of the lane before."""
    with trio.fail_after(60):
        async with opened(tmp_path) as outbox, trio.open_nursery() as nursery:
            confirmed = outbox.confirmed(A, ANSWERS)
            assert confirmed.value == 0
            assert outbox.lanes(A).value == frozenset()
            nursery.start_soon(confirmed.wait_value, lambda row: row >= 1)
            await trio.testing.wait_all_tasks_blocked()
            await outbox.append([answer(1)])
            await confirm_answers(outbox, 1)
        async with opened(tmp_path) as outbox:
            assert outbox.confirmed(A, ANSWERS).value == 1


async def test_a_watched_lane_that_stays_empty_leaves_nothing_behind(tmp_path: Path) -> None:
    """Watching a lane that never gets a row changes nothing for the next start."""
    with trio.fail_after(60):
        async with opened(tmp_path) as outbox:
            assert outbox.confirmed(A, ANSWERS).value == 0
            await outbox.append([change("a")])
        async with opened(tmp_path) as outbox:
            assert outbox.lanes(A).value == {"changes"}
            assert (await outbox.append([answer(1)])).ids == (1,)


async def test_rows_for_others_do_not_hold_up_what_is_confirmed(tmp_path: Path) -> None:
    """The number passes rows that are for another cluster, and reaches each row of one's own."""
    with trio.fail_after(60):
        async with opened(tmp_path) as outbox:
            for number, cluster in enumerate([B, A, B, A, B], 1):
                await outbox.append([answer(number, clusters=(cluster,))])
            confirmed = outbox.confirmed(A, ANSWERS)
            await confirm_answers(outbox, 1)
            assert 2 <= confirmed.value < 4
            await confirm_answers(outbox, 1)
            assert confirmed.value >= 4
            assert outbox.confirmed(B, ANSWERS).value == 0


async def test_dropping_confirms_nothing(tmp_path: Path) -> None:
    """Rows that a full buffer drops are not confirmed: the number moves on with the next row that
    is."""
    with trio.fail_after(20):
        async with opened(tmp_path, (A,), max_size=300_000) as outbox:
            confirmed = outbox.confirmed(A, "changes")
            for _ in range(100):
                (number,) = (await outbox.append([change("x" * 5000)])).ids
            assert outbox.waiting(A).dropped > 0
            assert confirmed.value == 0
            await take_all(outbox, A)
            assert confirmed.value == number


async def test_a_cluster_that_nobody_named_is_a_mistake(tmp_path: Path) -> None:
    """Questions about a cluster that was not named at the start are refused by its name."""
    with trio.fail_after(60):
        async with opened(tmp_path, (A,)) as outbox:
            with pytest.raises(ValueError, match="no such cluster: Beta"):
                outbox.confirmed(B, ANSWERS)
            with pytest.raises(ValueError, match="no such cluster: Beta"):
                await outbox.waiting_origins(B, ANSWERS)


@pytest.mark.parametrize("share", [memory.SHARE, 400, 0])
async def test_answers_that_wait_are_known_by_what_they_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: int
) -> None:
    """Each answer that a cluster has not confirmed, in its order with its row, wherever it is,
    also one that is in flight; none that was confirmed or is for another cluster."""
    monkeypatch.setattr(memory, "SHARE", share)
    with trio.fail_after(20):
        async with opened(tmp_path) as outbox:
            assert await outbox.waiting_origins(A, ANSWERS) == []
            await outbox.append([answer(1), answer(2, 3), answer(4, clusters=(B,)), answer(5)])
            await outbox.append([event("no answer"), answer(clusters=(A, B)), answer(6, 7)])
            expected = _origins((1, 1), (2, 2), (2, 3), (4, 5), (5, 6), (5, 7))
            assert await outbox.waiting_origins(A, ANSWERS) == expected
            await confirm_answers(outbox, 1)
            await take(outbox.reader(A, ANSWERS), 1)
            assert await outbox.waiting_origins(A, ANSWERS) == expected[1:]
        async with opened(tmp_path) as outbox:
            await outbox.append([answer(8)])
            expected += _origins((6, 8))
            assert await outbox.waiting_origins(A, ANSWERS) == expected[1:]
            assert await outbox.waiting_origins(B, ANSWERS) == _origins((3, 4))
            assert await outbox.waiting_origins(A, "triggers") == []


def _origins(*found: tuple[int, int]) -> list[tuple[int, Origin]]:
    return [(row, origin(number)) for row, number in found]


async def test_many_answers_are_read_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many answers wait on disk, each is found once, while Kafka confirms some of them."""
    monkeypatch.setattr(memory, "SHARE", 0)
    monkeypatch.setattr("warlogix.outbox.origins._CHUNK", (7, 10_000))
    with trio.fail_after(20):
        async with opened(tmp_path, (A,)) as outbox, trio.open_nursery() as nursery:
            for first in range(0, 200, 4):
                await outbox.append([answer(first, first + 1), answer(first + 2, first + 3)])
            nursery.start_soon(confirm_answers, outbox, 20)
            found = await outbox.waiting_origins(A, ANSWERS)
            upto = outbox.confirmed(A, ANSWERS).value
            assert found == [(n // 2 + 1, origin(n)) for n in range(200) if n // 2 + 1 > upto]


async def test_answers_in_memory_alone_are_known_too(tmp_path: Path) -> None:
    """While the disk takes nothing the answers that wait in memory are among those told."""
    with trio.fail_after(60):
        async with opened(tmp_path, (A,)) as outbox:
            await outbox.append([answer(1)])
            with full_disk():
                await outbox.append([answer(2)])
                assert await outbox.waiting_origins(A, ANSWERS) == _origins((1, 1), (2, 2))


async def test_origins_wait_for_a_disk_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read that fails is made again when the disk is well, and nothing is missing."""
    monkeypatch.setattr(memory, "SHARE", 0)
    read, failures = Log.read, [OSError("gone"), OSError("gone")]

    def fail(log: Log, *args: Any) -> object:
        if failures:
            raise failures.pop()
        return read(log, *args)

    monkeypatch.setattr(Log, "read", fail)
    with trio.fail_after(60):
        async with opened(tmp_path, (A,)) as outbox:
            await outbox.append([answer(1), answer(2)])
            assert await outbox.waiting_origins(A, ANSWERS) == _origins((1, 1), (2, 2))
    assert failures == []


async def test_rows_of_an_earlier_release_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that were stored before answers had origins come out whole, and have none; their sums
    hold, and new rows go on behind them."""

    def encode(batch: Batch) -> bytes:
        return msgspec.msgpack.encode([batch.keys, batch.values, batch.timestamps, batch.headers])

    full = Batch([b"k", None], [None, b"v"], [5, 6], [[("h", b"1")], []])
    with trio.fail_after(60):
        with monkeypatch.context() as patch:
            patch.setattr("warlogix.outbox.log.encode", encode)
            async with opened(tmp_path, (A,)) as outbox:
                await outbox.append([NewRow(ANSWERS, (A,), full), answer("old")])
        async with opened(tmp_path, (A,)) as outbox:
            await outbox.append([answer("new")])
            assert await outbox.waiting_origins(A, ANSWERS) == [(3, origin("new"))]
            reader = outbox.reader(A, ANSWERS)
            rows = [*await take(reader), *await take(reader)]
            assert rows[0].batch == full
            assert values(rows[1:]) == ["old", "new"]
            assert [row.batch.origins for row in rows] == [None, None, [origin("new")]]
            assert outbox.error.value == ""
