"""Forty PLCs of which thirty are dead, each in one of three ways: the rest must not feel it."""

import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from pathlib import Path

import trio

from tests.end_to_end.gateway import running
from tests.lateness import open_control, starved
from tests.ports import refusing
from tests.witness import Record, read_topic
from warlogix.simulators.black_hole import black_hole
from warlogix.simulators.s7 import Memory, S7Simulator, open_s7_simulator

LIMIT = 120
EACH = 10
INTERVAL = 1.0
POLLS = 12

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

PLC = """
[[plcs]]
name = "{name}"
family = "s7"
address = "127.0.0.1:{port}"
slot = 1
tags = [{{ name = "DB1.DBD0", data_type = "DINT" }}, {{ name = "DB1.DBW4" }}]
"""


@asynccontextmanager
async def plant() -> AsyncIterator[tuple[dict[str, int], list[S7Simulator]]]:
    """The port of each PLC by its name, dead ones first, and the healthy ones themselves."""
    with ExitStack() as dead:
        async with AsyncExitStack() as alive:
            ports = {f"Hole-{n}": dead.enter_context(black_hole()) for n in range(EACH)}
            ports |= {f"Closed-{n}": dead.enter_context(refusing()) for n in range(EACH)}
            plcs = [
                await alive.enter_async_context(open_s7_simulator(Memory({1: bytearray(8)})))
                for _ in range(2 * EACH)
            ]
            silent, healthy = plcs[:EACH], plcs[EACH:]
            for plc in silent:
                plc.stall()
            ports |= {f"Silent-{n}": plc.port for n, plc in enumerate(silent)}
            ports |= {f"Healthy-{n}": plc.port for n, plc in enumerate(healthy)}
            yield ports, healthy


def poll_starts(plc: S7Simulator) -> list[float]:
    """When each poll came: two tags beside each other are one request."""
    return [read.at for read in plc.journal.reads]


def lateness(starts: Sequence[float]) -> list[float]:
    """How much later than its deadline each poll came, counted from the one most in time."""
    offsets = [at - n * INTERVAL for n, at in enumerate(starts)]
    return [offset - min(offsets) for offset in offsets]


def told(records: Sequence[Record], field: str, value: str) -> dict[str, float]:
    """When each PLC was first told with this value in this field, in seconds since 1970."""
    first: dict[str, float] = {}
    for record in records:
        message = json.loads(record.value or b"")
        if message.get(field) == value:
            first.setdefault(message["plc"], record.timestamp / 1000)
    return first


async def test_dead_plcs_cost_the_healthy_ones_no_poll(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Beside ten black holes, ten that refuse and ten that say nothing, ten healthy PLCs get every
    scheduled poll, and the dead ones are bad in their tags and in health within ten seconds, but
    for what this machine itself is late."""
    with trio.fail_after(LIMIT):
        async with plant() as (ports, healthy):
            config = tmp_path / "warlogix.toml"
            plcs = "".join(PLC.format(name=name, port=port) for name, port in ports.items())
            config.write_text(
                CONFIG.format(
                    namespace=topic_prefix, plcs=plcs, kafka=kafka, buffer=tmp_path / "buffer"
                )
            )
            async with open_control() as control, running(config) as gateway:
                for plc in healthy:
                    # Before it is read a connection takes two requests.
                    await plc.carried_out.wait_value(lambda now: now >= POLLS + 2)
                allowed = control.late + starved(gateway.process.pid)
                gateway.terminate()
                assert await gateway.wait() == 0
    starts = [poll_starts(plc) for plc in healthy]
    late = sorted(each for plc in starts for each in lateness(plc))
    sys.stdout.write(
        f"{len(late)} polls, later than due: half of them {late[len(late) // 2] * 1e3:.1f} ms, "
        f"the latest {late[-1] * 1e3:.1f} ms, the machine in all {allowed * 1e3:.1f} ms\n"
    )
    assert all(len(plc) >= POLLS for plc in starts)
    assert late[-1] < INTERVAL + allowed, "a poll was not begun before the next was due"
    assert [plc.accepted for plc in healthy] == [1] * EACH

    alive = {f"Healthy-{n}" for n in range(EACH)}
    dead = ports.keys() - alive
    # The first polls of all are due within one interval.
    due = min(plc[0] for plc in starts) + INTERVAL
    health = read_topic(kafka, f"{topic_prefix}.health")
    away = told(health, "status", "disconnected")
    bad = told(read_topic(kafka, topic_prefix), "quality", "bad")
    assert set(away) == set(bad) == dead
    assert max([*away.values(), *bad.values()]) - due < 10 + allowed
    assert told(health, "status", "connected").keys() == alive
