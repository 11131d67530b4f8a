"""The driver for Siemens S7: a whole scan, or a whole write, in one hop to a thread.

A reply that is no answer to its request, a time limit or a closed connection ends the link: it is
shut, and every later call is `Unreachable` until there is a new driver. A bad address is a bad
reading. A CPU that permits no PUT/GET is `Rejected` and the connection stays.
"""

import logging
import socket
import time
from collections.abc import Callable

import trio

from warlogix.addresses.s7 import parse_s7
from warlogix.datatypes import Kind
from warlogix.drivers.blocking import Worker
from warlogix.drivers.dialling import dial
from warlogix.drivers.exchanges import Nonsense, Unanswered, Unsent, Urgency
from warlogix.drivers.kept import Kept
from warlogix.drivers.s7.link import S7Link
from warlogix.drivers.s7.reasons import PUT_GET_OFF, refused_request
from warlogix.drivers.s7.scan import S7Scan
from warlogix.drivers.s7.wire import Refusal, Request, make_request, read_reply, write_reply
from warlogix.drivers.s7.writing import S7Write
from warlogix.errors import DriverError, Malformed, Rejected, Unreachable
from warlogix.tags import Endpoint, Found, Outcome, Readings, Tag, Value, WriteResult

PORT = 102

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
        self._scans: Kept[S7Scan] = Kept()

    async def connect(self) -> None:
        """Connect, greet the CPU and agree on the length of messages."""
        stream = await dial(self._endpoint, PORT, self._worker)
        connected = socket.socket(fileno=stream.socket.detach())
        link = self._link = S7Link(self._endpoint, connected)
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
            urgency = Urgency(self._endpoint.plc, self._now)
            result = await self._worker.run(self._write, link, tag, value, urgency)
            usable = result.outcome is not Outcome.UNKNOWN
        except Rejected:
            usable = True
            raise
        finally:
            if not usable:
                self._shut()
        return result

    async def browse(self) -> list[Found]:
        """A CPU does not tell by this protocol."""
        raise Rejected(self._endpoint.plc, "an S7 does not tell what tags it has")

    def kind(self, tag: Tag) -> Kind | None:
        """What the configuration says: a CPU does not tell."""
        return tag.kind

    async def aclose(self) -> None:
        """Shut the socket from here, which frees a thread that waits in it."""
        self._shut()
        await trio.lowlevel.checkpoint()

    def _shut(self) -> None:
        if self._link is not None:
            self._link.shut()
            self._link = None

    def _read(self, link: S7Link, tags: tuple[Tag, ...]) -> Readings:
        """The whole scan; runs in the worker's thread."""

        def ask(request: Request) -> list[bytes | int]:
            return self._ask(link, request)

        encoding = self._endpoint.string_encoding
        scan = self._scans.of(tags, lambda: S7Scan(tags, encoding, link.pdu))
        started = self._now()
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

    def _write(self, link: S7Link, tag: Tag, value: Value, urgency: Urgency) -> WriteResult:
        """The whole write; runs in the worker's thread."""

        def send(message: bytes, count: int) -> list[int]:
            urgency.check()
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
        took, became = 1000 * (self._now() - urgency.called), result.outcome.value
        _log.debug("%s: write of %s: %s in %.1f ms", self._endpoint.plc, tag.name, became, took)
        return result

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
