"""What is done on purpose, and when: pure in `plan`, real in `Storm`.

A fault comes when so many parts are done, at a random instant after a part has risen or an ack has
come, at the PLC that it is done to or at any: in the middle of a handshake. Those of the broker and
the others have a course each, so that they meet each other.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import cycle, islice
from random import Random

import trio
from trio_util import AsyncValue, wait_any

from tests.handshake.program import Moments
from tests.handshake.stage import Stage
from tests.handshake.truth import Fault, Kind

# How long after a moment of a handshake: it takes some 50 ms.
_AFTER = 0.06
# A gateway that was away for longer than this is killed once more while it starts.
_AGAIN = 0.7


class Moment(Enum):
    """What has just happened when a fault comes."""

    RAISED = auto()
    ACKED = auto()


@dataclass(frozen=True, slots=True)
class Planned:
    """A fault that comes when so many parts are done; to a PLC if it is `of_plc`.

    It lasts so many seconds, and begins so many after a part has risen there, or an ack has come.
    """

    kind: Kind
    done: int
    plc: str
    lasts: float
    moment: Moment
    after: float


def plan(
    kinds: Sequence[Kind], plcs: Sequence[str], parts: int, ack_timeout: float, seed: int
) -> list[Planned]:
    """Faults of these kinds, spread over the parts; the same for the same seed."""
    rng = Random(seed)
    order = rng.sample(kinds, len(kinds))
    turns = islice(cycle(rng.sample(plcs, len(plcs))), len(kinds))
    lasting = {
        Kind.BROKER_AWAY: (ack_timeout + 1, ack_timeout + 2),
        Kind.BROKER_FROZEN: (ack_timeout + 1, ack_timeout + 2),
        Kind.PLC_RESTARTED: (0.0, 0.5),
        Kind.PLC_STALLED: (0.3, 3.0),
    }
    return [
        Planned(
            kind,
            (place + 1) * parts // (len(order) + 1),
            plc,
            rng.uniform(*lasting.get(kind, (0.0, 1.0))),
            rng.choice((Moment.RAISED, Moment.RAISED, Moment.ACKED)),
            rng.uniform(0, _AFTER),
        )
        for place, (kind, plc) in enumerate(zip(order, turns, strict=True))
    ]


class Storm:
    """Does what is planned. `done` is how many parts are, `moments` those of each PLC."""

    def __init__(self, stage: Stage, done: AsyncValue[int], moments: Mapping[str, Moments]) -> None:
        self._stage = stage
        self._done = done
        self._moments = moments

    async def rage(self, planned: Iterable[Planned]) -> None:
        """All of it, in two courses."""
        faults = list(planned)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._course, [each for each in faults if each.kind.of_broker])
            nursery.start_soon(self._course, [each for each in faults if not each.kind.of_broker])

    async def _course(self, planned: Sequence[Planned]) -> None:
        for each in planned:
            await self._done.wait_value(lambda done, wanted=each.done: done >= wanted)
            await self._moment(each)
            await trio.sleep(each.after)
            since, plc = time.time(), each.plc if each.kind.of_plc else ""
            try:
                await self._strike(each)
            finally:
                # What the end of the time interrupts has been done all the same.
                self._stage.faults.append(Fault(each.kind, since, time.time(), plc))

    async def _moment(self, planned: Planned) -> None:
        """Return when a part rises or an ack comes; or soon, where all wait."""
        plcs = [planned.plc] if planned.kind.of_plc else list(self._moments)
        moments = [self._moments[plc] for plc in plcs]
        raised = planned.moment is Moment.RAISED
        values = [each.raised if raised else each.acked for each in moments]
        with trio.move_on_after(1):
            await wait_any(*(each.wait_transition for each in values))

    async def _strike(self, each: Planned) -> None:
        if each.kind.of_broker:
            await self._strike_broker(each)
        elif each.kind.of_plc:
            await self._strike_plc(each)
        else:
            await self._strike_gateway(each)

    async def _strike_gateway(self, each: Planned) -> None:
        service = self._stage.service
        if each.kind is Kind.GATEWAY_STOPPED:
            await service.stop()
        else:
            await service.kill()
            await trio.sleep(each.lasts)
        await service.start()
        if each.kind is Kind.GATEWAY_KILLED and each.lasts > _AGAIN:
            await trio.sleep(each.lasts)
            await service.kill()
            await service.start()

    async def _strike_broker(self, each: Planned) -> None:
        broker = self._stage.broker
        if each.kind in (Kind.BROKER_PAUSED, Kind.BROKER_FROZEN):
            broker.freeze()
            await trio.sleep(each.lasts)
            broker.thaw()
        else:
            await trio.to_thread.run_sync(broker.kill)
            await trio.sleep(each.lasts)
            await trio.to_thread.run_sync(broker.start)

    async def _strike_plc(self, each: Planned) -> None:
        machine, wire = self._stage.machines[each.plc], self._stage.wires[each.plc]
        match each.kind:
            case Kind.LINK_CUT:
                wire.cut()
                await trio.sleep(each.lasts)
                wire.mend()
            case Kind.PLC_RESTARTED:
                machine.simulator.refuse()
                machine.restart()
                await trio.sleep(each.lasts)
                machine.simulator.accept()
            case Kind.PLC_STALLED:
                machine.simulator.stall()
                await trio.sleep(each.lasts)
                machine.simulator.resume()
