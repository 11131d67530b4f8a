"""However full, old or broken the buffer is: each message is confirmed, waiting or dropped."""

from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import hypothesis.strategies as st
import pytest
import trio
from hypothesis import given, settings

from tests.outboxes import A, B, batch, full_disk, opened
from warlogix.outbox import NewRow, Outbox, Reader, Row, memory, trouble

Word = Literal["take", "confirm", "rewind", "reopen", "fill", "age"]

_appends = st.tuples(
    st.sampled_from(["changes", "changes", "changes", "triggers"]),
    st.sampled_from([(A,), (B,), (A, B)]),
    st.integers(1, 3),
    st.integers(1, 15),
)
_words = st.tuples(
    st.sampled_from(["take", "take", "confirm", "rewind", "reopen", "fill", "age"]),
    st.sampled_from([A, B]),
    st.integers(1, 10),
)
_steps = st.lists(st.one_of(_appends, _words), max_size=60)


class Accounts:
    """Runs steps on a small outbox and keeps the sums; of changes only, events are all kept."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.now = 0.0
        self.given = dict.fromkeys((A, B), 0)
        self.confirmed = dict.fromkeys((A, B), 0)
        self.events = dict.fromkeys((A, B), 0)
        self.last = dict.fromkeys((A, B), 0)
        self.hand: dict[str, list[Row]] = {A: [], B: []}
        self.readers: dict[str, Reader] = {}
        self.outbox: Outbox
        self.opening = AsyncExitStack()
        self.filling = AsyncExitStack()
        self.full = False

    async def open(self) -> None:
        """Start."""
        self.outbox = await self.opening.enter_async_context(
            opened(
                self.directory,
                max_size=300_000,
                max_age=100,
                clock=lambda: self.now,
                wall=lambda: self.now + 1000,
            )
        )
        for cluster in (A, B):
            self.readers[cluster] = self.outbox.reader(cluster, "changes")
            self.rewind(cluster)

    async def free_disk(self) -> None:
        """The disk takes things again, and has taken what waited."""
        await self.filling.aclose()
        self.full = False
        await self.outbox.error.wait_value("")

    async def append(self, lane: str, clusters: tuple[str, ...], messages: int, rows: int) -> None:
        """So many rows of so many messages of about a kilobyte each."""
        row = NewRow(lane, clusters, batch(*["x" * 1000] * messages))
        await self.outbox.append([row] * rows)
        for cluster in clusters:
            count = self.given if lane == "changes" else self.events
            count[cluster] += messages * rows

    def rewind(self, cluster: str) -> None:
        """Begin again at the first unconfirmed row."""
        self.readers[cluster].rewind()
        self.hand[cluster].clear()
        self.last[cluster] = 0

    def waiting(self, cluster: str) -> int:
        """Changes that wait and that the reader has not in hand."""
        in_hand = sum(len(row.batch) for row in self.hand[cluster])
        return self.outbox.waiting(cluster).messages - self.events[cluster] - in_hand

    async def do(self, word: str, cluster: str, number: int) -> None:
        """One step that is not an append."""
        hand = self.hand[cluster]
        if word == "take" and self.waiting(cluster) and not self.full:
            await self.take(cluster, number * 3)
        elif word == "confirm" and hand:
            self.readers[cluster].confirm(hand[min(number, len(hand)) - 1].id)
            self.confirmed[cluster] += sum(len(row.batch) for row in hand[:number])
            del hand[:number]
        elif word == "rewind":
            self.rewind(cluster)
        elif word == "reopen":
            await self.free_disk()
            await self.opening.aclose()
            await self.open()
        elif word == "age":
            self.now += number * 10
        elif word == "fill" and not self.full:
            self.filling.enter_context(full_disk())
            self.full = True
        elif word == "fill":
            await self.free_disk()

    async def take(self, cluster: str, messages: int) -> None:
        """Take what is next; there may be nothing left if it has just become too old."""
        rows: list[Row] = []
        with trio.move_on_after(1):
            rows = await self.readers[cluster].take(max_messages=messages, max_bytes=10**6)
        assert rows or not self.waiting(cluster)
        numbers = [self.last[cluster], *(row.id for row in rows)]
        assert numbers == sorted(set(numbers))
        self.last[cluster] = numbers[-1]
        self.hand[cluster] += rows

    def check(self) -> None:
        """The sums are right."""
        for cluster in (A, B):
            waiting = self.outbox.waiting(cluster)
            assert waiting.messages >= self.events[cluster]
            changes = waiting.messages - self.events[cluster]
            assert self.given[cluster] == self.confirmed[cluster] + changes + waiting.dropped

    async def drain(self) -> None:
        """Everything that waits comes out, and nothing is left."""
        await self.free_disk()
        for cluster in (A, B):
            while self.waiting(cluster):
                await self.do("take", cluster, 1000)
                await self.do("confirm", cluster, 1000)
            self.check()


@settings(max_examples=60, deadline=None)
@given(steps=_steps, share=st.sampled_from([0, 5000, memory.SHARE]))
async def test_every_message_is_accounted_for(
    steps: list[tuple[str, tuple[str, ...], int, int] | tuple[str, str, int]], share: int
) -> None:
    """Through a full buffer, old age, full disks and restarts: for each cluster what was given is
    what was confirmed, what waits and what was dropped, exactly; and no event is ever dropped."""
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as folder:
        patch.setattr(memory, "SHARE", share)
        patch.setattr(memory, "LIMIT", 40_000)
        patch.setattr(trouble, "RETRY", 0.001)
        accounts = Accounts(Path(folder))
        with trio.fail_after(60):
            async with accounts.opening, accounts.filling:
                await accounts.open()
                for step in steps:
                    if len(step) == 4:
                        await accounts.append(*step)
                    else:
                        await accounts.do(*step)
                    accounts.check()
                await accounts.drain()
