"""Answers on their way: into the outbox, and from there until Kafka has confirmed them.

    answering = Answering(desk)
    nursery.start_soon(answering.run)
    answering.give([Owed(ledger, answer), ...])     # durable soon after, in this order
    await answering.appended()                      # everything given so far is in the outbox

What is confirmed is settled in the ledger that it belongs to.
"""

import logging
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NoReturn

import trio

from warlogix.outbox import NewRow
from warlogix.topics import Topic
from warlogix.writeback.answered import LANES
from warlogix.writeback.desk import Desk
from warlogix.writeback.ledger import Ledger
from warlogix.writes.answers import Answer, dead_letters, responses
from warlogix.writes.log_lines import publishing, sending_deduplicated
from warlogix.writes.requests import Name, Request, Unreadable

log = logging.getLogger(__name__)

# So many become one row, and the event loop has a break behind them.
_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Owed:
    """What a request is to be told, and where its offset is open."""

    ledger: Ledger
    answer: Answer | Unreadable

    @property
    def offset(self) -> int:
        """The request's place in its partition."""
        return self.name[1]

    @property
    def name(self) -> Name:
        """The request's record."""
        answer = self.answer
        return answer.name if isinstance(answer, Unreadable) else answer.request.name


class Answering:
    """The answers of one cluster's requests; it outlives each membership of the group."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._given: list[Owed] = []
        self._wake = trio.Event()
        self._idle = trio.Event()
        self._idle.set()
        # Rows that Kafka has yet to confirm, and the offsets that each of them answers.
        self._rows: dict[str, deque[tuple[int, Ledger, Sequence[int]]]] = {
            lane: deque() for lane in LANES
        }
        cluster = desk.cluster.name
        self._confirmed = {lane: desk.outbox.confirmed(cluster, lane) for lane in LANES}
        # What has a row in both lanes, and none of them confirmed yet: the second one settles it.
        self._twofold: set[tuple[Ledger, int]] = set()
        self._settled = trio.Event()
        self._lost = trio.Event()

    def give(self, owed: Sequence[Owed]) -> None:
        """Answer these, behind what was given before."""
        if owed:
            self._given += owed
            if self._idle.is_set():
                self._idle = trio.Event()
            self._wake.set()

    async def appended(self) -> None:
        """Return when all that was given is in the outbox."""
        await self._idle.wait()

    async def confirmed(self) -> None:
        """Return when Kafka has all that is in the outbox."""
        while any(self._rows.values()):
            await self._settled.wait()

    async def settled(self) -> None:
        """Return when some answers were confirmed."""
        await self._settled.wait()

    async def lost(self) -> None:
        """Return when answers were lost with a damaged buffer: their offsets stay open."""
        await self._lost.wait()
        self._lost = trio.Event()

    def expect(self, lane: str, row: int, ledger: Ledger, offsets: Sequence[int]) -> None:
        """The row holds answers of these offsets. Rows of a lane come in order."""
        if row > self._confirmed[lane].value:
            self._rows[lane].append((row, ledger, offsets))
        elif row:
            self._settle(ledger, offsets)

    def expect_both(self, ledger: Ledger, offsets: Iterable[int]) -> None:
        """These are settled when a row in each lane is confirmed."""
        self._twofold.update((ledger, offset) for offset in offsets)

    async def run(self) -> NoReturn:
        """Append what is given, and settle what is confirmed."""
        async with trio.open_nursery() as nursery:
            for lane in LANES:
                nursery.start_soon(self._follow, lane)
            while True:
                await self._wake.wait()
                self._wake = trio.Event()
                while self._given:
                    some, self._given = self._given[:_AT_ONCE], self._given[_AT_ONCE:]
                    await self._append(some)
                self._idle.set()

    async def _append(self, given: Sequence[Owed]) -> None:
        """The answers are on disk when this returns; in memory, while the disk takes nothing."""
        desk, at = self._desk, self._desk.wall()
        answered = [(each, each.answer) for each in given if isinstance(each.answer, Answer)]
        letters = [(each, letter) for each in given if (letter := _letter(each.answer))]
        answers = [answer for _, answer in answered]
        self._say(answers)
        topic, cluster = desk.topic, (desk.cluster.name,)
        dead = dead_letters(topic, [letter for _, letter in letters], at, desk.instance)
        batches = (responses(topic, answers, at, desk.instance), dead)
        rows = [NewRow(lane, cluster, batch) for lane, batch in zip(LANES, batches, strict=True)]
        receipt = await desk.outbox.append(rows)
        for each, letter in letters:
            if isinstance(letter, Request):
                self.expect_both(each.ledger, [each.offset])
        owed = ([each for each, _ in answered], [each for each, _ in letters])
        for lane, row, some in zip(LANES, receipt.ids, owed, strict=True):
            for ledger, offsets in _by_ledger(some).items():
                self.expect(lane, row, ledger, offsets)
            for each in some:
                desk.answered.note(each.name, lane, row)

    def _say(self, answers: Iterable[Answer]) -> None:
        if not log.isEnabledFor(logging.DEBUG):
            return
        for answer in answers:
            if answer.deduplicated:
                log.debug("%s", sending_deduplicated(answer))
            log.debug("%s", publishing(self._desk.topics[Topic.RESPONSES], answer))

    async def _follow(self, lane: str) -> NoReturn:
        """Settle what Kafka confirms."""
        rows, confirmed = self._rows[lane], self._confirmed[lane]
        while True:
            row = confirmed.value
            while rows and rows[0][0] <= row:
                number, ledger, offsets = rows.popleft()
                if self._desk.outbox.lost(self._desk.cluster.name, lane, number):
                    self._lost.set()
                else:
                    self._settle(ledger, offsets)
            await confirmed.wait_value(lambda now, seen=row: now > seen)

    def _settle(self, ledger: Ledger, offsets: Sequence[int]) -> None:
        halves = {(ledger, offset) for offset in offsets} & self._twofold
        self._twofold -= halves
        ledger.settle(offset for offset in offsets if (ledger, offset) not in halves)
        self._settled.set()
        self._settled = trio.Event()


def _letter(answer: Answer | Unreadable) -> Request | Unreadable | None:
    """What of it goes to the dead letters."""
    if isinstance(answer, Unreadable):
        return answer
    return answer.request if answer.request.fault else None


def _by_ledger(owed: Iterable[Owed]) -> dict[Ledger, list[int]]:
    found: dict[Ledger, list[int]] = {}
    for each in owed:
        found.setdefault(each.ledger, []).append(each.offset)
    return found
