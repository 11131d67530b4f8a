"""One PLC's writes: in order, judged when they start, finished once begun."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from tests.fakes import FakePlc, Stubborn
from tests.unit.write_requests import request, settled
from warlogix.datatypes import DataType, Kind, Structure
from warlogix.errors import Unreachable
from warlogix.kafka.positions import Position
from warlogix.plc import Plc
from warlogix.tags import Endpoint, Tag
from warlogix.writeback.ledger import Ledger
from warlogix.writeback.queue import Job, PlcQueue
from warlogix.writeback.tally import Tally
from warlogix.writes.answers import Answer
from warlogix.writes.settle import Settled, Write
from warlogix.writes.targets import Target

ENDPOINT = Endpoint("MainPLC", "s7", "127.0.0.1", timeout=2)


class FakeGate:
    """Lets everything start unless told otherwise, and keeps the answers by offset."""

    def __init__(self) -> None:
        self.answers: dict[int, Answer] = {}
        self.refused: dict[int, str] = {}
        self.known = trio.Event()
        self.known.set()

    async def fresh(self, _job: Job) -> None:
        """Return when the group is known to be there."""
        await self.known.wait()

    def is_fresh(self) -> bool:
        """Whether it is."""
        return self.known.is_set()

    def refusal(self, job: Job) -> Answer | None:
        """What the test wants."""
        reason = self.refused.get(job.write.request.offset)
        return Answer.expired(job.write.request, reason) if reason else None

    def finish(self, job: Job, answer: Answer) -> None:
        """Keep it."""
        self.answers[job.write.request.offset] = answer


class Bench:
    """A queue at work on a fake PLC."""

    def __init__(self, plc: FakePlc, own: Plc, queue: PlcQueue, nursery: trio.Nursery) -> None:
        self.plc = plc
        self.own = own
        self.gate = FakeGate()
        self.nursery = nursery
        self._queue = queue

    def put(self, *writes: Write) -> list[Job]:
        """One window's writes."""
        tally = Tally(Settled(writes, ()))
        ledger = Ledger(0, Position(0, "topic"))
        jobs = [Job(write, ledger, self.gate, tally) for write in writes]
        self._queue.put(jobs)
        return jobs

    def texts(self) -> dict[int, str]:
        """The answers' texts by offset; "done" for success."""
        return {n: "done" if a.success else a.error for n, a in sorted(self.gate.answers.items())}


@asynccontextmanager
async def bench(plc: FakePlc | None = None) -> AsyncIterator[Bench]:
    """A connected PLC with a queue that executes."""
    fake = plc or FakePlc({"DB1.DBD100": 0, "DB1.DBW0": 0})
    own = Plc(ENDPOINT, fake.driver)
    queue = PlcQueue(own)
    async with trio.open_nursery() as nursery:
        await nursery.start(_keep_open, own)
        nursery.start_soon(queue.execute)
        yield Bench(fake, own, queue, nursery)
        nursery.cancel_scope.cancel()


async def _keep_open(plc: Plc, task_status: trio.TaskStatus[None]) -> None:
    """Hold the connection as a poller does, until it is lost."""
    with suppress(Unreachable):
        async with plc.connected():
            task_status.started()
            await trio.sleep_forever()


def write(offset: int, tag: str = "Counter", value: int = 5, **more: Any) -> Write:
    """A write that a window has settled."""
    (found,) = settled(request(tag, value, offset)).todo
    return replace(found, target=Target("MainPLC", replace(found.target.tag, **more)))


async def finished(jobs: list[Job]) -> None:
    """Wait until all have their answers."""
    with trio.fail_after(60):
        for job in jobs:
            await job.finished.wait()


async def test_writes_are_executed_in_their_order(autojump_clock: MockClock) -> None:
    """What comes first is written first, across tags and windows."""
    async with bench() as plant:
        jobs = plant.put(write(0, value=1), write(1, "Speed", 2)) + plant.put(write(2, value=3))
        await finished(jobs)
    assert [value for _, _, value in plant.plc.writes] == [1, 2, 3]
    assert plant.texts() == {0: "done", 1: "done", 2: "done"}


async def test_the_rest_of_a_window_is_spared_after_an_unknown_outcome(
    autojump_clock: MockClock,
) -> None:
    """A write without an answer is unknown, never repeated, and nothing behind it is executed."""
    async with bench() as plant:
        plant.plc.unanswered.add("DB1.DBD100")
        jobs = plant.put(write(0), write(1, "Speed", 2))
        await finished(jobs)
    assert [name for _, name, _ in plant.plc.writes] == ["DB1.DBD100"]
    assert plant.texts()[0].startswith("outcome unknown: no answer within 2 s")
    assert plant.texts()[1].startswith("not executed: the write before it to MainPLC")


async def test_a_plc_that_is_down_refuses_at_once(autojump_clock: MockClock) -> None:
    """A write to a PLC without a connection is answered without waiting."""
    own = Plc(ENDPOINT, FakePlc().driver)
    queue = PlcQueue(own)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(queue.execute)
        plant = Bench(FakePlc(), own, queue, nursery)
        before = trio.current_time()
        await finished(plant.put(write(0)))
        assert trio.current_time() == before
        nursery.cancel_scope.cancel()
    assert plant.texts()[0].startswith("not executed: MainPLC: not connected")


async def test_whether_it_may_start_is_asked_when_it_is_its_turn(
    autojump_clock: MockClock,
) -> None:
    """A write that is too late when the PLC is free at last is not sent any more."""
    async with bench() as plant:
        plant.plc.write_time = 1.5
        jobs = plant.put(write(0), write(1, "Speed", 2))
        await trio.sleep(1)
        plant.gate.refused[1] = "request expired"
        await finished(jobs)
    assert plant.texts() == {0: "done", 1: "request expired"}


async def test_nothing_starts_while_the_group_is_silent(autojump_clock: MockClock) -> None:
    """A write waits until the group was heard of, and then it is asked again whether it may."""
    async with bench() as plant:
        plant.gate.known = trio.Event()
        jobs = plant.put(write(0))
        await trio.sleep(5)
        assert plant.plc.writes == []
        plant.gate.known.set()
        await finished(jobs)
    assert plant.texts() == {0: "done"}


async def test_a_write_that_was_begun_is_finished_and_answered(autojump_clock: MockClock) -> None:
    """Cancelling a queue does not cut the write under way, nor its answer."""
    async with bench() as plant:
        plant.plc.write_time = 1.5
        jobs = plant.put(write(0), write(1, "Speed", 2))
        await trio.sleep(1)
        plant.nursery.cancel_scope.cancel()
    assert plant.texts() == {0: "done"}
    assert not jobs[1].finished.is_set()


async def test_a_write_that_somebody_has_answered_is_not_sent(autojump_clock: MockClock) -> None:
    """What was answered while it waited, as at a hand-over, is not executed."""
    async with bench() as plant:
        plant.plc.write_time = 1.5
        jobs = plant.put(write(0), write(1, "Speed", 2))
        await trio.sleep(1)
        jobs[1].finish(Answer.failed(jobs[1].write.request, "not executed: moved"))
        await finished(jobs)
        await trio.sleep(5)
    assert [value for _, _, value in plant.plc.writes] == [5]


async def test_what_is_read_back_must_be_what_was_written(autojump_clock: MockClock) -> None:
    """With `verify_writes` a PLC that holds something else makes the write an error."""
    async with bench() as plant:
        await finished(plant.put(write(0, verify_writes=True)))
        assert plant.texts() == {0: "done"}
        plant.plc.memory = Stubborn(plant.plc.memory)
        await finished(plant.put(write(1, value=6, verify_writes=True)))
    assert plant.texts()[1] == "written, but read back as 5"


async def test_a_refusal_is_said_in_the_plcs_words(autojump_clock: MockClock) -> None:
    """What the PLC refuses is an error with its reason, and the next write goes on."""
    async with bench() as plant:
        plant.plc.refusals["DB1.DBD100"] = "access denied to DB1"
        await finished(plant.put(write(0), write(1, "Speed", 2)))
    assert plant.texts() == {0: "access denied to DB1", 1: "done"}


_MOTOR = Structure("Motor", (("Speed", DataType("INT")),))
_OTHER = Structure("Motor", (("Speed", DataType("DINT")),))


@pytest.mark.parametrize(
    ("was", "now", "text"),
    [
        (DataType("INT"), DataType("DINT"), "the type of T changed from INT to DINT while"),
        (DataType("INT"), DataType("INT", shape=(2,)), "changed from INT to INT[2] while"),
        (
            DataType("STRING", 20),
            DataType("STRING", 80),
            "changed from STRING[20] to STRING[80] while the request waited",
        ),
        (_MOTOR, _OTHER, "the members of Motor, the type of T, changed while the request waited"),
        (_MOTOR, None, "tag T of PLC MainPLC is bad: no such tag"),
    ],
)
async def test_a_value_is_not_written_by_a_type_that_moved(
    was: Kind, now: Kind | None, text: str, autojump_clock: MockClock
) -> None:
    """What the PLC says under its lock decides; what was converted for another type is refused."""
    tag = Tag("T", writable=True)
    plc = FakePlc({"T": 1, "DB1.DBW0": 0, "DB1.DBD100": 0}, kinds={"T": was}, write_time=1)
    async with bench(plc) as plant:
        await plant.own.read((tag,))
        asked = Write(write(1).request, Target("MainPLC", tag), 5, was)
        again = replace(asked, request=write(3).request)
        await finished(plant.put(asked))
        jobs = plant.put(write(2, "Speed", 2), again, write(4))
        await trio.sleep(0.5)
        if now is None:
            del plc.memory["T"]
        else:
            plc.kinds["T"] = now
        await plant.own.read((tag,))
        await finished(jobs)
    told = plant.texts()
    assert told[3].startswith("not executed: ")
    assert text in told[3]
    assert (told[1], told[2], told[4]) == ("done", "done", "done")
    assert [name for _, name, _ in plc.writes] == ["T", "DB1.DBW0", "DB1.DBD100"]
