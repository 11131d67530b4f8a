"""What every driver promises, and what it is promised.

A driver's methods are never called in parallel. It never retries, sleeps or logs per call: the
poller decides. It raises only `Unreachable` (the link or the PLC is away) and `Rejected` (the PLC
says no to the call as a whole); a bad tag is a reading with a reason.

    driver = S7Driver(endpoint)
    await driver.connect()
    readings = await driver.read(tags)
    await driver.aclose()
"""

from typing import Protocol

from warlogix.tags import Readings, Tag


class Driver(Protocol):
    """One connection to one PLC."""

    async def connect(self) -> None:
        """Open the connection. Called once; a driver whose link broke is closed and made anew."""

    async def read(self, tags: tuple[Tag, ...]) -> Readings:
        """Read every tag, in order.

        The plan of requests is made once per tuple and kept as long as the same tuple is asked.
        """

    async def aclose(self) -> None:
        """Close at any time, twice, and after a failure; never waits for the PLC."""
