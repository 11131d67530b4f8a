"""A real `warlogix run` between a PLC whose values are known and a real Apache Kafka, for what can
happen to its buffer.

async with staged(kafka, prefix, folder, 'max_size = "1MB"') as stage:
    stage.link.door.shut()              # no broker is there
    async with running(stage.config, command=LIVELY) as gateway:
        await stage.count(1, 50)        # each of them is in the buffer
"""

import json
import sqlite3
import struct
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trio

from tests.links import Link, open_link
from tests.witness import read_topic_async
from warlogix.simulators.s7 import Memory, S7Simulator, open_s7_simulator

CONFIG = """
namespace = "{prefix}"
instance = "edge"
allow_fast_polling = true
poll_rate = "50ms"

[[plcs]]
name = "Line"
family = "s7"
address = "127.0.0.1:{plc}"
slot = 1
tags = [{tags}]

[[kafka]]
name = "Alpha"
brokers = ["{kafka}"]

[buffer]
directory = "{buffer}"
{settings}
"""
# `warlogix`, which looks more often than every ten seconds whether a cluster has missed something,
# and says how it is doing.
LIVELY = (
    sys.executable,
    "-c",
    "import warlogix.cli, warlogix.gaps, warlogix.health\n"
    "warlogix.gaps._LOOK, warlogix.health._INTERVAL = 3.0, 1.0\n"
    "warlogix.cli.main()",
)
# All tags are read with one request; one that is under way may have read them before.
_SEEN = 2

Fields = dict[str, Any]


def holds(buffer: Path, text: bytes) -> bool:
    """Whether a row in the file of this buffer has the text."""
    path = buffer / "outbox.sqlite"
    query = "SELECT count(*) FROM rows WHERE instr(body, ?)"
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
        (rows,) = db.execute(query, (text,)).fetchone()
    return bool(rows)


@dataclass(frozen=True, slots=True)
class Stage:
    """The PLC, the way to the broker, and the configuration of the gateway between them."""

    plc: S7Simulator
    link: Link
    kafka: str
    prefix: str
    config: Path
    buffer: Path
    tags: int
    length: int

    async def show(self, number: int) -> None:
        """Let all tags hold the number, and return when it was read."""
        self.plc.poke(1, 0, struct.pack(">h", number) * self.tags)
        await self._reads(_SEEN)

    async def count(self, first: int, last: int) -> None:
        """Let all tags hold the numbers from first to last, each until it is kept.

        It is in the buffer's file then while the way to the broker is shut, in Kafka while it is
        open: scans that nobody took yet are merged.
        """
        for number in range(first, last + 1):
            await self.show(number)
            arrived = self.sent if self.link.door.is_open else self.kept
            await arrived(number)

    async def sent(self, number: int) -> None:
        """Return when this number is the newest of every tag in Kafka."""
        await self.until(lambda each: each[-1] == number)

    async def kept(self, number: int) -> None:
        """Return when the buffer's file has this number."""
        while not await trio.to_thread.run_sync(self._holds, number):
            await self._reads(1)

    async def _reads(self, count: int) -> None:
        """Wait until the gateway has read so many times more."""
        before = self.plc.carried_out.value
        await self.plc.carried_out.wait_value(lambda now: now >= before + count)

    def _holds(self, number: int) -> bool:
        return holds(self.buffer, b'"value":[%d,' % number)

    def fill(self, number: int) -> None:
        """Let every element of every tag hold the number."""
        self.plc.poke(1, 0, struct.pack(">h", number) * (self.tags + self.length))

    async def numbers(self, at_least: int) -> dict[str, list[int]]:
        """What Kafka has of each tag, in order, once it has so many changes."""
        found: dict[str, list[int]] = {}
        for record in await read_topic_async(self.kafka, self.prefix, at_least=at_least):
            change = json.loads(record.value or b"")
            found.setdefault(change["tag"], []).append(change["value"][0])
        return found

    async def until(self, wanted: Callable[[list[int]], bool]) -> dict[str, list[int]]:
        """What Kafka has of each tag, in order, once that of every tag is wanted."""
        found: dict[str, list[int]] = {}
        while len(found) < self.tags or not all(map(wanted, found.values())):
            found = await self.numbers(sum(map(len, found.values())) + 1)
        return found

    async def health(self, wanted: Callable[[Fields], bool]) -> Fields:
        """The first that the gateway says of itself that is wanted."""
        seen = 0
        while True:
            told = await read_topic_async(self.kafka, f"{self.prefix}.gateway", at_least=seen + 1)
            for record in told[seen:]:
                state: Fields = json.loads(record.value or b"")
                if wanted(state):
                    return state
            seen = len(told)


@asynccontextmanager
async def staged(
    kafka: str, prefix: str, folder: Path, settings: str = "", *, tags: int = 3, length: int = 3
) -> AsyncIterator[Stage]:
    """So many tags, each an array that is `length` long and begins with the same number.

    `settings` are those of the buffer. The way to the broker is open.
    """
    names = ", ".join(
        f'{{ name = "DB1.{2 * tag}", alias = "T{tag}", data_type = "INT[{length}]" }}'
        for tag in range(tags)
    )
    async with (
        open_s7_simulator(Memory({1: bytearray(2 * (length + tags))})) as plc,
        open_link(kafka) as link,
    ):
        config, buffer = folder / "warlogix.toml", folder / "buffer"
        text = CONFIG.format(
            prefix=prefix,
            plc=plc.port,
            tags=names,
            kafka=link.address,
            buffer=buffer,
            settings=settings,
        )
        config.write_text(text)
        yield Stage(plc, link, kafka, prefix, config, buffer, tags, length)
