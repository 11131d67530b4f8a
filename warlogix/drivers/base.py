"""What every driver promises, and what it is promised.

A driver's methods are never called in parallel. It never retries, sleeps or logs per call: the
poller decides. It raises only `Unreachable` (the link or the PLC is away) and `Rejected` (the PLC
says no to the call as a whole); a bad tag is a reading with a reason.

    driver = S7Driver(endpoint)
    await driver.connect()
    readings = await driver.read(tags)
    result = await driver.write(tag, 42)
    found = await driver.browse()
    await driver.aclose()
"""

from typing import Protocol

from warlogix.datatypes import Kind
from warlogix.tags import Found, Readings, Tag, Value, WriteResult


class Driver(Protocol):
    """One connection to one PLC."""

    async def connect(self) -> None:
        """Open the connection, and learn from the PLC what reading and writing need.

        Called once; a driver whose link broke is closed and made anew. Each exchange with the PLC
        has the endpoint's time limit; a PLC with many tags may need many exchanges.
        """

    async def read(self, tags: tuple[Tag, ...]) -> Readings:
        """Read every tag, in order.

        The plan of requests is made once for each choice of tags, and kept while these are asked
        for again and again.
        """

    async def write(self, tag: Tag, value: Value) -> WriteResult:
        """Write one value, once. `value` is in the form that a read of the tag gives.

        Done when the PLC says so; refused, with what it says, when it says no; unknown when it was
        sent, or may have been, and no answer came. A value that takes several requests and is
        refused in the middle is refused with a reason that says so. Nothing but the tag's own
        memory is touched, and of that nothing that is no part of the value. What could not be sent
        within a second of the call, as when this process stood still, is not sent any more.

        Raises `Unreachable` only when nothing was sent, and `Rejected` only when the PLC refuses
        the call as a whole. After `Unreachable` and after an unknown write the link is shut, and so
        it is when the call is cancelled, which may be before, while or after the PLC writes.
        """

    async def browse(self) -> list[Found]:
        """Every tag that the PLC says it has, in the order of their names.

        Raises as `read` does; `Rejected` for a family whose PLCs do not tell.
        """

    def kind(self, tag: Tag) -> Kind | None:
        """The type by which a value for this tag is converted before it is written.

        Families that address memory take it from the configuration; the others from the PLC, and
        give None for a tag that was not read since the driver connected, or was bad then.
        """

    async def aclose(self) -> None:
        """Close at any time, twice, and after a failure; never waits for the PLC."""
