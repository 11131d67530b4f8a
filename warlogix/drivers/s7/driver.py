"""The driver for Siemens S7: a whole scan, or a whole write, in one hop to a thread.

A reply that is no answer to its request, a time limit or a closed connection ends the link: it is
shut, and every later call is `Unreachable` until there is a new driver. A bad address is a bad
reading. A CPU that permits no PUT/GET is `Rejected` and the connection stays.
"""

import errno
import logging
import os
import socket
import time
from collections.abc import Callable

import trio

from warlogix.addresses.s7 import parse_s7
from warlogix.drivers.blocking import Worker
from warlogix.drivers.s7.link import S7Link, Unsent
from warlogix.drivers.s7.reasons import PUT_GET_OFF, refused_request
from warlogix.drivers.s7.scan import S7Scan
from warlogix.drivers.s7.wire import (
    Nonsense,
    Refusal,
    Request,
    make_request,
    read_reply,
    write_reply,
)
from warlogix.drivers.s7.writing import S7Write, Unanswered
from warlogix.errors import DriverError, Malformed, Rejected, Unreachable
from warlogix.tags import Endpoint, Outcome, Readings, Tag, Value, WriteResult

PORT = 102
# So many tuples of tags keep their plans, those that are read most: a poller's stays, however many
# tags are read once in between.
_SCANS_KEPT = 8
# Seconds from the call of a write until its first message, at the most.
_START_WITHIN = 1.0
# And until its last one, where it takes several.
_END_WITHIN = 2.5

_log = logging.getLogger(__name__)


class S7Driver:
    """One connection to one S7 CPU; see `warlogix.drivers.base` for what it promises.

    `now` is the monotonic clock by which refused addresses are tried again.
    """

    def __init__(self, endpoint: Endpoint, now: Callable[[], float] = time.monotonic) -> None:
        self._endpoint = endpoint
        self._now = now
        self._worker = Worker()
        self._link: S7Link | None = None
        self._scans: list[S7Scan] = []

    async def connect(self) -> None:
        """Connect, greet the CPU and agree on the length of messages."""
        link = self._link = S7Link(self._endpoint, await self._dial())
        opened = False
        try:
            await self._worker.run(link.open)
            opened = True
        finally:
            if not opened:
                self._shut()
        _log.debug("%s: connected, messages of %d bytes", self._endpoint.plc, link.pdu)

    async def read(self, tags: tuple[Tag, ...]) -> Readings:
        """Every tag, in order; the same `Readings` object again while nothing changes."""
        link = self._link
        if link is None:
            raise Unreachable(self._endpoint.plc, "not connected")
        usable = False
        try:
            readings = await self._worker.run(self._read, link, tags)
            usable = True
        except Rejected:
            usable = True
            raise
        finally:
            if not usable:
                self._shut()
        return readings

    async def write(self, tag: Tag, value: Value) -> WriteResult:
        """One value, sent once; what is not certain is unknown and ends the link."""
        link = self._link
        if link is None:
            raise Unreachable(self._endpoint.plc, "not connected")
        usable = False
        try:
            result = await self._worker.run(self._write, link, tag, value, self._now())
            usable = result.outcome is not Outcome.UNKNOWN
        except Rejected:
            usable = True
            raise
        finally:
            if not usable:
                self._shut()
        return result

    async def aclose(self) -> None:
        """Shut the socket from here, which frees a thread that waits in it."""
        self._shut()
        await trio.lowlevel.checkpoint()

    def _shut(self) -> None:
        if self._link is not None:
            self._link.shut()
            self._link = None

    async def _dial(self) -> socket.socket:
        """A connected TCP socket; no thread waits for a host that does not answer."""
        host, port = self._endpoint.host, self._endpoint.port or PORT
        try:
            with trio.fail_after(self._endpoint.timeout):
                stream = await self._open_stream(host, port)
        except trio.TooSlowError as exc:
            reason = f"no answer from {host}:{port} within {self._endpoint.timeout:g} s"
            raise Unreachable(self._endpoint.plc, reason) from exc
        except (OSError, UnicodeError) as exc:
            raise Unreachable(self._endpoint.plc, f"{host}:{port}: {_why(exc)}") from exc
        return socket.socket(fileno=stream.socket.detach())

    async def _open_stream(self, host: str, port: int) -> trio.SocketStream:
        """A connection to the first of the host's addresses that takes one.

        Names are resolved in this driver's own thread: a name server that is dead costs no other
        PLC a thread of those that all share.
        """
        found = await self._worker.run(_addresses, host, port)
        for last, address in enumerate(found, 1 - len(found)):
            try:
                return await trio.open_tcp_stream(address, port)
            except OSError:
                if not last:
                    raise
        raise OSError(errno.EADDRNOTAVAIL, "the name has no address")

    def _read(self, link: S7Link, tags: tuple[Tag, ...]) -> Readings:
        """The whole scan; runs in the worker's thread."""

        def ask(request: Request) -> list[bytes | int]:
            return self._ask(link, request)

        scan, started = self._scan(link, tags), self._now()
        readings = scan.read(ask, started)
        _log.debug(
            "%s: %d tags by %d requests in %.1f ms, %d bad",
            self._endpoint.plc,
            len(tags),
            scan.requests,
            1000 * (self._now() - started),
            len(readings.bad),
        )
        return readings

    def _scan(self, link: S7Link, tags: tuple[Tag, ...]) -> S7Scan:
        for scan in self._scans:
            if scan.tags is tags:
                return scan
        if len(self._scans) == _SCANS_KEPT:
            self._scans.remove(min(self._scans, key=lambda scan: scan.reads))
        scan = S7Scan(tags, self._endpoint.string_encoding, link.pdu)
        self._scans.append(scan)
        return scan

    def _write(self, link: S7Link, tag: Tag, value: Value, called: float) -> WriteResult:
        """The whole write; runs in the worker's thread."""
        limit = _START_WITHIN

        def send(message: bytes, count: int) -> list[int]:
            nonlocal limit
            self._check_in_time(called, limit)
            limit = _END_WITHIN
            return self._send(link, message, count)

        encoding = self._endpoint.string_encoding
        try:
            write = S7Write(parse_s7(tag.name, tag.data_type), encoding, link.pdu)
            result = write.write(value, lambda request: self._ask(link, request), send)
        except Malformed as exc:
            return WriteResult(Outcome.REFUSED, str(exc))
        except Refusal as exc:
            reason = refused_request(exc.code)
            if exc.code == PUT_GET_OFF:
                raise Rejected(self._endpoint.plc, reason) from exc
            return WriteResult(Outcome.REFUSED, reason)
        took, became = 1000 * (self._now() - called), result.outcome.value
        _log.debug("%s: write of %s: %s in %.1f ms", self._endpoint.plc, tag.name, became, took)
        return result

    def _check_in_time(self, called: float, limit: float) -> None:
        """Who called has judged then that the value may be written, not for any later time.

        A process that stood still, and a header that came late, would write an old value; a value
        of several messages that stood still in between, the rest of one over a newer one.
        """
        held_up = self._now() - called
        if held_up > limit:
            raise Unsent(self._endpoint.plc, f"held up for {held_up:.1f} s and not sent")

    def _send(self, link: S7Link, message: bytes, count: int) -> list[int]:
        """Each piece's code. Once it was tried to send the message there is an answer, or none."""
        try:
            reply, reference = link.exchange_once(message)
        except Unsent:
            raise
        except DriverError as exc:
            raise Unanswered(exc.reason) from exc
        try:
            return write_reply(reply, reference, count)
        except Nonsense as exc:
            raise Unanswered(f"the CPU sent {exc}") from exc

    def _ask(self, link: S7Link, request: Request) -> list[bytes | int]:
        """Each item's bytes or code; a request refused as a whole is asked item by item."""
        reply, reference = link.exchange(request.message)
        try:
            return read_reply(reply, reference, request.items)
        except Nonsense as exc:
            raise Unreachable(self._endpoint.plc, f"the CPU sent {exc}") from exc
        except Refusal as exc:
            if exc.code == PUT_GET_OFF:
                raise Rejected(self._endpoint.plc, refused_request(exc.code)) from exc
            if len(request.items) == 1:
                return [exc.code]
        return [self._ask(link, make_request([item]))[0] for item in request.items]


def _addresses(host: str, port: int) -> list[str]:
    """The addresses of a host, best first. Blocks for as long as the name servers take."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _why(exc: BaseException) -> str:
    """The words of the first cause that has any."""
    while isinstance(exc.__cause__, OSError):
        exc = exc.__cause__
    if isinstance(exc.__cause__, BaseExceptionGroup):
        return "; ".join(sorted({_why(each) for each in exc.__cause__.exceptions}))
    if isinstance(exc, OSError) and exc.errno is not None and exc.errno > 0:
        return os.strerror(exc.errno).lower()
    words = exc.strerror if isinstance(exc, OSError) else None
    return (words or str(exc)).lower()
