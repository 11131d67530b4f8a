"""The driver for Siemens S7.

A reply that is no answer to its request, a time limit or a closed connection ends the link. A bad
address is a bad reading. A CPU that permits no PUT/GET is `Rejected` and the connection stays.
"""

import logging
import time
from collections.abc import Callable, Sequence
from functools import partial

from warlogix.addresses.s7 import parse_s7
from warlogix.datatypes import Kind
from warlogix.drivers.dialling import dial
from warlogix.drivers.exchanges import Nonsense, Unanswered, Unsent, Urgency
from warlogix.drivers.kept import Kept
from warlogix.drivers.s7.link import S7Link
from warlogix.drivers.s7.reasons import PUT_GET_OFF, refused_request
from warlogix.drivers.s7.scan import S7Scan
from warlogix.drivers.s7.wire import Refusal, Request, make_request, read_reply, write_reply
from warlogix.drivers.s7.writing import S7Write
from warlogix.drivers.session import SessionDriver
from warlogix.drivers.stream import Stream
from warlogix.errors import DriverError, Malformed, Rejected, Unreachable
from warlogix.tags import Endpoint, Found, Outcome, Readings, Tag, Value, WriteResult

PORT = 102

_log = logging.getLogger(__name__)


class S7Driver(SessionDriver):
    """One connection to one S7 CPU; see `warlogix.drivers.base` for what it promises.

    `now` is the monotonic clock by which refused addresses are tried again.
    """

    def __init__(self, endpoint: Endpoint, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__(endpoint, partial(S7Session, now=now), now)


class S7Session:
    """See `warlogix.drivers.session.Session`; `now` is a monotonic clock."""

    def __init__(self, endpoint: Endpoint, now: Callable[[], float]) -> None:
        self._endpoint = endpoint
        self._now = now
        self._link: S7Link | None = None
        self._scans: Kept[S7Scan] = Kept()

    async def open(self) -> None:
        """Connect, greet the CPU and agree on the length of messages."""
        stream = Stream(self._endpoint, await dial(self._endpoint, PORT))
        link = self._link = S7Link(self._endpoint, stream)
        await link.open()
        _log.debug("%s: connected, messages of %d bytes", self._endpoint.plc, link.pdu)

    async def read(self, tags: tuple[Tag, ...]) -> Readings:
        """Every tag, in order; the same `Readings` object again while nothing changes."""
        encoding, pdu = self._endpoint.string_encoding, self._present().pdu
        scan = self._scans.of(tags, lambda: S7Scan(tags, encoding, pdu))
        started = self._now()
        readings = await scan.read(self._ask, started)
        _log.debug(
            "%s: %d tags by %d requests in %.1f ms, %d bad",
            self._endpoint.plc,
            len(tags),
            scan.requests,
            1000 * (self._now() - started),
            len(readings.bad),
        )
        return readings

    async def write(self, tag: Tag, value: Value, urgency: Urgency) -> WriteResult:
        """One value, message by message, each sent once."""

        async def send(message: bytes, count: int) -> Sequence[int]:
            urgency.check()
            return await self._send(message, count)

        encoding, pdu = self._endpoint.string_encoding, self._present().pdu
        try:
            address = parse_s7(tag.name, tag.data_type)
        except Malformed as exc:
            return WriteResult(Outcome.REFUSED, str(exc))
        try:
            result = await S7Write(address, encoding, pdu).write(value, self._ask, send)
        except Refusal as exc:
            reason = refused_request(exc.code)
            if exc.code == PUT_GET_OFF:
                raise Rejected(self._endpoint.plc, reason) from exc
            return WriteResult(Outcome.REFUSED, reason)
        took, became = 1000 * (self._now() - urgency.called), result.outcome.value
        _log.debug("%s: write of %s: %s in %.1f ms", self._endpoint.plc, tag.name, became, took)
        return result

    async def browse(self) -> list[Found]:
        """A CPU does not tell by this protocol."""
        raise Rejected(self._endpoint.plc, "an S7 does not tell what tags it has")

    def kind(self, tag: Tag) -> Kind | None:
        """What the configuration says: a CPU does not tell."""
        return tag.kind

    def shut(self) -> None:
        """Close at any time, twice, and after a failure."""
        if self._link is not None:
            self._link.shut()

    async def _send(self, message: bytes, count: int) -> Sequence[int]:
        """Each piece's code. Once it was tried to send the message there is an answer, or none."""
        try:
            reply, reference = await self._present().exchange_once(message)
        except Unsent:
            raise
        except DriverError as exc:
            raise Unanswered(exc.reason) from exc
        try:
            return write_reply(reply, reference, count)
        except Nonsense as exc:
            raise Unanswered(f"the CPU sent {exc}") from exc

    async def _ask(self, request: Request) -> list[bytes | int]:
        """Each item's bytes or code; a request refused as a whole is asked item by item."""
        reply, reference = await self._present().exchange(request.message)
        try:
            return read_reply(reply, reference, request.items)
        except Nonsense as exc:
            raise Unreachable(self._endpoint.plc, f"the CPU sent {exc}") from exc
        except Refusal as exc:
            if exc.code == PUT_GET_OFF:
                raise Rejected(self._endpoint.plc, refused_request(exc.code)) from exc
            if len(request.items) == 1:
                return [exc.code]
        return [(await self._ask(make_request([item])))[0] for item in request.items]

    def _present(self) -> S7Link:
        if self._link is None:
            raise Unreachable(self._endpoint.plc, "not connected")
        return self._link
