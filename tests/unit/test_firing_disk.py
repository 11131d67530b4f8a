"""Triggers on a disk that does not answer for a while."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import trio

from tests.fakes import FakePlc
from tests.unit.firing_line import TRIGGER, between_parts, line
from warlogix.outbox.log import Log
from warlogix.outbox.work import Outcome, Work


@pytest.fixture
def fake() -> FakePlc:
    """A press between two parts."""
    return between_parts()


@contextmanager
def hanging_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Within the block no commit returns."""
    free = threading.Event()
    commit = Log.commit

    def wait(self: Log, work: Work) -> Outcome:
        assert free.wait(60)
        return commit(self, work)

    monkeypatch.setattr(Log, "commit", wait)
    try:
        yield
    finally:
        free.set()


async def test_an_event_that_does_not_reach_the_disk_is_acked_with_minus_one_in_time(
    tmp_path: Path, fake: FakePlc, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`ack_timeout` counts for each edge, whatever the disk does; the events come all the same."""
    with trio.fail_after(60):
        async with line(tmp_path, fake, [replace(TRIGGER, ack_timeout=0.05)]) as press:
            await press.known()
            with hanging_disk(monkeypatch):
                for part in (7, 8):
                    fake.memory |= {"Part": part, "Done": True}
                    await press.acked(-1)
                    fake.memory |= {"Done": False, "Ack": 0}
                    await press.polls()
            for sequence, part in ((1, 7), (2, 8)):
                found = await press.event()
                assert (found["sequence"], found["data"]) == (sequence, {"PartNumber": part})
                press.confirm()
    assert press.acks() == [-1, -1]


async def test_a_slow_disk_behind_an_ack_hides_no_fall(
    tmp_path: Path, fake: FakePlc, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The PLC is polled while an ack is being noted, so that its next part is seen."""
    with trio.fail_after(60):
        async with line(tmp_path, fake) as press:
            await press.known()
            fake.memory["Done"] = True
            await press.event()
            with hanging_disk(monkeypatch):
                press.confirm()
                await press.acked(1)
                fake.memory |= {"Done": False, "Ack": 0}
                await press.polls()
                fake.memory |= {"Part": 8, "Done": True}
                await press.polls()
            found = await press.event()
            assert (found["sequence"], found["data"]) == (2, {"PartNumber": 8})
            press.confirm()
            await press.acked(1)


async def test_an_ack_that_was_written_last_is_known_after_a_restart(
    tmp_path: Path, fake: FakePlc
) -> None:
    """What is accepted while the gateway ends is noted before it has ended."""
    fake.write_time = 0.05
    with trio.fail_after(60):
        async with line(tmp_path, fake) as press:
            await press.first_part()
        async with line(tmp_path, fake) as press:
            await press.polls(3)
            assert press.acks() == [1]
            assert press.outbox.waiting("Alpha").messages == 0
