"""One PLC's writes: a task that carries them out one after another, in their order.

    queue = PlcQueue(plc)
    nursery.start_soon(queue.execute)
    queue.put([job, ...])           # what one window brought for this PLC

Whether a write may still start is asked when the PLC's lock is held, right before it is sent, and
so is whether the tag still has the type that the value was converted to. One that was begun is
finished and answered whatever happens. After one whose outcome is unknown the rest of the same
window is not executed: nobody knows what the PLC was left with.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import NoReturn, Protocol

import trio

from warlogix.errors import DriverError
from warlogix.plc import Plc, Turn
from warlogix.tags import Outcome, WriteResult
from warlogix.writeback.ledger import Ledger
from warlogix.writeback.tally import Tally
from warlogix.writes.answers import Answer
from warlogix.writes.log_lines import executing, write_failed, write_successful
from warlogix.writes.settle import Write

log = logging.getLogger(__name__)


class Gate(Protocol):
    """Who knows whether a write may start, and who takes its answer."""

    async def fresh(self, job: "Job", /) -> None:
        """Return when the group was heard of lately, or the write may not start any more."""

    def refusal(self, job: "Job") -> Answer | None:
        """Why the write may not start now; None when it may."""

    def is_fresh(self) -> bool:
        """Whether the group was heard of lately."""

    def finish(self, job: "Job", answer: Answer) -> None:
        """The write has its answer."""


class Job:
    """One write on its way. `finished` is set once it has its answer."""

    __slots__ = ("finished", "gate", "ledger", "started", "tally", "write")

    def __init__(self, write: Write, ledger: Ledger, gate: Gate, tally: Tally) -> None:
        self.write = write
        self.ledger = ledger
        self.gate = gate
        self.tally = tally
        self.started = False
        self.finished = trio.Event()

    def finish(self, answer: Answer) -> None:
        """Answer, unless somebody has by now."""
        if not self.finished.is_set():
            self.finished.set()
            self.gate.finish(self, answer)


class PlcQueue:
    """What waits for one PLC, from every cluster."""

    def __init__(self, plc: Plc) -> None:
        self._plc = plc
        self._batches: deque[Sequence[Job]] = deque()
        self._put = trio.Event()

    def put(self, jobs: Sequence[Job]) -> None:
        """These come next, behind what waits already."""
        self._batches.append(jobs)
        self._put.set()

    async def execute(self) -> NoReturn:
        """Carry out what comes, for ever. Cancelled, it finishes the write that was begun."""
        while True:
            self._put = trio.Event()
            while self._batches:
                await self._execute_batch(self._batches.popleft())
            await self._put.wait()

    async def _execute_batch(self, jobs: Sequence[Job]) -> None:
        for i, job in enumerate(jobs):
            if not await self._execute(job):
                _spare(jobs[i + 1 :], self._plc.name)
                return

    async def _execute(self, job: Job) -> bool:
        """Carry out one write; False when nobody knows what the PLC made of it."""
        while not job.finished.is_set():
            await job.gate.fresh(job)
            try:
                async with self._plc.turn() as turn:
                    if job.finished.is_set():
                        return True
                    refusal = job.gate.refusal(job)
                    if refusal is not None:
                        job.finish(refusal)
                    elif job.gate.is_fresh():
                        return await _carry_out(job, turn)
            except DriverError as error:
                job.finish(Answer.failed(job.write.request, f"not executed: {error}"))
        return True


def _moved(write: Write, turn: Turn) -> str:
    """Why the value is none for the tag as it is now; "" where its type is what it was."""
    tag, was = write.target.tag, write.kind
    now = turn.kind(tag)
    if isinstance(now, str):
        return now
    if now == was:
        return ""
    if now.spelled == was.spelled:
        return f"the members of {now}, the type of {tag.label}, changed while the request waited"
    change = f"from {was.spelled} to {now.spelled}"
    return f"the type of {tag.label} changed {change} while the request waited"


async def _carry_out(job: Job, turn: Turn) -> bool:
    """Send it, read it back where that is asked for, and answer; False for an unknown outcome."""
    if moved := _moved(job.write, turn):
        job.finish(Answer.failed(job.write.request, f"not executed: {moved}"))
        return True
    # From here on it is finished and answered; the PLC's time limit bounds it.
    with trio.CancelScope(shield=True):
        job.started = True
        write = job.write
        _say(executing, write)
        try:
            result = await turn.carry_out(write.target.tag, write.value)
        except DriverError as error:
            result = WriteResult(Outcome.REFUSED, f"not executed: {error}")
        job.finish(_answer(write, result))
    return result.outcome is not Outcome.UNKNOWN


def _answer(write: Write, result: WriteResult) -> Answer:
    if result.outcome is Outcome.DONE:
        _say(write_successful, write)
        return Answer.done(write.request)
    unknown = result.outcome is Outcome.UNKNOWN
    text = f"outcome unknown: {result.reason}" if unknown else result.reason
    _say(write_failed, write, text)
    return Answer.failed(write.request, text)


def _spare(jobs: Iterable[Job], plc: str) -> None:
    reason = f"not executed: the write before it to {plc} has an unknown outcome"
    for job in jobs:
        job.finish(Answer.failed(job.write.request, reason))


def _say(line: Callable[..., str], *about: object) -> None:
    """A debug line that costs nothing where nobody reads it."""
    if log.isEnabledFor(logging.DEBUG):
        log.debug("%s", line(*about))
