"""One PLC: its connection, the lock that its borrowers share, and its status."""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeVar

import trio
from trio_util import AsyncValue

from warlogix.datatypes import Kind
from warlogix.drivers.base import Driver
from warlogix.errors import DriverError, Rejected, Unreachable
from warlogix.tags import Endpoint, Found, Outcome, Readings, Tag, Value, WriteResult

T = TypeVar("T")

Status = Literal["connecting", "connected", "disconnected", "error"]

# What takes many requests may take this many times the time limit of one.
_LIMIT = 3.0
# Connecting takes as many requests as the PLC has tags to tell of, and so does telling them; each
# has its own time limit.
_CONNECT = 20.0
# A write that was begun has so many seconds left when its connection is to be closed. Someone waits
# for the end then, and a PLC that is alive has answered long before.
_LAST_WRITE = 4.0


@dataclass(frozen=True, slots=True)
class PlcStatus:
    """`connecting` only before the first result; `error` says why it is not `connected`."""

    status: Status
    error: str

    @property
    def online(self) -> bool:
        """Whether the PLC answers, and says yes."""
        return self.status == "connected"


CONNECTED = PlcStatus("connected", "")


class _Latest:
    """What the last read of the PLC's tags gave."""

    def __init__(self, tags: tuple[Tag, ...] = (), readings: Readings | None = None) -> None:
        self._tags = tags
        self._readings = readings

    @cached_property
    def reasons(self) -> dict[str, str]:
        """Why tags are bad, by their names."""
        bad = self._readings.bad if self._readings else {}
        return {self._tags[i].name: reason for i, reason in bad.items()}


class Plc:
    """One connection to one PLC, shared by those who read and those who write.

    `status` is a value to wait on. It says `connected` from the first good read, not from connect:
    a PLC that accepts and then fails never counts as online.

    Synopsis:
        async with plc.connected():
            readings = await plc.read(tags)

        async with plc.turn() as turn:           # from another task
            result = await turn.write(tag, 42)

    Errors: `Unreachable` and `Rejected`, already told in `status`.
    """

    def __init__(self, endpoint: Endpoint, new_driver: Callable[[Endpoint], Driver]) -> None:
        self.endpoint = endpoint
        self.status = AsyncValue(PlcStatus("connecting", "first attempt"))
        self._new_driver = new_driver
        self._driver: Driver | None = None
        self._latest = _Latest()
        self._lock = trio.Lock()
        # What the block of `connected` runs in, and the write under way.
        self._holding = trio.CancelScope()
        self._writing: trio.CancelScope | None = None

    @property
    def name(self) -> str:
        """The configured name."""
        return self.endpoint.plc

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Connect for the time of the block; the driver is closed at its end, whatever ended it.

        Raises `Unreachable` out of the block as soon as somebody's turn has found the link lost: a
        poller that waits for its next poll connects again at once.

        Closing: a turn that is under way is waited for, 4 s at the most, so that a write which was
        begun is finished; no new one begins.
        """
        driver = self._new_driver(self.endpoint)
        try:
            await self._bounded(driver, driver.connect, _CONNECT)
            with trio.CancelScope() as self._holding:
                await trio.lowlevel.checkpoint()
                self._driver, self._latest = driver, _Latest()
                yield
            if self._holding.cancelled_caught:
                raise Unreachable(self.name, self.status.value.error)
        finally:
            self._driver = None
            with trio.CancelScope(shield=True):
                await self._last_turn()
                await driver.aclose()

    async def read(self, tags: tuple[Tag, ...]) -> Readings:
        """Every tag, in order; the PLC counts as connected when this returns."""
        self._present()
        async with self._lock:
            driver = self._present()
            readings = await self._bounded(driver, lambda: driver.read(tags), _LIMIT)
            self._latest = _Latest(tags, readings)
        self.status.value = CONNECTED
        return readings

    async def browse(self) -> list[Found]:
        """Every tag that the PLC says it has, in the order of their names."""
        self._present()
        async with self._lock:
            driver = self._present()
            return await self._bounded(driver, driver.browse, _CONNECT)

    def kind(self, tag: Tag) -> Kind | str:
        """The type by which a value for the tag is converted, or why nobody knows it now."""
        if self._driver is None:
            return tag.kind or str(self._away())
        return self._kind(self._driver, tag)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator["Turn"]:
        """The PLC for oneself, for the time of the block.

        Raises `Unreachable` at once where there is no connection, also where it went away while
        this waited for others to have had their turn.
        """
        self._present()
        async with self._lock:
            yield Turn(self, self._present())

    def _present(self) -> Driver:
        """The driver of now; whoever has waited asks again."""
        if self._driver is None:
            raise self._away()
        return self._driver

    def _away(self) -> Unreachable:
        cause = self.status.value.error
        return Unreachable(self.name, f"not connected: {cause}" if cause else "not connected")

    def _kind(self, driver: Driver, tag: Tag) -> Kind | str:
        if (kind := driver.kind(tag)) is not None:
            return kind
        if reason := self._latest.reasons.get(tag.name):
            return f"tag {tag.label} of PLC {self.name} is bad: {reason}"
        if self.status.value.status == "error":
            return f"{self.name}: {self.status.value.error}"
        fact = f"tag {tag.label} of PLC {self.name} was not read yet since the PLC was connected"
        return f"{fact}, so its type is not known"

    async def _last_turn(self) -> None:
        with trio.move_on_after(_LAST_WRITE):
            async with self._lock:
                return
        if self._writing is not None:
            self._writing.cancel()

    async def _bounded(
        self, driver: Driver, call: Callable[[], Awaitable[T]], limit: float = 1.0
    ) -> T:
        """The call's result within so many time limits; its failure is told in `status` first."""
        seconds = limit * self.endpoint.timeout
        try:
            with trio.fail_after(seconds):
                return await call()
        except trio.TooSlowError:
            away = self._unreachable(f"no answer within {seconds:g} s")
            self._tell(driver, away)
            raise away from None
        except Unreachable as error:
            away = self._unreachable(error.reason)
            self._tell(driver, away)
            raise away from error
        except Rejected as error:
            self._tell(driver, error)
            raise

    async def _write(self, driver: Driver, tag: Tag, value: Value) -> WriteResult:
        """A write that nobody's cancellation cuts; without an answer in time it is unknown."""
        started, result = trio.current_time(), None
        with trio.CancelScope(shield=True) as self._writing:
            self._writing.deadline = started + _LIMIT * self.endpoint.timeout
            try:
                result = await driver.write(tag, value)
            except Unreachable as error:
                # What the PLC refuses to have written is no matter of the link.
                away = self._unreachable(error.reason)
                self._tell(driver, away)
                raise away from error
            finally:
                self._writing = None
        if result is None:
            late = f"no answer within {trio.current_time() - started:.1f} s"
            result = WriteResult(Outcome.UNKNOWN, late)
        if result.outcome is Outcome.UNKNOWN:
            self._tell(driver, self._unreachable(result.reason))
        return result

    def _unreachable(self, reason: str) -> Unreachable:
        """An error of the link, which names the address where its reason does not."""
        where = self.endpoint.host
        # A whole address: 10.0.0.1 is not named by 10.0.0.12, and plc1 not by plc1.example.org.
        named = re.search(rf"(?<![\w.:-]){re.escape(where)}(?![\w-]|\.\w)", reason)
        return Unreachable(self.name, reason if named else f"{where}: {reason}")

    def _tell(self, driver: Driver, error: DriverError) -> None:
        """Tell a failure in `status`; on a link that is shut nobody begins anything."""
        status: Status = "error" if isinstance(error, Rejected) else "disconnected"
        self.status.value = PlcStatus(status, error.reason)
        if isinstance(error, Unreachable) and self._driver is driver:
            self._driver = None
            self._holding.cancel()


class Turn:
    """The PLC while it is one's own; of no use after its block."""

    def __init__(self, plc: Plc, driver: Driver) -> None:
        self._plc = plc
        self._driver = driver

    async def write(self, tag: Tag, value: Value) -> WriteResult:
        """What became of it. Once begun it is finished, also where the caller is cancelled.

        A PLC that does not answer is waited for as long as its driver does, at most three times its
        `timeout`. Raises `Unreachable` when nothing was sent, `Rejected` when the PLC refuses the
        call as a whole.
        """
        await trio.lowlevel.checkpoint_if_cancelled()
        return await self._plc._write(self._driver, tag, value)

    def kind(self, tag: Tag) -> Kind | str:
        """As `Plc.kind`, by the connection that this turn has."""
        return self._plc._kind(self._driver, tag)

    async def read(self, tags: tuple[Tag, ...]) -> Readings:
        """What the PLC holds now, in the order of the tags; it counts as connected then.

        The plan of requests is kept for those who ask for the same tags again.
        """
        driver = self._driver
        readings = await self._plc._bounded(driver, lambda: driver.read(tags), _LIMIT)
        self._plc.status.value = CONNECTED
        return readings

    async def carry_out(self, tag: Tag, value: Value) -> WriteResult:
        """Write, and read back where the tag asks for it: a PLC that holds something else refuses.

        Raises as `write` does.
        """
        result = await self.write(tag, value)
        if result.outcome is not Outcome.DONE or not tag.verify_writes:
            return result
        try:
            readings = await self.read((tag,))
        except DriverError as error:
            return WriteResult(Outcome.REFUSED, f"written, but it could not be read back: {error}")
        (found,) = readings.values
        if found == value:
            return result
        said = readings.bad.get(0) or f"{json.dumps(found, ensure_ascii=False):.100}"
        return WriteResult(Outcome.REFUSED, f"written, but read back as {said}")
