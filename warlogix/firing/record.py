"""What is durably known of one trigger."""

import logging
from collections.abc import Sequence

import msgspec

from warlogix.outbox import NewRow, Outbox, Receipt
from warlogix.triggers import State, Trigger

log = logging.getLogger(__name__)


class Record:
    """The state of a trigger, as the outbox has it; `state` is None before the first sight ever.

    A trigger whose PLC, tag or condition is another one begins anew, and only its sequence goes on.
    """

    def __init__(self, trigger: Trigger, outbox: Outbox) -> None:
        self._key = f"trigger:{trigger.name}"
        self._outbox = outbox
        self._before = 0
        self.state: State | None = None
        raw = outbox.notes.get(self._key)
        if raw is not None:
            self._recall(raw, trigger)

    @property
    def sequence(self) -> int:
        """The number of the last event, 0 before the first."""
        return self.state.sequence if self.state else self._before

    async def keep(self, state: State, rows: Sequence[NewRow] = ()) -> Receipt:
        """Make this the state, in one transaction with `rows`.

        It counts from here on: nobody who asks meanwhile is told of an older one.
        """
        self.state = state
        return await self._outbox.append(rows, {self._key: state.encoded()})

    def _recall(self, raw: bytes, trigger: Trigger) -> None:
        try:
            found = State.decoded(raw)
        except msgspec.MsgspecError as exc:
            log.error("trigger %s: what was kept of it cannot be read: %s", trigger.name, exc)
            return
        self._before = found.sequence
        if found.condition == trigger.watched:
            self.state = found
