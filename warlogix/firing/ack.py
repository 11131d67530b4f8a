"""Writes acks. An ack is a state and no command: alone among writes it is repeated."""

import logging
from typing import NoReturn

import trio
from msgspec.structs import replace

from warlogix.datatypes import Kind, takes_ack
from warlogix.errors import Rejected, Unreachable
from warlogix.firing.record import Record
from warlogix.firing.watch import Seen, Watch
from warlogix.plc import Plc
from warlogix.tags import Outcome, Tag
from warlogix.triggers import State, ack_value

log = logging.getLogger(__name__)

_PAUSE, _LONGEST_PAUSE = 0.25, 5.0


class Ack:
    """One trigger's ack tag."""

    def __init__(self, tag: Tag, watch: Watch, plc: Plc, record: Record) -> None:
        self._tag = tag
        self._watch = watch
        self._plc = plc
        self._record = record
        self._told = ""
        self._condition = (watch.trigger.tag,)
        self._written = (tag,)

    def said(self, ack: int) -> str:
        """What the tag gets of an ack, for the log: a BOOL can only say yes."""
        kind = self._plc.kind(self._tag)
        if isinstance(kind, str):
            return str(ack)
        value = ack_value(kind, ack) if takes_ack(kind) else None
        if value is None:
            return "nothing"
        return "true" if value is True else str(ack)

    async def write(self, seen: Seen, ack: int) -> bool:
        """Write the ack of what was seen, again and again: True when the PLC has accepted it.

        False when the condition was seen not to hold, or not seen, before that. Whoever calls this
        cancels it then, too.
        """
        state, pause = self._record.state, _PAUSE
        while not seen.over.is_set():
            try:
                refusal = await self._try(seen, ack, state)
            except Unreachable:
                self._watch.lose()
                return False
            except Rejected as error:
                refusal = error.reason
            if refusal is None:
                self._told = ""
                return True
            self._tell(refusal)
            await trio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        return False

    async def taken(self, seen: Seen) -> bool:
        """Whether the condition still holds, and the ack that was written last is not there.

        Raises `Unreachable` and `Rejected`.
        """
        state = self._record.state
        async with self._plc.turn() as turn:
            # In this order, for a program clears both: what holds behind a cleared ack is another
            # wait, and what held before it may be the same.
            ack = await turn.read(self._written)
            condition = await turn.read(self._condition)
            self._watch.look(condition.values[0], condition.bad.get(0))
            kind = turn.kind(self._tag)
        if seen.over.is_set():
            return False
        if state is None or state.ack is None or ack.bad or isinstance(kind, str):
            return True
        return not takes_ack(kind) or ack.values[0] != ack_value(kind, state.ack)

    async def tell_unfit(self) -> NoReturn:
        """Say it as soon as the PLC tells that the tag's type cannot hold an ack."""
        status, told = self._plc.status, "trigger %s: no ack can be written: %s"
        while True:
            await status.wait_value(lambda now: now.online)
            kind = self._plc.kind(self._tag)
            if not isinstance(kind, str) and not takes_ack(kind):
                log.error(told, self._watch.trigger.name, self._unfit(kind))
            await status.wait_value(lambda now: not now.online)

    async def _try(self, seen: Seen, ack: int, state: State | None) -> str | None:
        """Write it if the condition holds in this very moment: None when done, else why not."""
        async with self._plc.turn() as turn:
            readings = await turn.read(self._condition)
            self._watch.look(readings.values[0], readings.bad.get(0))
            if seen.over.is_set():
                return ""
            kind = turn.kind(self._tag)
            if isinstance(kind, str):
                return kind
            if not takes_ack(kind):
                return self._unfit(kind)
            value = ack_value(kind, ack)
            if value is None:
                return None
            # Once begun it is finished, and noted: what was accepted is not written again.
            with trio.CancelScope(shield=True):
                result = await turn.write(self._tag, value)
            if result.outcome is Outcome.UNKNOWN:
                raise Unreachable(self._plc.name, result.reason)
            if result.outcome is Outcome.DONE and state is self._record.state is not None:
                self._record.keep(replace(self._record.state, ack=ack))
        return None if result.outcome is Outcome.DONE else result.reason

    def _unfit(self, kind: Kind) -> str:
        return f"{self._tag.label} is {kind}, which cannot hold 1 and -1"

    def _tell(self, refusal: str) -> None:
        if refusal and refusal != self._told:
            told = "trigger %s: its ack cannot be written, trying again: %s"
            log.error(told, self._watch.trigger.name, refusal)
            self._told = refusal
