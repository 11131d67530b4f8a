"""Packs across PLCs, with a real `warlogix run`, two simulated PLCs and a real Apache Kafka."""

import json
import struct
from pathlib import Path
from typing import Any

import trio

from tests.end_to_end.gateway import running
from tests.witness import Record, read_topic_async
from warlogix.simulators.s7 import Memory, S7Simulator, open_s7_simulator

LIMIT = 120

CONFIG = """
namespace = "{namespace}"
poll_rate = "250ms"

[[plcs]]
name = "Filler"
family = "s7"
address = "127.0.0.1:{filler}"
slot = 1
tags = [
  {{ name = "db1.dbd0", alias = "Bottles", data_type = "DINT" }},
  {{ name = "DB1.DBD4", data_type = "DINT", deadband = 10 }},
]

[[plcs]]
name = "Packer"
family = "s7"
address = "127.0.0.1:{packer}"
slot = 1
tags = [
  {{ name = "DB1.DBD0", data_type = "DINT" }},
  {{ name = "DB1.DBD4", alias = "Clock", data_type = "DINT" }},
]

[[kafka]]
name = "Local"
brokers = ["{kafka}"]
publish_changes = false
headers = {{ line = "1" }}

[[tag_packs]]
name = "Line"
members = [
  {{ plc = "Packer", tag = "Clock", ignore_changes = true }},
  {{ plc = "Filler", tag = "bottles" }},
  {{ plc = "Filler", tag = "DB1.DBD4" }},
  {{ plc = "Packer", tag = "db1.dbd0" }},
]

[buffer]
directory = "{buffer}"
"""


def number(plc: S7Simulator, at: int, value: int) -> None:
    """Let the PLC's program put a number there."""
    plc.poke(1, at, struct.pack(">i", value))


def messages(records: list[Record]) -> list[Any]:
    """What the records hold; all of them are the pack's."""
    assert {record.key for record in records} == {b"pack:Line"}
    return [json.loads(record.value or b"") for record in records]


def values(message: Any) -> list[Any]:
    """The values of a message's members."""
    return [member["value"] for member in message["tags"].values()]


async def test_a_pack_is_one_message_for_members_on_two_plcs(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Members on two PLCs come as one message after a change of any that counts; those of a PLC
    that is away are bad and not as they were, and come again when it is back."""
    config = tmp_path / "warlogix.toml"
    with trio.fail_after(LIMIT):
        async with (
            open_s7_simulator(Memory({1: bytearray(8)})) as filler,
            open_s7_simulator(Memory({1: bytearray(8)})) as packer,
        ):
            names = {"kafka": kafka, "namespace": topic_prefix, "buffer": tmp_path / "buffer"}
            config.write_text(CONFIG.format(filler=filler.port, packer=packer.port, **names))
            async with running(config) as gateway:
                await read_topic_async(kafka, topic_prefix, at_least=1)
                number(packer, 4, 77)
                number(filler, 4, 10)
                await packer.carried_out.wait_value(
                    lambda now, seen=packer.carried_out.value + 2: now >= seen
                )
                number(filler, 0, 5)
                await read_topic_async(kafka, topic_prefix, at_least=2)
                packer.refuse()
                packer.drop()
                await read_topic_async(kafka, topic_prefix, at_least=3)
                packer.accept()
                records = await read_topic_async(kafka, topic_prefix, at_least=4)
                gateway.terminate()
                assert await gateway.wait() == 0
    first, second, third, fourth = messages(records)
    assert list(first["tags"]) == [
        "Packer.Clock",
        "Filler.Bottles",
        "Filler.DB1.DBD4",
        "Packer.DB1.DBD0",
    ]
    assert first["tags"]["Filler.Bottles"] == {
        "value": 0,
        "type": "DINT",
        "plc": "Filler",
        "address": "DB1.DBD0",
    }
    assert [values(each) for each in (first, second, third, fourth)] == [
        [0, 0, 0, 0],
        [77, 5, 10, 0],
        [None, 5, 10, None],
        [77, 5, 10, 0],
    ]
    lost = third["plcs"]["Packer"]
    assert (lost["address"], lost["family"], lost["connected"]) == (
        f"127.0.0.1:{packer.port}",
        "s7",
        False,
    )
    assert third["tags"]["Packer.Clock"]["error"] == lost["error"]
    assert all("plcs" not in each for each in (first, second, fourth))
    assert {record.headers for record in records} == {(("line", b"1"),)}
