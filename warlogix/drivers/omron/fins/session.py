"""The session with an Omron PLC over FINS: by TCP, and by UDP where the PLC refuses TCP.

Connecting ends with a question for the controller's data: only a PLC that answers it is there.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

import trio

from warlogix.addresses.fins import parse_fins
from warlogix.datatypes import Kind
from warlogix.drivers.dialling import dial
from warlogix.drivers.exchanges import Nonsense, Refused, Urgency
from warlogix.drivers.in_pieces import send_all
from warlogix.drivers.kept import Kept
from warlogix.drivers.omron.fins.link import FinsLink, Way
from warlogix.drivers.omron.fins.pieces import write_commands
from warlogix.drivers.omron.fins.reader import Reader
from warlogix.drivers.omron.fins.reasons import refused
from warlogix.drivers.omron.fins.scan import FinsScan
from warlogix.drivers.omron.fins.tcp import TcpWay
from warlogix.drivers.omron.fins.udp import UdpWay, open_udp
from warlogix.drivers.omron.fins.wire import CONTROLLER_DATA, Refusal, Route, controller
from warlogix.drivers.stream import Stream
from warlogix.errors import Malformed, Rejected, Unreachable
from warlogix.tags import Endpoint, Found, Outcome, Readings, Tag, Value, WriteResult
from warlogix.values import BadValue

# A read of many commands may take so many times the limit of one.
_LIMITS_PER_READ = 3

_log = logging.getLogger(__name__)


class FinsSession:
    """One connection, or one UDP socket; see `warlogix.drivers.session`."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._way: Way | None = None
        self._link: FinsLink | None = None
        self._reader = Reader(self._ask)
        self._scans: Kept[FinsScan] = Kept()

    async def open(self) -> None:
        """Connect, and ask what the PLC is."""
        with self._sense():
            try:
                stream = await dial(self._endpoint, self._endpoint.fins_port)
            except Unreachable as exc:
                if not _is_refused(exc):
                    raise
                self._link = await self._open_udp(exc.reason)
            else:
                self._link = await self._open_tcp(stream)

    async def _open_tcp(self, stream: trio.SocketStream) -> FinsLink:
        way = self._way = TcpWay(self._endpoint, Stream(self._endpoint, stream))
        return await self._identified(way, await way.greet())

    async def _open_udp(self, refused_tcp: str) -> FinsLink:
        way = self._way = UdpWay(self._endpoint, await open_udp(self._endpoint))
        try:
            return await self._identified(way, way.node)
        except Unreachable as exc:
            reason = f"{refused_tcp}; {exc.reason} over UDP"
            raise Unreachable(self._endpoint.plc, reason) from exc

    async def _identified(self, way: Way, source: int) -> FinsLink:
        """The link over a way, once the PLC has said what it is, or that it does not say so."""
        link = FinsLink(self._endpoint, way, self._route(source))
        try:
            found = controller(await link.ask(CONTROLLER_DATA))
        except Refusal as exc:
            found = refused(exc.code)
        _log.debug("%s: over %s: %s", self._endpoint.plc, way.name, found)
        return link

    def _route(self, source: int) -> Route:
        where = self._endpoint
        return Route(where.fins_network, where.fins_node, where.fins_unit, source)

    async def read(self, tags: tuple[Tag, ...]) -> Readings:
        """Every tag, in order; the same `Readings` object again while nothing changes."""
        scan = self._scans.of(tags, lambda: FinsScan(tags, self._endpoint))
        started = time.monotonic()
        limit = _LIMITS_PER_READ * self._endpoint.timeout
        try:
            with self._sense(), trio.fail_after(limit):
                readings = await scan.read(self._reader, started)
        except trio.TooSlowError as exc:
            reason = f"{scan.requests} commands took more than {limit:g} s"
            raise Unreachable(self._endpoint.plc, reason) from exc
        _log.debug(
            "%s: %d tags by %d commands in %.1f ms, %d bad",
            self._endpoint.plc,
            len(tags),
            scan.requests,
            1000 * (time.monotonic() - started),
            len(readings.bad),
        )
        return readings

    async def write(self, tag: Tag, value: Value, urgency: Urgency) -> WriteResult:
        """One value, command by command."""
        where = self._endpoint
        try:
            commands = write_commands(
                parse_fins(tag.name, tag.data_type),
                value,
                where.string_encoding,
                low_word_first=where.low_word_first,
            )
        except (Malformed, BadValue) as exc:
            return WriteResult(Outcome.REFUSED, str(exc))
        return await send_all(commands, lambda text: self._send(text, urgency))

    async def _send(self, text: bytes, urgency: Urgency) -> None:
        try:
            await self._present().ask_once(text, urgency)
        except Refusal as exc:
            raise Refused(refused(exc.code)) from exc

    async def browse(self) -> list[Found]:
        """A PLC does not tell by this protocol."""
        raise Rejected(self._endpoint.plc, "over FINS a PLC does not tell what tags it has")

    def kind(self, tag: Tag) -> Kind | None:
        """What the configuration says: a PLC does not tell."""
        return tag.kind

    def shut(self) -> None:
        """Close at any time, twice, and after a failure."""
        if self._way is not None:
            self._way.shut()

    async def _ask(self, text: bytes) -> bytes:
        return await self._present().ask(text)

    def _present(self) -> FinsLink:
        if self._link is None:
            raise Unreachable(self._endpoint.plc, "not connected")
        return self._link

    @contextmanager
    def _sense(self) -> Iterator[None]:
        """What cannot be an answer is none."""
        try:
            yield
        except Nonsense as exc:
            raise Unreachable(self._endpoint.plc, f"the PLC sent {exc}") from exc


def _is_refused(exc: BaseException) -> bool:
    """Whether the PLC's host answered that nobody takes TCP connections there."""
    if isinstance(exc, BaseExceptionGroup):
        return all(map(_is_refused, exc.exceptions))
    if isinstance(exc, ConnectionRefusedError):
        return True
    return exc.__cause__ is not None and _is_refused(exc.__cause__)
