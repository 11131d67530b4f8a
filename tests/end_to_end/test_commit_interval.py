"""`commit_interval`: what is collected, what is not, and what becomes of it at the end."""

import json
from pathlib import Path

import trio

from tests.end_to_end.gateway import running
from tests.witness import read_topic_async
from warlogix.simulators.s7 import Memory, open_s7_simulator

LIMIT = 90

CONFIG = """
namespace = "{namespace}"
poll_rate = "250ms"

[[plcs]]
name = "Line"
family = "s7"
address = "127.0.0.1:{plc}"
slot = 1
tags = [{{ name = "DB1.DBD0", data_type = "DINT" }}, {{ name = "DB1.DBD4", data_type = "DINT" }}]

[[kafka]]
name = "Local"
brokers = ["{kafka}"]

[[tag_packs]]
name = "Pair"
members = [{{ plc = "Line", tag = "DB1.DBD0" }}, {{ plc = "Line", tag = "DB1.DBD4" }}]

[buffer]
directory = "{buffer}"
commit_interval = "1h"
"""


async def test_changes_alone_are_collected_and_go_out_at_the_end(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """With an interval of an hour no change is sent while the gateway runs, packs are as always,
    and when it is stopped every change that was collected is sent, in order."""
    config = tmp_path / "warlogix.toml"
    with trio.fail_after(LIMIT):
        async with open_s7_simulator(Memory({1: bytearray(8)})) as plc:
            config.write_text(
                CONFIG.format(
                    namespace=topic_prefix, plc=plc.port, kafka=kafka, buffer=tmp_path / "buffer"
                )
            )
            async with running(config) as gateway:
                (first,) = await read_topic_async(kafka, topic_prefix, at_least=1)
                plc.poke(1, 0, bytes([0, 0, 0, 7]))
                while_running = await read_topic_async(kafka, topic_prefix, at_least=2)
                gateway.terminate()
                assert await gateway.wait() == 0
            records = await read_topic_async(kafka, topic_prefix, at_least=5)
    assert {each.key for each in [first, *while_running]} == {b"pack:Pair"}
    changes = [json.loads(each.value or b"") for each in records if each.key != b"pack:Pair"]
    told = [(change["tag"], change["value"]) for change in changes]
    assert told == [("DB1.DBD0", 0), ("DB1.DBD4", 0), ("DB1.DBD0", 7)]
