"""One connection to a Logix controller or a Micro800, as the gateway's driver needs it.

The controller lists its tags and their types when the session opens; structures are asked for when
a tag needs them. A controller that tells when its program moves is asked with every reading and in
front of writing an array; of one that does not, the list is made anew from time to time, and when
it answers with something else than its list says.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import trio

from warlogix.datatypes import Kind
from warlogix.drivers.cip.connecting import backplane
from warlogix.drivers.cip.identity import OMRON
from warlogix.drivers.cip.link import PORT, CipLink
from warlogix.drivers.cip.messages import DONE, Reply, Request
from warlogix.drivers.cip.types import Unreadable
from warlogix.drivers.cip.writing import write_all
from warlogix.drivers.columns import TRY_AGAIN_AFTER
from warlogix.drivers.declared import changed, contradiction
from warlogix.drivers.dialling import dial
from warlogix.drivers.exchanges import Nonsense, Urgency
from warlogix.drivers.kept import Kept
from warlogix.drivers.logix.browsing import all_found
from warlogix.drivers.logix.catalogue import Catalogue, Flavour
from warlogix.drivers.logix.fetching import Fetcher, Moved, Packing
from warlogix.drivers.logix.learning import Learner
from warlogix.drivers.logix.names import parse_name
from warlogix.drivers.logix.places import Place, find, is_told_by_type
from warlogix.drivers.logix.requests import STATE, writes
from warlogix.drivers.logix.scan import UNLEARNT, LogixScan
from warlogix.drivers.logix.structures import Sample, Unlearnt
from warlogix.drivers.stream import Stream
from warlogix.errors import Malformed, Rejected, Unreachable
from warlogix.tags import Endpoint, Found, Outcome, Readings, Tag, Value, WriteResult
from warlogix.values import BadValue

_SIZES = (4002, 504)
# How the names of products begin.
_MICRO800 = "2080-"
_LOGIX = ("1756-", "1768-", "1769-", "5069-")
# Of the endpoint's time limit: the longest that connecting and reading take in all, and how long
# either goes on asking for lists and structures.
_CONNECT, _READ = 20, 3
_CONNECT_LEARNS, _READ_LEARNS = 15, 1
# Seconds that a write goes on asking, so that it is not too late afterwards.
_WRITE_LEARNS = 0.5
# Seconds until the list of a controller that does not tell of changes is made anew.
_RENEWED_AFTER = 60.0
_ATTEMPTS = 3
# Statuses by which a controller, as one that is downloaded to, tells nothing just now.
_BUSY = (0x02, 0x0C, 0x10)

_log = logging.getLogger(__name__)


class LogixSession:
    """See `warlogix.drivers.session.Session`; `now` is a monotonic clock."""

    def __init__(self, endpoint: Endpoint, now: Callable[[], float] = time.monotonic) -> None:
        self._endpoint = endpoint
        self._now = now
        self._link: CipLink | None = None
        self._ended = False
        self._requests = 0
        self._scans: Kept[LogixScan] = Kept()
        self._learner = Learner(self._ask)
        self._flavour = Flavour.LOGIX
        self._fetcher = Fetcher(self._ask, 0, None, Packing.ALONE)
        self._catalogue = Catalogue(self._flavour, endpoint.string_encoding)
        self._begun = 0.0
        self._is_busy = False

    async def open(self) -> None:
        """Connect, and list the controller's tags."""
        with self._within(_CONNECT):
            stream = Stream(self._endpoint, await dial(self._endpoint, PORT))
            if self._ended:
                stream.shut()
                raise Unreachable(self._endpoint.plc, "the connection is closed")
            link = self._link = CipLink(self._endpoint, stream)
            identity = await link.greet()
            if identity.vendor == OMRON:
                remedy = 'write family = "omron" and protocol = "eip"'
                said = f"the PLC says that it is a {identity.product} of Omron: {remedy}"
                raise Rejected(self._endpoint.plc, said)
            if self._is_micro800(identity.product):
                self._flavour, packing = Flavour.MICRO800, Packing.ALONE
                await link.join(b"", ())
            else:
                packing = Packing.PACKETS
                await link.join(backplane(self._endpoint.slot), _SIZES)
            self._fetcher = Fetcher(self._ask, link.size, None, packing)
            await self._begin()
            await self._learn("", self._until(_CONNECT_LEARNS * self._endpoint.timeout))
        listed = len(self._catalogue.listing("").symbols)
        _log.debug(
            "%s: %s, messages of %d bytes, %d tags listed",
            self._endpoint.plc,
            identity.product,
            link.size,
            listed,
        )

    def _is_micro800(self, product: str) -> bool:
        """By what it says it is; by the configuration where nobody knows such a product."""
        if product.startswith(_LOGIX):
            return False
        return product.startswith(_MICRO800) or self._endpoint.family == "micro800"

    async def read(self, tags: tuple[Tag, ...]) -> Readings:
        """Every tag, in order; the same `Readings` object again while nothing changes."""
        scan = self._scans.of(tags, lambda: LogixScan(tags))
        started, before = self._now(), self._requests
        with self._within(_READ):
            readings = await self._read(scan)
        _log.debug(
            "%s: %d tags by %d requests in %.1f ms, %d bad",
            self._endpoint.plc,
            len(tags),
            self._requests - before,
            1000 * (self._now() - started),
            len(readings.bad),
        )
        return readings

    async def write(self, tag: Tag, value: Value, urgency: Urgency) -> WriteResult:
        """One value, sent once."""
        link = self._present()
        known = self.kind(tag)
        try:
            with self._within(_READ):
                place = await self._place(tag)
            if moved := changed(tag.name, known, place.part.kind):
                raise Unreadable(moved)
            requests = writes(place, value, link.size)
        except (Unreadable, Malformed, BadValue) as exc:
            return WriteResult(Outcome.REFUSED, str(exc))
        result = await write_all(link, requests, urgency)
        took, became = 1000 * (self._now() - urgency.called), result.outcome.value
        _log.debug("%s: write of %s: %s in %.1f ms", self._endpoint.plc, tag.name, became, took)
        return result

    async def browse(self) -> list[Found]:
        """Every tag of the controller and of its programs."""
        with self._sensible():
            if self._fetcher.state is None:
                await self._begin()
            found = await self._all_found()
            for _ in range(_ATTEMPTS):
                if not await self._has_moved():
                    break
                found = await self._all_found()
        return found

    def kind(self, tag: Tag) -> Kind | None:
        """The type that the controller gave for the tag, by its present program if it was read."""
        scans = sorted(self._scans, key=lambda scan: not scan.is_by(self._catalogue))
        kinds = (scan.kind(tag.name) for scan in scans)
        return next((kind for kind in kinds if kind is not None), None)

    def shut(self) -> None:
        """Close at once."""
        self._ended = True
        if self._link is not None:
            self._link.shut()

    async def _read(self, scan: LogixScan) -> Readings:
        """By the program that runs; one that moves while it is read is asked for again."""
        in_time = self._until(_READ_LEARNS * self._endpoint.timeout)
        await self._renew(scan)
        for _ in range(_ATTEMPTS):
            while (unlearnt := scan.settle(self._catalogue)) and in_time():
                for what in unlearnt:
                    await self._learn(what, in_time)
            try:
                return await scan.read(self._fetcher, self._now())
            except Moved:
                _log.info(
                    "%s: the program has changed; its tags are listed anew", self._endpoint.plc
                )
                await self._begin()
        scan.settle(self._catalogue)
        return scan.readings()

    async def _renew(self, scan: LogixScan) -> None:
        """Look again for what a controller does not have, or does not tell by itself."""
        age = self._now() - self._begun
        if self._is_busy:
            await self._begin()
        elif scan.is_lacking and age >= TRY_AGAIN_AFTER and self._fetcher.state is not None:
            self._begun = self._now()
            self._catalogue.forget_refusals()
        elif self._fetcher.state is None and age >= (
            TRY_AGAIN_AFTER if scan.is_lacking else _RENEWED_AFTER
        ):
            await self._begin()

    async def _begin(self) -> None:
        """Forget what is known of the program. Its state is asked for before anything of it."""
        reply = await self._ask(STATE)
        self._fetcher.state = reply.data if reply.status == DONE else None
        self._is_busy = reply.status in _BUSY
        self._catalogue = Catalogue(self._flavour, self._endpoint.string_encoding)
        self._begun = self._now()

    async def _has_moved(self) -> bool:
        """Whether the program is not the one that was known; it is begun anew then."""
        if self._fetcher.state is None and not self._is_busy:
            return False
        with suppress(Moved):
            if not self._is_busy:
                await self._fetcher.check_state()
                return False
        await self._begin()
        return True

    async def _learn(self, what: int | str | Sample, in_time: Callable[[], bool]) -> bool:
        return await self._learner.learn(self._catalogue, what, in_time)

    async def _place(self, tag: Tag) -> Place:
        """Where the tag is in the program that runs now, if it may be written."""
        place = await self._settled(tag)
        if wrong := contradiction(tag, place.part.kind):
            raise Unreadable(wrong)
        if not place.writable:
            raise Unreadable(
                f"the PLC lets nobody write {tag.name}: its External Access is Read Only"
            )
        return place

    async def _settled(self, tag: Tag) -> Place:
        """Where the tag is, asked for until the program stands still."""
        for _ in range(_ATTEMPTS):
            unreadable = None
            try:
                place = await self._find(tag)
            except Unreadable as exc:
                unreadable = exc
            if unreadable is None and is_told_by_type(place.part):
                return place
            if not await self._has_moved():
                if unreadable:
                    raise unreadable
                return place
        raise Unreadable("the PLC's program changes at this moment")

    async def _find(self, tag: Tag) -> Place:
        in_time, name = self._until(_WRITE_LEARNS), parse_name(tag.name)
        while True:
            try:
                return find(name, self._catalogue)
            except Unlearnt as exc:
                what = exc.what
            if not await self._learn(what, in_time) or not in_time():
                raise Unreadable(UNLEARNT)

    async def _all_found(self) -> list[Found]:
        try:
            return await all_found(self._catalogue, lambda what: self._learn(what, lambda: True))
        except Unreadable as exc:
            raise Rejected(self._endpoint.plc, str(exc)) from exc

    async def _ask(self, request: Request) -> Reply:
        self._requests += 1
        return await self._present().ask(request)

    def _present(self) -> CipLink:
        if self._link is None:
            raise Unreachable(self._endpoint.plc, "not connected")
        return self._link

    def _until(self, seconds: float) -> Callable[[], bool]:
        end = self._now() + seconds
        return lambda: self._now() < end

    @contextmanager
    def _within(self, times: int) -> Iterator[None]:
        """So many times the endpoint's limit for all of it."""
        limit = times * self._endpoint.timeout
        try:
            with trio.fail_after(limit), self._sensible():
                yield
        except trio.TooSlowError as exc:
            reason = f"the PLC took longer than {limit:g} s for all of it"
            raise Unreachable(self._endpoint.plc, reason) from exc

    @contextmanager
    def _sensible(self) -> Iterator[None]:
        try:
            yield
        except Nonsense as exc:
            raise Unreachable(self._endpoint.plc, f"the PLC sent {exc}") from exc
