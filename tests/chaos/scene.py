"""Chaos for what is published: PLCs count on while everything comes to grief, and nothing is lost.

Nothing is imitated: `warlogix run` is a process that is killed, Apache Kafka is real and so are the
protocols of the PLCs. What PLCs showed is known, a plain consumer reads what Kafka got, and the
account is settled between them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf
from pathlib import Path
from random import Random

import trio
from confluent_kafka import Consumer, TopicPartition

from tests.brokers import QUIET, Broker
from tests.chaos.counting import Journal, count_on
from tests.chaos.faults import strike
from tests.chaos.holding import SLACK
from tests.chaos.judgement import judge
from tests.chaos.memory import Memory
from tests.chaos.stage import POLL, TOPIC, Stage, open_stage
from tests.chaos.strikes import Step, Strike, steps
from tests.chaos.truth import Fault, Kind, Reading, Run
from tests.chaos.verdict import Verdict

# Seconds until new values of every PLC must have come after a trouble; far beyond any promise.
RECOVERED = 60.0
# Seconds without trouble between two steps.
CALM = (0.2, 1.0)
ANSWER = 10.0
# Seconds without trouble at the end: twice as long as a value must be held to count.
CONSIDERED = 2 * (POLL + SLACK)

Say = Callable[[str], None]
# A trouble, when it began, and when it was over.
Made = tuple[Strike, float, float]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which kinds of trouble, how often each, and the seed of all that is left to chance."""

    kinds: Sequence[Kind]
    times: int
    seed: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to."""

    verdict: Verdict
    memory: str

    def text(self) -> str:
        """All of it, for a person."""
        return f"{self.verdict.text()}\n\n{self.memory}"


async def play(asked: Asked, broker: Broker, folder: Path, say: Say) -> Outcome:
    """A whole run, and the account of it."""
    async with open_stage(broker, folder) as stage:
        return await Scene(asked, stage, say).play()


class Scene:
    """A run under way."""

    def __init__(self, asked: Asked, stage: Stage, say: Say) -> None:
        self._stage = stage
        self._say = say
        self._rng = Random(asked.seed)
        self._plan = steps(asked.kinds, asked.times, sorted(stage.machines), asked.seed)
        self._journal = Journal()
        self._faults: list[Fault] = []
        self._violations: list[str] = []

    async def play(self) -> Outcome:
        """Every step, then quiet and the account."""
        memory = Memory()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._stage.uptime.notice_standstill)
            nursery.start_soon(memory.watch, self._stage.service)
            await self._strike_on()
            await self._end()
            nursery.cancel_scope.cancel()
        return Outcome(self._judge(), memory.text())

    async def _strike_on(self) -> None:
        machines = self._stage.machines.values()
        self._journal.begin(machines)
        await self._stage.service.start()
        await self._all_new(-inf, 0)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(count_on, machines, self._journal, self._rng)
            for number, step in enumerate(self._plan, start=1):
                await self._step(f"step {number} of {len(self._plan)}", step)
                await trio.sleep(self._rng.uniform(*CALM))
            nursery.cancel_scope.cancel()

    async def _step(self, title: str, step: Step) -> None:
        """Make its troubles, and wait until every PLC's values come again."""
        start = len(self._stage.live.readings)
        made: list[Made] = []
        async with trio.open_nursery() as nursery:
            for each in step:
                nursery.start_soon(self._make, each, made)
        over = max(until for *_, until in made)
        # A PLC stands in nobody's way but its own.
        common = max((until for what, _, until in made if not what.plc), default=-inf)
        async with trio.open_nursery() as nursery:
            for what, since, until in made:
                nursery.start_soon(self._recover, what, since, max(until, common), start)
            await self._all_new(over, start)
        parts = ", ".join(_words(fault) for fault in self._faults[-len(step) :])
        self._say(f"{title}: {parts}")

    async def _make(self, what: Strike, made: list[Made]) -> None:
        await trio.sleep(what.at)
        since, until = await strike(self._stage, what)
        made.append((what, since, until))

    async def _recover(self, what: Strike, since: float, until: float, start: int) -> None:
        """Note the trouble, with the moment when the first value that came after it arrived."""
        recovered = await self._new(what.plc, until, start)
        self._faults.append(Fault(what.kind, since, until, recovered, what.plc))

    async def _all_new(self, after: float, start: int) -> None:
        """Return when a value that was put in after this moment has come from each PLC."""
        async with trio.open_nursery() as nursery:
            for name in self._stage.machines:
                nursery.start_soon(self._new, name, after, start)

    async def _new(self, plc: str, after: float, start: int) -> float:
        """When the first of this PLC's, or anybody's, came; infinite if none does for long."""
        with trio.move_on_after(RECOVERED):
            found = await self._stage.live.first(
                lambda each: (
                    each.value is not None
                    and plc in ("", each.key.partition(".")[0])
                    and self._journal.since(each.key, each.value) >= after
                ),
                start,
            )
            return found.at
        return inf

    async def _end(self) -> None:
        """The last value of each tag arrives, and the gateway ends with nothing left to send."""
        with trio.move_on_after(RECOVERED) as scope:
            for key, value in self._journal.last().items():
                await self._stage.live.first(partial(_holds, key=key, value=value))
        if scope.cancelled_caught:
            self._violations.append(f"the last values never came, the first of them {key} {value}")
        # Each of them has been held for long enough then.
        await trio.sleep(CONSIDERED)
        self._stage.uptime.close()
        if (status := await self._stage.service.stop()) != 0:
            self._violations.append(f"the gateway stopped with status {status}")
        self._journal.close()
        self._violations += [
            f"the gateway said: {line}" for line in self._stage.service.complaints()
        ]
        await self._read_to_the_end()

    async def _read_to_the_end(self) -> None:
        live = self._stage.live
        ends = await trio.to_thread.run_sync(_ends, self._stage.broker.address)
        with trio.move_on_after(RECOVERED) as scope:
            for partition, end in ends.items():
                place = live.incarnations[-1], partition, end - 1
                await live.first(partial(_is_at, place=place))
        if scope.cancelled_caught:
            self._violations.append(f"the last record of a partition was never read: {place}")

    def _judge(self) -> Verdict:
        stage = self._stage
        run = Run(
            held=self._journal.held,
            up=stage.uptime.spans,
            incarnations=stage.live.incarnations,
            got=stage.live.readings,
            rescued=stage.rescued,
            faults=self._faults,
            poll=POLL,
        )
        verdict = judge(run)
        verdict.violations[:0] = self._violations
        return verdict


def _words(fault: Fault) -> str:
    what = f"{fault.kind} ({fault.plc})" if fault.plc else fault.kind
    lasted, back = fault.until - fault.since, fault.recovered - fault.until
    return f"{what} for {lasted:.1f} s, over after {back:.1f} s"


def _holds(reading: Reading, *, key: str, value: int) -> bool:
    return (reading.key, reading.value) == (key, value)


def _is_at(reading: Reading, *, place: tuple[str, int, int]) -> bool:
    return (reading.incarnation, reading.partition, reading.offset) == place


def _ends(address: str) -> dict[int, int]:
    """The offset behind the last record of each partition that has any."""
    consumer = Consumer({"bootstrap.servers": address, "group.id": "ends", **QUIET})
    try:
        partitions = consumer.list_topics(TOPIC, timeout=ANSWER).topics[TOPIC].partitions
        ends = {
            each: consumer.get_watermark_offsets(TopicPartition(TOPIC, each), timeout=ANSWER)
            for each in partitions
        }
    finally:
        consumer.close()
    return {partition: end for partition, (_, end) in ends.items() if end}
