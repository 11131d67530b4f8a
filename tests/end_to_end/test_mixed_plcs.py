"""Forty PLCs of all families in one gateway: what is dead costs the healthy ones nothing."""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import trio

from tests.answers import open_tail
from tests.end_to_end.gateway import running
from tests.end_to_end.mixed_plcs import HEALTHY, Mixed, Stopwatch, open_mixed
from tests.lateness import open_control, starved
from tests.witness import Record, read_topic

LIMIT = 120
INTERVAL = 1.0
POLLS = 12
# What the first tag of each healthy PLC is changed to while it is polled.
MOVED = 1000
MOVES = range(MOVED, MOVED + HEALTHY)

CONFIG = """
namespace = "{namespace}"
poll_rate = "1s"
{plcs}
[[kafka]]
name = "Local"
brokers = ["{kafka}"]

[buffer]
directory = "{buffer}"
"""


def lateness(starts: Sequence[float]) -> list[float]:
    """How much later than its deadline each poll came, counted from the one most in time."""
    offsets = [at - n * INTERVAL for n, at in enumerate(starts)]
    return [offset - min(offsets) for offset in offsets]


def used(pid: int) -> tuple[float, float]:
    """Seconds of CPU and megabytes that a process has used so far."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    ticks, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    return (int(words[11]) + int(words[12])) / ticks, pages * page / 1e6


def told(records: Sequence[Record], field: str, value: object) -> dict[str, float]:
    """When each PLC was first told with this value in this field, in seconds since 1970."""
    first: dict[str, float] = {}
    for record in records:
        message = json.loads(record.value or b"")
        if message.get(field) == value:
            first.setdefault(message["plc"], record.timestamp / 1000)
    return first


async def poll_for_long(mixed: Mixed, pid: int) -> None:
    """Wait until every healthy PLC had its polls, and move each one's first tag half-way."""
    watches = [watch for _, watch in mixed.healthy.values()]
    plants = [plant for plant, _ in mixed.healthy.values()]
    await polled(mixed, watches, POLLS // 2)
    begun, started = used(pid)[0], trio.current_time()
    for number, plant in enumerate(plants):
        plant.put((MOVED + number, 0, 0))
    await polled(mixed, watches, POLLS + 1)
    spent, held = used(pid)
    taken = trio.current_time() - started
    sys.stdout.write(f"CPU {(spent - begun) / taken:.1%} of a core, RSS {held:.0f} MB\n")


async def polled(mixed: Mixed, watches: Sequence[Stopwatch], count: int) -> None:
    """Wait until all of them had so many polls."""
    for (plant, _), watch in zip(mixed.healthy.values(), watches, strict=True):
        await plant.simulator.carried_out.wait_value(
            lambda _now, watch=watch: len(watch.polls()) >= count
        )


def check_polls(mixed: Mixed, allowed: float) -> None:
    """Every poll was begun before the next one was due, over one connection; the machine itself
    was late by so many seconds."""
    # Behind them may be a farewell.
    starts = {name: watch.polls()[1 : 1 + POLLS] for name, (_, watch) in mixed.healthy.items()}
    late = sorted(each for polls in starts.values() for each in lateness(polls))
    sys.stdout.write(
        f"{len(late)} polls, later than due: half of them {late[len(late) // 2] * 1e3:.1f} ms, "
        f"1 in 100 {late[-len(late) // 100] * 1e3:.1f} ms, the latest {late[-1] * 1e3:.1f} ms\n"
    )
    assert late[-1] < INTERVAL + allowed, "a poll was not begun before the next was due"
    for name, (plant, _) in mixed.healthy.items():
        assert plant.simulator.accepted <= 1, name
        assert plant.offences() == [], name


async def test_fifteen_dead_plcs_cost_the_other_families_no_poll(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Beside fifteen that swallow, refuse, stall or babble, twenty-five healthy PLCs of all
    families get every scheduled poll and are published; the dead are told within ten seconds, all
    but for what this machine itself is late."""
    config, gone = tmp_path / "warlogix.toml", f"{topic_prefix}.health"
    with trio.fail_after(LIMIT):
        async with open_mixed() as mixed:
            config.write_text(
                CONFIG.format(
                    namespace=topic_prefix,
                    plcs=mixed.configuration(),
                    kafka=kafka,
                    buffer=tmp_path / "buffer",
                )
            )
            async with (
                open_control() as control,
                running(config) as gateway,
                open_tail(kafka, topic_prefix) as tail,
            ):
                await poll_for_long(mixed, gateway.process.pid)
                records = await tail.until(
                    lambda seen: (
                        sum(json.loads(each.value or b"")["value"] in MOVES for each in seen)
                        >= HEALTHY
                    )
                )
                allowed = control.late + starved(gateway.process.pid)
                gateway.terminate()
                assert await gateway.wait() == 0
            check_polls(mixed, allowed)
            firsts = [watch.polls()[0] for _, watch in mixed.healthy.values()]
    for number, name in enumerate(mixed.healthy):
        assert told(records, "value", MOVED + number).keys() == {name}
    health = read_topic(kafka, gone)
    away, bad = told(health, "online", False), told(records, "quality", "bad")
    assert bad.keys() == mixed.dead()
    assert away.keys() >= mixed.dead()
    due = min(firsts) + INTERVAL
    assert max(bad.values()) - due < 10 + allowed
    assert told(health, "status", "connected").keys() == mixed.healthy.keys()
