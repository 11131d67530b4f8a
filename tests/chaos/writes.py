"""Chaos for writeback: requests flow while instances, the broker and the PLCs come to grief.

Nothing is imitated: `warlogix run` processes are killed, frozen and stopped, a real Apache Kafka
too, and PLCs of the real protocol keep the journal that the account is settled with.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path
from random import Random

import trio
from trio_util import wait_any

from tests.accounts import Account, Kind, Request, by_request, settle_account
from tests.answers import Tail, answers, open_tail
from tests.brokers import Broker
from tests.chaos.instances import Instance, log_of, start_instance
from tests.chaos.rounds import STALL, Asked, BrokerTrouble, End, PlcTrouble, Round, rounds
from tests.writers import Letter, Sender, Sent, Site, ask, memory, written
from warlogix.simulators.s7 import S7Simulator, open_s7_simulator
from warlogix.simulators.s7.spoilers import cut, silence

MAX_AGE = 20.0
SETTLED = 90.0
# A write that was begun in time may be held by a PLC that stalls.
LATEST = MAX_AGE + STALL + 1
BAD_WORDS = ("Traceback", "Exception", "assert", " error  ")


async def play(asked: Asked, broker: Broker, folder: Path, say: Callable[[str], None]) -> Account:
    """All rounds of a run, the take-over by one that knows nothing, and the account of it."""
    async with AsyncExitStack() as stack:
        plcs = [
            await stack.enter_async_context(open_s7_simulator(memory(asked.tags)))
            for _ in range(asked.plcs)
        ]
        ports = {f"PLC{n}": plc.port for n, plc in enumerate(plcs)}
        options = {"options": {"group.protocol": asked.protocol}}
        site = Site(
            "chaos",
            broker.address,
            ports,
            tags=asked.tags,
            momentary=asked.tags // 2,
            partitions=asked.partitions,
            max_age=f"{MAX_AGE:g}s",
            cluster=options,
        )
        storm = Storm(asked, site, broker, plcs, folder, say)
        stack.push_async_callback(storm.end)
        return await storm.play()


class Storm:
    """A run under way: who is alive, what was asked, and what was answered so far."""

    def __init__(
        self,
        asked: Asked,
        site: Site,
        broker: Broker,
        plcs: Sequence[S7Simulator],
        folder: Path,
        say: Callable[[str], None],
    ) -> None:
        self.requests: list[Request] = []
        self._asked = asked
        self._site = site
        self._broker = broker
        self._plcs = plcs
        self._folder = folder
        self._say = say
        self._rng = Random(asked.seed + 1)
        self._numbers = count(1)
        self._folders = (folder / f"gateway-{n}" for n in count(1))
        self._slots: list[Instance] = []
        self._violations: list[str] = []
        self._sender = Sender(site.kafka, site.writes)

    async def play(self) -> Account:
        """Every round, then quiet and the account; then the dead return, and it is settled anew."""
        self._slots = [await self._begin(next(self._folders)) for _ in range(self._asked.slots)]
        await self._site.ready()
        async with (
            open_tail(self._site.kafka, self._site.responses) as responses,
            open_tail(self._site.kafka, self._site.dead_letters) as dead_letters,
        ):
            plan = rounds(self._asked)
            for number, each in enumerate(plan, start=1):
                await self._round(each, responses)
                self._tell(f"round {number} of {len(plan)}", each, responses)
            await self._take_over(responses, dead_letters)
            first = self._settle(responses, dead_letters)
            self._say(f"after the take-over: {first.text()}")
            await self._return()
            last = self._settle(responses, dead_letters)
            last.violations[:0] = self._violations
            self._say(f"after the dead returned: {last.text()}")
        return last

    async def end(self) -> None:
        """Kill what still runs."""
        with trio.CancelScope(shield=True):
            for instance in self._slots:
                await instance.kill()

    async def _begin(self, folder: Path) -> Instance:
        return await start_instance(self._site, folder)

    async def _round(self, each: Round, responses: Tail) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._send, each.requests)
            nursery.start_soon(self._trouble_broker, each)
            nursery.start_soon(self._trouble_plc, each)
            await self._moment(each)
            await self._strike(each)
        if each.patient:
            await self._answered(responses)

    async def _send(self, requests: int) -> None:
        """Bursts; each waits for Kafka on its own, so that they go on while the broker is away."""
        async with trio.open_nursery() as nursery:
            while requests > 0:
                burst = min(requests, self._rng.randint(1, 15))
                requests -= burst
                nursery.start_soon(self._burst, [self._ask() for _ in range(burst)])
                await trio.sleep(self._rng.uniform(0, 0.5))

    async def _burst(self, letters: Sequence[tuple[Kind, str, str, int, Letter]]) -> None:
        now = time.time()
        sent = await self._sender.send(each[-1] for each in letters)
        self.requests += [
            _request(each, place, now) for each, place in zip(letters, sent, strict=True)
        ]

    def _ask(self) -> tuple[Kind, str, str, int, Letter]:
        """A request of any kind, mostly right."""
        number = next(self._numbers)
        plc = f"PLC{self._rng.randrange(self._asked.plcs)}"
        tag = f"Tag{self._rng.randrange(self._asked.tags)}"
        good = ask(plc, tag, number, request_id=number)
        letter = {
            Kind.GOOD: good,
            Kind.REFUSED: self._rng.choice(
                [
                    ask(plc, tag, f"text {number}", request_id=number),
                    ask(plc, tag, number + 0.5, request_id=number),
                    ask(plc, "Nowhere", number, request_id=number),
                    ask("Ghost", tag, number, request_id=number),
                ]
            ),
            Kind.LACKING: Letter(
                b'{"plc":"%s","request_id":%d}' % (plc.encode(), number), good.key
            ),
            Kind.UNREADABLE: Letter(self._rng.choice([None, b"", b"{", b"[]", b"\xff"]), good.key),
        }
        kind = self._rng.choices(list(letter), weights=(88, 6, 3, 3))[0]
        return kind, plc, tag, number, letter[kind]

    async def _moment(self, each: Round) -> None:
        """Return when it is time for an instance's end: just after a write, or at any time."""
        if not each.writes:
            await trio.sleep(each.moment)
            return
        enough = self._writes() + each.writes
        waits = [
            lambda plc=plc: plc.carried_out.wait_value(lambda _: self._writes() >= enough)
            for plc in self._plcs
        ]
        with trio.move_on_after(8):
            await wait_any(*waits)
        await trio.sleep(self._rng.choice((0, self._rng.uniform(0, 0.05))))

    def _writes(self) -> int:
        return sum(len(plc.journal.writes) for plc in self._plcs)

    async def _strike(self, each: Round) -> None:
        """End the instance, and let another follow it."""
        instance = self._slots[each.slot]
        if instance.process.returncode is not None:
            self._violations.append(f"{instance.folder.name} ended by itself: {instance.process}")
        if each.end is End.FREEZE:
            instance.freeze()
            await trio.sleep(each.pause)
            instance.thaw()
            return
        if each.end is End.STOP:
            status = await instance.stop()
            if status != 0:
                self._violations.append(f"{instance.folder.name} stopped with status {status}")
        else:
            await instance.kill()
        await trio.sleep(each.pause)
        folder = next(self._folders) if each.empty else instance.folder
        self._slots[each.slot] = await self._begin(folder)

    async def _trouble_broker(self, each: Round) -> None:
        if each.broker is BrokerTrouble.NONE:
            return
        await trio.sleep(each.broker_trouble.at)
        if each.broker is BrokerTrouble.FREEZE:
            self._broker.freeze()
            await trio.sleep(each.broker_trouble.seconds)
            self._broker.thaw()
        else:
            await trio.to_thread.run_sync(self._broker.kill)
            await trio.sleep(each.broker_trouble.seconds / 4)
            await trio.to_thread.run_sync(self._broker.start)

    async def _trouble_plc(self, each: Round) -> None:
        plc = self._plcs[each.plc]
        await trio.sleep(each.plc_trouble.at)
        match each.plc_kind:
            case PlcTrouble.DROP:
                plc.drop()
            case PlcTrouble.STALL:
                plc.stall()
            case PlcTrouble.SLOW:
                plc.delay = 0.15
            case PlcTrouble.REFUSE:
                plc.refuse()
                plc.drop()
            case PlcTrouble.SILENCE:
                plc.spoil = silence
            case PlcTrouble.CUT:
                plc.spoil = cut
        await trio.sleep(each.plc_trouble.seconds)
        plc.resume()
        plc.accept()
        plc.delay = 0
        plc.spoil = None

    async def _answered(self, responses: Tail) -> None:
        """Return when every request that can be read has an answer, or after a while."""
        with trio.move_on_after(SETTLED):
            await responses.until(lambda _: not self._unanswered(responses))

    def _unanswered(self, responses: Tail) -> set[int]:
        given = by_request(answers(responses.records))
        readable = (each.number for each in self.requests if each.kind is not Kind.UNREADABLE)
        return {number for number in readable if number not in given}

    async def _take_over(self, responses: Tail, dead_letters: Tail) -> None:
        """All die, and one with an empty folder finds what they left."""
        for instance in self._slots:
            await instance.kill()
        self._slots = [await self._begin(next(self._folders))]
        began = time.monotonic()
        await self._answered(responses)
        dead = [each for each in self.requests if each.kind in (Kind.LACKING, Kind.UNREADABLE)]
        with trio.move_on_after(SETTLED):
            await dead_letters.until(lambda records: len(records) >= len(dead))
        self._say(f"everything was answered {time.monotonic() - began:.1f} s after the take-over")

    async def _return(self) -> None:
        """The dead return one after another, and tell what they still know."""
        folders = sorted(set(self._folder.glob("gateway-*")) - {self._slots[0].folder})
        for folder in folders:
            instance = await self._begin(folder)
            self._slots.append(instance)
            with trio.move_on_after(15):
                await instance.says("Local: online")
            if await instance.stop() != 0:
                self._violations.append(f"{folder.name} did not end well after its return")
        for folder in self._folder.glob("gateway-*"):
            for line in log_of(folder).splitlines():
                if any(word in line for word in BAD_WORDS):
                    self._violations.append(f"{folder.name} said: {line}")

    def _settle(self, responses: Tail, dead_letters: Tail) -> Account:
        journals = {f"PLC{n}": written(plc) for n, plc in enumerate(self._plcs)}
        given = answers(responses.records)
        return settle_account(self.requests, given, dead_letters.records, journals, LATEST)

    def _tell(self, title: str, each: Round, responses: Tail) -> None:
        waiting = len(self._unanswered(responses))
        follower = "itself" if not each.empty or each.end is End.FREEZE else "an empty one"
        self._say(
            f"{title}: instance {each.slot} {each.end} (then {each.pause:.1f} s, then {follower}),"
            f" broker {each.broker}, PLC{each.plc} {each.plc_kind};"
            f" {len(self.requests)} sent, {self._writes()} executed, {waiting} wait"
        )


def _request(what: tuple[Kind, str, str, int, Letter], place: Sent, at: float) -> Request:
    kind, plc, tag, number, _ = what
    return Request(kind, plc, tag, number, place.partition, place.offset, at)
