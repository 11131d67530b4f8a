"""What is seen of one trigger's condition, by whoever reads its tag."""

import logging
from collections.abc import Callable

import trio

from warlogix.firing.record import Record
from warlogix.tags import Value
from warlogix.triggers import Edges, Sight, Trigger

log = logging.getLogger(__name__)


class Seen:
    """A sight that is to be heeded. `at` is its time in ns since 1970, `moment` Trio's.

    `over` is set as soon as the condition is seen not to hold any more, or not seen; then `lost`
    tells which. `settled` says that it was heeded.
    """

    def __init__(self, sight: Sight, at: int) -> None:
        self.sight = sight
        self.at = at
        self.moment = trio.current_time()
        self.over = trio.Event()
        self.lost = False
        self.settled = False

    def end(self, sight: Sight) -> None:
        """The condition was seen to fall, or is not seen."""
        self.lost = sight is Sight.GAP
        self.over.set()


class Watch:
    """Judges every sight of a trigger's tag, at once, and hands on what is to be heeded.

    `clock` gives ns since 1970.
    """

    def __init__(
        self,
        trigger: Trigger,
        record: Record,
        heed: trio.MemorySendChannel[Seen],
        clock: Callable[[], int],
    ) -> None:
        self.trigger = trigger
        self._record = record
        self._heed = heed
        self._clock = clock
        self._edges = Edges(trigger)
        self._open: Seen | None = None
        self._told = False

    def see(self, value: Value, reason: str | None) -> None:
        """The tag was read: its value, or why it is bad."""
        self._judge(self._holds(value, reason))

    def look(self, value: Value, reason: str | None) -> None:
        """The tag was read once more, for its ack: it is news only that the condition is over."""
        holds = self._holds(value, reason)
        if not holds:
            self._judge(holds)

    def lose(self) -> None:
        """The tag cannot be read."""
        self._judge(None)

    def _holds(self, value: Value, reason: str | None) -> bool | None:
        condition = self.trigger.condition
        if reason is None and condition.comparable(value):
            return condition.holds(value)
        if reason is None and not self._told:
            self._told = True
            told = "trigger %s: %s holds %.100r, which cannot be compared: %s"
            log.error(told, self.trigger.name, self.trigger.tag.label, value, condition)
        return None

    def _judge(self, holds: bool | None) -> None:
        sight = self._edges.see(holds, trio.current_time(), self._record.state)
        if sight is Sight.NOTHING:
            return
        if self._open is not None:
            if sight is self._open.sight and not self._open.settled:
                # The question is still open: looks go on coming late.
                return
            self._open.end(sight)
            self._open = None
        if sight is Sight.GAP:
            return
        seen = Seen(sight, self._clock())
        if sight is not Sight.FALL:
            self._open = seen
        self._heed.send_nowait(seen)
