"""What `warlogix check --connect` finds out: who answers, and which tags are not there."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import trio

from tests.ports import refusing
from tests.unit.configurations import loaded, saved
from warlogix.kafka.embedded import embedded_broker
from warlogix.simulators.s7 import Memory, open_s7_simulator
from warlogix.trial import Trial, try_out


def plc(name: str, address: str, **keys: Any) -> dict[str, Any]:
    """An S7 with three tags, of which the first is off and the last does not exist."""
    names = ("DB9.DBW0", "DB1.DBW2", "DB7.DBW0")
    tags: list[dict[str, Any]] = [{"name": each} for each in names]
    tags[0]["enabled"] = False
    return {"name": name, "family": "s7", "address": address, "tags": tags, **keys}


async def test_everything_that_is_on_is_tried(tmp_path: Path) -> None:
    """PLCs with their tags and clusters are tried; what is away does not hide the others."""
    with trio.fail_after(30):
        async with open_s7_simulator(Memory({1: bytearray(10)})) as simulator:
            with embedded_broker() as broker, refusing() as port:
                nobody = f"127.0.0.1:{port}"
                document = {
                    "namespace": "factory",
                    "plcs": [
                        plc("Away", nobody, timeout="1s"),
                        plc("Off", nobody, enabled=False),
                        plc("Here", f"127.0.0.1:{simulator.port}"),
                    ],
                    "kafka": [
                        {"name": "Gone", "brokers": [nobody]},
                        {"name": "There", "brokers": [broker]},
                        {"name": "Off", "brokers": [nobody], "enabled": False},
                    ],
                }
                away, here, tag, gone, there = await try_out(loaded(tmp_path, document))
    assert (away.place, away.name) == ("plcs[0]", "Away")
    assert away.error
    assert here == Trial("plcs[2]", "Here", "answers; 1 of 2 tags are good")
    assert (tag.place, tag.name) == ("plcs[2].tags[2].name", "DB7.DBW0")
    assert tag.error
    assert (gone.place, bool(gone.error)) == ("kafka[0]", True)
    assert (there.place, there.error) == ("kafka[1]", "")
    assert there.fact.startswith("answers; cluster id ")


def test_the_command_ends_with_1_when_somebody_is_away(tmp_path: Path) -> None:
    """`check --connect` says who does not answer and why, and its status tells a script."""
    with refusing() as port:
        ended = check_away(f"127.0.0.1:{port}", tmp_path)
    assert ended.returncode == 1
    assert "Away  s7 at" in ended.stdout
    assert f"error: plcs[0] (Away, line 3): 127.0.0.1:{port}: connection refused" in ended.stderr


def check_away(address: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """`check --connect` of one PLC at this address."""
    document = {"namespace": "factory", "plcs": [plc("Away", address, timeout="1s")]}
    script = Path(sys.executable).parent / "warlogix"
    return subprocess.run(
        [script, "--config", saved(folder, document), "check", "--connect"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
