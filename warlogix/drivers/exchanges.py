"""What every family's exchange of messages can come to, and how long a write may take to start.

Refused      the PLC says no
Unsent       nothing has left: the PLC has certainly not carried it out
Unanswered   it was sent, or may have been, and no answer came
Nonsense     what came cannot be the answer to what was asked

urgency = Urgency(plc, now)         # when the write is called
urgency.check()                     # in front of each of its messages
"""

from collections.abc import Callable

from warlogix.errors import Unreachable

# Seconds from the call of a write until its first message, at the most.
_START_WITHIN = 1.0
# And until its last one, where it takes several.
_END_WITHIN = 2.5


class Unsent(Unreachable):
    """Not one byte of the message has left."""


class Unanswered(Exception):
    """A message was sent, or may have been, and no answer to it came; the text says why."""


class Refused(Exception):
    """The PLC has not carried out a message that writes; the text says why."""


class Nonsense(Exception):
    """The reply cannot be the answer to the request. What it holds must not be used."""


class Urgency:
    """Keeps a write from being sent late.

    Who called has judged then that the value may be written, not for any later time. A process that
    stood still, and an answer that came late, would write an old value; a value of several messages
    that stood still in between, the rest of one over a newer one. `called` is when that was.
    """

    def __init__(self, plc: str, now: Callable[[], float]) -> None:
        self._plc = plc
        self._now = now
        self.called = now()
        self._limit = _START_WITHIN

    def check(self) -> None:
        """Raise `Unsent` where the next message would come too late."""
        held_up = self._now() - self.called
        if held_up > self._limit:
            raise Unsent(self._plc, f"held up for {held_up:.1f} s and not sent")
        self._limit = _END_WITHIN
