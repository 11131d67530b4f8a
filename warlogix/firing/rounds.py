"""Who reads the tags of triggers: the PLC's poller with each scan, or a round of their own."""

from collections.abc import Sequence
from typing import NoReturn

import trio

from warlogix.errors import Rejected, Unreachable
from warlogix.firing.watch import Watch
from warlogix.plc import Plc
from warlogix.schedule import Schedule
from warlogix.tags import Readings, Tag


class Scanned:
    """Triggers that are judged by each scan of their PLC; `tags` is what a scan reads."""

    def __init__(self, watches: Sequence[Watch], tags: Sequence[Tag]) -> None:
        positions = {tag.name: position for position, tag in enumerate(tags)}
        self._watches = [(positions[watch.trigger.tag.name], watch) for watch in watches]

    def see(self, readings: Readings) -> None:
        """A scan of the PLC."""
        for position, watch in self._watches:
            watch.see(readings.values[position], readings.bad.get(position))

    def lose(self) -> None:
        """The PLC is away, or refuses."""
        for _, watch in self._watches:
            watch.lose()


class Round:
    """Triggers of one PLC that are read together, by themselves, every `interval` seconds."""

    def __init__(self, watches: Sequence[Watch], plc: Plc, interval: float) -> None:
        self._tags = tuple(watch.trigger.tag for watch in watches)
        self._scanned = Scanned(watches, self._tags)
        self._plc = plc
        self._interval = interval

    def see(self, readings: Readings) -> None:
        """A scan of the PLC: it tells nothing of when."""

    def lose(self) -> None:
        """The PLC is away, or refuses: so much is true of these too."""
        self._scanned.lose()

    async def run(self) -> NoReturn:
        """Read for ever; a PLC that was away is read as soon as it is back."""
        schedule = Schedule(self._interval, trio.current_time())
        while True:
            try:
                async with self._plc.turn() as turn:
                    self._scanned.see(await turn.read(self._tags))
            except Unreachable:
                self._scanned.lose()
                await self._plc.status.wait_value(lambda status: status.online)
                schedule.due = trio.current_time()
                continue
            except Rejected:
                self._scanned.lose()
            schedule.advance(trio.current_time())
            await trio.sleep_until(schedule.due)
