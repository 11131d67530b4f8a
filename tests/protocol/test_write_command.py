"""`warlogix write` straight to a PLC, over the real protocol."""

import json
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import trio

from tests.ports import refusing
from tests.unit.configurations import loaded, saved
from warlogix.asking.plc import ask_plc
from warlogix.asking.request import Outcome, Reply, Request, read_value
from warlogix.simulators.s7 import Memory, S7Simulator, open_s7_simulator

WARLOGIX = Path(sys.executable).with_name("warlogix")
LIMIT = 30


def document(address: str, **keys: Any) -> dict[str, Any]:
    """A PLC with a tag, one that is read back after a write, and one that the PLC lacks."""
    tags: list[dict[str, Any]] = [
        {"name": "DB1.DBD0", "alias": "Setpoint", "data_type": "REAL", "writable": True},
        {"name": "DB1.DBW4", "alias": "Speed", "data_type": "INT", "writable": True},
        {"name": "DB9.DBW0", "alias": "Gone", "writable": True},
    ]
    tags[1]["verify_writes"] = True
    plc = {"name": "MainPLC", "family": "s7", "address": address, "tags": tags, "timeout": "1s"}
    return {"namespace": "factory", "plcs": [plc | keys]}


async def ask(folder: Path, plc: S7Simulator, tag: str, value: str, **keys: Any) -> Reply:
    """What comes of a value for a tag of the PLC."""
    config = loaded(folder, document(f"127.0.0.1:{plc.port}", **keys))
    return await ask_plc(config, Request("MainPLC", tag, read_value(value)), wait=5)


async def test_the_command_writes_and_says_which_way(tmp_path: Path) -> None:
    """The value is in the PLC, the way is said on stderr, the result on stdout, the status is 0."""
    with trio.fail_after(LIMIT):
        async with open_s7_simulator(Memory({1: bytearray(8)})) as plc:
            address = f"127.0.0.1:{plc.port}"
            command = [str(WARLOGIX), "--config", str(saved(tmp_path, document(address))), "write"]
            words = ["mainplc", "db1.dbd0", "-72.5"]
            shown = await trio.run_process(
                [*command, *words], capture_stdout=True, capture_stderr=True
            )
            assert bytes(plc.db(1)[:4]) == struct.pack(">f", -72.5)
            told = await trio.run_process([*command, *words, "--json"], capture_stdout=True)
    assert shown.stdout.decode().startswith("mainplc.db1.dbd0 = -72.5: written (")
    assert shown.stderr.decode() == f"straight to the PLC at {address}\n"
    result = json.loads(told.stdout)
    assert (result["via"], result["address"], result["success"]) == ("plc", address, True)


async def test_a_value_is_read_back_where_the_tag_asks_for_it(tmp_path: Path) -> None:
    """With `verify_writes` a PLC that holds something else than was written is a failure."""
    with trio.fail_after(LIMIT):
        async with open_s7_simulator(Memory({1: bytearray(8)})) as plc:
            assert (await ask(tmp_path, plc, "Speed", "300")).outcome is Outcome.DONE
            reads = plc.journal.read_requests
            assert (await ask(tmp_path, plc, "Setpoint", "1.5")).outcome is Outcome.DONE
            assert plc.journal.read_requests == reads

            def overwrite(answer: bytes) -> bytes:
                plc.poke(1, 4, struct.pack(">h", 7))
                return answer

            plc.spoil = overwrite
            reply = await ask(tmp_path, plc, "Speed", "300")
    assert (reply.outcome, reply.error) == (Outcome.FAILED, "written, but read back as 7")


async def test_a_plc_that_refuses(tmp_path: Path) -> None:
    """What the PLC does not have is a failure in its words, and nothing is written."""
    with trio.fail_after(LIMIT):
        async with open_s7_simulator(Memory({1: bytearray(8)})) as plc:
            reply = await ask(tmp_path, plc, "Gone", "1")
    assert reply.outcome is Outcome.FAILED
    assert "DB9" in reply.error


async def test_a_plc_that_does_not_answer_the_write(tmp_path: Path) -> None:
    """A write that was sent and got no answer is unknown, and never sent again."""
    with trio.fail_after(LIMIT):
        async with open_s7_simulator(Memory({1: bytearray(8)})) as plc:
            plc.spoil = lambda answer: None if plc.journal.write_requests else answer
            reply = await ask(tmp_path, plc, "Setpoint", "1.5")
            assert plc.journal.write_requests == 1
    assert reply.outcome is Outcome.UNKNOWN
    assert reply.error.startswith("outcome unknown: ")


def test_a_plc_that_is_away(tmp_path: Path) -> None:
    """A PLC that nobody reaches is a failure with its cause, and nothing was sent."""
    with refusing() as port:
        done = subprocess.run(
            [
                WARLOGIX,
                "--config",
                saved(tmp_path, document(f"127.0.0.1:{port}")),
                "write",
                "MainPLC",
                "Speed",
                "1",
            ],
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
    assert done.returncode == 1
    assert "MainPLC.Speed = 1: FAILED: not executed: MainPLC: " in done.stdout
    assert "connection refused" in done.stdout


@pytest.mark.parametrize(("timeout", "wait"), [("30s", 0.2), ("200ms", 30)])
async def test_a_plc_that_accepts_and_says_nothing(
    timeout: str, wait: float, tmp_path: Path
) -> None:
    """The wait for a PLC that is silent ends with the command's time or the PLC's, and says so."""
    with trio.fail_after(LIMIT):
        async with open_s7_simulator(Memory({1: bytearray(8)})) as plc:
            plc.stall()
            config = loaded(tmp_path, document(f"127.0.0.1:{plc.port}", timeout=timeout))
            reply = await ask_plc(config, Request("MainPLC", "Speed", b"1"), wait)
            assert not plc.journal.writes
    assert reply.outcome is Outcome.FAILED
    assert "0.2 s" in reply.error
