"""An answer that a damaged file alone had is told as lost, never as confirmed."""

from pathlib import Path

import hypothesis.strategies as st
import pytest
import trio
import trio.testing
from hypothesis import example, given, settings
from trio_util import AsyncValue

from tests.outboxes import (
    A,
    B,
    answer,
    change,
    confirm_answers,
    damage_row,
    opened,
    origin,
    take,
    values,
)
from warlogix.outbox import Outbox, memory, trouble
from warlogix.outbox.log import Log
from warlogix.outbox.schema import Damaged
from warlogix.outbox.work import Outcome, Work

ANSWERS = "write-responses"


@pytest.fixture(autouse=True)
def _from_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No row stays in memory, and the disk is tried again soon."""
    monkeypatch.setattr(memory, "SHARE", 0)
    monkeypatch.setattr(trouble, "RETRY", 0.02)


async def test_answers_of_a_damaged_file_are_lost_and_not_confirmed(tmp_path: Path) -> None:
    """When the file is set aside the answers that it alone had are told as lost, before anything
    behind them is told as confirmed; those in a reader's hands and later ones are not lost."""
    with trio.fail_after(15):
        async with opened(tmp_path) as outbox:
            texts = ["first", "second", "damaged" * 9, "fourth"]
            for text in texts:
                await outbox.append([answer(text, clusters=(A, B))])
            await confirm_answers(outbox, 1, B)
        damage_row(tmp_path, b"damaged" * 9)
        async with opened(tmp_path) as outbox, trio.open_nursery() as nursery:
            confirmed = outbox.confirmed(A, ANSWERS)
            reader = outbox.reader(A, ANSWERS)
            assert values(await take(reader, 1)) == ["first"]
            assert values(await take(reader, 1)) == ["second"]
            seen: list[tuple[int, list[int]]] = []
            nursery.start_soon(_watch, outbox, confirmed, seen)
            async with trio.open_nursery() as reading:
                reading.start_soon(take, reader)
                await outbox.error.wait_value(bool)
                await outbox.append([answer("fifth", clusters=(A, B))])
            await outbox.error.wait_value("")
            assert await outbox.waiting_origins(A, ANSWERS) == [
                (number, origin(text))
                for number, text in [(1, "first"), (2, "second"), (5, "fifth")]
            ]
            assert _lost(outbox, A) == [3, 4]
            # For the other cluster the second is still to come: it was in somebody's hands.
            assert _lost(outbox, B) == [3, 4]
            assert outbox.confirmed(B, ANSWERS).value == 1
            reader.rewind()
            await confirm_answers(outbox, 3)
            assert confirmed.value == 5
            await trio.testing.wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()
    assert [row for row, _ in seen][-1] == 5
    assert all(lost == [3, 4] for row, lost in seen if row >= 3)


def _lost(outbox: Outbox, cluster: str) -> list[int]:
    return [row for row in range(10) if outbox.lost(cluster, ANSWERS, row)]


async def _watch(
    outbox: Outbox, confirmed: AsyncValue[int], seen: list[tuple[int, list[int]]]
) -> None:
    async for row in confirmed.eventual_values():
        seen.append((row, _lost(outbox, A)))


async def test_nothing_is_waited_for_that_a_damaged_file_alone_had(tmp_path: Path) -> None:
    """When nothing is left behind lost answers nothing need be confirmed to hear of them: the
    number passes them by itself, and a new answer has a number of its own."""
    with trio.fail_after(15):
        async with opened(tmp_path, (A,)) as outbox:
            for text in ("first", "damaged" * 9, "third"):
                await outbox.append([answer(text)])
        damage_row(tmp_path, b"damaged" * 9)
        async with opened(tmp_path, (A,)) as outbox:
            confirmed = outbox.confirmed(A, ANSWERS)
            assert not outbox.lost(A, ANSWERS, 1)
            assert not outbox.lost(A, "never heard of", 1)
            async with trio.open_nursery() as reading:
                reading.start_soon(take, outbox.reader(A, ANSWERS))
                await confirmed.wait_value(3)
                reading.cancel_scope.cancel()
            assert _lost(outbox, A) == [1, 2, 3]
            assert await outbox.waiting_origins(A, ANSWERS) == []
            assert (await outbox.append([answer("fourth")])).ids == (4,)
            await confirm_answers(outbox, 1)
            assert confirmed.value == 4
            assert _lost(outbox, A) == [1, 2, 3]


async def test_origins_are_not_told_of_rows_lost_while_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the damage shows in the middle of the question, the answer has only what is left."""
    monkeypatch.setattr("warlogix.outbox.origins._CHUNK", (1, 1))
    with trio.fail_after(15):
        async with opened(tmp_path, (A,)) as outbox:
            for text in ("first", "second", "damaged" * 9):
                await outbox.append([answer(text)])
        damage_row(tmp_path, b"damaged" * 9)
        async with opened(tmp_path, (A,)) as outbox:
            assert values(await take(outbox.reader(A, ANSWERS), 1)) == ["first"]
            found = await outbox.waiting_origins(A, ANSWERS)
            assert found == [(1, origin("first"))]
            assert _lost(outbox, A) == [2, 3]


_steps = st.lists(
    st.tuples(
        st.sampled_from(["append", "append", "take", "confirm", "rewind", "damage"]),
        st.sampled_from([(A,), (B,), (A, B)]),
        st.integers(1, 4),
    ),
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(steps=_steps, share=st.sampled_from([0, 150, 500]))
# The second damage takes a row that lies before the one that the first has taken.
@example(
    steps=[
        ("append", (A, B), 2),
        ("take", (A,), 1),
        ("damage", (A,), 1),
        ("confirm", (A,), 1),
        ("damage", (A,), 1),
    ],
    share=0,
)
async def test_each_answer_is_confirmed_or_waits_or_is_lost(
    steps: list[tuple[str, tuple[str, ...], int]],
    share: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """However often the file breaks, and whoever has what in hand: of each cluster's answers each
    one is confirmed, or waits, or is lost, and never two of these; what waits comes out."""
    with pytest.MonkeyPatch.context() as patch, trio.fail_after(20):
        patch.setattr(memory, "SHARE", share)
        patch.setattr(trouble, "RETRY", 0.001)
        async with opened(tmp_path_factory.mktemp("buffer")) as outbox:
            fates = Fates(outbox)
            for word, clusters, count in steps:
                if word == "damage":
                    await _break(outbox, patch)
                else:
                    await fates.do(word, clusters, count)
                await fates.check()
            for cluster in (A, B):
                await fates.drain(cluster)


async def _break(outbox: Outbox, patch: pytest.MonkeyPatch) -> None:
    """The next commit finds the file damaged."""
    commit = Log.commit

    def fail(log: Log, work: Work) -> Outcome:
        patch.setattr(Log, "commit", commit)
        raise Damaged("it is torn")

    patch.setattr(Log, "commit", fail)
    await outbox.append([change("x")])
    await outbox.error.wait_value("")


class Fates:
    """What becomes of each answer, by what can be seen of the outbox."""

    def __init__(self, outbox: Outbox) -> None:
        self.outbox = outbox
        self.readers = {cluster: outbox.reader(cluster, ANSWERS) for cluster in (A, B)}
        self.passed = {cluster: outbox.confirmed(cluster, ANSWERS) for cluster in (A, B)}
        self.given: dict[str, set[int]] = {A: set(), B: set()}
        self.confirmed: dict[str, set[int]] = {A: set(), B: set()}
        self.hand: dict[str, list[int]] = {A: [], B: []}

    async def do(self, word: str, clusters: tuple[str, ...], count: int) -> None:
        """One step."""
        if word == "append":
            receipt = await self.outbox.append([answer("x" * 50, clusters=clusters)] * count)
            for cluster in clusters:
                self.given[cluster].update(receipt.ids)
            return
        for cluster in clusters:
            if word == "take":
                with trio.move_on_after(0.02):
                    rows = await take(self.readers[cluster], count)
                    self.hand[cluster] += [row.id for row in rows]
            elif word == "rewind":
                self.readers[cluster].rewind()
                self.hand[cluster].clear()
            elif hand := self.hand[cluster][:count]:
                self.readers[cluster].confirm(hand[-1])
                self.confirmed[cluster].update(hand)
                del self.hand[cluster][:count]

    async def check(self) -> None:
        """Each answer has one fate, and what is passed is what no longer waits."""
        for cluster in (A, B):
            waiting = {row for row, _ in await self.outbox.waiting_origins(cluster, ANSWERS)}
            given, confirmed = self.given[cluster], self.confirmed[cluster]
            lost = {row for row in given if self.outbox.lost(cluster, ANSWERS, row)}
            assert sorted([*waiting, *confirmed, *lost]) == sorted(given)
            passed = self.passed[cluster].value
            assert all(row > passed for row in waiting)
            assert all(row <= passed for row in confirmed)
            if not waiting:
                assert all(row <= passed for row in lost)
            assert self.outbox.waiting(cluster).dropped >= len(lost)

    async def drain(self, cluster: str) -> None:
        """All that waits comes out, and when it is confirmed everything is passed."""
        await self.do("rewind", (cluster,), 0)
        while (await self.outbox.waiting_origins(cluster, ANSWERS)) != []:
            await self.do("take", (cluster,), 1000)
            await self.do("confirm", (cluster,), 1000)
        await self.check()
        assert self.passed[cluster].value >= max(self.given[cluster], default=0)
