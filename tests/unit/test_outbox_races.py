"""What happens while a reader waits for the disk."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trio

from tests.outboxes import A, change, opened, take, values
from warlogix.outbox import Row, memory
from warlogix.outbox.log import Log


class SlowReads:
    """Reads of the disk that have read, and return when they may."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.may_end = threading.Event(), threading.Event()
        self.may_end.set()
        read: Callable[..., Any] = Log.read

        def slow(*args: Any) -> Any:
            answer = read(*args)
            self.begun.set()
            assert self.may_end.wait(10)
            return answer

        monkeypatch.setattr(Log, "read", slow)

    async def hold(self, nursery: trio.Nursery, work: Callable[[], Any]) -> None:
        """Start `work`, and return when it waits for the disk."""
        self.begun.clear()
        self.may_end.clear()
        nursery.start_soon(work)
        await trio.to_thread.run_sync(self.begun.wait, 10)


@pytest.fixture
def slow_reads(monkeypatch: pytest.MonkeyPatch) -> SlowReads:
    """No row stays in memory, and reads can be held."""
    monkeypatch.setattr(memory, "SHARE", 0)
    return SlowReads(monkeypatch)


async def test_a_rewind_overtakes_a_read(tmp_path: Path, slow_reads: SlowReads) -> None:
    """What was being read when its reader was rewound is not handed out before the rest."""
    taken: list[Row] = []
    with trio.fail_after(60):
        async with opened(tmp_path, (A,)) as outbox, trio.open_nursery() as nursery:
            await outbox.append([change("a")])
            await outbox.append([change("b")])
            reader = outbox.reader(A, "changes")
            assert values(await take(reader, 1)) == ["a"]

            async def take_next() -> None:
                taken.extend(await take(reader, 1))

            await slow_reads.hold(nursery, take_next)
            reader.rewind()
            slow_reads.may_end.set()
    assert values(taken) == ["a"]


async def test_what_is_dropped_during_a_read_is_not_handed_out(
    tmp_path: Path, slow_reads: SlowReads
) -> None:
    """A row that was dropped while it was read is dropped: it is counted once."""
    taken: list[Row] = []
    with trio.fail_after(20):
        async with opened(tmp_path, (A,), max_size=500_000) as outbox:
            async with trio.open_nursery() as nursery:
                await outbox.append([change("first")])
                reader = outbox.reader(A, "changes")

                async def take_next() -> None:
                    taken.extend(await take(reader, 1))

                await slow_reads.hold(nursery, take_next)
                for _ in range(400):
                    await outbox.append([change("x" * 2000)])
                slow_reads.may_end.set()
            assert values(taken) == ["x" * 2000]
            dropped = outbox.waiting(A).dropped
            assert taken[0].id == dropped + 1
            assert outbox.waiting(A).messages == 401 - dropped


async def test_a_take_cancelled_during_a_read_takes_nothing(
    tmp_path: Path, slow_reads: SlowReads
) -> None:
    """A take that is cancelled while the disk is read leaves every row to the next one."""
    with trio.fail_after(60):
        async with opened(tmp_path, (A,)) as outbox:
            await outbox.append([change("a")])
            reader = outbox.reader(A, "changes")
            async with trio.open_nursery() as nursery:
                await slow_reads.hold(nursery, lambda: take(reader))
                nursery.cancel_scope.cancel()
            slow_reads.may_end.set()
            assert values(await take(reader)) == ["a"]
