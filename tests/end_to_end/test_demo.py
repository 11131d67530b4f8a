"""`warlogix demo` as a process: one command, no PLC and no Kafka."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import trio

from tests.end_to_end.gateway import WARLOGIX

# For hangs alone: each of a dozen commands is a process of its own.
LIMIT = 180

# Of each PLC a tag that is written, what is written, and how it is shown then.
PLCS = {
    "FillingLine": ("Setpoint", "80", r"80\.0"),
    "Packer": ("SpeedSetpoint", "60", r"60\.0"),
    "Conveyor": ("SpeedReference", "1.5", r"1\.5"),
    "Mixer": ("SpeedSetpoint", "200", r"200\.0"),
    "Boiler": ("PressureSetpoint", "9.5", r"9\.5"),
    "Labeller": ("LabelText", "HALLO", '"HALLO"'),
}

SHOWN = (
    r"BottlesFilled +[48] ",
    r"Temperature +\d+\.\d",
    r"pack Line +FillingLine\.State=\d Mixer\.Mode=\d Packer\.CasesPacked=\d",
    # A full crate is an event, and its answer lets the line clear it.
    r"Crate +#1 +FillingLine +Serial=1001 Grams=\d+ Batch=",
    r"(?s)CrateFull +true.*CrateFull +false",
)


async def until(stream: trio.abc.ReceiveStream, pattern: str, text: str = "") -> str:
    """What the stream says, up to where it matches the pattern."""
    while re.search(pattern, text) is None:
        chunk = await stream.receive_some()
        assert chunk, f"it ended without {pattern!r}:\n{text}"
        text += bytes(chunk).decode()
    return text


class Screen:
    """What the demo has shown; it is read whether anybody waits or not, so no pipe is ever full."""

    def __init__(self) -> None:
        self.text = ""
        self._more = trio.Event()

    async def read(self, stream: trio.abc.ReceiveStream) -> None:
        """Read all of it."""
        async for chunk in stream:
            self.text += bytes(chunk).decode()
            self._more.set()
            self._more = trio.Event()

    async def shows(self, pattern: str) -> None:
        """Wait until the pattern is there."""
        while re.search(pattern, self.text) is None:
            await self._more.wait()


@asynccontextmanager
async def running() -> AsyncIterator[tuple[trio.Process, Screen, Path]]:
    """A demo that runs, what it shows, and the file that it names."""
    process = await trio.lowlevel.open_process(
        [str(WARLOGIX), "demo"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    screen, told = Screen(), Screen()
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(screen.read, process.stdout)
            nursery.start_soon(told.read, process.stderr)
            await told.shows(r"Kafka: 127\.0\.0\.1:\d+\nConfig: \S+\n")
            (file,) = re.findall(r"Config: (\S+)\n", told.text)
            yield process, screen, Path(file)
            nursery.cancel_scope.cancel()
    finally:
        process.kill()
        with trio.CancelScope(shield=True):
            await process.wait()
        await process.stdout.aclose()
        await process.stderr.aclose()


async def test_demo_shows_live_changes_and_cleans_up() -> None:
    """The demo shows a PLC of each family, a pack and a crate that is handed over, takes writes to
    each PLC, and leaves no file."""
    with trio.fail_after(LIMIT):
        async with running() as (process, screen, config):
            for plc in PLCS:
                await screen.shows(rf"{plc} +online +connected")
            async with trio.open_nursery() as terminals:
                terminals.start_soon(second_terminal, config)
                for plc, (tag, value, _) in PLCS.items():
                    terminals.start_soon(write, config, plc, tag, value)
            for pattern in SHOWN:
                await screen.shows(pattern)
            for plc, (tag, _, seen) in PLCS.items():
                await screen.shows(rf"{plc} +{tag} +{seen}")
            await events(config)
            process.send_signal(signal.SIGINT)
            assert await process.wait() == 0
    assert not config.parent.exists()


async def test_a_terminal_holds_every_line_and_enter_shows_what_to_type() -> None:
    """No change is wider than 80 columns, and Enter says again what scrolls away."""
    spawn = "import pty, sys; pty.spawn([sys.argv[1], 'demo'])"
    with trio.fail_after(LIMIT):
        process = await trio.lowlevel.open_process(
            [sys.executable, "-c", spawn, str(WARLOGIX)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "COLUMNS": "80", "NO_COLOR": "1"},
        )
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            shown = await until(process.stdout, r"Enter shows this again[^\n]+\n")
            shown = await until(process.stdout, r"Station\[2\]\r\n", shown)
            await process.stdin.send_all(b"\n")
            again = r"Enter.*\n  export WARLOGIX_CONFIG=.*Enter shows this again"
            shown = await until(process.stdout, f"(?s){again}", shown)
            await process.stdin.send_all(b"\x03")
            assert await process.wait() == 0
        finally:
            process.kill()
            with trio.CancelScope(shield=True):
                await process.wait()
            await process.stdout.aclose()
            await process.stdin.aclose()
    lines = shown.replace("\r", "").split("\n")
    wide = [line for line in lines if len(line) > 80 and not re.match(r"\d{4}-.* info ", line)]
    assert wide == []


async def second_terminal(config: Path) -> None:
    """The printed configuration is right, and with it the demo's broker and PLCs can be read."""
    command = [str(WARLOGIX), "--config", str(config)]
    await trio.run_process([*command, "check"], capture_stdout=True, capture_stderr=True)
    tail = [*command, "tail", "changes", "-n", "500", "--no-follow", "--json"]
    done = await trio.run_process(tail, capture_stdout=True, capture_stderr=True)
    envelopes = [json.loads(line) for line in done.stdout.splitlines()]
    assert {each["value"]["plc"] for each in envelopes} == PLCS.keys()
    read = [*command, "read", "Mixer", "--json"]
    done = await trio.run_process(read, capture_stdout=True, capture_stderr=True)
    assert len(done.stdout.splitlines()) == 6


async def events(config: Path) -> None:
    """Events and packs can be looked at with the printed configuration."""
    for what, key in (("triggers", "Crate"), ("packs", "pack:Line")):
        command = [str(WARLOGIX), "--config", str(config), "tail", what, "--no-follow", "--json"]
        done = await trio.run_process(command, capture_stdout=True, capture_stderr=True)
        assert {json.loads(line)["key"] for line in done.stdout.splitlines()} == {key}


async def write(config: Path, plc: str, tag: str, value: str) -> None:
    """What is written by hand goes through the demo's broker into its PLC."""
    command = [str(WARLOGIX), "--config", str(config), "write", plc, tag, value]
    done = await trio.run_process(command, check=False, capture_stdout=True, capture_stderr=True)
    assert done.returncode == 0, (done.stdout + done.stderr).decode()
