import pytest
import trio
import trio.testing

from warlogix.datatypes import Kind
from warlogix.drivers.exchanges import Urgency
from warlogix.drivers.session import SessionDriver
from warlogix.errors import Unreachable
from warlogix.tags import Endpoint, Found, Outcome, Readings, Tag, Value, WriteResult


class SlowToOpen:
    """A session that gets its connection when it is told to; `is_open` is whether it has one."""

    def __init__(self) -> None:
        self.is_open = False
        self.let = trio.Event()

    async def open(self) -> None:
        """Connect."""
        await self.let.wait()
        self.is_open = True

    async def read(self, tags: tuple[Tag, ...]) -> Readings:
        """Nothing."""
        await trio.lowlevel.checkpoint()
        return Readings([None] * len(tags), {}, ())

    async def write(self, _tag: Tag, _value: Value, _urgency: Urgency) -> WriteResult:
        """Nothing."""
        await trio.lowlevel.checkpoint()
        return WriteResult(Outcome.DONE)

    async def browse(self) -> list[Found]:
        """Nothing."""
        await trio.lowlevel.checkpoint()
        return []

    def kind(self, _tag: Tag) -> Kind | None:
        """Nothing."""
        return None

    def shut(self) -> None:
        """Give the connection back."""
        self.is_open = False


async def test_what_is_closed_while_it_connects_keeps_no_connection() -> None:
    """A PLC has few of them, and would hold this one for nobody."""
    session = SlowToOpen()
    driver = SessionDriver(Endpoint("Press", "fake", "127.0.0.1"), lambda _: session)

    async def connect() -> None:
        with pytest.raises(Unreachable, match="the connection is closed"):
            await driver.connect()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(connect)
        await trio.testing.wait_all_tasks_blocked()
        await driver.aclose()
        session.let.set()
    assert not session.is_open
    with pytest.raises(Unreachable, match="not connected"):
        await driver.read(())
