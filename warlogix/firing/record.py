"""What is durably known of one trigger."""

import logging
from collections.abc import Sequence
from math import inf

import msgspec
import trio

from warlogix.outbox import NewRow, Outbox, Receipt
from warlogix.triggers import State, Trigger

log = logging.getLogger(__name__)


class Kept:
    """A state, and the event that it came from, on their way to the disk."""

    def __init__(self, state: State, rows: Sequence[NewRow]) -> None:
        self.state = state
        self.rows = rows
        self._done = trio.Event()
        self._receipt: Receipt | None = None

    async def receipt(self) -> Receipt:
        """What the outbox says, as soon as it does."""
        await self._done.wait()
        assert self._receipt is not None
        return self._receipt

    def settle(self, receipt: Receipt) -> None:
        """The outbox has it."""
        self._receipt = receipt
        self._done.set()


class Record:
    """The state of a trigger; `state` is None before the first sight ever.

    A trigger whose PLC, tag or condition is another one begins anew, and only its sequence goes on.
    What is kept goes to the outbox in its order by `run`, so that a slow disk holds nobody up.
    """

    def __init__(self, trigger: Trigger, outbox: Outbox) -> None:
        self._key = f"trigger:{trigger.name}"
        self._outbox = outbox
        self._before = 0
        self._send, self._receive = trio.open_memory_channel[Kept](inf)
        self.state: State | None = None
        raw = outbox.notes.get(self._key)
        if raw is not None:
            self._recall(raw, trigger)

    @property
    def sequence(self) -> int:
        """The number of the last event, 0 before the first."""
        return self.state.sequence if self.state else self._before

    def keep(self, state: State, rows: Sequence[NewRow] = ()) -> Kept:
        """Make this the state from here on; it goes to the disk in one transaction with `rows`."""
        self.state = state
        kept = Kept(state, rows)
        self._send.send_nowait(kept)
        return kept

    async def run(self) -> None:
        """Give everything to the outbox, until `close`."""
        async for kept in self._receive:
            note = {self._key: kept.state.encoded()}
            kept.settle(await self._outbox.append(kept.rows, note))

    def close(self) -> None:
        """Nothing more is kept."""
        self._send.close()

    def _recall(self, raw: bytes, trigger: Trigger) -> None:
        try:
            found = State.decoded(raw)
        except msgspec.MsgspecError as exc:
            log.error("trigger %s: what was kept of it cannot be read: %s", trigger.name, exc)
            return
        self._before = found.sequence
        if found.condition == trigger.watched:
            self.state = found
