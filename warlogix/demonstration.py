"""The whole gateway with no PLC and no Kafka: what `warlogix demo` runs.

A machine of each family in a simulated PLC on the family's real protocol, a broker inside this
process, and between them the gateway just as `run` runs it. Everything is on loopback and gone at
the end.
"""

import json
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
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
from warlogix.simulators.scene import Access, ScenePlc, SceneTag, open_factory
from warlogix.tailing.choice import Source, source_of
from warlogix.tailing.records import Kind, Wanted
from warlogix.tailing.watch import Show, Wish, watch

_STEP = 1.0
_SEED = 7
_SHOWN = (Kind.CHANGES, Kind.HEALTH, Kind.TRIGGERS)
_TOPICS = ("", ".health", ".gateway", "-writes", "-write-responses", "-triggers", "-dead-letters")

_HEAD = """\
# Made by `warlogix demo`, and gone with it.
namespace = "demo"
poll_rate = "500ms"
"""
_TAIL = """
# A full crate is an event: the line's program raises CrateFull and waits for CrateAck.
[[triggers]]
name = "Crate"
plc = "FillingLine"
trigger_tag = "CrateFull"
condition = {{ operator = "==", value = true }}
poll_rate = "250ms"
tags = ["Serial", "Grams", "Batch"]
ack_tag = "CrateAck"
metadata = {{ line = "1" }}

# What three machines are doing, as one message.
[[tag_packs]]
name = "Line"
members = [
  {{ plc = "FillingLine", tag = "State" }},
  {{ plc = "Mixer", tag = "Mode" }},
  {{ plc = "Packer", tag = "CasesPacked", ignore_changes = true }},
]

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
topics.triggers.partitions = 4
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
        """What is shown of what the gateway publishes: tag changes, packs, events and health."""
        cluster = self.config.enabled_clusters[0]
        shown = [source_of(self.config, cluster, kind) for kind in _SHOWN]
        return replace(shown[0], topics=tuple(name for each in shown for name in each.topics))


@asynccontextmanager
async def open_stage() -> AsyncIterator[Stage]:
    """PLCs, broker and configuration, as long as the block lasts."""
    with embedded_broker([f"demo{end}" for end in _TOPICS]) as broker, _folder() as folder:
        async with open_factory(seed=_SEED, interval=_STEP) as plcs:
            file = folder / "warlogix.toml"
            file.write_text(_configuration(plcs, broker, folder / "buffer"))
            yield Stage(broker, file, config.load(file, {}))


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


def _configuration(plcs: Sequence[ScenePlc], broker: str, buffer: Path) -> str:
    tail = _TAIL.format(broker=json.dumps(broker), buffer=json.dumps(str(buffer)))
    return _HEAD + "".join(map(_plc, plcs)) + tail


def _plc(plc: ScenePlc) -> str:
    keys: dict[str, object] = {
        "name": plc.name,
        "family": plc.family,
        "protocol": plc.protocol,
        "address": f"127.0.0.1:{plc.port}",
        "slot": plc.slot,
    }
    return "\n[[plcs]]\n" + _lines(keys) + "".join(map(_tag, plc.tags))


def _tag(tag: SceneTag) -> str:
    keys: dict[str, object] = {
        "name": tag.name,
        "alias": tag.alias,
        "data_type": tag.data_type,
        "writable": tag.access is Access.WRITABLE,
    }
    return "\n[[plcs.tags]]\n" + _lines(keys)


def _lines(keys: Mapping[str, object]) -> str:
    """Each key that says something; a JSON text is a TOML text."""
    return "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items() if value)
