"""The installed `warlogix run` as a process of its own, to be signalled and killed.

async with running(config) as gateway:
    gateway.terminate()
    assert await gateway.wait() == 0
"""

import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import trio

WARLOGIX = Path(sys.executable).with_name("warlogix")


@asynccontextmanager
async def running(
    config: Path, *, command: Sequence[str] = (str(WARLOGIX),)
) -> AsyncIterator["Gateway"]:
    """`warlogix --config CONFIG run`; the process is killed at the end if it still runs."""
    process = await trio.lowlevel.open_process(
        [*command, "--config", str(config), "run"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    async with trio.open_nursery() as nursery:
        gateway = Gateway(process)
        nursery.start_soon(gateway.listen)
        try:
            yield gateway
        finally:
            process.kill()
            with trio.CancelScope(shield=True):
                await process.wait()
            # pytest shows it when the test fails.
            sys.stderr.write(gateway.log)


class Gateway:
    """A running gateway; `log` is what it has said on stderr so far."""

    def __init__(self, process: trio.Process) -> None:
        self.process = process
        self.log = ""
        self._said = trio.Condition()
        self._over = False

    def terminate(self) -> None:
        """Ask it to stop, as a service manager does."""
        self.process.terminate()

    async def wait(self) -> int:
        """Its exit status, once it has ended and everything it said was read."""
        status = await self.process.wait()
        async with self._said:
            while not self._over:
                await self._said.wait()
        return status

    async def says(self, text: str) -> None:
        """Wait until its log holds this text."""
        async with self._said:
            while text not in self.log:
                assert not self._over, f"it ended without saying {text!r}:\n{self.log}"
                await self._said.wait()

    async def listen(self) -> None:
        """Read what it says until it ends."""
        assert self.process.stderr is not None
        async for chunk in self.process.stderr:
            async with self._said:
                self.log += chunk.decode()
                self._said.notify_all()
        async with self._said:
            self._over = True
            self._said.notify_all()
