"""The poller's schedule and its behaviour when the PLC is away, under a virtual clock."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest
import trio
from trio.testing import MockClock

from tests.fakes import FakePlc
from warlogix.errors import Rejected, Unreachable
from warlogix.plc import Plc
from warlogix.poller import Poller
from warlogix.tags import Endpoint, Scan, Tag

TAGS = (Tag("Count", type="DINT"), Tag("Temp", type="REAL"))
ENDPOINT = Endpoint("Press", "s7", "127.0.0.1")


@asynccontextmanager
async def polling(
    fake: FakePlc, interval: float = 1.0, room: float = 10_000
) -> AsyncIterator[tuple[Poller, Plc, trio.MemoryReceiveChannel[Scan]]]:
    """A poller at work on the fake PLC, and the channel that its scans come out of."""
    scans, received = trio.open_memory_channel[Scan](room)
    plc = Plc(ENDPOINT, fake.driver)
    poller = Poller(plc, TAGS, scans, wall=lambda: 1_700_000_000_000)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(poller.poll, interval)
        yield poller, plc, received
        nursery.cancel_scope.cancel()


def taken(received: trio.MemoryReceiveChannel[Scan]) -> list[Scan]:
    """The scans that wait in the channel."""
    scans = []
    while received.statistics().current_buffer_used:
        scans.append(received.receive_nowait())
    return scans


async def test_polls_start_exactly_on_their_deadlines(autojump_clock: MockClock) -> None:
    """Polls start one interval apart, whatever a read takes, and never drift."""
    fake = FakePlc({"Count": 1, "Temp": 2.5}, read_time=0.3)
    async with polling(fake) as (poller, _, received):
        await trio.sleep(100.5)
    starts = fake.reads
    assert len(starts) == 101
    assert [b - a for a, b in pairwise(starts)] == pytest.approx([1.0] * 100)
    assert poller.counts.overruns == 0
    assert len(taken(received)) == 100


async def test_scans_carry_values_and_their_time(autojump_clock: MockClock) -> None:
    """A scan holds each tag's value in order, with the wall time given and the monotonic moment."""
    async with polling(FakePlc({"Count": 1})) as (_, _, received):
        scan = await received.receive()
    assert (scan.plc, list(scan.readings.values), scan.at) == (
        "Press",
        [1, None],
        1_700_000_000_000,
    )
    assert scan.readings.bad == {1: "no such tag"}
    assert scan.readings.types == ("DINT", "REAL")


async def test_late_polls_are_counted_and_start_at_once(autojump_clock: MockClock) -> None:
    """A poll longer than its interval is counted, and the next starts when it ends."""
    fake = FakePlc({"Count": 1, "Temp": 2.5}, read_time=1.5)
    async with polling(fake) as (poller, _, received):
        await trio.sleep(16)
    starts = fake.reads
    assert [b - a for a, b in pairwise(starts)] == pytest.approx([1.5] * 9)
    assert poller.counts.overruns == 9
    assert len(taken(received)) == 9, "scans of a poller that is always late are handed over too"


async def test_dead_link_makes_all_tags_bad_once_each_way(autojump_clock: MockClock) -> None:
    """When the link is lost every tag is bad with the cause, and good again after a reconnect."""
    fake = FakePlc({"Count": 1, "Temp": 2.5})
    async with polling(fake) as (_, plc, received):
        await trio.sleep(2.5)
        assert plc.status.value.online
        assert all(not scan.readings.bad for scan in taken(received))
        fake.failure = Unreachable("Press", "connection reset")
        await trio.sleep(1)
        assert plc.status.value.status == "disconnected"
        assert plc.status.value.error == "127.0.0.1: connection reset"
        reason = "127.0.0.1: connection reset"
        assert taken(received)[0].readings.bad == {0: reason, 1: reason}
        fake.failure = None
        await trio.sleep(15)
        assert plc.status.value.online
        last = taken(received)[-1]
        assert (list(last.readings.values), last.readings.bad) == ([1, 2.5], {})


async def test_absent_plc_is_said_bad_at_start_and_taken_up(autojump_clock: MockClock) -> None:
    """A PLC absent at start is bad in its tags, and read within 15 s of coming up."""
    fake = FakePlc(
        {"Count": 1, "Temp": 2.5}, refuses=Unreachable("Press", "127.0.0.1:102: connection refused")
    )
    async with polling(fake) as (_, plc, received):
        await trio.sleep(300)
        assert taken(received)[0].readings.bad[0] == "127.0.0.1:102: connection refused"
        fake.refuses = None
        back = trio.current_time()
        await plc.status.wait_value(lambda status: status.online)
    assert trio.current_time() - back < 15


async def test_silent_plc_is_bad_within_ten_seconds(autojump_clock: MockClock) -> None:
    """A PLC that stops answering is bad in tags and status within 10 s, and no driver leaks."""
    fake = FakePlc({"Count": 1, "Temp": 2.5})
    async with polling(fake) as (_, plc, received):
        await trio.sleep(2.5)
        taken(received)
        fake.silent = True
        stalled = trio.current_time()
        scan = await received.receive()
        assert scan.readings.bad.keys() == {0, 1}
        assert trio.current_time() - stalled <= 10
        assert plc.status.value.error.startswith("127.0.0.1: no answer within")
    assert fake.open_drivers == 0


async def test_pauses_grow_and_only_a_good_scan_resets_them(autojump_clock: MockClock) -> None:
    """A PLC that accepts and then fails is tried with growing pauses, up to about 10 s."""
    fake = FakePlc({"Count": 1}, failure=None)
    async with polling(fake):
        await trio.sleep(0.5)
        fake.failure = Unreachable("Press", "gone")
        await trio.sleep(0.6)
        lost = len(fake.connects)
        await trio.sleep(120)
    pauses = [b - a for a, b in pairwise(fake.connects[lost:])]
    assert pauses[0] < 1.3
    assert all(6.3 <= pause <= 9.7 for pause in pauses[5:])


async def test_refusal_of_a_read_keeps_the_connection(autojump_clock: MockClock) -> None:
    """A PLC that answers no is in error with its reason, stays connected and is asked again."""
    fake = FakePlc({"Count": 1, "Temp": 2.5})
    async with polling(fake) as (_, plc, received):
        await trio.sleep(0.5)
        fake.failure = Rejected("Press", "PUT/GET is off")
        await trio.sleep(5)
        assert (plc.status.value.status, plc.status.value.error) == ("error", "PUT/GET is off")
        assert taken(received)[-1].readings.bad == {0: "PUT/GET is off", 1: "PUT/GET is off"}
        fake.failure = None
        await trio.sleep(1)
        assert plc.status.value.online
    assert len(fake.connects) == 1


async def test_trouble_is_logged_once_and_again_when_it_is_for_the_operator(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    """A PLC that is away is one warning and one that refuses one error, however long it lasts."""
    caplog.set_level("INFO", "warlogix.poller")
    fake = FakePlc({"Count": 1, "Temp": 2.5})
    async with polling(fake):
        await trio.sleep(0.5)
        fake.failure = Unreachable("Press", "gone")
        await trio.sleep(60)
        fake.failure = Rejected("Press", "PUT/GET is off")
        await trio.sleep(60)
        fake.failure = None
        await trio.sleep(15)
    said = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert [level for level, _ in said] == ["INFO", "WARNING", "ERROR", "INFO"]
    assert [text for _, text in said][1:3] == [
        "Press: 127.0.0.1: gone; trying again until it answers",
        "Press: PUT/GET is off; trying again until it answers",
    ]
    # It is back 119.5 s after it was lost, and found by the next attempt, at most 9.6 s later.
    assert re.fullmatch(r"Press: connected again after 1(19|2\d)\.\d s", said[3][1])


async def test_single_late_polls_are_one_line_in_the_log(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Polls that are late now and then are said once, and their end when it has lasted."""
    caplog.set_level("INFO", "warlogix.poller")
    fake = FakePlc({"Count": 1, "Temp": 2.5})
    async with polling(fake) as (poller, _, _):
        await trio.sleep(0.5)
        caplog.clear()
        for _ in range(5):
            fake.read_time = 1.5
            await trio.sleep(1)
            fake.read_time = 0.1
            await trio.sleep(10)
        assert [record.levelname for record in caplog.records] == ["WARNING"]
        await trio.sleep(60)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert poller.counts.overruns == 5


async def test_full_channel_keeps_deadlines_and_merges_scans(autojump_clock: MockClock) -> None:
    """While nobody takes scans polls stay on time, the newest scan waits, others are counted."""
    fake = FakePlc({"Count": 0, "Temp": 2.5})
    async with polling(fake, room=1) as (poller, _, received):
        await trio.sleep(0.5)
        for count in range(10):
            fake.memory["Count"] = count
            await trio.sleep(1)
        assert len(fake.reads) == 11
        assert poller.counts.merged == 9
        first, second = await received.receive(), await received.receive()
        assert [scan.readings.values[0] for scan in (first, second)] == [0, 9]


async def test_bad_tags_are_named_once_in_the_log(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    """A tag that a connected PLC does not give is one warning with its reason, however long."""
    caplog.set_level("WARNING", "warlogix.poller")
    fake = FakePlc({"Count": 1})
    async with polling(fake):
        await trio.sleep(60)
        fake.memory["Temp"] = 2.5
        await trio.sleep(5)
        del fake.memory["Temp"]
        await trio.sleep(60)
    said = [record.getMessage() for record in caplog.records]
    assert said == ["Press: 1 of 2 tags are bad: Temp: no such tag"]
