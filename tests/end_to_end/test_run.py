"""`warlogix run` as a real process, between a real S7 protocol server and a real Apache Kafka."""

import json
import signal
import struct
import sys
from pathlib import Path

import pytest
import trio

from tests.brokers import Broker
from tests.end_to_end.buffered import holds
from tests.end_to_end.gateway import WARLOGIX, Gateway, running
from tests.witness import read_topic_async
from warlogix.simulators.s7 import Memory, S7Simulator, open_s7_simulator

LIMIT = 120
# Seconds in which it ends: ten are promised, and a busy machine has twice as many.
STOPPED = 20

CONFIG = """
namespace = "factory"
instance = "gateway-1"

[[plcs]]
name = "MainPLC"
family = "s7"
address = "127.0.0.1:{plc}"
slot = 1
poll_rate = "250ms"
tags = [
  {{ name = "db1.dbd0", alias = "ProductCount", data_type = "DINT", writable = true }},
  {{ name = "DB1.DBD4", data_type = "REAL" }},
  {{ name = "DB99.DBW0" }},
]

[[kafka]]
name = "Local"
brokers = ["{kafka}"]

[buffer]
directory = "{buffer}"
"""

CHANGES, HEALTH, GATEWAY = "factory", "factory.health", "factory.gateway"


def configured(folder: Path, plc: int, kafka: str, text: str = CONFIG) -> Path:
    """A configuration file for this PLC port and this broker."""
    path = folder / "warlogix.toml"
    path.write_text(text.format(plc=plc, kafka=kafka, buffer=folder / "buffer"))
    return path


def line_memory() -> Memory:
    """A PLC with one data block of 64 bytes."""
    return Memory({1: bytearray(64)})


def count(plc: S7Simulator, value: int) -> None:
    """Let the PLC's program set ProductCount."""
    plc.poke(1, 0, struct.pack(">i", value))


async def changes(broker: str, at_least: int) -> list[dict[str, object]]:
    """The tag changes in Kafka, as soon as there are so many."""
    return [
        json.loads(record.value or b"")
        for record in await read_topic_async(broker, CHANGES, at_least=at_least)
    ]


async def kept(plc: S7Simulator, buffer: Path, value: int) -> None:
    """Return when the buffer's file has this value; it is looked at after each read."""
    while not await trio.to_thread.run_sync(holds, buffer, b'"value":%d,' % value):
        before = plc.carried_out.value
        await plc.carried_out.wait_value(lambda now, seen=before: now > seen)


async def stopped(gateway: Gateway) -> int:
    """The exit status after SIGTERM, which has to come within seconds."""
    gateway.terminate()
    with trio.fail_after(STOPPED):
        return await gateway.wait()


async def test_changes_health_and_gateway_reach_kafka(own_broker: Broker, tmp_path: Path) -> None:
    """What the PLC holds arrives as the documented messages: values, a bad tag, both healths."""
    with trio.fail_after(LIMIT):
        async with open_s7_simulator(line_memory()) as plc:
            count(plc, 42)
            plc.poke(1, 4, struct.pack(">f", 3.14))
            config = configured(tmp_path, plc.port, own_broker.address)
            async with running(config) as gateway:
                first = await read_topic_async(own_broker.address, CHANGES, at_least=3)
                count(plc, 43)
                records = await read_topic_async(own_broker.address, CHANGES, at_least=4)
                assert await stopped(gateway) == 0
    messages = [json.loads(record.value or b"") for record in records]
    stamps = [message.pop("timestamp") for message in messages]
    error = messages[2].pop("error")
    assert "DB99" in error
    expected = {"plc": "MainPLC", "tag": "ProductCount", "address": "DB1.DBD0", "value": 42}
    expected |= {"type": "DINT", "writable": True}
    assert messages[0] == expected
    assert messages[1] == {
        "plc": "MainPLC",
        "tag": "DB1.DBD4",
        "address": "DB1.DBD4",
        "value": 3.14,
        "type": "REAL",
        "writable": False,
    }
    assert messages[2] == {
        "plc": "MainPLC",
        "tag": "DB99.DBW0",
        "address": "DB99.DBW0",
        "value": None,
        "type": "WORD",
        "writable": False,
        "quality": "bad",
    }
    assert messages[3:] == [expected | {"value": 43}]
    assert [record.key for record in first] == [
        b"MainPLC.ProductCount",
        b"MainPLC.DB1.DBD4",
        b"MainPLC.DB99.DBW0",
    ]
    assert all(stamp.endswith("Z") and len(stamp) == 24 for stamp in stamps)
    health = await read_topic_async(own_broker.address, HEALTH, at_least=1)
    last = json.loads(health[-1].value or b"")
    assert (last["plc"], last["driver"], last["online"], last["status"], last["error"]) == (
        "MainPLC",
        "s7",
        True,
        "connected",
        "",
    )
    own = await read_topic_async(own_broker.address, GATEWAY, at_least=1)
    state = json.loads(own[-1].value or b"")
    assert (own[-1].key, state["plcs"]) == (b"gateway-1", {"online": 1, "total": 1})
    assert state["clusters"]["Local"]["online"]


async def test_starts_without_plc_and_broker_and_takes_both_up(
    own_broker: Broker, tmp_path: Path
) -> None:
    """Started with both absent it stays up, and each is taken up when it comes."""
    await trio.to_thread.run_sync(own_broker.stop)
    with trio.fail_after(LIMIT):
        async with open_s7_simulator(line_memory()) as plc:
            plc.refuse()
            config = configured(tmp_path, plc.port, own_broker.address)
            async with running(config) as gateway:
                await gateway.says("MainPLC: ")
                await gateway.says("Local: ")
                plc.accept()
                await gateway.says("MainPLC: connected again")
                await trio.to_thread.run_sync(own_broker.start)
                seen = await changes(own_broker.address, at_least=5)
                assert await stopped(gateway) == 0
    values = [(message["tag"], message["value"]) for message in seen]
    assert values[:3] == [("ProductCount", None), ("DB1.DBD4", None), ("DB99.DBW0", None)]
    assert values[3:] == [("ProductCount", 0), ("DB1.DBD4", 0.0)]


async def test_what_waits_at_sigterm_is_delivered_by_the_next_start(
    own_broker: Broker, tmp_path: Path
) -> None:
    """Changes seen while the broker was away survive a stop and a start of the gateway."""
    with trio.fail_after(LIMIT):
        async with open_s7_simulator(line_memory()) as plc:
            config = configured(tmp_path, plc.port, own_broker.address)
            async with running(config) as gateway:
                await changes(own_broker.address, at_least=3)
                await trio.to_thread.run_sync(own_broker.kill)
                await gateway.says("Local: away")
                for value in range(1, 11):
                    count(plc, value)
                    await kept(plc, tmp_path / "buffer", value)
                assert await stopped(gateway) == 0
            await trio.to_thread.run_sync(own_broker.start)
            async with running(config) as gateway:
                seen = await changes(own_broker.address, at_least=3 + 10 + 3)
                assert await stopped(gateway) == 0
    counts = [message["value"] for message in seen if message["tag"] == "ProductCount"]
    assert counts == [0, *range(1, 11), 10]


async def test_second_signal_ends_at_once(own_broker: Broker, tmp_path: Path) -> None:
    """A second SIGTERM while it still drains ends the process now."""
    with trio.fail_after(LIMIT):
        async with open_s7_simulator(line_memory()) as plc:
            config = configured(tmp_path, plc.port, own_broker.address)
            async with running(config) as gateway:
                await changes(own_broker.address, at_least=3)
                await trio.to_thread.run_sync(own_broker.freeze)
                count(plc, 1)
                answered = plc.carried_out.value
                await plc.carried_out.wait_value(lambda now: now >= answered + 2)
                gateway.terminate()
                await gateway.says("stopping")
                gateway.terminate()
                assert await gateway.wait() == -signal.SIGTERM
            await trio.to_thread.run_sync(own_broker.thaw)
    assert "stopped" not in gateway.log


async def test_programming_error_ends_it_with_a_traceback(kafka: str, tmp_path: Path) -> None:
    """A bug ends the process non-zero with its traceback, for the service manager to see."""
    bug = (
        "import warlogix.changes, warlogix.cli\n"
        "def detect(*_): raise ZeroDivisionError('a bug')\n"
        "warlogix.changes.ChangeDetector.detect = detect\n"
        "warlogix.cli.main()"
    )
    with trio.fail_after(LIMIT):
        async with open_s7_simulator(line_memory()) as plc:
            config = configured(tmp_path, plc.port, kafka)
            async with running(config, command=(sys.executable, "-c", bug)) as gateway:
                assert await gateway.wait() == 1
    assert "Traceback" in gateway.log
    assert "ZeroDivisionError: a bug" in gateway.log


async def test_second_gateway_on_the_same_buffer_ends_and_names_the_first(
    kafka: str, tmp_path: Path
) -> None:
    """Two gateways never share a buffer: the second ends with 1 and the first's process id."""
    with trio.fail_after(LIMIT):
        async with open_s7_simulator(line_memory()) as plc:
            config = configured(tmp_path, plc.port, kafka)
            async with running(config) as first:
                await first.says("MainPLC: connected")
                async with running(config) as second:
                    assert await second.wait() == 1
                assert str(first.process.pid) in second.log
                assert await stopped(first) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_stops_within_ten_seconds_with_a_frozen_broker(
    own_broker: Broker, tmp_path: Path, number: signal.Signals
) -> None:
    """The first signal ends it with 0 within ten seconds, even when the broker stands still."""
    with trio.fail_after(LIMIT):
        async with open_s7_simulator(line_memory()) as plc:
            config = configured(tmp_path, plc.port, own_broker.address)
            async with running(config) as gateway:
                await changes(own_broker.address, at_least=3)
                await trio.to_thread.run_sync(own_broker.freeze)
                plc.stall()
                gateway.process.send_signal(number)
                with trio.fail_after(STOPPED):
                    assert await gateway.wait() == 0
            await trio.to_thread.run_sync(own_broker.thaw)


async def test_debug_lines_tell_each_step_of_a_part(kafka: str, tmp_path: Path) -> None:
    """With `--log-debug` the S7's reads and what goes to Kafka are logged, step by step."""
    command = (str(WARLOGIX), "--log-debug", "kafka,s7")
    with trio.fail_after(LIMIT):
        async with open_s7_simulator(line_memory()) as plc:
            config = configured(tmp_path, plc.port, kafka)
            async with running(config, command=command) as gateway:
                await gateway.says("MainPLC: 3 tags by ")
                await gateway.says("Local: 3 messages sent to factory")
                await gateway.says("Local: 3 messages confirmed in factory")
                assert await stopped(gateway) == 0
