"""One trigger, from its edges to its acks."""

import logging
from dataclasses import dataclass

import trio
from trio_util import move_on_when

from warlogix.errors import Rejected, Unreachable
from warlogix.firing.ack import Ack
from warlogix.firing.capture import Capture
from warlogix.firing.delivery import undelivered
from warlogix.firing.record import Kept, Record
from warlogix.firing.tally import Tally
from warlogix.firing.watch import Seen, Watch
from warlogix.outbox import NewRow, Outbox
from warlogix.triggers import DELIVERED, UNDELIVERED, Sight, State, event

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Handshake:
    """Takes what is seen in its order, and makes an event of each edge; acks go beside it.

    `instance` is the gateway's name. `ack` is None where nobody waits for one.
    """

    watch: Watch
    record: Record
    capture: Capture
    ack: Ack | None
    outbox: Outbox
    instance: str
    tally: Tally

    async def run(self, heed: trio.MemoryReceiveChannel[Seen]) -> None:
        """Heed all that is seen, until the channel ends."""
        async with trio.open_nursery() as acks:
            async for seen in heed:
                match seen.sight:
                    case Sight.FALL:
                        self._fall()
                    case Sight.FIRST:
                        self._begin(seen, acks)
                    case Sight.UNSURE:
                        await self._ask(seen, acks)
                    case _:
                        await self._fire(seen, acks)
                seen.settled = True

    def _fall(self) -> None:
        """The condition does not hold: after a restart it will be an edge if it does then."""
        state = self.record.state
        if state is None or state.holds:
            self._keep(holds=False)

    def _begin(self, seen: Seen, acks: trio.Nursery) -> None:
        """The first sight ever: what it belongs to is not known, but who waits must go on."""
        trigger = self.watch.trigger
        told, end = "trigger %s: its condition holds at the first start: no event%s", ""
        if trigger.ack is not None and self.ack is not None:
            end = f", {trigger.ack.label} gets {self.ack.said(UNDELIVERED)}"
        log.info(told, trigger.name, end)
        self._keep(holds=True)
        if self.ack is not None:
            acks.start_soon(self._acknowledge, self.ack, seen, "the first sight", UNDELIVERED)

    async def _ask(self, seen: Seen, acks: trio.Nursery) -> None:
        """Behind a gap: if the program has taken its ack, it waits for another."""
        if self.ack is None:
            return
        try:
            taken = await self.ack.taken(seen)
        except Unreachable:
            self.watch.lose()
        except Rejected as error:
            # It is asked again with the next sight.
            self.tally.unread(error.reason)
            self.watch.lose()
        else:
            if taken:
                await self._fire(seen, acks)

    async def _fire(self, seen: Seen, acks: trio.Nursery) -> None:
        """Capture an edge. Where the PLC is away there is none yet: it is seen again."""
        if seen.lost:
            return
        trigger = self.watch.trigger
        try:
            data, errors = await self.capture.read()
        except Unreachable:
            self.watch.lose()
        except Rejected as error:
            self.tally.unread(error.reason)
            if self.ack is not None:
                self._keep(holds=True)
                acks.start_soon(self._acknowledge, self.ack, seen, "an edge", UNDELIVERED)
        else:
            self.tally.read()
            self._tell_repeated(seen)
            sequence = self.record.sequence + 1
            batch = event(trigger, sequence, seen.at, data, errors, self.instance)
            rows = [NewRow(trigger.lane, trigger.clusters, batch)]
            kept = self.record.keep(State(trigger.watched, True, sequence), rows)
            log.debug("trigger %s: event %d is captured", trigger.name, sequence)
            if self.ack is not None:
                acks.start_soon(self._answer, self.ack, seen, f"event {sequence}", kept)

    def _tell_repeated(self, seen: Seen) -> None:
        """Behind a gap the event may be of an edge that has one already."""
        state = self.record.state
        if seen.sight is Sight.EDGE and state is not None and state.holds and state.sequence:
            told = "trigger %s: event %d was not acked; event %d may be of the same edge"
            number = state.sequence
            log.info(told, self.watch.trigger.name, number, number + 1)

    async def _answer(self, ack: Ack, seen: Seen, what: str, kept: Kept) -> None:
        """Give an event its ack, as soon as its fate is known and while that is allowed."""
        trigger, reason = self.watch.trigger, ""
        async with move_on_when(seen.over.wait):
            until = seen.moment + trigger.ack_timeout
            reason = await undelivered(trigger, kept, self.outbox, until)
        if reason:
            self.tally.failed(what, ack.said(UNDELIVERED), reason)
        said = UNDELIVERED if reason else DELIVERED
        if await self._acknowledge(ack, seen, what, said) and not reason:
            self.tally.acked(what, ack.said(DELIVERED))

    async def _acknowledge(self, ack: Ack, seen: Seen, what: str, said: int) -> bool:
        """Write an ack; False when the condition was not seen to hold for so long."""
        written = False
        async with move_on_when(seen.over.wait):
            written = await ack.write(seen, said)
        if not written:
            self.tally.void(what, "the PLC was away" if seen.lost else "the condition fell before")
        return written

    def _keep(self, *, holds: bool) -> None:
        trigger = self.watch.trigger
        self.record.keep(State(trigger.watched, holds, self.record.sequence))
