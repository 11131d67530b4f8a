"""One PLC: its connection, the lock that its borrowers share, and its status."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal, TypeVar

import trio
from trio_util import AsyncValue

from warlogix.drivers.base import Driver
from warlogix.errors import DriverError, Rejected, Unreachable
from warlogix.tags import Endpoint, Readings, Tag

T = TypeVar("T")

Status = Literal["connecting", "connected", "disconnected", "error"]

# A scan of many requests may take this many times the time limit of one request.
_SCAN_LIMIT = 3.0


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


class Plc:
    """One connection to one PLC, shared by those who read and those who write.

    `status` is a value to wait on. It says `connected` from the first good read, not from connect:
    a PLC that accepts and then fails never counts as online.

    Synopsis:
        async with plc.connected():
            readings = await plc.read(tags)

    Errors: `Unreachable` and `Rejected`, already told in `status`.
    """

    def __init__(self, endpoint: Endpoint, new_driver: Callable[[Endpoint], Driver]) -> None:
        self.endpoint = endpoint
        self.status = AsyncValue(PlcStatus("connecting", "first attempt"))
        self._new_driver = new_driver
        self._driver: Driver | None = None
        self._lock = trio.Lock()

    @property
    def name(self) -> str:
        """The configured name."""
        return self.endpoint.plc

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Connect for the time of the block; the driver is closed at its end, whatever ended it."""
        driver = self._new_driver(self.endpoint)
        try:
            await self._bounded(driver.connect, self.endpoint.timeout)
            self._driver = driver
            yield
        finally:
            self._driver = None
            with trio.CancelScope(shield=True):
                await driver.aclose()

    async def read(self, tags: tuple[Tag, ...]) -> Readings:
        """Every tag, in order; the PLC counts as connected when this returns."""
        driver = self._driver
        if driver is None:
            raise Unreachable(self.name, "not connected")
        async with self._lock:
            readings = await self._bounded(
                lambda: driver.read(tags), _SCAN_LIMIT * self.endpoint.timeout
            )
        self.status.value = CONNECTED
        return readings

    async def _bounded(self, call: Callable[[], Awaitable[T]], seconds: float) -> T:
        """The call's result within the time limit; its failure is told in `status` first."""
        try:
            with trio.fail_after(seconds):
                return await call()
        except trio.TooSlowError:
            late = Unreachable(self.name, f"no answer within {seconds:g} s")
            self._tell(late)
            raise late from None
        except DriverError as error:
            self._tell(error)
            raise

    def _tell(self, error: DriverError) -> None:
        status: Status = "error" if isinstance(error, Rejected) else "disconnected"
        self.status.value = PlcStatus(status, error.reason)
