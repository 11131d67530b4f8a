"""A membership without Kafka, disk and PLC, for tests of who is told what."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import msgspec
import trio
from trio_util import AsyncValue

from tests.unit.write_requests import TARGETS, WALL, configured
from warlogix.clusters import Cluster, TopicSpec
from warlogix.kafka.events import Event, Fenced, Fetched
from warlogix.kafka.positions import Position, encode
from warlogix.kafka.records import Record
from warlogix.outbox import NewRow, Outbox, Receipt
from warlogix.plan import WritebackPlan
from warlogix.topics import Topic
from warlogix.writeback.answered import Answered
from warlogix.writeback.desk import Desk
from warlogix.writeback.queue import Job, PlcQueue

TOPIC = "factory-writes"


class FakeOutbox:
    """Keeps rows after a moment; Kafka confirms what `confirm` says."""

    def __init__(self) -> None:
        self.error: AsyncValue[str] = AsyncValue("")
        self.full: AsyncValue[bool] = AsyncValue(False)
        self.notes: dict[str, bytes] = {}
        self.rows: list[NewRow] = []
        self._confirmed: dict[str, AsyncValue[int]] = {}

    def confirmed(self, _cluster: str, lane: str) -> AsyncValue[int]:
        """How far Kafka has confirmed."""
        return self._confirmed.setdefault(lane, AsyncValue(0))

    def lost(self, _cluster: str, _lane: str, _row: int) -> bool:
        """Nothing is."""
        return False

    async def append(self, rows: Sequence[NewRow], notes: Mapping[str, bytes] = {}) -> Receipt:
        """Durable after 10 ms."""
        await trio.sleep(0.01)
        self.notes |= notes
        self.rows += rows
        number = len(self.rows)
        return Receipt(tuple(number if len(row.batch) else 0 for row in rows), durable=True)

    def answers(self) -> dict[int, str]:
        """What each offset was told; "done" for success."""
        told = {}
        for row in self.rows:
            if row.lane == Topic.RESPONSES.value:
                for origin, raw in zip(row.batch.origins or (), row.batch.values, strict=True):
                    answer = msgspec.json.decode(raw or b"")
                    told[origin.offset] = "done" if answer["success"] else answer["error"]
        return told


@dataclass
class FakeMember:
    """Says what it is given to say, a moment apart, and takes commits until it is fenced."""

    events: list[tuple[float, Event]]
    found: Position
    commits: list[Mapping[int, Position]] = field(default_factory=list)
    taken: int = 1_000
    let_go_at: float | None = None

    async def next(self) -> Event:
        """The next one, after its pause."""
        if not self.events:
            await trio.sleep_forever()
        pause, event = self.events.pop(0)
        await trio.sleep(pause)
        return event

    async def committed(self) -> dict[int, Position]:
        """What the group has."""
        return {0: self.found}

    async def ends(self) -> dict[int, tuple[int, int]]:
        """A topic with some records."""
        return {0: (0, 100)}

    async def offsets_at(self, _at: int, _partitions: Collection[int]) -> dict[int, int]:
        """Nothing was sent lately."""
        return {0: 100}

    def begin(self, _starts: Mapping[int, int]) -> None:
        """Whatever is said to be read is in `events`."""

    def pause(self, _partitions: Collection[int]) -> None:
        """Nothing is fetched anyway."""

    resume = pause

    def let_go(self) -> None:
        """Note when."""
        self.let_go_at = trio.current_time()

    async def commit(self, positions: Mapping[int, Position]) -> None:
        """Take it, unless this member is none any more."""
        for position in positions.values():
            encode(position)
        await trio.sleep(0.01)
        if len(self.commits) >= self.taken:
            raise Fenced("Local", "not a member any more")
        self.commits.append(positions)


class FakeQueue:
    """Keeps jobs and starts none."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []

    def put(self, jobs: Sequence[Job]) -> None:
        """These come next."""
        self.jobs += jobs


def fetched(*offsets: int, tag: str = "Counter") -> Fetched:
    """Requests for MainPLC that came just now."""
    value = b'{"plc":"MainPLC","tag":"%s","value":1}' % tag.encode()
    return Fetched([Record("Local", TOPIC, 0, each, WALL, b"k", (), value) for each in offsets])


def desk(outbox: FakeOutbox, queue: FakeQueue) -> Desk:
    """What writeback works with."""
    store = cast("Outbox", outbox)
    return Desk(
        cluster=Cluster("Local", ("127.0.0.1:1",)),
        client_id="test",
        instance="test",
        plan=WritebackPlan("writers", TopicSpec(TOPIC), 0.25, 2.0),
        topics={Topic.RESPONSES: "factory-write-responses"},
        targets=TARGETS,
        kinds=configured,
        answered=Answered(store, "Local", TOPIC),
        wall=lambda: WALL,
        trouble=AsyncValue(""),
        outbox=store,
        queues={"MainPLC": cast("PlcQueue", queue)},
    )
