"""The session with an NJ, NX or NY over EtherNet/IP.

Connecting asks nothing of tags: what they are is learned with the first read of them.
"""

import logging
import time
from collections.abc import Callable

import trio

from warlogix.datatypes import Kind
from warlogix.drivers.cip.identity import ROCKWELL
from warlogix.drivers.cip.link import PORT, CipLink
from warlogix.drivers.dialling import dial
from warlogix.drivers.exchanges import Urgency
from warlogix.drivers.kept import Kept
from warlogix.drivers.omron.eip.browsing import browse
from warlogix.drivers.omron.eip.definitions import Definitions
from warlogix.drivers.omron.eip.scan import EipScan
from warlogix.drivers.omron.eip.writing import EipWrite
from warlogix.drivers.stream import Stream
from warlogix.errors import Rejected, Unreachable
from warlogix.tags import Endpoint, Found, Readings, Tag, Value, WriteResult

# The most bytes of a connection that a controller opens by the large and by the ordinary request.
_SIZES = (1994, 502)
# A read of many messages may take so many times the limit of one, and so many go into learning.
_LIMITS_PER_READ = 3
_LIMITS_TO_LEARN = 2

_log = logging.getLogger(__name__)


class OmronEipSession:
    """One connection; see `warlogix.drivers.session`.

    `now` is the monotonic clock by which what was refused is tried again.
    """

    def __init__(self, endpoint: Endpoint, now: Callable[[], float] = time.monotonic) -> None:
        self._endpoint = endpoint
        self._now = now
        self._is_shut = False
        self._link: CipLink | None = None
        self._definitions: Definitions | None = None
        self._scans: Kept[EipScan] = Kept()

    async def open(self) -> None:
        """Connect, greet, and open a CIP connection if the controller has one left."""
        stream = Stream(self._endpoint, await dial(self._endpoint, PORT))
        if self._is_shut:
            stream.shut()
            raise Unreachable(self._endpoint.plc, "the connection is closed")
        link = self._link = CipLink(self._endpoint, stream)
        identity = await link.greet()
        if identity.vendor == ROCKWELL:
            remedy = 'write family = "logix", or "micro800"'
            said = f"the PLC says that it is a {identity.product} of Rockwell: {remedy}"
            raise Rejected(self._endpoint.plc, said)
        await link.join(b"", _SIZES)
        self._definitions = Definitions(link)
        _log.debug(
            "%s: connected to %s %d.%d, messages of %d bytes",
            self._endpoint.plc,
            identity.product,
            *identity.revision,
            link.size,
        )

    async def read(self, tags: tuple[Tag, ...]) -> Readings:
        """Every tag, in order; the same `Readings` object again while nothing changes."""
        opened, started = self._opened(), self._now()
        scan = self._scans.of(tags, lambda: EipScan(tags, *opened))
        limit = _LIMITS_PER_READ * self._endpoint.timeout
        until = trio.current_time() + _LIMITS_TO_LEARN * self._endpoint.timeout
        try:
            with trio.fail_after(limit):
                readings = await scan.read(started, until)
        except trio.TooSlowError as exc:
            reason = f"{len(tags)} tags took more than {limit:g} s"
            raise Unreachable(self._endpoint.plc, reason) from exc
        _log.debug(
            "%s: %d tags by %d messages in %.1f ms, %d bad",
            self._endpoint.plc,
            len(tags),
            scan.requests,
            1000 * (self._now() - started),
            len(readings.bad),
        )
        return readings

    async def write(self, tag: Tag, value: Value, urgency: Urgency) -> WriteResult:
        """One value, request by request."""
        link, definitions = self._opened()
        result = await EipWrite(link, definitions).write(tag, self.kind(tag), value, urgency)
        _log.debug("%s: write of %s: %s", self._endpoint.plc, tag.name, result.outcome.value)
        return result

    async def browse(self) -> list[Found]:
        """Every published variable."""
        link, definitions = self._opened()
        return await browse(self._endpoint.plc, link, definitions)

    def kind(self, tag: Tag) -> Kind | None:
        """What the controller said of the tag when it was last read."""
        for scan in self._scans:
            if (kind := scan.kind(tag)) is not None:
                return kind
        return None

    def shut(self) -> None:
        """Close the connection, now or as soon as there is one."""
        self._is_shut = True
        if self._link is not None:
            self._link.shut()

    def _opened(self) -> tuple[CipLink, Definitions]:
        if self._link is None or self._definitions is None:
            raise Unreachable(self._endpoint.plc, "not connected")
        return self._link, self._definitions
