"""One TCP connection to a PLC, with its time limit and its reasons.

    stream = Stream(endpoint, await dial(endpoint, 44818, worker))
    with stream.in_time():
        await stream.send(request)
        head = await stream.receive(24)
    stream.shut()

Errors: `Unreachable`; after one the stream is of no more use, because a late reply would be taken
for the next answer. Closing: `shut`, at any time and twice; it never waits.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import trio

from warlogix.drivers.dialling import why
from warlogix.drivers.exchanges import Unsent
from warlogix.errors import Unreachable
from warlogix.tags import Endpoint

_CHUNK = 65536


class Ended(Unreachable):
    """The PLC has closed the connection."""


class Stream:
    """Whole messages out, exactly as many bytes in as are asked for."""

    def __init__(self, endpoint: Endpoint, opened: trio.SocketStream) -> None:
        self._endpoint = endpoint
        self._opened = opened
        self._received = bytearray()
        # An exchange is one small message each way: nobody gains from waiting for more.
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @property
    def local_address(self) -> str:
        """This side's own address on the way to the PLC."""
        return str(self._opened.socket.getsockname()[0])

    @contextmanager
    def in_time(self) -> Iterator[None]:
        """The endpoint's time limit for one exchange."""
        limit = self._endpoint.timeout
        try:
            with trio.fail_after(limit):
                yield
        except trio.TooSlowError as exc:
            raise Unreachable(self._endpoint.plc, f"no answer within {limit:g} s") from exc

    async def send(self, message: bytes) -> None:
        """Send all of it. What raises may have sent some."""
        try:
            await self._opened.send_all(message)
        except (trio.BrokenResourceError, trio.ClosedResourceError) as exc:
            raise self._lost(exc) from exc

    def send_nowait(self, message: bytes) -> int:
        """Send as much of it as is taken at once, without waiting; how many bytes that was."""
        try:
            with self._held() as held:
                return held.send(message, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
        except OSError:
            return 0

    async def receive(self, size: int) -> bytes:
        """Exactly so many bytes."""
        while len(self._received) < size:
            try:
                chunk = await self._opened.receive_some(_CHUNK)
            except (trio.BrokenResourceError, trio.ClosedResourceError) as exc:
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
            found = self._received or self._peek()
        except BlockingIOError:
            return
        except OSError as exc:
            raise Unsent(plc, os.strerror(exc.errno or 0).lower()) from exc
        said = "has sent what nobody asked for" if found else "has closed the connection"
        raise Unsent(plc, f"the PLC {said}")

    def shut(self) -> None:
        """Close at once."""
        self._opened.socket.close()

    def _peek(self) -> bytes:
        """What has arrived and was not received yet. Trio's sockets never block."""
        with self._held() as held:
            return held.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)

    def _held(self) -> socket.socket:
        """The same socket without Trio, which the caller closes."""
        return socket.socket(fileno=os.dup(self._opened.socket.fileno()))

    def _lost(self, exc: Exception) -> Unreachable:
        closed = isinstance(exc, trio.ClosedResourceError)
        reason = "the connection is closed" if closed else why(exc)
        return Unreachable(self._endpoint.plc, reason)
