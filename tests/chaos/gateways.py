"""The gateway of a scene: the real program, with a clock that can be set, killed and started again.

async with open_service(config, folder) as service:
    await service.start()
    await service.kill()
"""

import mmap
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import trio

from tests.chaos import clocked
from tests.chaos.instances import Instance, log_of, start_gateway

BAD_WORDS = ("Traceback", "Exception", "Error:", "assert")


class Clock:
    """How many seconds the gateway's wall clock is ahead of the true one."""

    def __init__(self, file: Path) -> None:
        file.write_bytes(bytes(8))
        with file.open("r+b") as opened:
            self._ahead = mmap.mmap(opened.fileno(), 8)

    def set(self, ahead: float) -> None:
        """Set it, at once and in one go."""
        self._ahead[:8] = round(ahead * 1e9).to_bytes(8, sys.byteorder, signed=True)


class Service:
    """One gateway at a time, always with the same configuration, buffer and log."""

    def __init__(self, config: Path, folder: Path) -> None:
        self.clock = Clock(folder / "clock")
        self._command = (sys.executable, "-P", clocked.__file__, str(folder / "clock"))
        self._config = config
        self._folder = folder
        self._instance: Instance | None = None

    @property
    def pid(self) -> int | None:
        """Its process, None while there is none."""
        return self._instance.process.pid if self._instance else None

    async def start(self) -> None:
        """Start it, and do not wait for anything."""
        self._instance = await start_gateway(self._config, self._folder, self._command)

    async def kill(self) -> None:
        """End it at once, if it runs."""
        instance, self._instance = self._instance, None
        if instance is not None:
            await instance.kill()

    async def stop(self) -> int | None:
        """End it as a service manager does; its exit status, None when it had to be killed."""
        instance, self._instance = self._instance, None
        assert instance is not None, "it does not run"
        return await instance.stop()

    def complaints(self) -> list[str]:
        """Lines of its log that no trouble excuses."""
        lines = log_of(self._folder).splitlines()
        return [line for line in lines if any(word in line for word in BAD_WORDS)]


@asynccontextmanager
async def open_service(config: Path, folder: Path) -> AsyncIterator[Service]:
    """A gateway that does not run yet; killed at the end if it does then."""
    service = Service(config, folder)
    try:
        yield service
    finally:
        with trio.CancelScope(shield=True):
            await service.kill()
