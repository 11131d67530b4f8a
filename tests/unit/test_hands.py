"""Handing batches over: what reaches the client, which records report, and what a report tells."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

import confluent_kafka
import pytest
import trio
from confluent_kafka import KafkaError, KafkaException, murmur2
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock, wait_all_tasks_blocked

from tests.outlets import AT, batch
from warlogix.kafka.delivery import Delivery, Headers, each, hand_over, last_of_each
from warlogix.kafka.hands import Hands
from warlogix.kafka.partitions import ANY, Partitions
from warlogix.messages import Batch

CUT = KafkaError(KafkaError._PURGE_INFLIGHT)


class FakeClient:
    """Takes records, up to `room` of them, and tells how many partitions a topic has."""

    def __init__(self, room: int = 10**9, full: Exception | None = None) -> None:
        self.taken: list[Any] = []
        self.count = 4
        self.asked = trio.Event()
        self._room = room
        self._full = full or BufferError()

    def produce(self, *record: Any) -> None:
        """Queue one record."""
        if len(self.taken) == self._room:
            raise self._full
        self.taken.append(record)

    def list_topics(self, topic: str, **_limit: float) -> SimpleNamespace:
        """Answer at once."""
        found = SimpleNamespace(error=None, partitions=dict.fromkeys(range(self.count)))
        return SimpleNamespace(topics={topic: found})

    def report(self, error: KafkaError | None = None) -> None:
        """Every record that reports does so."""
        for record in self.taken:
            if record[4] is not None:
                record[4](error, None)
        self.taken.clear()


def made(count: int) -> Batch:
    """A batch whose records have keys of their own."""
    return batch(*(f"Press.Tag{i}={i}" for i in range(count)))


@asynccontextmanager
async def hands(client: FakeClient, *, gapless: bool = True) -> AsyncIterator[Hands]:
    """Hands that learn from the client."""
    found = Hands(gapless=gapless)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(found.learn, lambda: cast(confluent_kafka.Producer, client))
        yield found
        nursery.cancel_scope.cancel()


async def over(found: Hands, client: FakeClient, batches: Sequence[Batch]) -> Delivery:
    """Hand the batches over for topic "t"."""
    delivery = Delivery(sum(map(len, batches)))
    taker = cast(confluent_kafka.Producer, client)
    await found.over(taker, "t", batches, (), delivery)
    return delivery


async def sparing(found: Hands, client: FakeClient) -> None:
    """Deliver until records are placed by us."""
    while True:
        await over(found, client, [made(300)])
        placed = all(record[3] >= 0 for record in client.taken)
        client.report()
        if placed:
            return
        await trio.lowlevel.checkpoint()


async def test_while_all_goes_well_few_records_report() -> None:
    """Once the partitions are known, of many records the last of each partition reports, for all
    before it, and each record is where Java clients put it."""
    client = FakeClient()
    with trio.fail_after(60):
        async with hands(client) as found:
            await sparing(found, client)
            delivery = await over(found, client, [made(300), made(100)])
    records = list(client.taken)
    assert [record[3] for record in records] == [murmur2(record[2], 4) for record in records]
    reporting = [place for place, record in enumerate(records) if record[4] is not None]
    places = [record[3] for record in records]
    assert reporting == sorted(len(places) - 1 - places[::-1].index(number) for number in range(4))
    for place in reporting:
        assert not delivery.settled.is_set()
        records[place][4](None, None)
    assert delivery.settled.is_set()
    assert delivery.arrived


async def test_behind_a_failure_each_record_reports() -> None:
    """After a delivery that failed, and with another client, each record reports for itself."""
    client = FakeClient()
    with trio.fail_after(60):
        async with hands(client) as found:
            await sparing(found, client)
            await over(found, client, [made(300)])
            client.report(CUT)
            await over(found, client, [made(300)])
            assert all(record[4] is not None for record in client.taken)
            client.report()
            await sparing(found, client)
            found.begin_again()
            await over(found, client, [made(300)])
            assert all(record[4] is not None for record in client.taken)


async def test_nobody_is_spared_beside_what_is_under_way() -> None:
    """While an earlier delivery to the topic is not settled, each record reports for itself."""
    client = FakeClient()
    with trio.fail_after(60):
        async with hands(client) as found:
            await sparing(found, client)
            await over(found, client, [made(300)])
            client.taken.clear()
            await over(found, client, [made(300)])
    assert all(record[4] is not None for record in client.taken)


async def test_without_the_guarantee_each_record_reports() -> None:
    """Where a record may fail alone, each one reports, and librdkafka places it."""
    client = FakeClient()
    with trio.fail_after(60):
        async with hands(client, gapless=False) as found:
            for _ in range(3):
                await over(found, client, [made(300)])
                assert all(record[4] is not None for record in client.taken)
                assert {record[3] for record in client.taken} == {-1}
                client.report()
                await trio.lowlevel.checkpoint()


async def test_more_partitions_are_noticed(autojump_clock: MockClock) -> None:
    """A topic that got more partitions is written to all of them a minute after it was asked for
    last, by whatever is sent there; one that nobody tells of is asked for again within seconds."""
    counts = [0, 4, 9]
    partitions = Partitions()
    keys = made(300).keys

    async def count(_topic: str) -> int:
        await trio.lowlevel.checkpoint()
        return counts.pop(0)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(partitions.keep, count)
        seen: list[int] = []
        for pause in (5, 30, 31, 0, 0):
            if not seen or seen[-1] == ANY:
                partitions.want("t")
            await wait_all_tasks_blocked()
            seen.append(max(partitions.of("t", keys)))
            await trio.sleep(pause)
        nursery.cancel_scope.cancel()
    assert seen == [ANY, 3, 3, 3, 8]
    assert not counts


@pytest.mark.parametrize("full", [BufferError(), KafkaException(CUT)])
@given(
    sizes=st.lists(st.integers(0, 1500), min_size=1, max_size=4),
    room=st.integers(0, 4000),
    count=st.integers(1, 5),
    spared=st.booleans(),
    cut=st.booleans(),
)
async def test_every_record_is_accounted_for_once(
    full: Exception, sizes: Sequence[int], room: int, count: int, spared: bool, cut: bool
) -> None:
    """Records reach the client in order with all that they carry; wherever it stops taking them,
    and whatever the reports say, a delivery settles with the last report and not before."""
    client = FakeClient(room, full)
    batches = [made(size) for size in sizes if size]
    own: Headers = [("site", b"north")]
    delivery = Delivery(sum(map(len, batches)))

    def place(keys: Sequence[bytes | None]) -> Sequence[int]:
        return [murmur2(key or b"", count) for key in keys]

    hear = last_of_each if spared else each
    for _ in hand_over(client, "t", batches, own, delivery, place, hear):
        await trio.lowlevel.checkpoint()
    sent = [
        (key, value) for each in batches for key, value in zip(each.keys, each.values, strict=True)
    ]
    assert [(record[2], record[1]) for record in client.taken] == sent[:room]
    assert all(record[6:] == (AT, own) for record in client.taken)
    assert bool(delivery.failures) == (room < len(sent))
    reports = [record[4] for record in client.taken if record[4] is not None]
    for report in reports:
        assert not delivery.settled.is_set()
        report(CUT if cut else None, None)
    assert delivery.pending == 0
    assert delivery.settled.is_set() or not sent
    assert delivery.arrived == (room >= len(sent) and not (cut and reports))
