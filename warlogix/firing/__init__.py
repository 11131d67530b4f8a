"""Fires triggers: from the edge of a condition to its event in the outbox, and to its ack.

    firing = Firing(triggers, plcs, packs, outbox, instance, clock)
    Poller(..., onlookers=firing.onlookers("MainPLC", tags))    # they judge in its own task
    await firing.run()                                      # endless

watch       judges each sight of a condition, at once
rounds      who reads the trigger tags
handshake   a task per trigger: edge, capture, event, ack
capture     the data of an event, in one call
record      what is durably known of a trigger
delivery    waits until every cluster has an event
ack         writes the ack, while that is allowed
tally       what the log says of acks

*Errors*: none of PLCs or clusters: they decide which ack there is, or none.
*Closing*: cancel it, at any time; an ack that is being written is finished. What was captured is in
the outbox, and an edge that was not is seen again at the next start.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from math import inf
from typing import NoReturn

import trio

from warlogix.firing.ack import Ack
from warlogix.firing.capture import Capture
from warlogix.firing.handshake import Handshake
from warlogix.firing.record import Record
from warlogix.firing.rounds import Round, Scanned
from warlogix.firing.tally import Tally
from warlogix.firing.watch import Seen, Watch
from warlogix.outbox import Outbox
from warlogix.packs import Pack
from warlogix.plc import Plc
from warlogix.tags import Tag
from warlogix.triggers import Trigger

__all__ = ["Firing"]

# At the end what was captured and acknowledged has so many seconds to reach the outbox.
_CLOSE = 2.0


class Firing:
    """All triggers of a gateway. `clock` gives ns since 1970, `instance` is the gateway's name."""

    def __init__(
        self,
        triggers: Sequence[Trigger],
        plcs: Mapping[str, Plc],
        packs: Mapping[str, Pack],
        outbox: Outbox,
        instance: str,
        clock: Callable[[], int],
    ) -> None:
        self._handshakes: list[tuple[Handshake, trio.MemoryReceiveChannel[Seen]]] = []
        self._scanned: dict[str, list[Watch]] = defaultdict(list)
        together: dict[tuple[str, float], list[Watch]] = defaultdict(list)
        for trigger in triggers:
            plc, record = plcs[trigger.plc], Record(trigger, outbox)
            # Edges are never merged away, and there are no more of them than polls.
            send, heed = trio.open_memory_channel[Seen](inf)
            watch = Watch(trigger, record, send, clock)
            ack = Ack(trigger.ack, watch, plc, record) if trigger.ack else None
            capture, tally = Capture(trigger, plc, packs), Tally(trigger.name)
            handshake = Handshake(watch, record, capture, ack, outbox, instance, tally)
            self._handshakes.append((handshake, heed))
            if trigger.is_apart:
                together[plc.name, trigger.interval].append(watch)
            else:
                self._scanned[plc.name].append(watch)
        self._rounds: dict[str, list[Round]] = defaultdict(list)
        for (name, interval), watches in together.items():
            self._rounds[name].append(Round(watches, plcs[name], interval))

    def onlookers(self, plc: str, tags: Sequence[Tag]) -> Sequence[Scanned | Round]:
        """Who is to see each scan of a PLC, which reads these tags."""
        return [Scanned(self._scanned[plc], tags), *self._rounds[plc]]

    async def run(self) -> NoReturn:
        """Fire for ever."""
        async with trio.open_nursery() as outer:
            keeping = trio.CancelScope(shield=True)
            outer.start_soon(self._keep, keeping)
            try:
                async with trio.open_nursery() as nursery:
                    self._start(nursery)
                    await trio.sleep_forever()
            finally:
                for handshake, _ in self._handshakes:
                    handshake.record.close()
                keeping.deadline = trio.current_time() + _CLOSE
        raise AssertionError("it sleeps for ever")

    async def _keep(self, scope: trio.CancelScope) -> None:
        """Give what was captured, and what was acknowledged, to the outbox, to the last of it."""
        with scope:
            async with trio.open_nursery() as nursery:
                for handshake, _ in self._handshakes:
                    nursery.start_soon(handshake.record.run)

    def _start(self, nursery: trio.Nursery) -> None:
        for handshake, heed in self._handshakes:
            nursery.start_soon(handshake.run, heed)
            if handshake.ack is not None:
                nursery.start_soon(handshake.ack.tell_unfit)
        for rounds in self._rounds.values():
            for each in rounds:
                nursery.start_soon(each.run)
