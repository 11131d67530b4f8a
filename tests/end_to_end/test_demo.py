"""`warlogix demo` as a process: one command, no PLC and no Kafka."""

import json
import re
import signal
import subprocess
from pathlib import Path

import trio

from tests.end_to_end.gateway import WARLOGIX

LIMIT = 40


async def until(stream: trio.abc.ReceiveStream, pattern: str, text: str = "") -> str:
    """What the stream says, up to where it matches the pattern."""
    while re.search(pattern, text) is None:
        chunk = await stream.receive_some()
        assert chunk, f"it ended without {pattern!r}:\n{text}"
        text += bytes(chunk).decode()
    return text


async def test_demo_shows_live_changes_and_cleans_up() -> None:
    """The demo shows changes and health, serves a second terminal, and leaves no file."""
    with trio.fail_after(LIMIT):
        process = await trio.lowlevel.open_process(
            [str(WARLOGIX), "demo"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            said = await until(process.stderr, r"Config: (\S+)\n")
            assert re.search(r"Kafka: 127\.0\.0\.1:\d+\n", said)
            found = re.search(r"Config: (\S+)\n", said)
            assert found is not None
            shown = await until(process.stdout, r"FillingLine +online +connected")
            shown = await until(process.stdout, r"BottlesFilled +[48] ", shown)
            assert re.search(r"Temperature +\d+\.\d", shown)
            await second_terminal(Path(found[1]))
            await write_setpoint(Path(found[1]))
            await until(process.stdout, r"Setpoint +80\.0")
            process.send_signal(signal.SIGINT)
            assert await process.wait() == 0
        finally:
            process.kill()
            with trio.CancelScope(shield=True):
                await process.wait()
            await process.stdout.aclose()
            await process.stderr.aclose()
    assert not Path(found[1]).parent.exists()


async def second_terminal(config: Path) -> None:
    """The printed configuration is right, and `tail` with it reads the demo's broker."""
    command = [str(WARLOGIX), "--config", str(config)]
    await trio.run_process([*command, "check"], capture_stdout=True, capture_stderr=True)
    tail = [*command, "tail", "changes", "-n", "3", "--no-follow", "--json"]
    done = await trio.run_process(tail, capture_stdout=True, capture_stderr=True)
    envelopes = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(envelopes) == 3
    assert {each["value"]["plc"] for each in envelopes} == {"FillingLine"}


async def write_setpoint(config: Path) -> None:
    """What is written by hand goes through the demo's broker into its PLC."""
    write = [str(WARLOGIX), "--config", str(config), "write", "FillingLine", "Setpoint", "80"]
    await trio.run_process(write, capture_stdout=True, capture_stderr=True)
