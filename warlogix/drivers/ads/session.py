"""One PLC's variables over a connection that other PLCs of the same host may share.

The program's signs are read with every request: when they move, all that was learned of the program
is thrown away and learned anew before anything is decoded or written.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from warlogix.datatypes import Kind
from warlogix.drivers.ads.browsing import SYMBOLS, TYPES, found_in, upload_sizes
from warlogix.drivers.ads.link import AdsLink
from warlogix.drivers.ads.links import AdsLinks
from warlogix.drivers.ads.program import BY_HANDLE, UPLOAD_INFO, Absent, Program, Variable, release
from warlogix.drivers.ads.reasons import is_away, leaves_open, reason
from warlogix.drivers.ads.scan import Scan, unusable
from warlogix.drivers.ads.sums import MOST_PARTS, sum_read_results
from warlogix.drivers.ads.wire import (
    AdsRefusal,
    Request,
    RouterRefusal,
    check_written,
    read,
    read_data,
    write,
)
from warlogix.drivers.declared import changed
from warlogix.drivers.exchanges import Nonsense, Unanswered, Unsent, Urgency
from warlogix.drivers.kept import Kept
from warlogix.errors import Rejected, Unreachable
from warlogix.tags import Endpoint, Found, Outcome, Readings, Tag, Value, WriteResult
from warlogix.values import BadValue

# How often a program that changes is learned anew within one call.
_ATTEMPTS = 3

_log = logging.getLogger(__name__)


class AdsSession:
    """One AMS port of one PLC; see `warlogix.drivers.session`.

    `now` is the monotonic clock by which the PLC is asked again for what it refused.
    """

    def __init__(
        self, links: AdsLinks, endpoint: Endpoint, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._links = links
        self._endpoint = endpoint
        self._now = now
        self._link: AdsLink | None = None
        self._is_shut = False
        self._program: Program | None = None
        self._scans: Kept[Scan] = Kept()

    async def open(self) -> None:
        """Join the connection to the host, and learn which program is there."""
        link = await self._links.join(self._endpoint, self)
        if self._is_shut:
            self._links.leave(link, self)
            raise Unreachable(self._endpoint.plc, "the connection is closed")
        self._link = link
        with self._sensible():
            await self._known()

    async def read(self, tags: tuple[Tag, ...]) -> Readings:
        """Every tag, in order; the same `Readings` object again while nothing changes."""
        scan, started = self._scans.of(tags, lambda: Scan(tags)), self._now()
        scan.reads += 1
        with self._sensible():
            await self._read(scan, started + self._endpoint.timeout)
        readings = scan.readings()
        _log.debug(
            "%s: %d tags by %d requests in %.1f ms, %d bad",
            self._endpoint.plc,
            len(tags),
            len(scan.asked),
            1000 * (self._now() - started),
            len(readings.bad),
        )
        return readings

    async def write(self, tag: Tag, value: Value, urgency: Urgency) -> WriteResult:
        """One value in one message, to what the PLC has there now."""
        before = self.kind(tag)
        with self._sensible():
            found = await self._current(tag.name)
        if why_not := unusable(tag, found) or _not_writable(found, before, tag.name):
            return WriteResult(Outcome.REFUSED, why_not)
        assert isinstance(found, Variable)
        try:
            raw = found.layout.encode(value)
        except BadValue as exc:
            return WriteResult(Outcome.REFUSED, str(exc))
        result = await self._send(write(BY_HANDLE, found.handle, raw), urgency)
        took, became = 1000 * (self._now() - urgency.called), result.outcome.value
        _log.debug("%s: write of %s: %s in %.1f ms", self._endpoint.plc, tag.name, became, took)
        return result

    async def browse(self) -> list[Found]:
        """Every symbol of the program, in the order of their names."""
        with self._sensible():
            symbols, types = upload_sizes(await self._ask(read(*UPLOAD_INFO)))
            symbol_table = await self._ask(read(SYMBOLS, 0, symbols)) if symbols else b""
            type_table = await self._ask(read(TYPES, 0, types)) if types else b""
            return found_in(symbol_table, type_table)

    def kind(self, tag: Tag) -> Kind | None:
        """The type that the PLC gave; None where it gave none that the tag can have."""
        found = self._program.find(tag.name) if self._program else None
        return found.kind if isinstance(found, Variable) and not unusable(tag, found) else None

    def shut(self) -> None:
        """Leave the connection, giving back what the PLC keeps for this session if it can."""
        self._is_shut = True
        link, self._link = self._link, None
        if link is None:
            return
        handles = self._program.handles() if self._program else []
        for start in range(0, len(handles), MOST_PARTS):
            link.tell_nowait(self._endpoint, release(handles[start : start + MOST_PARTS]))
        self._links.leave(link, self)

    async def _read(self, scan: Scan, until: float) -> None:
        """Read by the plan; what the PLC refuses is learned anew, and tried once more."""
        tried: set[str] = set()
        for _ in range(_ATTEMPTS):
            program = await self._known()
            await program.learn(scan.names, until, self._now)
            scan.follow(program)
            refused = await self._fetch(scan, program)
            if refused is None:
                continue
            for name, code in refused.items():
                if name in tried:
                    program.refuse(name, code, self._now())
                else:
                    program.forget(name)
            scan.follow(program)
            if refused.keys() <= tried:
                return
            tried |= refused.keys()
        raise Rejected(self._endpoint.plc, "the PLC's program was changed while it was read")

    async def _fetch(self, scan: Scan, program: Program) -> dict[str, int] | None:
        """What the PLC refuses, with its code; None where it has another program now."""
        refused: dict[str, int] = {}
        if not scan.asked:
            return refused if await self._holds(program, await program.read_signs()) else None
        for asked in scan.asked:
            results = sum_read_results(await self._ask(asked.request), asked.parts)
            if not await self._holds(program, results[len(asked.indexes) :]):
                return None
            refused |= scan.take(asked, results)
        return refused

    async def _current(self, name: str) -> Variable | Absent | None:
        """What is known of a variable, by the program that the PLC has now."""
        for _ in range(_ATTEMPTS):
            program = await self._known()
            await program.learn([name], self._now() + self._endpoint.timeout, self._now)
            if await self._holds(program, await program.read_signs()):
                return program.find(name)
        raise Rejected(self._endpoint.plc, "the PLC's program was changed before it was written")

    async def _known(self) -> Program:
        if self._program is None:
            program = Program(self._ask, self._endpoint.string_encoding)
            await program.begin()
            self._program = program
        return self._program

    async def _holds(self, program: Program, signs: Sequence[bytes | int]) -> bool:
        """Whether the program is still this one; else it is forgotten."""
        if program.is_current(signs):
            return True
        self._program = None
        _log.debug("%s: the PLC's program was changed", self._endpoint.plc)
        await program.release(program.kept_handles(signs))
        return False

    @contextmanager
    def _served(self) -> Iterator[None]:
        """Forget the program where nobody serves: whoever does next may give handles out anew."""
        try:
            yield
        except RouterRefusal:
            self._program = None
            raise

    async def _ask(self, request: Request) -> bytes:
        if self._link is None:
            raise Unreachable(self._endpoint.plc, "the connection is closed")
        with self._served():
            return read_data(await self._link.ask(self._endpoint, request))

    async def _send(self, request: Request, urgency: Urgency) -> WriteResult:
        """What became of a write; it is sent once."""
        plc = self._endpoint.plc
        if self._link is None:
            raise Unsent(plc, "the connection is closed")
        try:
            with self._served():
                answer = await self._link.ask_once(self._endpoint, request, urgency)
            check_written(answer)
        except Nonsense as exc:
            raise Unanswered(f"the PLC sent {exc}") from exc
        except RouterRefusal as exc:
            if leaves_open(exc.code):
                raise Unanswered(self._reason(exc)) from exc
            raise (Unsent if is_away(exc.code) else Rejected)(plc, self._reason(exc)) from exc
        except AdsRefusal as exc:
            if leaves_open(exc.code):
                raise Unanswered(self._reason(exc)) from exc
            return WriteResult(Outcome.REFUSED, self._reason(exc))
        return WriteResult(Outcome.DONE)

    @contextmanager
    def _sensible(self) -> Iterator[None]:
        """What ends an exchange, as the gateway knows it."""
        plc = self._endpoint.plc
        try:
            yield
        except Nonsense as exc:
            raise Unreachable(plc, f"the PLC sent {exc}") from exc
        except AdsRefusal as exc:
            raise (Unreachable if is_away(exc.code) else Rejected)(plc, self._reason(exc)) from exc

    def _reason(self, refusal: AdsRefusal) -> str:
        return reason(refusal.code, self._endpoint.ams_port, self._endpoint.ams_net_id)


def _not_writable(found: Variable | Absent | None, before: Kind | None, name: str) -> str:
    """Why a variable must not be written now, "" if it may."""
    if not isinstance(found, Variable):
        return ""
    if moved := changed(name, before, found.kind):
        return moved
    if not found.is_writable:
        return "the PLC's program declares it read-only"
    return found.layout.kept and f"{found.layout.kept}; write its members one by one"
