"""From scans to rows of the outbox: what waits goes together, in order, and only what changed."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
import trio
from trio.testing import MockClock

from warlogix.messages import timestamp
from warlogix.outbox import NewRow, Receipt
from warlogix.pipeline import Packs, PlcChanges, Takers, publish_scans
from warlogix.tags import Readings, Scan, Tag, Value

TAGS = (
    Tag("DB1.DBD0", alias="Count", address="DB1.DBD0", type="DINT", writable=True),
    Tag("DB1.DBD4", address="DB1.DBD4", type="REAL"),
)
TYPES = ("DINT", "REAL")
AT = 1_705_314_600_123


class FakeOutbox:
    """Keeps what is appended; with `held` set, appending waits until it is set again."""

    def __init__(self) -> None:
        self.appends: list[Sequence[NewRow]] = []
        self.open = trio.Event()
        self.open.set()

    async def append(self, rows: Sequence[NewRow], /) -> Receipt:
        """Keep the rows once the disk is open."""
        await self.open.wait()
        self.appends.append(rows)
        return Receipt((), durable=True)

    def messages(self) -> list[dict[str, object]]:
        """Every message so far, in order."""
        batches = [row.batch for rows in self.appends for row in rows]
        return [json.loads(value or b"") for batch in batches for value in batch.values]


def scan(values: Sequence[Value], bad: dict[int, str] | None = None, plc: str = "Press") -> Scan:
    """One poll's readings."""
    return Scan(plc, Readings(values, bad or {}, TYPES), AT, trio.current_time())


@asynccontextmanager
async def pipeline(
    outbox: FakeOutbox,
    plcs: Sequence[str] = ("Press",),
    takers: Takers | None = None,
) -> AsyncIterator[trio.MemorySendChannel[Scan]]:
    """The pipeline at work; it has put everything into the outbox when the block is left."""
    scans, taken = trio.open_memory_channel[Scan](1000)
    changes = {plc: PlcChanges(plc, TAGS) for plc in plcs}
    async with trio.open_nursery() as nursery:
        nursery.start_soon(
            publish_scans,
            taken,
            changes,
            outbox,
            takers or Takers(["Local"]),
            Packs({}, lambda: AT),
            0.0,
        )
        async with scans:
            yield scans


async def test_message_carries_tag_address_value_and_the_scan_s_time(
    autojump_clock: MockClock,
) -> None:
    """A change becomes the documented message, its key names PLC and tag, its time the scan's."""
    outbox = FakeOutbox()
    async with pipeline(outbox) as scans:
        await scans.send(scan([42, 3.14]))
    ((row,),) = outbox.appends
    assert (row.lane, row.clusters) == ("changes", ("Local",))
    assert row.batch.keys == [b"Press.Count", b"Press.DB1.DBD4"]
    assert row.batch.timestamps == [AT, AT]
    assert row.batch.values == [
        b'{"plc":"Press","tag":"Count","address":"DB1.DBD0","value":42,"type":"DINT",'
        b'"writable":true,"timestamp":"2024-01-15T10:30:00.123Z"}',
        b'{"plc":"Press","tag":"DB1.DBD4","address":"DB1.DBD4","value":3.14,"type":"REAL",'
        b'"writable":false,"timestamp":"2024-01-15T10:30:00.123Z"}',
    ]
    assert timestamp(AT) == "2024-01-15T10:30:00.123Z"


async def test_scans_that_wait_are_one_append_and_keep_their_order(
    autojump_clock: MockClock,
) -> None:
    """Scans that come while the disk is busy cost one append, and few rows, first come first."""
    outbox = FakeOutbox()
    outbox.open = trio.Event()
    async with pipeline(outbox, ["Press", "Oven"]) as scans:
        await scans.send(scan([0, 0.5]))
        await trio.testing.wait_all_tasks_blocked()
        for value in range(1, 51):
            await scans.send(scan([value, 0.5], plc=("Press", "Oven")[value % 2]))
        outbox.open.set()
    assert [sum(len(row.batch) for row in rows) for rows in outbox.appends] == [2, 51]
    assert len(outbox.appends[1]) == 2
    counts = [m["value"] for m in outbox.messages() if m["tag"] == "Count"]
    assert counts == list(range(51))


async def test_ten_thousand_unchanged_scans_append_nothing(autojump_clock: MockClock) -> None:
    """After the first reading ten thousand equal ones, in new objects, never reach the outbox."""
    outbox = FakeOutbox()
    async with pipeline(outbox) as scans:
        for _ in range(10_001):
            await scans.send(scan([int("123456"), float("3.14")]))
    assert len(outbox.messages()) == 2


async def test_bad_readings_are_null_with_quality_and_reason(autojump_clock: MockClock) -> None:
    """A tag that goes bad is told once with its reason, and once more when it is good again."""
    outbox = FakeOutbox()
    async with pipeline(outbox) as scans:
        await scans.send(scan([1, 2.5]))
        await scans.send(scan([1, None], {1: "the value is NaN"}))
        await scans.send(scan([1, None], {1: "the value is +infinity"}))
        await scans.send(scan([1, 2.5]))
    seen = [
        (message["tag"], message["value"], message.get("quality"), message.get("error"))
        for message in outbox.messages()
    ]
    assert seen == [
        ("Count", 1, None, None),
        ("DB1.DBD4", 2.5, None, None),
        ("DB1.DBD4", None, "bad", "the value is NaN"),
        ("DB1.DBD4", 2.5, None, None),
    ]


@pytest.mark.parametrize("clusters", [(), ("Alpha",), ("Alpha", "Beta")])
async def test_changes_go_to_the_clusters_that_take_them(
    clusters: Sequence[str], autojump_clock: MockClock
) -> None:
    """A row names exactly the clusters that publish changes; where none does, none is written."""
    outbox = FakeOutbox()
    async with pipeline(outbox, takers=Takers(clusters)) as scans:
        await scans.send(scan([1, 2.5]))
        await scans.send(scan([2, 2.5]))
    named = {row.clusters for rows in outbox.appends for row in rows}
    assert named == ({clusters} if clusters else set())


async def test_each_plc_s_changes_are_its_own(autojump_clock: MockClock) -> None:
    """The same tag of two PLCs is judged apart, and the keys tell them apart."""
    outbox = FakeOutbox()
    async with pipeline(outbox, ["Press", "Oven"]) as scans:
        await scans.send(scan([1, 2.5]))
        await scans.send(scan([1, 2.5], plc="Oven"))
        await scans.send(scan([1, 2.5]))
        await scans.send(scan([2, 2.5], plc="Oven"))
    keys = [key for rows in outbox.appends for row in rows for key in row.batch.keys]
    assert keys == [
        b"Press.Count",
        b"Press.DB1.DBD4",
        b"Oven.Count",
        b"Oven.DB1.DBD4",
        b"Oven.Count",
    ]


async def test_cluster_that_begins_anew_gets_every_tag_once(autojump_clock: MockClock) -> None:
    """Each PLC's next scan goes whole to a cluster that has a gap, bad tags too, once per PLC and
    gap; the others get the changes alone."""
    outbox, takers = FakeOutbox(), Takers(["Alpha", "Beta"])
    async with pipeline(outbox, ["Press", "Oven"], takers) as scans:
        await scans.send(scan([1, None], {1: "no such tag"}))
        await scans.send(scan([1, 2.5], plc="Oven"))
        await trio.testing.wait_all_tasks_blocked()
        outbox.appends.clear()
        takers.begin_anew("Beta")
        await scans.send(scan([2, None], {1: "no such tag"}))
        await scans.send(scan([2, None], {1: "no such tag"}))
        await scans.send(scan([1, 2.5], plc="Oven"))
    rows = [row for rows in outbox.appends for row in rows]
    assert [(row.clusters, key) for row in rows for key in row.batch.keys] == [
        (("Alpha",), b"Press.Count"),
        (("Beta",), b"Press.Count"),
        (("Beta",), b"Press.DB1.DBD4"),
        (("Beta",), b"Oven.Count"),
        (("Beta",), b"Oven.DB1.DBD4"),
    ]
    assert b'"value":null' in (rows[1].batch.values[1] or b"")
