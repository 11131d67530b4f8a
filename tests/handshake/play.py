"""A run of handshakes from its first part to its account."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import trio
from trio_util import move_on_when

from tests.brokers import Broker
from tests.handshake.account import Account
from tests.handshake.faults import Storm, plan
from tests.handshake.judgement import judge
from tests.handshake.program import Order, Program
from tests.handshake.stage import Setting, Stage, open_stage
from tests.handshake.truth import Event, Kind, Run, event_of
from tests.witness import Record, TooFewRecordsError, read_topic_async


@dataclass(frozen=True, slots=True)
class Asked:
    """So many parts, the faults that come meanwhile, and the seconds that all of it may take."""

    parts: int
    faults: Sequence[Kind]
    seed: int
    limit: float
    setting: Setting


async def play(asked: Asked, broker: Broker, folder: Path, say: Callable[[str], None]) -> Account:
    """All parts through all faults, and the account of it."""
    async with open_stage(broker, folder, asked.setting) as stage, trio.open_nursery() as nursery:
        show = _Show(asked, stage)
        instance = await stage.service.start()
        for name in stage.machines:
            await instance.says(f"{name}: connected, reading")
        nursery.start_soon(show.tell, say)
        hangs = await show.play(nursery)
        events = await show.events()
        # The programs go on meanwhile: an ack that comes now is one too many.
        await stage.service.stop()
        nursery.cancel_scope.cancel()
    return judge(show.run(events, hangs))


class _Show:
    """A run under way."""

    def __init__(self, asked: Asked, stage: Stage) -> None:
        self._asked = asked
        self._stage = stage
        self._order = Order(asked.parts)
        self._programs = [
            Program(machine, asked.setting.stations, self._order, 3 * asked.setting.poll)
            for machine in stage.machines.values()
        ]

    async def play(self, nursery: trio.Nursery) -> list[str]:
        """Return when every part has its ack, with what waits for one when the time is up."""
        for program in self._programs:
            nursery.start_soon(program.run)
        with trio.move_on_after(self._asked.limit):
            async with move_on_when(self._stage.service.ended):
                await self._rage()
                await self._order.done.wait_value(self._asked.parts)
        now = time.time()
        return [each for program in self._programs for each in program.waiting(now)]

    async def tell(self, say: Callable[[str], None]) -> None:
        """Say how far it is, now and then."""
        step = max(1, self._asked.parts // 20)
        for wanted in range(step, self._asked.parts + 1, step):
            await self._order.done.wait_value(lambda done, wanted=wanted: done >= wanted)
            faults = self._stage.faults
            last = f", the last one: {faults[-1].kind}" if faults else ""
            say(f"{wanted} parts, {len(faults)} faults{last}")

    async def events(self) -> list[Event]:
        """All that the topic has, once it has an event of each part, or will not get more."""
        address, topic = self._stage.broker.address, self._asked.setting.topic
        owed = {part.number for program in self._programs for part in program.parts}
        records: list[Record] = []
        try:
            while owed - {event_of(each).data.get("Part") for each in records}:
                records = await read_topic_async(address, topic, at_least=len(records) + 1)
        except TooFewRecordsError:
            pass  # What is missing is named by the judge.
        return [event_of(each) for each in records]

    def run(self, events: Sequence[Event], hangs: Sequence[str]) -> Run:
        """All that is known of it."""
        for program in self._programs:
            program.scan(time.time())
        return Run(
            parts=[part for each in self._programs for part in (*each.parts, *each.waits())],
            acks=[ack for program in self._programs for ack in program.acks],
            events=events,
            links=self._stage.links,
            faults=self._stage.faults,
            ack_timeout=self._asked.setting.ack_timeout,
            hangs=hangs,
            complaints=self._stage.complaints(),
        )

    async def _rage(self) -> None:
        asked, machines = self._asked, list(self._stage.machines)
        planned = plan(asked.faults, machines, asked.parts, asked.setting.ack_timeout, asked.seed)
        moments = {each.machine.name: each.moments for each in self._programs}
        storm = Storm(self._stage, self._order.done, moments)
        await storm.rage(planned)
