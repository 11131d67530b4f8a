"""Polls one PLC on its schedule and hands on what it read.

The poller judges nothing: it keeps deadlines, connects again after a loss, and says that all tags
are bad while the link is away.
"""

import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn, Protocol

import trio

from warlogix.errors import DriverError, Rejected
from warlogix.plc import Plc
from warlogix.schedule import Schedule
from warlogix.tags import Readings, Scan, Tag

log = logging.getLogger(__name__)

# The longest pause before a lost PLC is tried again, in seconds. With the jitter and a connect that
# times out after 3 s, a PLC that is back is read within 15 s.
_LONGEST_PAUSE = 8.0
_FIRST_PAUSE = 0.5
# So many bad tags are named in one line of the log.
_SOME = 3
# One poll in a thousand that is late is no news: it is said again after so many seconds in time.
_IN_TIME_AGAIN = 60.0


@dataclass(slots=True)
class PollCounts:
    """What happened to one PLC's schedule since the start.

    `scans` polls that were read, `failed` attempts that found no PLC, `overruns` polls that were
    not over when the next was due, `merged` scans that a newer one replaced before it was taken.
    `latest` is the worst lateness of a poll's start in seconds.
    """

    scans: int = 0
    failed: int = 0
    overruns: int = 0
    merged: int = 0
    latest: float = 0.0


class Onlooker(Protocol):
    """Who sees each good scan, and each loss, in the poller's own task: it must not wait."""

    def see(self, readings: Readings) -> None:
        """All tags of the PLC were read, in their order."""

    def lose(self) -> None:
        """Nothing can be read."""


class Poller:
    """Keeps one PLC's tags read.

    Synopsis:
        nursery.start_soon(Poller(plc, tags, scans, wall=wall).poll, interval, phase)

    `wall` gives ms since 1970 and stamps the scans. `scans` is closed when `poll` ends. `onlookers`
    see all that is read, also what a full channel merges away.
    """

    def __init__(
        self,
        plc: Plc,
        tags: tuple[Tag, ...],
        scans: trio.MemorySendChannel[Scan],
        *,
        wall: Callable[[], int],
        onlookers: Sequence[Onlooker] = (),
    ) -> None:
        self.counts = PollCounts()
        self._plc = plc
        self._tags = tags
        self._scans = scans
        self._wall = wall
        self._onlookers = onlookers
        self._waiting: Scan | None = None
        self._merged = 0
        self._told_bad: set[int] = set()
        self._pause = _FIRST_PAUSE
        self._late_at: float | None = None
        self._away_since: float | None = None
        self._told: type[DriverError] | None = None
        self._types = tuple(tag.type for tag in tags)

    async def poll(self, interval: float, phase: float = 0.0) -> NoReturn:
        """Poll every `interval` seconds, first after `phase` seconds, for ever.

        Errors: none of the PLC's; a PLC that fails is tried again with growing pauses.
        """
        schedule = Schedule(interval, trio.current_time() + phase)
        with self._scans:
            await trio.sleep_until(schedule.due)
            while True:
                try:
                    async with self._plc.connected():
                        schedule.due = trio.current_time()
                        await self._poll_connected(schedule)
                except DriverError as error:
                    await self._lost(error)

    async def _poll_connected(self, schedule: Schedule) -> NoReturn:
        while True:
            started = trio.current_time()
            self.counts.latest = max(self.counts.latest, started - schedule.due)
            try:
                readings = await self._plc.read(self._tags)
            except Rejected as error:
                self._tell(error)
                self._put_bad(error.reason)
            else:
                self._good_scan(readings)
            self._note_overrun(schedule.advance(trio.current_time()), schedule.interval)
            await self._hand_over_until(schedule.due)

    async def _lost(self, error: DriverError) -> None:
        """Say that all tags are bad and wait before the next attempt, longer each time."""
        self.counts.failed += 1
        self._tell(error)
        self._put_bad(error.reason)
        pause = self._pause * random.uniform(0.8, 1.2)
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)
        await self._hand_over_until(trio.current_time() + pause)

    def _tell(self, error: DriverError) -> None:
        """Log why nothing can be read: once, and once more when it is for somebody else to act."""
        if self._away_since is None:
            self._away_since = trio.current_time()
        if self._told is not type(error):
            self._told = type(error)
            level = logging.ERROR if isinstance(error, Rejected) else logging.WARNING
            log.log(level, "%s: %s; trying again until it answers", self._plc.name, error.reason)

    def _good_scan(self, readings: Readings) -> None:
        self.counts.scans += 1
        self._types = readings.types
        self._pause = _FIRST_PAUSE
        if self._away_since is not None:
            away = trio.current_time() - self._away_since
            log.info("%s: connected again after %.1f s", self._plc.name, away)
            self._away_since = self._told = None
        elif self.counts.scans == 1:
            log.info("%s: connected, reading %d tags", self._plc.name, len(self._tags))
        self._tell_bad(readings)
        for onlooker in self._onlookers:
            onlooker.see(readings)
        self._put(readings)

    def _tell_bad(self, readings: Readings) -> None:
        """Log tags that the PLC does not give, each once; their quality is published anyway."""
        new = [position for position in readings.bad if position not in self._told_bad]
        if new:
            self._told_bad.update(new)
            some = (f"{self._tags[i].label}: {readings.bad[i]}" for i in new[:_SOME])
            more = f"; and {len(new) - _SOME} more" if len(new) > _SOME else ""
            counts = f"{len(readings.bad)} of {len(self._tags)} tags are bad"
            log.warning("%s: %s: %s%s", self._plc.name, counts, "; ".join(some), more)

    def _put_bad(self, reason: str) -> None:
        """Nothing was read: every tag is bad."""
        for onlooker in self._onlookers:
            onlooker.lose()
        count = len(self._tags)
        self._put(Readings([None] * count, dict.fromkeys(range(count), reason), self._types))

    def _put(self, readings: Readings) -> None:
        """Make this the scan that waits to be taken; one still waiting is merged into it."""
        if self._waiting is not None:
            self.counts.merged += 1
            self._merged += 1
            if self._merged == 1:
                log.warning("%s: scans wait to be taken, newer ones replace them", self._plc.name)
        self._waiting = Scan(self._plc.name, readings, self._wall(), trio.current_time())

    async def _hand_over_until(self, due: float) -> None:
        """Wait for the deadline; meanwhile the waiting scan goes out as soon as there is room."""
        scan = self._waiting
        if scan is not None:
            try:
                # Without waiting first: when polls overrun, the deadline has passed already.
                self._scans.send_nowait(scan)
                self._taken()
            except trio.WouldBlock:
                with trio.move_on_at(due):
                    await self._scans.send(scan)
                    self._taken()
        await trio.sleep_until(due)

    def _taken(self) -> None:
        self._waiting = None
        if self._merged:
            log.info("%s: scans are taken again, %d were merged", self._plc.name, self._merged)
            self._merged = 0

    def _note_overrun(self, overrun: bool, interval: float) -> None:
        now = trio.current_time()
        if overrun:
            self.counts.overruns += 1
            if self._late_at is None:
                log.warning("%s: a poll takes longer than its %g s", self._plc.name, interval)
            self._late_at = now
        elif self._late_at is not None and now - self._late_at >= _IN_TIME_AGAIN:
            late = self.counts.overruns
            log.info("%s: polls are in time again, %d were late", self._plc.name, late)
            self._late_at = None
