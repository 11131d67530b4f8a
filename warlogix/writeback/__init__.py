"""Executes write requests taken from one cluster: each at most once, each with an answer.

    nursery.start_soon(write_back, desk, register)      # endless, one per cluster with writeback

`docs/writeback.md` holds what happens when something fails between any two steps.

*Errors*: none. What stands in the way is told in `desk.trouble` and in the log, and tried again.
*Closing*: cancel it. Writes that were begun are finished and everything else is answered first,
within some seconds; the answers are in the outbox then.
"""

import logging
from typing import NoReturn

import trio
from trio_util import move_on_when

from warlogix.errors import BrokerError, BrokerFatal, BrokerUnavailable
from warlogix.kafka.group import Member, open_member
from warlogix.writeback.answered import Answered
from warlogix.writeback.answering import Answering
from warlogix.writeback.desk import Desk
from warlogix.writeback.past import Past
from warlogix.writeback.place import Place, look
from warlogix.writeback.queue import PlcQueue
from warlogix.writeback.register import Register, TakenElsewhere
from warlogix.writeback.session import Session

__all__ = ["Answered", "Desk", "PlcQueue", "Register", "write_back"]

log = logging.getLogger(__name__)

# Before the next attempt: with nobody there, and when somebody must act.
_PAUSE, _REFUSED_PAUSE = 1.0, 15.0
_LOOK = 5.0
# From the end of everything else until the answers must be in the outbox, whatever happens.
_END = 5.0


async def write_back(desk: Desk, register: Register) -> None:
    """Serve the cluster's write topic until cancelled."""
    stopping = trio.Event()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_serve_shielded, desk, register, stopping)
        try:
            await trio.sleep_forever()
        finally:
            stopping.set()


async def _serve_shielded(desk: Desk, register: Register, stopping: trio.Event) -> None:
    """Serve until `stopping`, and then finish what was begun."""
    with trio.CancelScope(shield=True) as scope:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_bound, stopping, scope)
            answering = Answering(desk)
            nursery.start_soon(answering.run)
            await Writeback(desk, register, answering, stopping).serve()
            await answering.appended()
            nursery.cancel_scope.cancel()


async def _bound(stopping: trio.Event, scope: trio.CancelScope) -> None:
    await stopping.wait()
    scope.deadline = trio.current_time() + _END


class Writeback:
    """One cluster's memberships, one after the other."""

    def __init__(
        self, desk: Desk, register: Register, answering: Answering, stopping: trio.Event
    ) -> None:
        self._desk = desk
        self._register = register
        self._answering = answering
        self._stopping = stopping
        # A topic is looked at every few seconds, and what is older than this is not executed.
        self._past = Past(desk.plan.max_age + 4 * _LOOK)

    async def serve(self) -> None:
        """Take part in the group again and again, until `stopping`."""
        while not self._stopping.is_set():
            try:
                await self._take_part()
                continue
            except TakenElsewhere as error:
                self._tell(error.reason, logging.ERROR, str(error))
                pause = _REFUSED_PAUSE
            except BrokerError as error:
                told = f"{self._desk.cluster.name}: takes no write requests for now: {error.reason}"
                self._tell(error.reason, logging.WARNING, told)
                pause = _REFUSED_PAUSE if isinstance(error, BrokerFatal) else _PAUSE
            async with move_on_when(self._stopping.wait):
                await trio.sleep(pause)

    async def _take_part(self) -> None:
        """One membership, from the look at its topic to its end."""
        desk, place = self._desk, await self._look()
        if place is None:
            return
        name, topic = desk.cluster.name, desk.topic
        async with (
            self._register.held(name, place.cluster_id, topic) as displaced,
            open_member(desk.cluster, desk.client_id, desk.plan.group, topic) as member,
            trio.open_nursery() as watch,
        ):
            session = Session(desk, member, self._answering, self._past)
            watch.start_soon(self._watch, place, displaced, session, member)
            broken = await session.run(place, self._stopping)
            watch.cancel_scope.cancel()
        if broken:
            raise BrokerUnavailable(name, broken)

    async def _look(self) -> Place | None:
        """The topic, None when it is time to stop."""
        found: list[Place] = []
        refused: list[BrokerError] = []
        async with move_on_when(self._stopping.wait):
            # Raised in here it would leave as a group, which nobody expects.
            try:
                place = await look(self._desk)
                await self._register.looked(self._desk.cluster.name)
                found.append(place)
            except BrokerError as error:
                refused.append(error)
        if refused:
            raise refused[0]
        return found[0] if found else None

    async def _watch(
        self, place: Place, displaced: trio.Event, session: Session, member: Member
    ) -> NoReturn:
        """End the membership when the topic is another one or somebody else's, or when the member
        has lost its way to it."""
        while True:
            with trio.move_on_after(_LOOK):
                await displaced.wait()
                session.end("an earlier cluster of the configuration serves the same topic")
                await trio.sleep_forever()
            try:
                now = await look(self._desk)
            except BrokerError as error:
                log.debug("%s", error)
                continue
            if now.topic_id != place.topic_id or now.cluster_id != place.cluster_id:
                session.end(f"topic {self._desk.topic} was made anew")
            elif await member.has_no_broker():
                session.end("the brokers answer others, and lost this member: it begins anew")

    def _tell(self, trouble: str, level: int, told: str) -> None:
        """Say what stands in the way, once."""
        before, self._desk.trouble.value = self._desk.trouble.value, trouble
        if trouble != before:
            log.log(level, "%s", told)
