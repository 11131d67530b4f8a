"""From a closed window to answers and writes: decide, commit, and only then act.

Nothing is answered and nothing is started before the commit that covers it has succeeded. What a
commit of unclear fate covered is remembered as spared: it was never executed, and is answered so
if a later membership finds that very commit, with it among the open ones.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from typing import NoReturn

import trio
from trio_util import wait_any

from warlogix.writeback.answering import Answering, Owed
from warlogix.writeback.commits import Commits
from warlogix.writeback.desk import Desk
from warlogix.writeback.ledger import Ledger
from warlogix.writeback.past import Past
from warlogix.writeback.queue import Job
from warlogix.writeback.tally import Tally
from warlogix.writeback.window import Arrival, Window, listable, offsets_of
from warlogix.writes.answers import Answer
from warlogix.writes.log_lines import dedup_discard
from warlogix.writes.repeats import Repeats
from warlogix.writes.requests import Name, Request, Unreadable
from warlogix.writes.settle import Settled, Write, late, settle

log = logging.getLogger(__name__)

# Started writes are waited for this long; then their outcome is unknown.
_STARTED = 4.0
_LOOK = 0.5


class Settling:
    """The windows of one membership, and the writes that came of them."""

    def __init__(self, desk: Desk, commits: Commits, answering: Answering, past: Past) -> None:
        self.window = Window(desk.plan.window)
        self._repeats = Repeats(desk.plan.max_age)
        self._desk = desk
        self._commits = commits
        self._answering = answering
        self._past = past
        self._jobs: dict[Job, int] = {}
        self._settling = trio.Lock()
        self._ledger_over = trio.Event()

    @property
    def held(self) -> tuple[int, int]:
        """How many requests are in memory, and how many bytes of values."""
        return len(self.window) + len(self._jobs), self.window.size + sum(self._jobs.values())

    def remember(self, request: Request) -> None:
        """A request that somebody has settled before us: its repetition is none of its own."""
        self._decide([request], trio.current_time())

    async def run(self) -> NoReturn:
        """Settle one window after the other."""
        while True:
            arrivals = await self.window.closed()
            async with self._settling:
                for some in listable(arrivals):
                    await self._settle([each for each in some if not each.ledger.over])

    async def _settle(self, arrivals: Sequence[Arrival]) -> None:
        offsets = offsets_of(arrivals)
        await self._make_fit(offsets)
        if self._commits.broken or not arrivals:
            return
        if any(ledger.over for ledger in offsets):
            # The next owner gets what is not covered by then; the rest is settled without it.
            await self._settle([each for each in arrivals if not each.ledger.over])
            return
        closed = trio.current_time()
        for ledger, own in offsets.items():
            ledger.cover(own)
        taken = await self._commits.commit(offsets)
        if self._commits.over.is_set():
            self._past.spare(self._commits.name, [arrival.request for arrival in arrivals])
        # What belongs to a partition that has gone meanwhile is its next owner's.
        self._act([each for each in arrivals if each.ledger in taken], closed)

    async def _make_fit(self, offsets: Mapping[Ledger, Collection[int]]) -> None:
        """Wait until a commit can list what will be open: answers must be confirmed first."""
        while not all(ledger.over or ledger.takes(own) for ledger, own in offsets.items()):
            # What was settled before somebody waited for it is looked for now and then.
            with trio.move_on_after(_LOOK):
                await wait_any(
                    self._answering.settled, self._ledger_over.wait, self._commits.over.wait
                )
            if self._commits.broken:
                return

    def _act(self, arrivals: Sequence[Arrival], closed: float) -> None:
        """Answer what a window brings to an answer, and hand on what is to be written.

        `closed` is the moment at which the window closed.
        """
        if not arrivals:
            return
        self._past.take([each.request for each in arrivals], trio.current_time())
        new = [each for each in arrivals if not each.known]
        for arrival in arrivals:
            if arrival.known:
                arrival.ledger.settle([arrival.request.offset])
        requests = [each.request for each in new if isinstance(each.request, Request)]
        settled = self._decide(requests, closed)
        tally = Tally(settled)
        self._say(settled)
        ledgers = {arrival.ledger.partition: arrival.ledger for arrival in arrivals}
        decided = [Owed(ledgers[each.request.partition], each) for each in settled.answers]
        unreadable = [
            Owed(each.ledger, each.request) for each in new if isinstance(each.request, Unreadable)
        ]
        self._answering.give([*decided, *unreadable])
        sizes = {arrival.request.name: arrival.size for arrival in new}
        self._hand_on(settled.todo, ledgers, sizes, tally)

    def _decide(self, requests: Sequence[Request], closed: float) -> Settled:
        desk = self._desk
        kinds, max_age = desk.kinds, desk.plan.max_age
        return settle(requests, desk.targets, kinds, self._repeats, closed, max_age)

    def _hand_on(
        self,
        writes: Sequence[Write],
        ledgers: Mapping[int, Ledger],
        sizes: Mapping[Name, int],
        tally: Tally,
    ) -> None:
        by_plc: dict[str, list[Job]] = {}
        for write in writes:
            request = write.request
            job = Job(write, ledgers[request.partition], self, tally)
            self._jobs[job] = sizes[request.name]
            by_plc.setdefault(write.target.plc, []).append(job)
        for plc, jobs in by_plc.items():
            self._desk.queues[plc].put(jobs)

    def _say(self, settled: Settled) -> None:
        if log.isEnabledFor(logging.DEBUG):
            now = trio.current_time()
            for answer in settled.answers:
                if answer.deduplicated:
                    log.debug("%s", dedup_discard(answer, now))

    async def give_up(self, ledgers: Sequence[Ledger], reason: str) -> None:
        """Start nothing more of these: answer what was not started, and wait for what was.

        Afterwards every answer of theirs is in the outbox, unless its disk hangs.
        """
        for ledger in ledgers:
            ledger.over = reason
        self._ledger_over.set()
        self._ledger_over = trio.Event()
        await self._finish(ledgers, reason)
        # A commit under way may bring some more.
        async with self._settling:
            pass
        await self._finish(ledgers, reason)
        with trio.move_on_after(_STARTED):
            await self._answering.appended()

    async def _finish(self, ledgers: Collection[Ledger], reason: str) -> None:
        jobs = [job for job in self._jobs if job.ledger in ledgers]
        for job in jobs:
            if not job.started:
                job.finish(Answer.failed(job.write.request, f"not executed: {reason}"))
        with trio.move_on_after(_STARTED):
            for job in jobs:
                await job.finished.wait()
        unknown = f"outcome unknown: {reason} before the PLC answered"
        for job in jobs:
            job.finish(Answer.failed(job.write.request, unknown))

    # What a queue asks of the one who gave it a job.

    async def fresh(self, job: Job) -> None:
        """Return when the group was heard of lately, or the write may not start any more."""
        while not (job.finished.is_set() or self.is_fresh() or self.refusal(job)):
            with trio.move_on_after(self._desk.plan.max_age):
                await wait_any(self._commits.heard, job.finished.wait)

    def is_fresh(self) -> bool:
        """Whether the group was heard of lately."""
        return self._commits.is_fresh()

    def refusal(self, job: Job) -> Answer | None:
        """Why the write may not start now; None when it may."""
        request = job.write.request
        if reason := job.ledger.over or self._commits.broken:
            return Answer.failed(request, f"not executed: {reason}")
        if error := self._desk.outbox.error.value:
            return Answer.failed(request, f"not executed: the buffer takes nothing: {error}")
        if text := late(request, trio.current_time(), self._desk.plan.max_age):
            return Answer.expired(request, text)
        return None

    def finish(self, job: Job, answer: Answer) -> None:
        """The write has its answer."""
        del self._jobs[job]
        job.tally.note(answer)
        self._answering.give([Owed(job.ledger, answer)])
