"""FINS over UDP: each frame is a datagram, with nothing around it.

    way = UdpWay(endpoint, await open_udp(endpoint))

A datagram that answers an earlier command is passed over: the network may give one twice. What
comes after the socket is shut reaches nobody.

Errors: `Unreachable`; after one the way is of no more use.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import trio

from warlogix.drivers.dialling import addresses, why
from warlogix.drivers.exchanges import Unsent
from warlogix.drivers.omron.fins.wire import LONGEST_FRAME, SID_AT
from warlogix.errors import Unreachable
from warlogix.tags import Endpoint


async def open_udp(endpoint: Endpoint) -> trio.socket.SocketType:
    """A socket that talks to the PLC alone, which the caller closes; nothing is sent yet."""
    host, port = endpoint.host, endpoint.port or endpoint.fins_port
    try:
        with trio.fail_after(endpoint.timeout):
            address, *_ = await addresses(host, socket.AF_INET)
    except trio.TooSlowError as exc:
        reason = f"no address of {host} within {endpoint.timeout:g} s"
        raise Unreachable(endpoint.plc, reason) from exc
    except (OSError, UnicodeError) as exc:
        raise Unreachable(endpoint.plc, f"{host}:{port}: {why(exc)}") from exc
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        opened.connect((address, port))
    except OSError as exc:
        opened.close()
        raise Unreachable(endpoint.plc, f"{host}:{port}: {why(exc)}") from exc
    return trio.socket.from_stdlib_socket(opened)


class UdpWay:
    """One UDP socket."""

    name = "UDP"

    def __init__(self, endpoint: Endpoint, opened: trio.socket.SocketType) -> None:
        self._endpoint = endpoint
        self._opened = opened

    @property
    def node(self) -> int:
        """The node that commands are to come from: the end of this side's own address."""
        end = int(str(self._opened.getsockname()[0]).rpartition(".")[2])
        return min(max(end, 1), 254)

    @contextmanager
    def in_time(self) -> Iterator[None]:
        """The endpoint's time limit for one exchange."""
        limit = self._endpoint.timeout
        try:
            with trio.fail_after(limit):
                yield
        except trio.TooSlowError as exc:
            raise Unreachable(self._endpoint.plc, f"no answer within {limit:g} s") from exc

    def check_quiet(self) -> None:
        """Drop what was given twice; `Unsent` where the PLC's host says that nobody is there."""
        if self._opened.fileno() < 0:
            raise Unsent(self._endpoint.plc, "the connection is closed")
        held = socket.socket(fileno=os.dup(self._opened.fileno()))
        with held:
            try:
                while held.recv(LONGEST_FRAME, socket.MSG_DONTWAIT):
                    pass
            except BlockingIOError:
                return
            except OSError as exc:
                raise Unsent(self._endpoint.plc, why(exc)) from exc

    async def send(self, frame: bytes) -> None:
        """Send one FINS frame."""
        try:
            await self._opened.send(frame)
        except (OSError, trio.ClosedResourceError) as exc:
            raise self._lost(exc) from exc

    async def receive(self, sid: int) -> bytes:
        """The next FINS frame that answers this command."""
        while True:
            try:
                frame = await self._opened.recv(LONGEST_FRAME + 1)
            except (OSError, trio.ClosedResourceError) as exc:
                raise self._lost(exc) from exc
            if frame[SID_AT : SID_AT + 1] in (b"", bytes((sid,))):
                return frame

    def shut(self) -> None:
        """Close at once."""
        self._opened.close()

    def _lost(self, exc: Exception) -> Unreachable:
        closed = isinstance(exc, trio.ClosedResourceError)
        reason = "the connection is closed" if closed else why(exc)
        return Unreachable(self._endpoint.plc, reason)
