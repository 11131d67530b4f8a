"""A family's session made a driver: what is not certain ends the session.

    driver = SessionDriver(endpoint, LogixSession)

A session speaks one protocol over one connection, in Trio. It need not guard itself: after any
failure it is shut here, and every later call is `Unreachable` until there is a new driver.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

import trio

from warlogix.datatypes import Kind
from warlogix.drivers.exchanges import Unanswered, Urgency
from warlogix.errors import Rejected, Unreachable
from warlogix.tags import Endpoint, Found, Outcome, Readings, Tag, Value, WriteResult


class Session(Protocol):
    """One connection, as a family speaks it; never two calls at a time."""

    async def open(self) -> None:
        """Connect and greet. Each exchange has the endpoint's time limit."""

    async def read(self, tags: tuple[Tag, ...]) -> Readings:
        """As `Driver.read`."""

    async def write(self, tag: Tag, value: Value, urgency: Urgency) -> WriteResult:
        """As `Driver.write`; `urgency` is checked in front of each message that writes.

        Raises `Unanswered` where a message was sent, or may have been, and no answer came.
        """

    async def browse(self) -> list[Found]:
        """As `Driver.browse`."""

    def kind(self, tag: Tag) -> Kind | None:
        """As `Driver.kind`."""

    def shut(self) -> None:
        """Close at any time, twice, and after a failure; never waits."""


class SessionDriver:
    """One connection to one PLC; see `warlogix.drivers.base` for what it promises.

    `now` is the monotonic clock by which a write is too late.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        new_session: Callable[[Endpoint], Session],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._endpoint = endpoint
        self._new_session = new_session
        self._now = now
        self._session: Session | None = None

    async def connect(self) -> None:
        """Open the session; what was closed meanwhile stays closed."""
        session = self._session = self._new_session(self._endpoint)
        opened = False
        try:
            await session.open()
            opened = self._session is session
        finally:
            if not opened:
                session.shut()
                self._session = None
        if not opened:
            raise Unreachable(self._endpoint.plc, "the connection is closed")

    async def read(self, tags: tuple[Tag, ...]) -> Readings:
        """Every tag, in order."""
        with self._using() as session:
            return await session.read(tags)

    async def write(self, tag: Tag, value: Value) -> WriteResult:
        """One value, sent once; what is not certain is unknown and ends the session."""
        with self._using() as session:
            try:
                result = await session.write(tag, value, Urgency(self._endpoint.plc, self._now))
            except Unanswered as exc:
                result = WriteResult(Outcome.UNKNOWN, str(exc))
        if result.outcome is Outcome.UNKNOWN:
            self._shut()
        return result

    async def browse(self) -> list[Found]:
        """What the PLC has."""
        with self._using() as session:
            return await session.browse()

    def kind(self, tag: Tag) -> Kind | None:
        """The type that the PLC gave for the tag."""
        return self._session.kind(tag) if self._session else None

    async def aclose(self) -> None:
        """Close the socket, which ends whatever waits for it."""
        self._shut()
        await trio.lowlevel.checkpoint()

    @contextmanager
    def _using(self) -> Iterator[Session]:
        """The session, which is shut where the block ends without an answer."""
        if self._session is None:
            raise Unreachable(self._endpoint.plc, "not connected")
        answered = False
        try:
            yield self._session
            answered = True
        except Rejected:
            answered = True
            raise
        finally:
            if not answered:
                self._shut()

    def _shut(self) -> None:
        if self._session is not None:
            self._session.shut()
            self._session = None
