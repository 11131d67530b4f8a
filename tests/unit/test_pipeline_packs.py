"""Packs in the pipeline: their rows come in time, together, and once more to who missed them."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import trio
from trio.testing import MockClock

from warlogix.outbox import NewRow, Outbox
from warlogix.packs import Member, Pack, PackPlan
from warlogix.pipeline import Packs, PlcChanges, Takers, publish_scans
from warlogix.tags import Readings, Scan, Tag, Value

TAGS = (Tag("x"), Tag("y"))
AT = 1_705_314_600_000


class FakeOutbox:
    """Keeps the rows of packs, with the moment at which each append was begun."""

    def __init__(self) -> None:
        self.appends: list[tuple[float, Sequence[NewRow]]] = []

    async def append(self, rows: Sequence[NewRow]) -> None:
        """Keep the rows if they are packs'."""
        await trio.lowlevel.checkpoint()
        if rows[0].lane == "packs":
            self.appends.append((trio.current_time(), rows))

    def told(self) -> list[tuple[float, str, tuple[str, ...], Any]]:
        """Moment, key, clusters and first value of every row so far."""
        found = []
        for at, rows in self.appends:
            for row in rows:
                (key,), (value,) = row.batch.keys, row.batch.values
                tags = json.loads(value or b"")["tags"]
                first = next(iter(tags.values()))["value"]
                found.append((round(at, 3), (key or b"").decode(), row.clusters, first))
        return found


def pack(name: str, tag: Tag, clusters: Sequence[str] = ("Alpha", "Beta")) -> Pack:
    """A pack of one tag."""
    plan = PackPlan(name, (Member("Press", tag, ignored=False),), tuple(clusters))
    return Pack(plan, {"Press": TAGS}, dict)


def scan(x: Value, y: Value) -> Scan:
    """A poll of the only PLC."""
    return Scan("Press", Readings([x, y], {}, ("INT", "INT")), AT, trio.current_time())


@asynccontextmanager
async def pipeline(
    outbox: FakeOutbox, *packs: Pack
) -> AsyncIterator[tuple[trio.MemorySendChannel[Scan], Packs]]:
    """The pipeline at work; it has put everything into the outbox when the block is left."""
    scans, taken = trio.open_memory_channel[Scan](1000)
    start = trio.current_time()
    running = Packs(
        {each.name: each for each in packs},
        lambda: AT + round(1000 * (trio.current_time() - start)),
    )
    changes = {"Press": PlcChanges("Press", TAGS)}
    async with trio.open_nursery() as nursery:
        to = cast(Outbox, outbox)
        nursery.start_soon(publish_scans, taken, changes, to, Takers([]), running, 0)
        async with scans:
            yield scans, running


async def test_a_pack_goes_out_250_ms_after_its_change(autojump_clock: MockClock) -> None:
    """The first message goes out at once, each further one when the window of its pack ends, and
    packs that are due at the same moment cost one append."""
    outbox, start = FakeOutbox(), trio.current_time()
    async with pipeline(outbox, pack("P", TAGS[0]), pack("Q", TAGS[1])) as (scans, _):
        for pause, x, y in ((0.1, 1, 1), (1.0, 2, 2), (0.1, 3, 3), (1.0, 4, 3), (0.1, 4, 4)):
            await trio.sleep(pause)
            await scans.send(scan(x, y))
        await trio.sleep(1.0)
    both = ("Alpha", "Beta")
    told = [(round(at - start, 3), *rest) for at, *rest in outbox.told()]
    assert told == [
        (0.1, "pack:P", both, 1),
        (0.1, "pack:Q", both, 1),
        (1.35, "pack:P", both, 3),
        (1.35, "pack:Q", both, 3),
        (2.45, "pack:P", both, 4),
        (2.55, "pack:Q", both, 4),
    ]
    assert len(outbox.appends) == 4


async def test_the_record_has_the_time_of_the_message(autojump_clock: MockClock) -> None:
    """The wall time at which a message is made is its own and its record's."""
    outbox = FakeOutbox()
    async with pipeline(outbox, pack("P", TAGS[0])) as (scans, _):
        await trio.sleep(10)
        await scans.send(scan(1, 1))
    ((_, (row,)),) = outbox.appends
    (at,), (value,) = row.batch.timestamps, row.batch.values
    assert json.loads(value or b"")["timestamp"] == "2024-01-15T10:30:10.000Z"
    assert at == AT + 10_000


async def test_windows_that_are_open_at_the_end_are_closed_at_once(
    autojump_clock: MockClock,
) -> None:
    """When no scan comes any more, what changed goes out without waiting for its window."""
    outbox, start = FakeOutbox(), trio.current_time()
    async with pipeline(outbox, pack("P", TAGS[0])) as (scans, _):
        await scans.send(scan(1, 1))
        await trio.testing.wait_all_tasks_blocked()
        await scans.send(scan(2, 1))
    assert trio.current_time() - start < 0.1
    assert [value for *_, value in outbox.told()] == [1, 2]


async def test_a_pack_without_clusters_is_never_published(autojump_clock: MockClock) -> None:
    """What is there for triggers alone is kept up to date, and writes nothing."""
    outbox = FakeOutbox()
    async with pipeline(outbox, pack("P", TAGS[0], ())) as (scans, packs):
        await scans.send(scan(1, 1))
        await trio.sleep(1)
        await scans.send(scan(2, 1))
        await trio.sleep(1)
        assert packs.by_name["P"].contents()["Press.x"].value == 2
        assert not packs.clusters
    assert not outbox.appends


async def test_a_cluster_that_begins_anew_gets_every_pack_once(autojump_clock: MockClock) -> None:
    """At once and alone, as the pack is now; not before the first message, which it gets as all
    do, once."""
    outbox = FakeOutbox()
    async with pipeline(outbox, pack("P", TAGS[0]), pack("Q", TAGS[1], ["Alpha"])) as (scans, to):
        to.begin_anew("Beta")
        await trio.sleep(1)
        assert not outbox.appends
        await scans.send(scan(1, 1))
        await trio.sleep(1)
        await scans.send(scan(1, 2))
        await trio.sleep(1)
        assert [key for _, key, *_ in outbox.told()] == ["pack:P", "pack:Q", "pack:Q"]
        outbox.appends.clear()
        to.begin_anew("Beta")
        to.begin_anew("Beta")
        to.begin_anew("Gamma")
        await trio.sleep(1)
        assert [row[1:] for row in outbox.told()] == [("pack:P", ("Beta",), 1)]
        outbox.appends.clear()
        await scans.send(scan(2, 2))
    both = ("Alpha", "Beta")
    assert [row[1:] for row in outbox.told()] == [("pack:P", both, 2)]
