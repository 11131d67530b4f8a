"""Whatever is appended, taken, confirmed and rewound, in any order: a plain list knows as much."""

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import hypothesis.strategies as st
import pytest
import trio
from hypothesis import given, settings
from trio_util import AsyncValue

from tests.outboxes import A, B, answer, batch, full_disk, opened, origin
from warlogix.outbox import NewRow, Outbox, Reader, memory, trouble

LANES = ("changes", "write-responses")
PLACES = [(cluster, lane) for cluster in (A, B) for lane in LANES]


@dataclass(frozen=True)
class Append:
    """Rows go in: for each its lane, its clusters and how many messages it has; and notes."""

    rows: tuple[tuple[str, tuple[str, ...], int], ...]
    notes: dict[str, bytes | None]


@dataclass(frozen=True)
class Take:
    """A reader takes so many messages."""

    place: tuple[str, str]
    messages: int


@dataclass(frozen=True)
class Confirm:
    """A reader confirms a part of what it has in hand."""

    place: tuple[str, str]
    part: float


@dataclass(frozen=True)
class Rewind:
    """A reader begins again."""

    place: tuple[str, str]


@dataclass(frozen=True)
class Reopen:
    """The process ends properly and starts again."""


@dataclass(frozen=True)
class Fill:
    """The disk takes nothing for a while, or takes things again."""


Step = Append | Take | Confirm | Rewind | Reopen | Fill

_places = st.sampled_from(PLACES)
_rows = st.tuples(st.sampled_from(LANES), st.sampled_from([(A,), (B,), (A, B)]), st.integers(1, 4))
_notes = st.dictionaries(st.sampled_from("abc"), st.none() | st.binary(max_size=3), max_size=2)
_steps = st.one_of(
    st.builds(Append, st.lists(_rows, max_size=5).map(tuple), _notes),
    st.builds(Take, _places, st.integers(1, 12)),
    st.builds(Confirm, _places, st.floats(0, 1)),
    st.builds(Rewind, _places),
    st.just(Reopen()),
    st.just(Fill()),
)


@dataclass
class Place:
    """What one cluster must see of one lane: (number, messages) of each row, in order."""

    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    confirmed: int = 0
    taken: int = 0

    @property
    def waiting(self) -> int:
        """How many messages are not confirmed."""
        return sum(len(texts) for _, texts in self.rows[self.confirmed :])


class Walk:
    """Runs steps on an outbox and on the model at once.

    Half of the places are watched from the start of each run on, the others are asked each time.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.model = {place: Place() for place in PLACES}
        self.notes: dict[str, bytes] = {}
        self.numbers = dict.fromkeys(LANES, 0)
        self.count = 0
        self.outbox: Outbox
        self.readers: dict[tuple[str, str], Reader] = {}
        self.watched: dict[tuple[str, str], AsyncValue[int]] = {}
        self.opening = AsyncExitStack()
        self.filling = AsyncExitStack()
        self.full = False

    async def open(self) -> None:
        """Start."""
        self.outbox = await self.opening.enter_async_context(opened(self.directory))
        self.readers = {place: self.outbox.reader(*place) for place in PLACES}
        self.watched = {place: self.outbox.confirmed(*place) for place in PLACES[::2]}
        for place in self.model.values():
            place.taken = place.confirmed

    async def close(self) -> None:
        """End properly, on a disk that takes what is left."""
        await self.free_disk()
        await self.opening.aclose()

    async def free_disk(self) -> None:
        """The disk takes things again, and has taken what waited."""
        await self.filling.aclose()
        self.full = False
        await self.outbox.error.wait_value("")

    async def step(self, step: Step) -> None:
        """One step, and what can be seen after it."""
        match step:
            case Append(rows, notes):
                await self.append(rows, notes)
            case Take(place, messages):
                await self.take(place, messages)
            case Confirm(place, part):
                known = self.model[place]
                upto = known.confirmed + round((known.taken - known.confirmed) * part)
                if upto > known.confirmed:
                    self.readers[place].confirm(known.rows[upto - 1][0])
                    known.confirmed = upto
            case Rewind(place):
                self.readers[place].rewind()
                self.model[place].taken = self.model[place].confirmed
            case Reopen():
                await self.close()
                await self.open()
            case Fill():
                if self.full:
                    await self.free_disk()
                else:
                    self.filling.enter_context(full_disk())
                    self.full = True
        await self.check()

    async def append(
        self, rows: Sequence[tuple[str, tuple[str, ...], int]], notes: Mapping[str, bytes | None]
    ) -> None:
        """Rows and notes go in, one call of append for all."""
        new, numbers = [], []
        for lane, clusters, messages in rows:
            texts = [f"{self.count + index}" for index in range(messages)]
            self.count += messages
            self.numbers[lane] += 1
            numbers.append(self.numbers[lane])
            if lane == "changes":
                new.append(NewRow(lane, clusters, batch(*texts)))
            else:
                new.append(answer(*texts, clusters=clusters))
            for cluster in clusters:
                self.model[cluster, lane].rows.append((self.numbers[lane], texts))
        receipt = await self.outbox.append(new, notes)
        assert receipt.ids == tuple(numbers)
        if new or notes:
            assert receipt.durable == (not self.outbox.error.value)
        self.notes = {key: value for key, value in {**self.notes, **notes}.items() if value}

    async def take(self, place: tuple[str, str], messages: int) -> None:
        """A take gives what is next, all of it in order, up to the bound or less."""
        known = self.model[place]
        if known.taken == len(known.rows) or self.full:
            return
        rows = await self.readers[place].take(max_messages=messages, max_bytes=10**6)
        seen = [(row.id, [(v or b"").decode() for v in row.batch.values]) for row in rows]
        assert seen == known.rows[known.taken : known.taken + len(seen)]
        assert seen
        assert sum(len(texts) for _, texts in seen[:-1]) < messages
        known.taken += len(seen)

    async def check(self) -> None:
        """What waits, what of it is an answer, how far each place is, what is noted: exactly."""
        assert self.outbox.notes == self.notes
        for place, known in self.model.items():
            watched = self.watched.get(place, self.outbox.confirmed(*place))
            numbers = [0, *(number for number, _ in known.rows)]
            assert numbers[known.confirmed] <= watched.value
            assert all(watched.value < number for number in numbers[known.confirmed + 1 :])
            if not self.full and place[1] != "changes":
                rows = known.rows[known.confirmed :]
                answers = [(number, origin(text)) for number, texts in rows for text in texts]
                assert await self.outbox.waiting_origins(*place) == answers
        for cluster in (A, B):
            waiting = self.outbox.waiting(cluster)
            expected = sum(self.model[cluster, lane].waiting for lane in LANES)
            assert (waiting.messages, waiting.dropped) == (expected, 0)


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(_steps, max_size=40), share=st.sampled_from([0, 100, 500, memory.SHARE]))
async def test_nothing_is_lost_doubled_or_moved(steps: list[Step], share: int) -> None:
    """Over appends, takes, confirms, rewinds, restarts and full disks each reader sees exactly
    its rows, in order, with the numbers of their receipts; what waits, and for which answers, how
    far each cluster is, and what is noted, is known exactly."""
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as folder:
        patch.setattr(memory, "SHARE", share)
        patch.setattr(trouble, "RETRY", 0.001)
        walk = Walk(Path(folder))
        with trio.fail_after(30):
            async with walk.opening, walk.filling:
                await _walk(walk, steps)


async def _walk(walk: Walk, steps: list[Step]) -> None:
    """All of `steps`, and then everything is taken, confirmed and gone for good."""
    await walk.open()
    for step in steps:
        await walk.step(step)
    await walk.free_disk()
    for place, known in walk.model.items():
        await walk.step(Rewind(place))
        while known.taken < len(known.rows):
            await walk.take(place, 1000)
        await walk.step(Confirm(place, 1.0))
    await walk.step(Reopen())
    assert all(walk.outbox.waiting(cluster).messages == 0 for cluster in (A, B))
