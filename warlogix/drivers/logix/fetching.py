"""Many places read in few messages, by one state of the controller's program.

    fetcher = Fetcher(ask, size, state, Packing.PACKETS)
    plan = fetcher.plan(wants)
    answers = await fetcher.fetch(wants, plan)      # raises `Moved` where the program is another

Every packet asks for the program's state first; where there is no packet it is asked for at the
end. So nothing is given away that belongs to another state.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from warlogix.drivers.cip.messages import (
    DONE,
    MORE,
    PARTLY,
    Reply,
    Request,
    multiple,
    parse_multiple,
)
from warlogix.drivers.cip.packing import Cost, packets
from warlogix.drivers.exchanges import Nonsense
from warlogix.drivers.logix.places import Place
from warlogix.drivers.logix.requests import (
    STATE,
    STATE_COST,
    read,
    read_cost,
    read_from,
    split_type,
)

Ask: TypeAlias = Callable[[Request], Awaitable[Reply]]

_NO_SERVICE, _TOO_LONG = 0x08, 0x11
# Statuses of a controller that is downloaded to: they do not mean the packet's length.
_NOT_NOW = (0x0C, 0x10)
# A packet is not made smaller than this, whatever the PLC makes of it.
_SMALLEST = 200
# More than any tag of a controller has.
_LONGEST = 1 << 22


class Moved(Exception):
    """The controller's program is another than the one that is known."""


class Packing(Enum):
    """Whether the controller takes several services in one message."""

    ALONE = "alone"
    PACKETS = "packets"


@dataclass(frozen=True, slots=True)
class Want:
    """A place to read, with its request and what that costs."""

    place: Place
    request: Request
    cost: Cost


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply, all of it: the `wire` type that the PLC says it has, and the bytes."""

    wire: bytes
    data: bytes


Outcome: TypeAlias = Answer | Reply
Plan: TypeAlias = Sequence[tuple[int, ...]]


def make_want(place: Place) -> Want:
    """What reading a place takes."""
    return Want(place, read(place), read_cost(place))


class Fetcher:
    """Reads places over one connection.

    `size` is the most bytes of a request and of its answer, `state` what the controller said of its
    program, None where it says nothing. `most` is the most bytes of a packet of several requests, 0
    where each goes alone; it may become less while it reads.
    """

    def __init__(self, ask: Ask, size: int, state: bytes | None, packing: Packing) -> None:
        self._ask = ask
        self._size = size
        self.state = state
        self.most = size if packing is Packing.PACKETS else 0

    def plan(self, wants: Sequence[Want]) -> Plan:
        """The positions that travel together."""
        if not self.most:
            return [(position,) for position in range(len(wants))]
        return packets([want.cost for want in wants], self.most - STATE_COST.reply)

    async def fetch(self, wants: Sequence[Want], plan: Plan) -> list[Outcome]:
        """Each place's answer, or the reply by which the PLC refuses it."""
        outcomes: dict[int, Outcome] = {}
        checked = True
        for group in plan:
            asked = [wants[position] for position in group]
            if len(group) == 1:
                found, with_state = [await self._alone(asked[0])], False
            else:
                found, with_state = await self._together(asked)
            checked = checked and with_state
            outcomes.update(zip(group, found, strict=True))
        # Also where nothing was to be read, so that a dead link is noticed.
        if not plan or not (checked or self.state is None):
            await self.check_state()
        return [outcomes[position] for position in range(len(wants))]

    async def check_state(self) -> None:
        """Raise `Moved` where the controller says that its program is another."""
        self._compare(await self._ask(STATE))

    def _compare(self, reply: Reply) -> None:
        if self.state is None:
            return
        if reply.status != DONE or reply.data != self.state:
            raise Moved

    async def _together(self, wants: Sequence[Want]) -> tuple[list[Outcome], bool]:
        """The answers of one packet, and whether it belongs to the state for certain."""
        requests = [want.request for want in wants]
        if self.state is not None:
            requests.insert(0, STATE)
        reply = await self._ask(multiple(requests))
        if reply.status not in (DONE, PARTLY):
            self._pack_less(reply.status)
            return [await self._alone(want) for want in wants], False
        replies = parse_multiple(reply, requests)
        checked = True
        if self.state is not None:
            state = replies.pop(0)
            checked = state.status == DONE
            if checked:
                self._compare(state)
        whole = [reply.status not in (MORE, _TOO_LONG) for reply in replies]
        found = [
            await self._completed(want, reply) for want, reply in zip(wants, replies, strict=True)
        ]
        return found, checked and all(whole)

    def _pack_less(self, status: int) -> None:
        """What the PLC does not take as one packet is asked for in smaller ones from now on."""
        if status == _NO_SERVICE:
            self.most = 0
        elif self.most and status not in _NOT_NOW:
            self.most = max(self.most // 2, _SMALLEST)

    async def _alone(self, want: Want) -> Outcome:
        if want.cost.reply > self._size:
            return await self._parts(want, b"", b"")
        return await self._completed(want, await self._ask(want.request))

    async def _completed(self, want: Want, reply: Reply) -> Outcome:
        """The whole answer: what did not fit into the reply is asked for from where it ends."""
        if reply.status == DONE:
            return _whole(want, *split_type(reply))
        if reply.status == MORE and reply.data:
            return await self._parts(want, *split_type(reply))
        if reply.status in (MORE, _TOO_LONG):
            return await self._parts(want, b"", b"")
        return reply

    async def _parts(self, want: Want, wire: bytes, data: bytes) -> Outcome:
        most = want.place.part.size if want.place.part.is_fixed else _LONGEST
        while True:
            reply = await self._ask(read_from(want.place, len(data)))
            if reply.status not in (DONE, MORE):
                return reply
            now, more = split_type(reply)
            if wire and now != wire:
                raise Moved
            wire, data = now, data + more
            if reply.status == DONE:
                return _whole(want, wire, data)
            if not more or len(data) > most:
                raise Nonsense("a part of a value that leads to no end")


def _whole(want: Want, wire: bytes, data: bytes) -> Answer:
    """The answer; `Nonsense` where it is of the right type and has another length."""
    part = want.place.part
    if wire == part.wire and part.is_fixed and len(data) != part.size:
        raise Nonsense(f"a value of {len(data)} bytes where {part.size} were asked for")
    return Answer(wire, data)
