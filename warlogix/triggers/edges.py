"""Decides which sights of a trigger's condition are edges.

A sight is True, False, or None: not known, because the tag is bad or the PLC is away. Behind such a
gap nothing follows from what was seen before it, and the durable state decides, as after a start.
"""

from enum import Enum
from math import inf

from warlogix.triggers.state import State
from warlogix.triggers.trigger import Trigger

# A program holds its trigger low for twice the interval. A look that comes later than this part of
# that may have missed it, for looks also take their time on the way.
_LATE = 1.5


class Sight(Enum):
    """What a sight means.

    `FIRST` is a condition that holds at the first start ever. `UNSURE` is one that holds behind a
    gap, or a look that came late, and whose ack was written: it is an edge if the ack tag does not
    hold that ack any more, for then the program has taken it, and waits for another.
    """

    NOTHING = "nothing"
    EDGE = "edge"
    FIRST = "first"
    UNSURE = "unsure"
    FALL = "fall"
    GAP = "gap"


class Edges:
    """Judges one trigger's sights.

    edges = Edges(trigger)
    edges.see(True, now, state)         # Sight.EDGE, or what else it is
    """

    def __init__(self, trigger: Trigger) -> None:
        self._trigger = trigger
        self._seen: bool | None = None
        self._last = -inf
        self._looked = -inf
        # An edge that waits until the debounce time is over.
        self._waiting = False
        # It was seen not to hold, which may not be known durably yet.
        self._fell = False

    def see(self, holds: bool | None, now: float, state: State | None) -> Sight:
        """What this sight means. `now` is monotonic seconds, `state` what is durably known."""
        before, self._seen = self._seen, holds
        looked, self._looked = self._looked, now
        if not holds:
            self._waiting = False
            if holds is before:
                return Sight.NOTHING
            self._fell = self._fell or holds is False
            return Sight.GAP if holds is None else Sight.FALL
        sight = Sight.EDGE
        if before is None:
            sight = self._behind_gap(state)
        elif before and not self._waiting:
            is_late = now - looked > _LATE * self._trigger.interval
            sight = Sight.UNSURE if is_late and state and state.ack is not None else Sight.NOTHING
        if sight is Sight.EDGE:
            return self._debounced(now)
        return sight

    def _behind_gap(self, state: State | None) -> Sight:
        """A condition that holds when it is seen again."""
        if self._fell or (state and not state.holds):
            return Sight.EDGE
        if state is None:
            return Sight.FIRST
        if self._trigger.ack is None:
            return Sight.NOTHING
        return Sight.EDGE if state.ack is None else Sight.UNSURE

    def _debounced(self, now: float) -> Sight:
        self._waiting = now < self._last + self._trigger.debounce
        if self._waiting:
            return Sight.NOTHING
        self._last, self._fell = now, False
        return Sight.EDGE
