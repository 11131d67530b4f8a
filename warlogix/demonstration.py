"""The whole gateway with no PLC and no Kafka: what `warlogix demo` runs.

A filling line in a simulated S7-1500 on real S7 communication, a broker inside this process, and
between them the gateway just as `run` runs it. Everything is on loopback and gone at the end.
"""

import json
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import trio

from warlogix import config
from warlogix.config import Config
from warlogix.daemon import run_gateway
from warlogix.kafka.embedded import embedded_broker
from warlogix.kafka.starts import Beginning
from warlogix.plan import plan_of
from warlogix.simulators import scene
from warlogix.simulators.s7 import Memory, open_s7_simulator
from warlogix.tailing.choice import Source, source_of
from warlogix.tailing.records import Kind, Wanted
from warlogix.tailing.watch import Show, Wish, watch

_STEP = 1.0
_SEED = 7
_SHOWN = (Kind.CHANGES, Kind.HEALTH)
_TOPICS = ("", ".health", ".gateway", "-writes", "-write-responses", "-dead-letters")

_HEAD = """\
# Made by `warlogix demo`, and gone with it.
namespace = "demo"
poll_rate = "500ms"

[[plcs]]
name = "FillingLine"
family = "s7"
address = "127.0.0.1:{port}"
slot = 1
"""
_TAG = """
  [[plcs.tags]]
  name = {name}
  alias = {alias}
  data_type = {data_type}
  writable = {writable}
"""
_TAIL = """
[[kafka]]
name = "Embedded"
brokers = [{broker}]
enable_writeback = true
# The embedded broker knows no other kind of consumer groups.
options = {{ "group.protocol" = "consumer" }}
# What it makes by itself.
topics.changes.partitions = 4
topics.health.partitions = 4
topics.gateway.partitions = 4
topics.writes.partitions = 4
topics.write-responses.partitions = 4
topics.dead-letters.partitions = 4

[buffer]
directory = {buffer}
"""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the demonstration runs: the broker's address, and a file for other commands."""

    broker: str
    file: Path
    config: Config

    def shown(self) -> Source:
        """What is shown of what the gateway publishes: tag changes and health."""
        cluster = self.config.enabled_clusters[0]
        changes, health = (source_of(self.config, cluster, kind) for kind in _SHOWN)
        return replace(changes, topics=changes.topics + health.topics)


@asynccontextmanager
async def open_stage() -> AsyncIterator[Stage]:
    """PLC, broker and configuration, as long as the block lasts."""
    memory = Memory({scene.DB: bytearray(scene.SIZE)})
    with embedded_broker([f"demo{end}" for end in _TOPICS]) as broker, _folder() as folder:
        async with open_s7_simulator(memory) as plc, trio.open_nursery() as nursery:
            nursery.start_soon(scene.play, scene.Line(seed=_SEED), plc, _STEP)
            file = folder / "warlogix.toml"
            file.write_text(_configuration(plc.port, broker, folder / "buffer"))
            yield Stage(broker, file, config.load(file, {}))
            nursery.cancel_scope.cancel()


async def perform(stage: Stage, show: Show) -> None:
    """Run the gateway until the first SIGTERM or Ctrl-C, showing what arrives in Kafka."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(watch, [stage.shown()], Wish(Wanted(), Beginning(), follow=True), show)
        await run_gateway(plan_of(stage.config))
        nursery.cancel_scope.cancel()


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="warlogix-demo-") as name:
        yield Path(name)


def _configuration(port: int, broker: str, buffer: Path) -> str:
    # A JSON text is a TOML text.
    tags = "".join(
        _TAG.format(
            name=json.dumps(tag.address),
            alias=json.dumps(tag.alias),
            data_type=json.dumps(tag.data_type),
            writable=json.dumps(tag.writable),
        )
        for tag in scene.TAGS
    )
    tail = _TAIL.format(broker=json.dumps(broker), buffer=json.dumps(str(buffer)))
    return _HEAD.format(port=port) + tags + tail
