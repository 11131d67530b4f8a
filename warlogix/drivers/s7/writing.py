"""Writing one value: its pieces, request by request, and what became of it.

    result = await S7Write(parse_s7("DB1.DBW0"), "latin-1", pdu=480).write(42, ask, send)

`ask` is given a read request and returns each item's bytes, or the CPU's code; what it raises ends
the write before it began. `send` is given a message and how many pieces it writes, and returns the
CPU's code for each; it raises `Refusal`, `Unsent`, or `Unanswered` once it has tried to send.
"""

import struct
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from warlogix.addresses.s7 import S7Address
from warlogix.datatypes import STRINGS
from warlogix.drivers.exchanges import Unanswered, Unsent
from warlogix.drivers.in_pieces import ended
from warlogix.drivers.s7.pieces import Piece, make_pieces, requests
from warlogix.drivers.s7.plan import make_plan
from warlogix.drivers.s7.reasons import refused_item, refused_request
from warlogix.drivers.s7.scan import Ask, fetch
from warlogix.drivers.s7.strings import header_wants, refused_text
from warlogix.drivers.s7.wire import DONE, Refusal, make_request, make_write
from warlogix.tags import Outcome, Value, WriteResult
from warlogix.values import BadValue

# What the bytes of a value cannot be made by that has another form than a read gives.
_OTHER_FORM = (TypeError, ValueError, AttributeError, OverflowError, struct.error)

Send: TypeAlias = Callable[[bytes, int], Awaitable[Sequence[int]]]


@dataclass(frozen=True, slots=True)
class S7Write:
    """Writes values to one address. `encoding` is the code page of CHAR and STRING."""

    address: S7Address
    encoding: str
    pdu: int

    async def write(self, value: Value, ask: Ask, send: Send) -> WriteResult:
        """What became of the value.

        Raises what `ask` raises, and the `Refusal` and the `Unsent` of the first message: nothing
        was written then.
        """
        try:
            pieces = make_pieces(self.address, value, self.encoding)
        except BadValue as exc:
            return WriteResult(Outcome.REFUSED, str(exc))
        except _OTHER_FORM:
            reason = f"{repr(value)[:50]} is no {self.address.type}"
            return WriteResult(Outcome.REFUSED, reason)
        if self.address.type.base in STRINGS and (reason := await self._no_room(pieces, ask)):
            return WriteResult(Outcome.REFUSED, reason)
        return await self._send_all(requests(pieces, self.pdu), send)

    async def _no_room(self, pieces: Sequence[Piece], ask: Ask) -> str:
        """Why the strings in the PLC do not take the texts, "" if they do."""
        plan = make_plan(header_wants(self.address), self.pdu)
        fetched = await fetch(map(make_request, plan.requests), len(plan.blocks), ask)
        headers: list[bytes] = []
        for block, raw in zip(plan.blocks, fetched, strict=True):
            if isinstance(raw, int):
                return refused_item(raw, self.address)
            starts = (want.start - block.start for want in block.wants)
            headers += [raw[at : at + block.wants[0].size] for at in starts]
        return refused_text(self.address, headers, pieces)

    async def _send_all(self, messages: Sequence[Sequence[Piece]], send: Send) -> WriteResult:
        """One message after another, as long as the CPU takes all of each."""
        total, done = sum(map(len, messages)), 0
        for pieces in messages:
            try:
                codes = await send(make_write(pieces), len(pieces))
            except Unanswered as exc:
                return ended(Outcome.UNKNOWN, str(exc), done, total)
            except Unsent as exc:
                if not done:
                    raise
                return ended(Outcome.UNKNOWN, exc.reason, done, total)
            except Refusal as exc:
                if not done:
                    raise
                return ended(Outcome.REFUSED, refused_request(exc.code), done, total)
            refused = [code for code in codes if code != DONE]
            done += len(codes) - len(refused)
            if refused:
                reason = refused_item(refused[0], self.address)
                return ended(Outcome.REFUSED, reason, done, total)
        return WriteResult(Outcome.DONE)
