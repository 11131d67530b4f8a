"""How each trouble is made. Each returns when nothing stands in the way any more."""

import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path

import trio
from confluent_kafka.admin import AdminClient

from tests.brokers import QUIET
from tests.chaos.segments import readings_on_disk
from tests.chaos.stage import PLC_TIMEOUT, TOPIC, Stage
from tests.chaos.strikes import Strike
from tests.chaos.truth import Kind
from tests.chaos.wires import Wire
from tests.links import Api

HOUR = 3600.0
_DELETED = 30.0


async def strike(stage: Stage, what: Strike) -> tuple[float, float]:
    """Make this trouble; when it began and when it was over, in monotonic seconds."""
    since = time.monotonic()
    began = await _WAYS[what.kind](stage, what)
    return began or since, time.monotonic()


async def _kill_broker(stage: Stage, what: Strike) -> None:
    await trio.to_thread.run_sync(stage.broker.kill)
    await _away(stage, what.lasts)


async def _restart_broker(stage: Stage, what: Strike) -> None:
    await trio.to_thread.run_sync(stage.broker.stop)
    await _away(stage, what.lasts)


async def _wipe(stage: Stage, what: Strike) -> None:
    await trio.to_thread.run_sync(stage.broker.kill)
    found = await trio.to_thread.run_sync(
        readings_on_disk, stage.broker.data, TOPIC, time.monotonic()
    )
    stage.rescued.extend(found)
    await trio.to_thread.run_sync(stage.broker.wipe)
    await _away(stage, what.lasts)


async def _away(stage: Stage, seconds: float) -> None:
    """The broker's port refuses, then its host is up, and then the broker starts."""
    stage.link.door.shut()
    await trio.sleep(seconds)
    stage.link.door.open()
    await trio.to_thread.run_sync(stage.broker.start)


async def _freeze(stage: Stage, what: Strike) -> None:
    stage.broker.freeze()
    await trio.sleep(what.lasts)
    stage.broker.thaw()


async def _cut_broker(stage: Stage, what: Strike) -> float:
    """The broker has what it was sent last, and nobody is told so."""
    stage.link.hold_answers(Api.PRODUCE)
    await stage.link.holds(Api.PRODUCE)
    began = time.monotonic()
    stage.link.cut()
    stage.link.lose(Api.PRODUCE)
    return began


async def _delete_topic(stage: Stage, what: Strike) -> None:
    incarnation = stage.live.incarnations[-1]
    await trio.to_thread.run_sync(_delete, stage.broker.address, TOPIC)
    with trio.fail_after(_DELETED):
        # The folders say when the broker has closed them, and nobody else does.
        while _writable(stage.broker.data, TOPIC, incarnation):  # noqa: ASYNC110
            await trio.sleep(0.05)
    found = await trio.to_thread.run_sync(
        readings_on_disk, stage.broker.data, TOPIC, time.monotonic()
    )
    stage.rescued.extend(each for each in found if each.incarnation == incarnation)


def _delete(address: str, topic: str) -> None:
    client = AdminClient({"bootstrap.servers": address, **QUIET})
    client.delete_topics([topic])[topic].result()


def _writable(data: Path, topic: str, incarnation: str) -> list[Path]:
    """The folders of the topic that are not marked as deleted."""
    folders = [each for each in data.glob(f"{topic}-*") if each.name[len(topic) + 1 :].isdigit()]
    return [each for each in folders if incarnation in _metadata(each)]


def _metadata(folder: Path) -> str:
    """What the broker keeps of a partition; nothing where the folder was renamed just now."""
    try:
        return (folder / "partition.metadata").read_text()
    except FileNotFoundError:
        return ""


async def _kill_gateway(stage: Stage, what: Strike) -> None:
    with stage.uptime.trouble():
        await _kill(stage)
        await trio.sleep(what.lasts)
        await stage.service.start()
        if what.amount:
            await trio.sleep(what.amount)
            await _kill(stage)
            await stage.service.start()


async def _kill(stage: Stage) -> None:
    await stage.service.kill()
    # What it still had under way is nobody's.
    for wire in stage.wires.values():
        wire.drop()


async def _set_clock(ahead: float, stage: Stage, what: Strike) -> None:
    stage.service.clock.set(ahead)
    await trio.lowlevel.checkpoint()


async def _restart_plc(stage: Stage, what: Strike) -> None:
    machine = stage.machines[what.plc]
    with stage.uptime.trouble(what.plc):
        machine.simulator.refuse()
        machine.restart()
        await trio.sleep(what.lasts)
        machine.simulator.accept()


async def _cut_plc(stage: Stage, what: Strike) -> None:
    wire = stage.wires[what.plc]
    with stage.uptime.trouble(what.plc):
        wire.cut()
        await trio.sleep(what.lasts)
        wire.mend()


async def _delay_plc(stage: Stage, what: Strike) -> None:
    if what.amount < PLC_TIMEOUT:
        await _delay(stage.wires[what.plc], what)
    else:
        with stage.uptime.trouble(what.plc):
            await _delay(stage.wires[what.plc], what)


async def _delay(wire: Wire, what: Strike) -> None:
    wire.delay(what.amount)
    await trio.sleep(what.lasts)
    wire.mend()


async def _split_plc(stage: Stage, what: Strike) -> None:
    wire = stage.wires[what.plc]
    wire.split()
    await trio.sleep(what.lasts)
    wire.mend()


_WAYS: Mapping[Kind, Callable[[Stage, Strike], Awaitable[float | None]]] = {
    Kind.BROKER_KILLED: _kill_broker,
    Kind.BROKER_RESTARTED: _restart_broker,
    Kind.BROKER_FROZEN: _freeze,
    Kind.BROKER_PAUSED: _freeze,
    Kind.BROKER_CUT: _cut_broker,
    Kind.BROKER_WIPED: _wipe,
    Kind.TOPIC_DELETED: _delete_topic,
    Kind.GATEWAY_KILLED: _kill_gateway,
    Kind.CLOCK_BACK: partial(_set_clock, -HOUR),
    Kind.CLOCK_FORTH: partial(_set_clock, 0.0),
    Kind.PLC_RESTARTED: _restart_plc,
    Kind.PLC_CUT: _cut_plc,
    Kind.PLC_DELAYED: _delay_plc,
    Kind.PLC_SPLIT: _split_plc,
}
