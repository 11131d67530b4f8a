"""What gathers while the disk is busy: in order, in rows of a bounded size, and no more."""

from collections.abc import Sequence

import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock, wait_all_tasks_blocked

from warlogix.messages import Batch
from warlogix.outbox import NewRow, Receipt
from warlogix.pipeline.gathered import Gathered

BOTH, ONE = ("Local", "Cloud"), ("Cloud",)
# Bytes of a message.
SIZE = 160


class SlowDisk:
    """Takes an append whenever it is let."""

    def __init__(self) -> None:
        self.appends: list[Sequence[NewRow]] = []
        self.turns = trio.Semaphore(0)

    async def append(self, rows: Sequence[NewRow], /) -> Receipt:
        """Keep the rows in its turn."""
        self.appends.append(rows)
        await self.turns.acquire()
        return Receipt((), durable=True)


def row(first: int, count: int, clusters: tuple[str, ...] = BOTH) -> NewRow:
    """A row of messages that are numbered."""
    numbers = range(first, first + count)
    keys: list[bytes | None] = [str(number).encode() for number in numbers]
    values: list[bytes | None] = [str(number).encode().ljust(SIZE) for number in numbers]
    return NewRow("changes", clusters, Batch(keys, values, list(numbers)))


@given(st.lists(st.tuples(st.integers(1, 700), st.sampled_from([BOTH, ONE])), min_size=1))
def test_messages_keep_their_order_and_their_clusters(
    given_rows: list[tuple[int, tuple[str, ...]]],
) -> None:
    """Each message is appended once, in order, for its clusters alone, and a row that has 4 kB, or
    where more has gathered an eighth of it, takes no more of others."""
    disk = SlowDisk()

    async def run() -> None:
        gathered, first = Gathered(0), 0
        for count, clusters in given_rows:
            gathered.add(row(first, count, clusters))
            first += count
        gathered.close()
        disk.turns.release()
        with trio.fail_after(5):
            await gathered.append_to(disk)

    trio.run(run, clock=MockClock(autojump_threshold=0))
    (rows,) = disk.appends
    found = [
        (number, each.clusters)
        for each in rows
        for number, key, value in zip(
            each.batch.timestamps, each.batch.keys, each.batch.values, strict=True
        )
        if key == (value or b"").strip() == str(number).encode()
    ]
    wanted = [clusters for count, clusters in given_rows for _ in range(count)]
    assert found == list(enumerate(wanted))
    before = 0
    for each in rows:
        full = max(4_000, before // 8)
        assert len(each.batch) * SIZE < full + 700 * SIZE
        before += len(each.batch) * SIZE


async def test_no_more_gathers_than_there_is_room_for(autojump_clock: MockClock) -> None:
    """While the disk takes nothing ten thousand messages gather, and then whoever brings more
    waits until it does."""
    gathered, disk = Gathered(0), SlowDisk()
    brought = 0

    async def bring() -> None:
        nonlocal brought
        for number in range(60):
            await gathered.room()
            gathered.add(row(number * 400, 400))
            brought += 1
        gathered.close()

    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(gathered.append_to, disk)
            await wait_all_tasks_blocked()
            nursery.start_soon(bring)
            await wait_all_tasks_blocked()
            in_hand = sum(len(each.batch) for each in disk.appends[0])
            assert brought * 400 - in_hand == 10_000
            for _ in range(10):
                disk.turns.release()
    appended = [
        number for rows in disk.appends for each in rows for number in each.batch.timestamps
    ]
    assert appended == list(range(60 * 400))


async def test_changes_are_collected_for_an_interval(autojump_clock: MockClock) -> None:
    """With an interval the first row waits for others so long, and no longer: not behind a disk
    that was busy for it, nor when ten thousand messages are there, nor at the end."""
    gathered = Gathered(0.1)
    began, appends = trio.current_time(), []

    class Disk:
        async def append(self, rows: Sequence[NewRow], /) -> Receipt:
            appends.append((round(trio.current_time() - began, 2), len(rows[0].batch)))
            await trio.sleep(0.3)
            return Receipt((), durable=True)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(gathered.append_to, Disk())
        for at, count in ((0.0, 1), (0.06, 1), (0.15, 1), (1.0, 10_000), (2.0, 1)):
            await trio.sleep_until(began + at)
            gathered.add(row(0, count))
        await trio.sleep_until(began + 2.02)
        gathered.close()
    assert appends == [(0.1, 2), (0.4, 1), (1.0, 10_000), (2.02, 1)]
