"""`warlogix write` through a real gateway: from the command line to the PLC and back."""

import json
import struct
from pathlib import Path
from subprocess import CompletedProcess

import trio

from tests.end_to_end.gateway import WARLOGIX, Gateway, running
from warlogix.simulators.s7 import Memory, S7Simulator, open_s7_simulator

LIMIT = 60
CONFIG = """
namespace = "{namespace}"
instance = "gateway-1"

[[plcs]]
name = "MainPLC"
family = "s7"
address = "127.0.0.1:{plc}"
slot = 1
poll_rate = "250ms"
timeout = "1s"
tags = [
  {{ name = "DB1.DBD0", alias = "Setpoint", data_type = "REAL", writable = true }},
  {{ name = "DB1.DBB8", alias = "Batch", data_type = "STRING[10]", writable = true }},
  {{ name = "DB1.DBW4", alias = "Speed", data_type = "INT" }},
]

[[kafka]]
name = "Local"
brokers = ["{kafka}"]
enable_writeback = true
consumer_group = "{namespace}-writers"
write_max_age = "1m"

[buffer]
directory = "{buffer}"
"""


def configured(folder: Path, plc: S7Simulator, kafka: str, namespace: str) -> Path:
    """A configuration with writeback for this PLC and this broker."""
    path = folder / "warlogix.toml"
    keys = {"plc": plc.port, "kafka": kafka, "namespace": namespace, "buffer": folder / "buffer"}
    path.write_text(CONFIG.format(**keys))
    return path


async def write(config: Path, *words: str) -> CompletedProcess[bytes]:
    """`warlogix write ...`, as a process of its own."""
    command = [str(WARLOGIX), "--config", str(config), "write", *words]
    return await trio.run_process(command, capture_stdout=True, capture_stderr=True, check=False)


async def ready(gateway: Gateway) -> None:
    """Wait until the PLC is connected and write requests are taken."""
    await gateway.says("MainPLC: connected")
    await gateway.says("takes write requests")


async def test_a_write_goes_through_the_gateway_into_the_plc(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Values of each kind are in the PLC when the command says so; what is refused says why."""
    with trio.fail_after(LIMIT):
        async with open_s7_simulator(Memory({1: bytearray(64)})) as plc:
            plc.poke(1, 8, bytes((10, 0)))
            config = configured(tmp_path, plc, kafka, topic_prefix)
            async with running(config) as gateway:
                await ready(gateway)
                done = await write(config, "mainplc", "db1.dbd0", "-72.50")
                assert bytes(plc.db(1)[:4]) == struct.pack(">f", -72.5)
                text = await write(config, "MainPLC", "Batch", "42", "--string", "--json")
                assert bytes(plc.db(1)[8:12]) == bytes((10, 2)) + b"42"
                refused = await write(config, "MainPLC", "Speed", "1", "--json")
                misspelt = await write(config, "MainPLC", "Setponit", "1")
                too_much = await write(config, "MainPLC", "Setpoint", "1e40")
                gateway.terminate()
                assert await gateway.wait() == 0
    assert (done.returncode, text.returncode) == (0, 0)
    assert done.stdout.startswith(b"mainplc.db1.dbd0 = -72.50: written (")
    assert done.stderr.startswith(b"through Kafka: cluster Local")
    answer = json.loads(text.stdout)["answer"]
    assert (answer["value"], answer["success"], answer["tag"]) == ("42", True, "Batch")
    assert (refused.returncode, misspelt.returncode, too_much.returncode) == (1, 1, 1)
    assert json.loads(refused.stdout)["error"].startswith("tag is not writable")
    assert b'did you mean "Setpoint"?' in misspelt.stderr
    assert b"FAILED: 1e40 does not fit REAL" in too_much.stdout.replace(b"1E+40", b"1e40")


async def test_a_plc_that_is_away_and_a_gateway_that_is_stopped(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """A PLC that is away is told by the gateway, a gateway that is away by the command."""
    with trio.fail_after(LIMIT):
        async with open_s7_simulator(Memory({1: bytearray(64)})) as plc:
            config = configured(tmp_path, plc, kafka, topic_prefix)
            async with running(config) as gateway:
                await ready(gateway)
                plc.refuse()
                plc.drop()
                away = await write(config, "MainPLC", "Setpoint", "1")
                gateway.terminate()
                assert await gateway.wait() == 0
            alone = await write(config, "MainPLC", "Setpoint", "2", "--timeout", "4s")
            assert bytes(plc.db(1)[:4]) == bytes(4)
            straight = await write(config, "MainPLC", "Setpoint", "2", "--via", "plc")
            plc.accept()
            written = await write(config, "MainPLC", "Setpoint", "2", "--via", "plc")
            assert bytes(plc.db(1)[:4]) == struct.pack(">f", 2)
    assert away.returncode == 1
    assert b"not executed" in away.stdout or b"outcome unknown" in away.stdout
    assert alone.returncode == 1
    assert b"error: no answer within 4s" in alone.stderr
    assert b"may still be executed" in alone.stderr
    assert (straight.returncode, written.returncode) == (1, 0)
    assert b"not executed: MainPLC: " in straight.stdout
