"""What `tail` looks at to find the newest records that are wanted, and what it says of failures."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
import trio

from warlogix.clusters import Cluster
from warlogix.errors import BrokerUnavailable
from warlogix.kafka.records import Record
from warlogix.kafka.starts import Beginning, Last, Start
from warlogix.messages import TagChange, encode
from warlogix.tailing.choice import Source
from warlogix.tailing.records import Item, Kind, Wanted
from warlogix.tailing.watch import Wish, watch


def change(offset: int, tag: str) -> Record:
    """The change of a tag at an offset, which is its time as well."""
    message = TagChange("A", tag, "", offset, "DINT", False, "2024-01-15T10:30:00Z")
    return Record("Local", "factory", 0, offset, offset, f"A.{tag}".encode(), (), encode(message))


@dataclass
class Topic:
    """A topic of one partition, which ends at the offset `end`, and how it was opened."""

    records: Sequence[Record]
    end: int
    opened: list[Start] = field(default_factory=list)
    missing: frozenset[str] = frozenset()

    @asynccontextmanager
    async def open(self, *arguments: object) -> AsyncIterator["Topic"]:
        """Stands for `open_tail`."""
        start = arguments[-1]
        assert isinstance(start, (Last, Beginning))
        self.opened.append(start)
        await trio.lowlevel.checkpoint()
        yield self

    async def existing(self) -> AsyncIterator[Sequence[Record]]:
        """What there is from the start on, some hundred at a time."""
        start = self.opened[-1]
        first = self.end - start.count if isinstance(start, Last) else 0
        found = [record for record in self.records if record.offset >= first]
        for at in range(0, len(found), 500):
            await trio.lowlevel.checkpoint()
            yield found[at : at + 500]


@pytest.fixture
def newest(monkeypatch: pytest.MonkeyPatch) -> Callable[[Topic, int, str], list[int]]:
    """The offsets that are shown where so many of a tag are asked for, "" for any tag."""

    def call(topic: Topic, count: int, tag: str) -> list[int]:
        monkeypatch.setattr("warlogix.tailing.watch.open_tail", topic.open)
        shown: list[Item] = []
        wish = Wish(Wanted(Kind.CHANGES, tag=tag), Last(count), follow=False)
        trio.run(watch, [SOURCE], wish, shown.extend)
        return [item.record.offset for item in shown]

    return call


SOURCE = Source(Cluster("Local", ("127.0.0.1:1",)), ("factory",), {"factory": Kind.CHANGES})
Shown = Callable[[Topic, int, str], list[int]]


def test_rare_records_are_found_without_keeping_all_others(newest: Shown) -> None:
    """Far back there is no window that is kept whole: everything is read by batches."""
    tags = ["rare" if n in (3, 5, 7) else "x" for n in range(30_000)]
    topic = Topic([change(n, tag) for n, tag in enumerate(tags)], 30_000)
    assert newest(topic, 2, "rare") == [5, 7]
    assert topic.opened == [Last(4), Last(10_000), Beginning()]


def test_offsets_without_records_hide_nothing(newest: Shown) -> None:
    """In a compacted topic few records in the newest offsets do not mean that there are no more."""
    topic = Topic([change(n, "x") for n in range(0, 5000, 100)], 5000)
    assert newest(topic, 10, "") == list(range(4000, 5000, 100))


def test_every_second_offset_may_be_a_transactions_end(newest: Shown) -> None:
    """A topic written by transactions is not read from its beginning for its newest records."""
    topic = Topic([change(n, "x") for n in range(0, 5000, 2)], 5000)
    assert newest(topic, 10, "") == list(range(4980, 5000, 2))
    assert topic.opened == [Last(20)]


def test_only_the_newest_of_many_that_match_are_kept(
    newest: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest by time are shown, however many there are and in whatever order."""
    monkeypatch.setattr("warlogix.tailing.watch._MANY", 100)
    gap = 10_000
    topic = Topic([change(n, "x") for n in reversed(range(2000))], gap)
    assert newest(topic, 3, "x") == [1997, 1998, 1999]


async def test_each_cluster_that_cannot_be_read_is_told_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Those that are told of while others are followed are not among the errors at the end."""

    @asynccontextmanager
    async def open_tail(cluster: Cluster, *_: object) -> AsyncIterator[Topic]:
        await trio.lowlevel.checkpoint()
        if cluster.name in ("A", "B"):
            raise BrokerUnavailable(cluster.name, "away")
        yield Topic([], 0)

    monkeypatch.setattr("warlogix.tailing.watch.open_tail", open_tail)
    sources = [Source(Cluster(name, ("127.0.0.1:1",)), ("factory",), {}) for name in ("A", "B")]
    with pytest.RaisesGroup(BrokerUnavailable) as caught:
        await watch(sources, Wish(Wanted(), Last(1), follow=True), lambda _: None)
    told = [record.getMessage() for record in caplog.records]
    assert sorted([*told, *map(str, caught.value.exceptions)]) == ["A: away", "B: away"]
