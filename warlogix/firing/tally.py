"""Says in the log what became of one trigger's edges: a change of state once, the rest counted."""

import logging

log = logging.getLogger(__name__)


class Tally:
    """Counts the events that were not confirmed, and the acks that were never written."""

    def __init__(self, trigger: str) -> None:
        self._trigger = trigger
        self._failed = 0
        self._got = ""
        self._void = 0
        self._told = 0
        self._unread = ""

    def acked(self, what: str, got: str) -> None:
        """Something got an ack that says yes."""
        log.debug("trigger %s: %s has its ack", self._trigger, what)
        if self._failed:
            told = "trigger %s: events are acked with %s again, %d got %s"
            log.info(told, self._trigger, got, self._failed, self._got)
            self._failed = 0

    def failed(self, what: str, got: str, reason: str) -> None:
        """Something gets what says no."""
        say = log.debug if self._failed else log.warning
        say("trigger %s: %s gets %s: %s", self._trigger, what, got, reason)
        self._failed += 1
        self._got = got

    def unread(self, reason: str) -> None:
        """The data of an edge is refused, so that there is no event."""
        say = log.debug if reason == self._unread else log.error
        say("trigger %s: no event, its data is refused: %s", self._trigger, reason)
        self._unread = reason

    def read(self) -> None:
        """The data of an edge was read."""
        if self._unread:
            log.info("trigger %s: its data is read again", self._trigger)
            self._unread = ""

    def void(self, what: str, reason: str) -> None:
        """An ack may not be written any more: told ever more rarely."""
        self._void += 1
        if self._void >= max(1, 10 * self._told):
            self._told = self._void
            told = "trigger %s: %s gets no ack: %s (%d so far)"
            log.warning(told, self._trigger, what, reason, self._void)
