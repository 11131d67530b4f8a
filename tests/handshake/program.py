"""What a PLC runs: at each station it shows a part, raises the trigger, and waits for the ack.

    order = Order(100)
    program = Program(machine, stations=2, order, low=0.05)
    nursery.start_soon(program.run)
    await order.done.wait_value(100)        # each part was shown and acknowledged
    program.parts, program.acks

It never gives up: a part whose ack does not come is what the run is to find. Between two parts the
trigger stays low until the gateway must have seen that: where it is low for less than a poll nobody
can tell one part from the next. "Must have seen" is counted in requests and not in seconds, so that
a gateway on a busy machine has its time. While nobody is connected there is nobody to wait for:
then the next part comes at once, and rises behind the gateway's back.

Between two scans of the program its memory changes by the gateway's writes alone, and those since
the last scan are noted before anything else: so each is put down to the part that waited when it
came, without a comparison of times.
"""

import time
from dataclasses import dataclass, field
from typing import NoReturn

import trio
from trio_util import AsyncValue

from tests.handshake.machines import ACK, READY, Machine, Written
from tests.handshake.truth import Ack, Part, data_of, trigger_of

SCAN = 0.004
# A scan of the gateway's takes so many requests at most, and two of them are to see a low trigger.
_POLLS = 6
# Each other station has the gateway ask for so much between two polls: data, trigger, ack.
_OTHERS = 3


class Order:
    """The parts that are to be made, by any machine; `done` is how many have had their acks."""

    def __init__(self, parts: int) -> None:
        self.done = AsyncValue(0)
        self._numbers = iter(range(1, parts + 1))

    def next(self) -> int | None:
        """The number of the next part, None when there are no more."""
        return next(self._numbers, None)


@dataclass(slots=True)
class Station:
    """A place of a machine; `part` is the number that waits, None while the trigger is low.

    `since` is when that began, `seen` how many requests the PLC had carried out by then.
    """

    number: int
    part: int | None = None
    since: float = 0.0
    seen: int = 0


@dataclass(slots=True)
class Moments:
    """How often something happened to any station, to be waited for."""

    raised: AsyncValue[int] = field(default_factory=lambda: AsyncValue(0))
    acked: AsyncValue[int] = field(default_factory=lambda: AsyncValue(0))


class Program:
    """The program of one machine; `parts` and `acks` are what came of it so far.

    `order` is shared with other machines. `low` is the shortest time between two parts of a
    station, in seconds.
    """

    def __init__(self, machine: Machine, stations: int, order: Order, low: float) -> None:
        self.machine = machine
        self.parts: list[Part] = []
        self.acks: list[Ack] = []
        self.moments = Moments()
        self._stations = [Station(number) for number in range(stations)]
        self._order = order
        self._low = low
        self._patience = _POLLS + _OTHERS * stations

    async def run(self) -> NoReturn:
        """Scan for ever."""
        while True:
            self.scan(time.time())
            await trio.sleep(SCAN)

    def scan(self, now: float) -> None:
        """One cycle: what was written since the last one, then each station's step."""
        for write in self.machine.written():
            self._note(write)
        for station in self._stations:
            if station.part is not None:
                self._take(station, station.part, now)
            elif self._may_rise(station, now):
                self._show(station, now)

    def waiting(self, now: float) -> list[str]:
        """What waits for an ack, and for how long."""
        return [
            f"{self._trigger(each)}: part {each.part} has waited for {now - each.since:.1f} s"
            for each in self._stations
            if each.part is not None
        ]

    def waits(self) -> list[Part]:
        """The parts that wait for their acks."""
        return [
            Part(each.part, self._trigger(each), each.since)
            for each in self._stations
            if each.part is not None
        ]

    def _note(self, write: Written) -> None:
        assert write.tag.startswith(ACK), f"nobody may write {write}"
        station = self._stations[int(write.tag.removeprefix(ACK))]
        self.acks.append(Ack(self._trigger(station), write.value, write.at, station.part))
        self.moments.acked.value += 1

    def _take(self, station: Station, part: int, now: float) -> None:
        """End the wait if the ack is there."""
        ack = self.machine.get(f"{ACK}{station.number}")
        if ack:
            self.machine.put(f"{READY}{station.number}", 0)
            self.machine.put(f"{ACK}{station.number}", 0)
            self.parts.append(Part(part, self._trigger(station), station.since, now, ack))
            station.part, station.since = None, now
            station.seen = self.machine.simulator.carried_out.value
            self._order.done.value += 1

    def _may_rise(self, station: Station, now: float) -> bool:
        simulator = self.machine.simulator
        if now < station.since + self._low:
            return False
        if not simulator.connections.value:
            return station.since > 0
        seen: int = simulator.carried_out.value
        return seen >= station.seen + self._patience

    def _show(self, station: Station, now: float) -> None:
        number = self._order.next()
        if number is None:
            return
        for name, value in data_of(number).items():
            self.machine.put(f"{name}{station.number}", value)
        self.machine.put(f"{READY}{station.number}", 1)
        station.part, station.since = number, now
        self.moments.raised.value += 1

    def _trigger(self, station: Station) -> str:
        return trigger_of(self.machine.name, station.number)
