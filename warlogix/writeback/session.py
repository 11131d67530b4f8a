"""One membership in the group: from the first partition to the last commit.

    broken = await Session(desk, member, answering, past).run(place, stopping)

It heeds what the group says: partitions come, go, or are lost, records arrive. What is done with
the records is `settling`'s business.
"""

import logging
from collections.abc import Collection, Sequence
from typing import NoReturn

import trio
from trio_util import move_on_when, wait_any

from warlogix.errors import BrokerError
from warlogix.kafka.group import Assigned, CaughtUp, Fetched, Lost, Member, Revoked
from warlogix.kafka.records import Record
from warlogix.writeback.answering import Answering
from warlogix.writeback.beginning import Beginning, begin
from warlogix.writeback.commits import Commits
from warlogix.writeback.desk import Desk
from warlogix.writeback.ledger import Ledger
from warlogix.writeback.past import Past
from warlogix.writeback.place import Place, remember
from warlogix.writeback.reading import Reading
from warlogix.writeback.settling import Settling
from warlogix.writeback.spare import tell_spare

log = logging.getLogger(__name__)

_MOVED = "moved to another instance"
_STOPPING = "the gateway is stopping"
# The last answers may take so long to be confirmed, and the last commit.
_LAST_ANSWERS, _LAST_COMMIT = 2.0, 0.5
# At the end of the gateway they share what started writes have left of this.
_END = 4.5
_LOOK_AGAIN = 0.1
# The owner of partition 0 places a new group within a moment, unless it dies just then; a broker
# that does not tell ends a membership all the same.
_PATIENCE = 8.0
# Requests in memory: beyond this no more are fetched, until half of them are done.
_MOST, _MOST_BYTES = 20_000, 32_000_000
_FLOW_LOOK = 0.1


class Session:
    """One membership; `past` is what earlier ones have left to know."""

    def __init__(self, desk: Desk, member: Member, answering: Answering, past: Past) -> None:
        self._desk = desk
        self._member = member
        self._answering = answering
        self._commits = Commits(member, desk.answered.committed)
        self._settling = Settling(desk, self._commits, answering, past)
        self._reading = Reading(desk, self._settling, answering, past)
        self._ledgers: dict[int, Ledger] = {}
        self._past = past
        self._paused = False

    async def run(self, place: Place, stopping: trio.Event) -> str:
        """Take part until `stopping`, or until the membership breaks: why it did."""
        async with trio.open_nursery() as tasks:
            tasks.start_soon(self._settling.run)
            tasks.start_soon(self._commits.keep, self._ledgers, self._answering.settled)
            tasks.start_soon(self._regulate)
            tasks.start_soon(self._heed_loss)
            tasks.start_soon(tell_spare, self._desk, self._ledgers)
            async with move_on_when(wait_any, stopping.wait, self._commits.over.wait):
                await self._heed(place)
            await self._leave()
            tasks.cancel_scope.cancel()
        return self._commits.broken

    def end(self, reason: str) -> None:
        """Leave the group."""
        self._commits.break_off(reason)

    async def _heed(self, place: Place) -> None:
        while not self._commits.broken:
            try:
                event = await self._member.next()
                match event:
                    case Assigned(partitions):
                        await self._begin(partitions, place)
                    case Revoked(partitions):
                        await self._hand_over(partitions)
                    case Lost(partitions):
                        await self._lose(partitions)
                    case Fetched(records):
                        self._collect(records)
                    case CaughtUp(partition, offset):
                        if ledger := self._ledgers.get(partition):
                            self._reading.caught_up(ledger, offset)
            except BrokerError as error:
                self._commits.break_off(error.reason)

    def _collect(self, records: Sequence[Record]) -> None:
        for partition in {record.partition for record in records} & self._ledgers.keys():
            own = [record for record in records if record.partition == partition]
            if not self._reading.read(self._ledgers[partition], own):
                self._commits.break_off("the topic has gone back: it is another one")
                return

    async def _begin(self, partitions: Collection[int], place: Place) -> None:
        """Take over within a while: the group is not shared out anew as long as this takes."""
        with trio.move_on_after(_PATIENCE) as limit:
            await self._take_over(partitions, place)
        if limit.cancelled_caught:
            self._commits.break_off(f"nobody tells where to begin in {self._desk.topic}")

    async def _take_over(self, partitions: Collection[int], place: Place) -> None:
        """Begin where the group is; who has left requests open is answered for."""
        beginning = await self._beginning(partitions, place)
        new = {p: Ledger(p, position) for p, position in beginning.commit.items()}
        if not await self._commits.commit(new.values()):
            return
        for partition, position in beginning.starts.items():
            self._ledgers[partition] = Ledger(partition, position)
            self._past.settle(partition, position)
        firsts = await self._reading.firsts(self._member, self._ledgers, partitions)
        self._member.begin(firsts)
        self._desk.trouble.value = ""
        await remember(self._desk, place)
        if self._paused:
            self._member.pause(partitions)
        log.info("%s: %s", self._desk.cluster.name, _taken(self._desk.topic, partitions))

    async def _beginning(self, partitions: Collection[int], place: Place) -> Beginning:
        while True:
            committed, spans = await self._member.committed(), await self._member.ends()
            beginning = begin(partitions, committed, spans, place.topic_id, fresh=place.fresh)
            if beginning is not None:
                return beginning
            await trio.sleep(_LOOK_AGAIN)

    async def _hand_over(self, partitions: Collection[int]) -> None:
        """Nothing of these is started after this; the next owner finds as little as possible."""
        ledgers = self._of(partitions)
        await self._settling.give_up(ledgers, _MOVED)
        await self._commit_last(ledgers, trio.current_time() + _LAST_ANSWERS)
        self._drop(ledgers)
        self._member.let_go()
        log.info("%s: %s", self._desk.cluster.name, _gone(self._desk.topic, partitions))

    async def _lose(self, partitions: Collection[int]) -> None:
        """These are somebody else's by now."""
        ledgers = self._of(partitions)
        for ledger in ledgers:
            ledger.gone = True
        await self._settling.give_up(ledgers, _MOVED)
        self._drop(ledgers)

    async def _leave(self) -> None:
        ledgers = list(self._ledgers.values())
        if broken := self._commits.broken:
            await self._settling.give_up(ledgers, f"contact with the group was lost: {broken}")
        else:
            until = trio.current_time() + _END
            await self._settling.give_up(ledgers, _STOPPING)
            await self._commit_last(ledgers, min(until, trio.current_time() + _LAST_ANSWERS))

    async def _commit_last(self, ledgers: Sequence[Ledger], until: float) -> None:
        with trio.move_on_at(until):
            await self._answering.confirmed()
        with trio.move_on_after(_LAST_COMMIT):
            await self._commits.commit(ledgers)

    def _of(self, partitions: Collection[int]) -> list[Ledger]:
        return [self._ledgers[each] for each in partitions if each in self._ledgers]

    def _drop(self, ledgers: Sequence[Ledger]) -> None:
        """Forget these, behind all else: who is stopped meanwhile goes on with what is left."""
        for ledger in ledgers:
            ledger.gone = True
            del self._ledgers[ledger.partition]

    async def _heed_loss(self) -> None:
        await self._answering.lost()
        self._commits.break_off("answers were lost with a damaged buffer")

    async def _regulate(self) -> NoReturn:
        """Fetch no more while too much is in memory, or nobody could keep an answer."""
        outbox = self._desk.outbox
        while True:
            count, size = self._settling.held
            most = 2 if self._paused else 1
            crowded = count > _MOST / most or size > _MOST_BYTES / most
            stuck = bool(outbox.error.value) or outbox.full.value
            if (crowded or stuck) != self._paused:
                self._paused = not self._paused
                (self._member.pause if self._paused else self._member.resume)(list(self._ledgers))
            await trio.sleep(_FLOW_LOOK)


def _taken(topic: str, partitions: Collection[int]) -> str:
    return f"takes write requests from {topic}, {_numbers(partitions)}"


def _gone(topic: str, partitions: Collection[int]) -> str:
    return f"{topic}, {_numbers(partitions)}: moved to another instance"


def _numbers(partitions: Collection[int]) -> str:
    word = "partition" if len(partitions) == 1 else "partitions"
    return f"{word} {', '.join(map(str, sorted(partitions)))}"
