"""How late this machine lets things be done: what a test of punctuality has to allow for.

async with open_control() as control, running(config) as gateway:
    ...
    allowed = control.late + starved(gateway.process.pid)
assert late < 1 + allowed
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import trio

_EVERY = 0.05
# What a wake-up takes on a machine that has nothing else to do.
_NO_DELAY = 0.005


@dataclass(slots=True)
class Control:
    """`late` is by how many seconds in all a task that does nothing was late so far."""

    late: float = 0.0

    async def run(self) -> None:
        """Wake up again and again."""
        while True:
            due = trio.current_time() + _EVERY
            await trio.sleep_until(due)
            self.late += max(0.0, trio.current_time() - due - _NO_DELAY)


def starved(pid: int) -> float:
    """For how many seconds a process was ready so far and got no core, where the kernel tells."""
    told = Path(f"/proc/{pid}/schedstat")
    return int(told.read_text().split()[1]) / 1e9 if told.exists() else 0.0


@asynccontextmanager
async def open_control() -> AsyncIterator[Control]:
    """A control that is at work as long as the block runs."""
    async with trio.open_nursery() as nursery:
        control = Control()
        nursery.start_soon(control.run)
        yield control
        nursery.cancel_scope.cancel()
