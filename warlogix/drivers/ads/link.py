"""One TCP connection to a TwinCAT router, shared by all that ask through it.

    link = AdsLink(stream, remote, local, numbers)
    data = await link.ask(endpoint, request)
    data = await link.ask_once(endpoint, request, urgency)

Requests are told apart by their number, so that many wait at a time: whoever waits reads what
comes, for the others too. A reply that nobody waits for any more is dropped by its number, and an
AMS port that is silent holds up nobody who asks another.

Errors: `Unreachable`, and for a write `Unsent` and `Unanswered`; `RouterRefusal` where the router
says no. `lost` tells why the connection is of no more use, "" while it is of use. Closing: `lose`,
at any time, which ends the waiting of all.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import trio

from warlogix.drivers.ads.wire import (
    HEAD_SIZE,
    AmsAddress,
    Head,
    Request,
    RouterRefusal,
    frame,
    parse_head,
    state,
)
from warlogix.drivers.exchanges import Nonsense, Unanswered, Unsent, Urgency
from warlogix.drivers.stream import Stream
from warlogix.errors import Unreachable
from warlogix.tags import Endpoint

# Any port of a client's; the router sends replies back to it.
_OWN_PORT = 32905
# The system service, which answers for the router itself.
_SYSTEM = 10000


@dataclass(slots=True)
class _Waiting:
    """One request under way. `begun` turns true when its first byte may have left."""

    target: AmsAddress
    request: Request
    begun: bool = False
    answer: bytes | None = None
    error: int = 0


class _Lost(Exception):
    """The connection is of no more use; the text says why."""


class AdsLink:
    """Requests out, replies in, any number at a time.

    `remote` and `local` are the Net IDs. `numbers` go on from link to link: a router may send what
    an earlier connection asked for to the next one.
    """

    def __init__(self, stream: Stream, remote: bytes, local: bytes, numbers: Iterator[int]) -> None:
        self.lost = ""
        # Whether a request had no answer since the last sign of life.
        self.is_doubtful = False
        self.members: set[object] = set()
        self._stream = stream
        self._remote = remote
        self._own = AmsAddress(local, _OWN_PORT)
        self._numbers = numbers
        self._waiting: dict[int, _Waiting] = {}
        self._sending = trio.Lock()
        self._is_read = False
        self._others = trio.lowlevel.ParkingLot()
        self._head: Head | None = None
        self._frames = 0

    async def ask(self, endpoint: Endpoint, request: Request) -> bytes:
        """The data of the reply, from the endpoint's AMS port and within its time limit."""
        waiting = _Waiting(AmsAddress(self._remote, endpoint.ams_port), request)
        return await self._ask(endpoint, waiting, lambda: None)

    async def ask_once(self, endpoint: Endpoint, request: Request, urgency: Urgency) -> bytes:
        """The same for a request that writes: what is raised says whether it may have left."""
        waiting = _Waiting(AmsAddress(self._remote, endpoint.ams_port), request)
        try:
            return await self._ask(endpoint, waiting, urgency.check)
        except Unsent:
            raise
        except Unreachable as exc:
            if waiting.begun:
                raise Unanswered(exc.reason) from exc
            raise Unsent(endpoint.plc, exc.reason) from exc

    async def prove(self, endpoint: Endpoint) -> None:
        """Return where the router is there; else the link is lost."""
        waiting = _Waiting(AmsAddress(self._remote, _SYSTEM), state())
        try:
            await self._ask(endpoint, waiting, lambda: None)
        except RouterRefusal:
            return
        except Unreachable as exc:
            self.lose(exc.reason)
            raise

    def tell_nowait(self, endpoint: Endpoint, request: Request) -> None:
        """Send a request whose answer nobody waits for, if that is possible at once."""
        if self.lost or self._sending.locked():
            return
        target = AmsAddress(self._remote, endpoint.ams_port)
        message = frame(target, self._own, next(self._numbers), request)
        if 0 < self._stream.send_nowait(message) < len(message):
            self.lose("a message was cut short")

    def lose(self, reason: str) -> None:
        """Shut the connection; everybody who waits is told why."""
        self.lost = self.lost or reason
        self._stream.shut()
        self._others.unpark_all()

    async def _ask(self, endpoint: Endpoint, waiting: _Waiting, check: Callable[[], None]) -> bytes:
        frames = self._frames
        try:
            with trio.fail_after(endpoint.timeout):
                await self._exchange(waiting, check)
        except trio.TooSlowError as exc:
            self.is_doubtful = self.is_doubtful or frames == self._frames
            reason = f"no answer within {endpoint.timeout:g} s"
            raise Unreachable(endpoint.plc, reason) from exc
        except _Lost as exc:
            raise Unreachable(endpoint.plc, str(exc)) from exc
        if waiting.error:
            raise RouterRefusal(waiting.error)
        assert waiting.answer is not None
        return waiting.answer

    async def _exchange(self, waiting: _Waiting, check: Callable[[], None]) -> None:
        number = next(self._numbers)
        self._waiting[number] = waiting
        try:
            async with self._sending:
                await trio.lowlevel.checkpoint_if_cancelled()
                if self.lost:
                    raise _Lost(self.lost)
                check()
                waiting.begun = True
                await self._send(frame(waiting.target, self._own, number, waiting.request))
            await self._wait(waiting)
        finally:
            del self._waiting[number]

    async def _send(self, message: bytes) -> None:
        """Send all of it; a message that was cut short would spoil those behind it."""
        is_whole = False
        try:
            await self._stream.send(message)
            is_whole = True
        except Unreachable as exc:
            self.lose(exc.reason)
            raise _Lost(self.lost) from exc
        finally:
            if not is_whole:
                self.lose("a message was cut short")

    async def _wait(self, waiting: _Waiting) -> None:
        """Until its answer is there, reading for all while nobody else does."""
        while waiting.answer is None:
            if self.lost:
                raise _Lost(self.lost)
            if self._is_read:
                await self._others.park()
                continue
            self._is_read = True
            try:
                await self._receive()
            except Unreachable as exc:
                self.lose(exc.reason + self._remedy())
            except Nonsense as exc:
                self.lose(f"the PLC sent {exc}")
            finally:
                self._is_read = False
                self._others.unpark_all()

    def _remedy(self) -> str:
        """What may help: a router cuts whoever it has no route to, and its older client."""
        if self._frames:
            return (
                "; has another program on this computer connected to it? "
                "Its router keeps one connection for each"
            )
        own = ".".join(map(str, self._own.net_id))
        return f"; has the PLC a route to this computer, AMS Net ID {own}?"

    async def _receive(self) -> None:
        """One frame. What was read of one stays when this is cancelled."""
        if self._head is None:
            self._head = parse_head(await self._stream.receive(HEAD_SIZE))
        head = self._head
        waiting = self._waiting.get(head.invoke)
        if waiting is not None:
            self._check(head, waiting)
        data = await self._stream.receive(head.size)
        self._head = None
        self._frames += 1
        self.is_doubtful = False
        # Whoever asked may have left while the data came.
        if waiting is not None:
            waiting.answer, waiting.error = data, head.error

    def _check(self, head: Head, waiting: _Waiting) -> None:
        if (head.source, head.target) != (waiting.target, self._own):
            raise Nonsense("a reply from or to somebody else")
        if head.command != waiting.request.command:
            raise Nonsense("a reply to another command")
        if head.size > waiting.request.most:
            raise Nonsense("a reply that is longer than what was asked")
