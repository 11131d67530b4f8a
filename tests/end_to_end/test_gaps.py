"""A cluster that comes back empty, with a real `warlogix run` and a real Apache Kafka."""

import json
import struct
from pathlib import Path

import trio

from tests.brokers import Broker
from tests.end_to_end.gateway import WARLOGIX, running
from tests.witness import read_topic_async
from warlogix.simulators.s7 import Memory, open_s7_simulator

LIMIT = 120

CONFIG = """
namespace = "factory"
poll_rate = "250ms"

[[plcs]]
name = "Line"
family = "s7"
address = "127.0.0.1:{plc}"
slot = 1
tags = [
  {{ name = "DB1.DBD0", data_type = "DINT" }},
  {{ name = "DB1.DBD4", data_type = "DINT" }},
  {{ name = "DB99.DBW0" }},
]

[[kafka]]
name = "Local"
brokers = ["{kafka}"]

[[tag_packs]]
name = "Pair"
members = [{{ plc = "Line", tag = "DB1.DBD4" }}, {{ plc = "Line", tag = "DB99.DBW0" }}]

[buffer]
directory = "{buffer}"
"""


async def test_cluster_that_comes_back_empty_gets_every_tag_once(
    own_broker: Broker, tmp_path: Path
) -> None:
    """When its topic is another one a cluster gets the current value of every tag, bad ones too,
    and the current packs, without waiting for a change; and it gets them once."""
    config = tmp_path / "warlogix.toml"
    kafka = own_broker.address
    with trio.fail_after(LIMIT):
        async with open_s7_simulator(Memory({1: bytearray(8)})) as plc:
            buffer = tmp_path / "buffer"
            config.write_text(CONFIG.format(plc=plc.port, kafka=kafka, buffer=buffer))
            async with running(config, command=(str(WARLOGIX), "--log-debug", "all")) as gateway:
                await read_topic_async(kafka, "factory", at_least=4)
                plc.poke(1, 4, struct.pack(">i", 5))
                await read_topic_async(kafka, "factory", at_least=6)
                await gateway.says("Local: factory is ")
                await trio.to_thread.run_sync(own_broker.kill)
                await gateway.says("Local: away")
                await trio.to_thread.run_sync(own_broker.wipe)
                await trio.to_thread.run_sync(own_broker.start)
                await read_topic_async(kafka, "factory", at_least=4)
                plc.poke(1, 0, struct.pack(">i", 1))
                records = await read_topic_async(kafka, "factory", at_least=5)
                gateway.terminate()
                assert await gateway.wait() == 0
    [pack] = [json.loads(each.value or b"") for each in records if each.key == b"pack:Pair"]
    assert [member["value"] for member in pack["tags"].values()] == [5, None]
    messages = [json.loads(each.value or b"") for each in records if each.key != b"pack:Pair"]
    assert [(message["tag"], message["value"]) for message in messages] == [
        ("DB1.DBD0", 0),
        ("DB1.DBD4", 5),
        ("DB99.DBW0", None),
        ("DB1.DBD0", 1),
    ]
