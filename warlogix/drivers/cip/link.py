"""One connection to a device that speaks EtherNet/IP.

    link = CipLink(endpoint, Stream(endpoint, await dial(endpoint, PORT)))
    identity = await link.greet()
    await link.join(backplane(0), (4002, 504))      # a CIP connection, or without one
    reply = await link.ask(Request(0x4C, symbol_path("Speed"), b"\\x01\\x00"))
    replies = await link.ask_all(requests)
    reply = await link.ask_once(Request(0x4D, ...), urgency)

Session, context, connection and sequence of every answer are checked; one that does not match ends
the link. Errors: `Unreachable`, and for a write `Unsent` and `Unanswered`; after one the link is of
no more use. Closing: `shut`, at any time and twice; it never waits.
"""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from warlogix.drivers.cip import encapsulation
from warlogix.drivers.cip.connecting import (
    SEND,
    Offer,
    forward_close,
    forward_open,
    parse_forward_open,
    unconnected_send,
)
from warlogix.drivers.cip.encapsulation import HEADER_SIZE, Command, Header, parse_header
from warlogix.drivers.cip.identity import Identity, parse_identity
from warlogix.drivers.cip.messages import (
    DONE,
    PARTLY,
    Reply,
    Request,
    multiple,
    parse_multiple,
    parse_reply,
)
from warlogix.drivers.cip.reasons import is_away, leaves_open, reason
from warlogix.drivers.exchanges import Nonsense, Unanswered, Urgency
from warlogix.drivers.stream import Stream
from warlogix.errors import Unreachable
from warlogix.tags import Endpoint

PORT = 44818

# The most bytes of a message outside of a connection, and what passing it on adds.
_UNCONNECTED = 502
_PASSING_ON = 14
# A connection's size counts the number in front of each message.
_NUMBER = 2
# Status of a service that the PLC does not have.
_UNSUPPORTED = 0x08


class CipLink:
    """Services out, replies in; never two at a time.

    `size` is the most bytes of a request and of its reply; `connected` whether a CIP connection
    carries them.
    """

    def __init__(self, endpoint: Endpoint, stream: Stream) -> None:
        self.size = _UNCONNECTED
        self.connected = False
        self._plc = endpoint.plc
        self._stream = stream
        self._session = 0
        self._context = 0
        self._sequence = 0
        self._packets = True
        self._idle = False
        self._route = b""
        self._offer: Offer | None = None
        self._theirs = 0

    async def greet(self) -> Identity:
        """Open a session and learn what the device is."""
        with self._sensible():
            head, _ = await self._exchange(encapsulation.register_session(), bytes(8))
            self._session = head.session
            context = self._next_context()
            asked = encapsulation.frame(Command.LIST_IDENTITY, self._session, context)
            return parse_identity((await self._exchange(asked, context))[1])

    async def join(self, route: bytes, sizes: Sequence[int]) -> None:
        """Open a CIP connection of the first size that the PLC takes.

        Without one each message finds its way by itself, which takes longer and holds less.
        """
        self._route = route
        for size in sizes:
            offer = Offer(size, secrets.randbits(32), secrets.randbits(16), secrets.randbits(32))
            with self._sensible():
                reply = await self._unconnected(forward_open(offer, route))
                if reply.status == DONE:
                    self._theirs = parse_forward_open(reply, offer)
                    self._offer, self.connected, self.size = offer, True, size - _NUMBER
                    return
        self.size = _UNCONNECTED - (_PASSING_ON + len(route) if route else 0)

    async def ask(self, request: Request) -> Reply:
        """The reply to a request that changes nothing, whatever its status.

        `Unreachable` also where a module on the way says that the PLC is away.
        """
        with self._sensible():
            reply = await self._carry(request)
        if is_away(reply.status):
            raise Unreachable(self._plc, reason(reply.status, reply.extended))
        return reply

    async def ask_all(self, requests: Sequence[Request]) -> list[Reply]:
        """The replies to requests that change nothing, in order, in one packet if the PLC takes it.

        They must fit, as `packing` says; a packet that the PLC refuses is asked one by one.
        """
        if len(requests) > 1 and self._packets:
            with self._sensible():
                reply = await self._carry(multiple(requests))
                if reply.status in (DONE, PARTLY):
                    return parse_multiple(reply, requests)
            self._packets = reply.status != _UNSUPPORTED
        return [await self.ask(request) for request in requests]

    async def ask_once(self, request: Request, urgency: Urgency) -> Reply:
        """The reply to a request that writes, from a PLC that has certainly judged it.

        `Unsent` when nothing has left; `Unanswered` when it may have been carried out.
        """
        self._stream.check_quiet()
        urgency.check()
        try:
            reply = await self._carry(request)
        except Unreachable as exc:
            raise Unanswered(exc.reason) from exc
        except Nonsense as exc:
            raise Unanswered(f"the PLC sent {exc}") from exc
        if leaves_open(reply.status, reply.extended):
            raise Unanswered(reason(reply.status, reply.extended))
        return reply

    def shut(self) -> None:
        """Close at once, and tell the device if nothing is under way."""
        if self._idle:
            self._idle = False
            self._stream.send_nowait(self._farewell())
        self._stream.shut()

    def _farewell(self) -> bytes:
        """Gives connection and session back; without it a device keeps them for a while."""
        closing = b""
        if self._offer is not None:
            message = forward_close(self._offer, self._route).encode()
            closing = encapsulation.unconnected(self._session, self._next_context(), message)
        return closing + encapsulation.unregister_session(self._session)

    async def _carry(self, request: Request) -> Reply:
        if self._offer is None:
            return await self._unconnected(request, self._route)
        self._sequence = (self._sequence + 1) & 0xFFFF
        message = request.encode()
        frame = encapsulation.connected(self._session, self._theirs, self._sequence, message)
        _, data = await self._exchange(frame, None)
        raw = encapsulation.connected_reply(data, self._offer.ours, self._sequence)
        return parse_reply(raw, request.service)

    async def _unconnected(self, request: Request, route: bytes = b"") -> Reply:
        """One message outside of any connection, passed on along the route."""
        message = (unconnected_send(request, route) if route else request).encode()
        context = self._next_context()
        frame = encapsulation.unconnected(self._session, context, message)
        _, data = await self._exchange(frame, context)
        raw = encapsulation.unconnected_reply(data)
        if route and raw[:1] == bytes((SEND | 0x80,)):
            return parse_reply(raw, SEND)
        return parse_reply(raw, request.service)

    async def _exchange(self, frame: bytes, context: bytes | None) -> tuple[Header, bytes]:
        """One frame each way. Within a connection the PLC repeats no context."""
        # What follows half a frame would be taken for the rest of it.
        self._idle = False
        with self._stream.in_time():
            await self._stream.send(frame)
            head = parse_header(await self._stream.receive(HEADER_SIZE))
            data = await self._stream.receive(head.length)
        if head.command != int.from_bytes(frame[:2], "little"):
            raise Nonsense(f"a frame with command 16#{head.command:02X}")
        if head.status:
            raise Nonsense(f"a refusal: {encapsulation.refusal(head.status)}")
        if context is not None and head.context != context:
            raise Nonsense("the answer to another frame")
        if not head.session or self._session not in (0, head.session):
            raise Nonsense("the answer to another session")
        self._idle = True
        return head, data

    def _next_context(self) -> bytes:
        self._context = (self._context + 1) & 0xFFFFFFFFFFFFFFFF
        return self._context.to_bytes(8, "little")

    @contextmanager
    def _sensible(self) -> Iterator[None]:
        try:
            yield
        except Nonsense as exc:
            raise Unreachable(self._plc, f"the PLC sent {exc}") from exc
