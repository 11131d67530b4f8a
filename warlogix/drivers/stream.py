"""One TCP connection to a PLC, with its time limit and its reasons.

    stream = Stream(endpoint, await dial(endpoint, 44818))
    with stream.in_time():
        await stream.send(request)
        head = await stream.receive(24)
    stream.shut()

Errors: `Unreachable`; after one the stream is of no more use, because a late reply would be taken
for the next answer. Closing: `shut`, at any time and twice; it never waits.
"""

import os
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import trio

from warlogix.drivers.exchanges import Unsent
from warlogix.errors import Unreachable
from warlogix.tags import Endpoint

_CHUNK = 65536
_CLOSED = "the connection is closed"


class Ended(Unreachable):
    """The PLC has closed the connection."""


class Stream:
    """Whole messages out, exactly as many bytes in as are asked for.

    What it does, Trio's own streams do as well, and with a turn of the event loop for each piece:
    of hundreds of PLCs those turns were most of the cost.
    """

    def __init__(self, endpoint: Endpoint, opened: trio.SocketStream) -> None:
        self._endpoint = endpoint
        self._socket = socket.socket(fileno=opened.socket.detach())
        self._socket.setblocking(False)
        self._received = bytearray()

    @property
    def local_address(self) -> str:
        """This side's own address on the way to the PLC."""
        return str(self._socket.getsockname()[0])

    @contextmanager
    def in_time(self) -> Iterator[None]:
        """The endpoint's time limit for one exchange."""
        limit = self._endpoint.timeout
        with trio.move_on_after(limit) as scope:
            yield
        if scope.cancelled_caught:
            raise Unreachable(self._endpoint.plc, f"no answer within {limit:g} s")

    async def send(self, message: bytes) -> None:
        """Send all of it. What raises may have sent some."""
        await trio.lowlevel.checkpoint_if_cancelled()
        while message:
            try:
                message = message[self._socket.send(message) :]
            except BlockingIOError:
                await self._until(trio.lowlevel.wait_writable)
            except OSError as exc:
                raise self._lost(exc) from exc

    def send_nowait(self, message: bytes) -> int:
        """Send as much of it as is taken at once, without waiting; how many bytes that was."""
        try:
            return self._socket.send(message)
        except OSError:
            return 0

    async def receive(self, size: int) -> bytes:
        """Exactly so many bytes."""
        while len(self._received) < size:
            await self._until(trio.lowlevel.wait_readable)
            try:
                chunk = self._socket.recv(_CHUNK)
            except BlockingIOError:
                continue
            except OSError as exc:
                raise self._lost(exc) from exc
            if not chunk:
                raise Ended(self._endpoint.plc, "the PLC has closed the connection")
            self._received += chunk
        taken = bytes(self._received[:size])
        del self._received[:size]
        return taken

    def check_quiet(self) -> None:
        """Raise `Unsent` where something is there before anything was asked.

        It is the end of the connection, or a lie.
        """
        plc = self._endpoint.plc
        try:
            found = self._received or self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return
        except OSError as exc:
            raise Unsent(plc, self._lost(exc).reason) from exc
        said = "has sent what nobody asked for" if found else "has closed the connection"
        raise Unsent(plc, f"the PLC {said}")

    def shut(self) -> None:
        """Close at once."""
        if not self._is_shut:
            trio.lowlevel.notify_closing(self._socket)
            self._socket.close()

    @property
    def _is_shut(self) -> bool:
        return self._socket.fileno() < 0

    async def _until(self, ready: Callable[[socket.socket], Awaitable[None]]) -> None:
        """Wait until the socket is ready; closing it ends that."""
        if self._is_shut:
            raise Unreachable(self._endpoint.plc, _CLOSED)
        try:
            await ready(self._socket)
        except trio.ClosedResourceError as exc:
            raise Unreachable(self._endpoint.plc, _CLOSED) from exc

    def _lost(self, exc: OSError) -> Unreachable:
        reason = _CLOSED if self._is_shut else os.strerror(exc.errno or 0).lower()
        return Unreachable(self._endpoint.plc, reason)
