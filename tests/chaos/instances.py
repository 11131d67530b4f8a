"""Instances of the gateway that come and go: `warlogix run` as processes, each with its folder."""

import signal
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import trio

from tests.end_to_end.gateway import WARLOGIX
from tests.writers import Site

STOP_LIMIT = 12.0


class Instance:
    """One process; what it says is added to the log of its folder."""

    def __init__(self, folder: Path, process: trio.Process, before: int) -> None:
        self.folder = folder
        self.process = process
        self._before = before  # characters in the log that others of its folder have said

    async def kill(self) -> None:
        """End it at once (SIGKILL), frozen or not."""
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> int | None:
        """End it as a service manager does; its exit status, None when it had to be killed."""
        # Before it speaks of its cluster nobody heeds a signal but the system.
        await self.says("Local: ")
        self.process.terminate()
        with trio.move_on_after(STOP_LIMIT):
            return await self.process.wait()
        await self.kill()
        return None

    def freeze(self) -> None:
        """Let it stand still (SIGSTOP)."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on (SIGCONT)."""
        self.process.send_signal(signal.SIGCONT)

    @property
    def log(self) -> str:
        """What it has said so far."""
        return log_of(self.folder)[self._before :]

    async def says(self, text: str) -> None:
        """Wait until its log holds the text, or it has ended."""
        # A file tells nobody that it grows.
        while text not in self.log and self.process.returncode is None:  # noqa: ASYNC110
            await trio.sleep(0.05)


def log_of(folder: Path) -> str:
    """What the instances of a folder have said."""
    path = folder / "gateway.log"
    return path.read_text(errors="replace") if path.exists() else ""


@asynccontextmanager
async def open_instance(site: Site, folder: Path) -> AsyncIterator[Instance]:
    """A running instance, named after its folder; killed at the end if it still runs."""
    instance = await start_instance(site, folder)
    try:
        yield instance
    finally:
        with trio.CancelScope(shield=True):
            await instance.kill()


async def start_instance(site: Site, folder: Path) -> Instance:
    """A running instance of a site, named after its folder, that somebody must end."""
    return await start_gateway(site.configured(folder, instance=folder.name), folder)


async def start_gateway(
    config: Path, folder: Path, command: Sequence[str] = (str(WARLOGIX),)
) -> Instance:
    """A running gateway that somebody must end."""
    before = len(log_of(folder))
    with (folder / "gateway.log").open("ab") as log:
        process = await trio.lowlevel.open_process(
            [*command, "--config", str(config), "run"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
    return Instance(folder, process, before)
