"""A gateway with one trigger on one PLC, whose program is the test itself.

async with open_site(kafka, prefix, folder) as site, running(site.config) as gateway:
    site.show(1)                        # part 1: data, then the trigger
    assert await site.ack(1) == 1       # the first ack that was ever written
    site.lower()
    assert [part(each) for each in await site.events(1)] == [1]
"""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w
import trio

from tests.end_to_end.buffered import holds
from tests.links import Link, open_link
from tests.witness import read_topic_async
from warlogix.simulators.s7 import ItemCode, Memory, S7Simulator, open_s7_simulator

READY = {"name": "DB1.DBX0.0", "alias": "Ready"}
PART = {"name": "DB1.DBD4", "alias": "Part", "data_type": "DINT"}
WIDTH = {"name": "DB1.DBD8", "alias": "Width", "data_type": "DINT"}
# In a block of its own, so that it can be protected alone.
ACK = {"name": "DB2.DBD0", "alias": "Ack", "data_type": "DINT", "writable": True}
ACK_BIT = {"name": "DB2.DBX0.0", "alias": "Ack", "data_type": "BOOL", "writable": True}
ACK_DB = 2
DONE = {
    "name": "Done",
    "plc": "Press",
    "trigger_tag": "Ready",
    "condition": {"operator": "==", "value": True},
    "tags": ["Part", "Width"],
    "debounce": "0ms",
}
# Scans are read with one request each; one under way may have been before what a test did.
_LOOKS = 3

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Site:
    """The PLC, the way to the broker, and the configuration of the gateway between them."""

    plc: S7Simulator
    link: Link
    kafka: str
    prefix: str
    config: Path
    buffer: Path

    def show(self, part: int) -> None:
        """Put a part in its place, then raise the trigger; its width is ten times its number."""
        self.plc.poke(1, 4, part.to_bytes(4) + (10 * part).to_bytes(4))
        self.plc.poke(1, 0, b"\x01")

    def lower(self) -> None:
        """Clear trigger and ack, as a program does that has its ack."""
        self.plc.poke(1, 0, b"\x00")
        self.plc.poke(ACK_DB, 0, bytes(8))

    @property
    def acks(self) -> list[int]:
        """What the ack tag was ever given."""
        written = [each for each in self.plc.journal.writes if each.code is ItemCode.DONE]
        assert {each.item.db for each in written} <= {ACK_DB}
        return [int.from_bytes(each.data, signed=True) for each in written]

    async def ack(self, number: int) -> int:
        """The value of the ack that is written as the first, second or later one ever."""
        await self.plc.carried_out.wait_value(lambda _: len(self.acks) >= number)
        return self.acks[number - 1]

    async def looked(self) -> None:
        """Return when the gateway has seen the PLC as it is now."""
        before = self.plc.carried_out.value
        await self.plc.carried_out.wait_value(lambda now: now >= before + _LOOKS)

    async def events(self, at_least: int, topic: str = "") -> list[Fields]:
        """The events of the cluster's topic, or another one, once it has so many."""
        name = topic or f"{self.prefix}-triggers"
        records = await read_topic_async(self.kafka, name, at_least=at_least)
        return [json.loads(record.value or b"") for record in records]

    async def keeps(self, part: int) -> None:
        """Return when the gateway's buffer has the event of this part."""
        while not await trio.to_thread.run_sync(holds, self.buffer, b'"Part":%d,' % part):
            await self.looked()

    def shut_out(self) -> None:
        """No broker is there any more."""
        self.link.door.shut()
        self.link.cut()


def part(event: Fields) -> tuple[int, int]:
    """An event's number, and the part that it tells of."""
    assert event["data"]["Width"] == 10 * event["data"]["Part"]
    return event["sequence"], event["data"]["Part"]


@asynccontextmanager
async def open_site(
    kafka: str,
    prefix: str,
    folder: Path,
    *,
    trigger: Fields | None = None,
    triggers: Sequence[Fields] = (),
    tags: Sequence[Fields] = (ACK,),
    clusters: Sequence[Fields] = ({},),
    plc: Fields | None = None,
) -> AsyncIterator[Site]:
    """A trigger `Done` with an ack tag, with these keys more; `triggers` are more of them.

    `tags` are those of the PLC beside ready, part and width. `clusters` are the keys of each
    cluster, all of them on the one broker. Without brokers of their own they find it through the
    link.
    """
    memory = Memory({1: bytearray(12), ACK_DB: bytearray(8)})
    config, buffer = folder / "warlogix.toml", folder / "buffer"
    async with open_s7_simulator(memory) as simulator, open_link(kafka) as link:
        place = {"name": "Press", "family": "s7", "address": f"127.0.0.1:{simulator.port}"}
        cluster = {"brokers": [link.address], "publish_changes": False}
        document = {
            "namespace": prefix,
            "instance": "edge",
            "allow_fast_polling": True,
            "poll_rate": "50ms",
            "plcs": [{**place, "slot": 1, "tags": [READY, PART, WIDTH, *tags], **(plc or {})}],
            "triggers": [{**DONE, "ack_tag": "Ack", **(trigger or {})}]
            + [{**DONE, **each} for each in triggers],
            "kafka": [
                {"name": f"Cluster{n}", **cluster, **each} for n, each in enumerate(clusters, 1)
            ],
            "buffer": {"directory": str(buffer)},
        }
        config.write_text(tomli_w.dumps(document))
        yield Site(simulator, link, kafka, prefix, config, buffer)
