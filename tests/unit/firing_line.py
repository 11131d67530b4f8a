"""A PLC whose program waits for acks, polled for triggers, with a real outbox and no Kafka."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import trio

from tests.fakes import FakePlc
from tests.outboxes import A, opened, take
from warlogix.datatypes import DataType
from warlogix.firing import Firing
from warlogix.outbox import Outbox
from warlogix.packs import Pack
from warlogix.plc import Plc
from warlogix.poller import Poller
from warlogix.tags import Endpoint, Scan, Tag
from warlogix.triggers import Condition, Trigger

DONE = Tag("Done", type="BOOL")
PART = Tag("Part", alias="PartNumber", type="DINT")
ACK = Tag("Ack", type="INT", kind=DataType("INT"), writable=True)
TAGS = (DONE, PART, ACK)
TRIGGER = Trigger(
    name="PartDone",
    plc="Press",
    tag=DONE,
    condition=Condition("==", True),
    data=(PART,),
    ack=ACK,
    ack_timeout=60,
    debounce=0,
    interval=60,
    is_apart=False,
    clusters=(A,),
    topic="",
    metadata={"line": "1"},
)
WITHOUT_ACK = replace(TRIGGER, ack=None)
ENDPOINT = Endpoint("Press", "s7", "127.0.0.1", timeout=1)
POLL = 0.01
# Nanoseconds since 1970 of every edge.
AT = 1_705_314_600_123_456_789


def between_parts() -> FakePlc:
    """A press that waits for its next part."""
    return FakePlc({"Done": False, "Part": 7, "Ack": 0})


class Line:
    """What a test sees of the line: the PLC's memory, and the events in the outbox."""

    def __init__(self, fake: FakePlc, plc: Plc, outbox: Outbox) -> None:
        self.fake = fake
        self.plc = plc
        self.outbox = outbox
        self._lane = outbox.reader(A, "triggers")
        self._scans = trio.Event()
        self._last = 0
        self.taking = trio.CancelScope()

    def scanned(self) -> None:
        """A scan was handed on."""
        self._scans.set()
        self._scans = trio.Event()

    def take_no_more(self) -> None:
        """From here on nobody takes scans."""
        self.taking.cancel()

    async def polls(self, count: int = 2) -> None:
        """Wait until so many scans that begin after this call were seen."""
        for _ in range(count + 1):
            await self._scans.wait()

    async def event(self) -> dict[str, Any]:
        """The next event, not confirmed."""
        (row,) = await take(self._lane, 1)
        self._last = row.id
        found: dict[str, Any] = msgspec.json.decode(row.batch.values[0] or b"")
        return found

    def confirm(self, refused: int = 0) -> None:
        """The cluster has the event that was taken last, or refuses it."""
        self._lane.confirm(self._last, refused=refused)

    async def acked(self, value: object) -> None:
        """Wait until the ack tag holds this."""
        while self.fake.memory["Ack"] != value:  # noqa: ASYNC110
            await trio.sleep(POLL)

    async def known(self) -> None:
        """Wait until the condition was seen not to hold."""
        while not self.outbox.notes:  # noqa: ASYNC110
            await trio.sleep(POLL)

    async def first_part(self) -> None:
        """A part rises after the condition was seen not to hold, and its event is acked with 1."""
        await self.known()
        self.fake.memory["Done"] = True
        await self.event()
        self.confirm()
        await self.acked(1)

    async def cycle(self) -> None:
        """Confirm the event that was taken last, and let the program take its ack and go on."""
        self.confirm()
        await self.acked(1)
        self.fake.memory |= {"Done": False, "Ack": 0}
        await self.polls()

    def acks(self) -> list[object]:
        """What was written to the ack tag, in order."""
        return [value for _, name, value in self.fake.writes if name == "Ack"]


@asynccontextmanager
async def line(
    folder: Path,
    fake: FakePlc,
    triggers: Sequence[Trigger] = (TRIGGER,),
    *,
    packs: Sequence[Pack] = (),
    clusters: Sequence[str] = (A,),
    interval: float = POLL,
    max_size: int = 100_000_000,
) -> AsyncIterator[Line]:
    """The line with its gateway, as long as the block lasts; a second one goes on in the folder."""
    async with (
        opened(folder, clusters, max_size=max_size) as outbox,
        trio.open_nursery() as nursery,
    ):
        plc = Plc(ENDPOINT, fake.driver)
        named = {pack.name: pack for pack in packs}
        shown = Line(fake, plc, outbox)
        firing = Firing(triggers, {"Press": plc}, named, outbox, "edge1", lambda: AT)
        send, scans = trio.open_memory_channel[Scan](0)
        onlookers = firing.onlookers("Press", TAGS)
        poller = Poller(plc, TAGS, send, wall=lambda: 1_705_314_600_123, onlookers=onlookers)

        async def take_scans() -> None:
            with shown.taking:
                async for scan in scans:
                    for pack in packs:
                        pack.see("Press", scan.readings, scan.moment)
                    shown.scanned()
            await trio.sleep_forever()

        nursery.start_soon(take_scans)
        nursery.start_soon(firing.run)
        nursery.start_soon(poller.poll, interval)
        yield shown
        nursery.cancel_scope.cancel()
