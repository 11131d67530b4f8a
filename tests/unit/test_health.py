"""Health of PLCs and of the gateway itself, under a virtual clock."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import NoReturn, cast

import pytest
import trio
from trio.testing import MockClock
from trio_util import AsyncValue

from tests.fakes import FakePlc
from warlogix.health import Gateway, report_gateway, report_plc, report_return, tell_waiting
from warlogix.kafka.status import ClusterStatus
from warlogix.latest import Latest
from warlogix.messages import BufferState, encode
from warlogix.outbox import Outbox, Waiting
from warlogix.plc import CONNECTED, Plc, PlcStatus
from warlogix.tags import Endpoint
from warlogix.topics import Topic

START = 1_705_314_600_000
GONE = PlcStatus("disconnected", "connection refused")
ONLINE = ClusterStatus(True, START, "")
AWAY = ClusterStatus(False, START, "refused")


@dataclass
class FakeOutbox:
    """What the gateway's health asks of an outbox."""

    state: BufferState = field(default_factory=lambda: BufferState(4096, 0, ""))
    error: AsyncValue = field(default_factory=lambda: AsyncValue(""))
    aside_error: AsyncValue = field(default_factory=lambda: AsyncValue(""))
    waits: dict[str, Waiting] = field(
        default_factory=lambda: {
            "Alpha": Waiting(messages=7, oldest=1.26, dropped=2, refused=3),
            "Beta": Waiting(messages=0, oldest=0, dropped=0, refused=0),
        }
    )

    def waiting(self, cluster: str) -> Waiting:
        """What the cluster of this name has not confirmed."""
        return self.waits[cluster]


def plc(name: str = "Press") -> Plc:
    """A PLC whose status the test sets."""
    return Plc(Endpoint(name, "s7", "127.0.0.1"), FakePlc().driver)


def wall() -> int:
    """The virtual time since the test began, in ms since 1970."""
    return START + round(trio.current_time() * 1000)


class Reader:
    """Takes what comes out for one topic, with the second at which it came."""

    def __init__(self, latest: Latest, topic: Topic) -> None:
        self.began = trio.current_time()
        self.told: list[tuple[float, dict[str, object]]] = []
        self._latest = latest
        self._topic = topic

    async def read(self) -> None:
        """Take for ever."""
        while True:
            for note in await self._latest.take(self._topic):
                second = round(trio.current_time() - self.began, 3)
                self.told.append((second, json.loads(note.value)))

    def seconds(self) -> list[float]:
        """When something came."""
        return [second for second, _ in self.told]

    def column(self, name: str) -> list[object]:
        """One field of everything that came."""
        return [message[name] for _, message in self.told]


@asynccontextmanager
async def reporting(
    latest: Latest, topic: Topic, *tasks: Callable[[], Awaitable[NoReturn]]
) -> AsyncIterator[Reader]:
    """The tasks at work, and what comes out of them for the topic."""
    reader = Reader(latest, topic)
    async with trio.open_nursery() as nursery:
        for task in (reader.read, *tasks):
            nursery.start_soon(task)
        yield reader
        nursery.cancel_scope.cancel()


async def test_health_every_ten_seconds_and_on_every_change(autojump_clock: MockClock) -> None:
    """A PLC's health is told at once, when it changes, and else every ten seconds."""
    press, latest = plc(), Latest()
    report = partial(report_plc, press, [latest], wall)
    async with reporting(latest, Topic.HEALTH, report) as reader:
        await trio.sleep(21)
        press.status.value = CONNECTED
        await trio.sleep(4)
        press.status.value = GONE
        await trio.sleep(15)
    assert reader.seconds() == [0, 10, 20, 21, 25, 35]
    assert reader.column("status") == ["connecting"] * 3 + ["connected"] + ["disconnected"] * 2


async def test_health_says_what_is_the_case(autojump_clock: MockClock) -> None:
    """Each status carries the documented fields; online is true for `connected` alone, and what
    is not carries its cause."""
    press, latest = plc(), Latest()
    report = partial(report_plc, press, [latest], wall)
    statuses = [CONNECTED, GONE, PlcStatus("error", "PUT/GET is off")]
    async with reporting(latest, Topic.HEALTH, report) as reader:
        for status in statuses:
            await trio.sleep(1)
            press.status.value = status
        await trio.sleep(1)
    common: dict[str, object] = {"plc": "Press", "driver": "s7"}
    expected = [("connecting", "first attempt"), *((each.status, each.error) for each in statuses)]
    assert [message for _, message in reader.told] == [
        common
        | {
            "online": status == "connected",
            "status": status,
            "error": error,
            "timestamp": f"2024-01-15T10:30:0{second}.000Z",
        }
        for second, (status, error) in enumerate(expected)
    ]


async def test_a_new_reason_is_a_change(autojump_clock: MockClock) -> None:
    """While a PLC is away each new cause is told at once."""
    press, latest = plc(), Latest()
    async with reporting(
        latest, Topic.HEALTH, partial(report_plc, press, [latest], wall)
    ) as reader:
        for reason in ("no answer within 3 s", "connection refused", "connection refused"):
            await trio.sleep(1)
            press.status.value = PlcStatus("disconnected", reason)
        await trio.sleep(1)
    assert reader.seconds() == [0, 1, 2]


async def test_cluster_that_comes_back_is_told_every_plc(autojump_clock: MockClock) -> None:
    """A cluster hears of every PLC each time it comes back, without waiting for ten seconds."""
    latest, cluster = Latest(), AsyncValue(ONLINE)
    plcs = [plc("Press"), plc("Oven")]
    report = partial(report_return, cluster, plcs, latest, wall)
    async with reporting(latest, Topic.HEALTH, report) as reader:
        await trio.sleep(3)
        cluster.value = AWAY
        await trio.sleep(3)
        plcs[1].status.value = CONNECTED
        cluster.value = ONLINE
        await trio.sleep(30)
    assert reader.seconds() == [6, 6]
    assert reader.column("plc") == ["Press", "Oven"]
    assert reader.column("status") == ["connecting", "connected"]


def gateway(plcs: list[Plc], clusters: dict[str, AsyncValue], outbox: FakeOutbox) -> Gateway:
    """What the gateway's health speaks of."""
    refusals = {name: [AsyncValue("")] for name in clusters}
    return Gateway("line-1", "1.2.3", plcs, clusters, refusals, cast(Outbox, outbox))


def test_gateway_is_ok_only_when_all_is_well() -> None:
    """One PLC, one cluster, a topic or the disk away is degraded; everything there is ok."""
    press, oven, outbox = plc("Press"), plc("Oven"), FakeOutbox()
    clusters = {"Alpha": AsyncValue(ONLINE), "Beta": AsyncValue(ONLINE)}
    own = gateway([press, oven], clusters, outbox)
    assert own.message(START).status == "degraded", "a PLC that was not read yet is not well"
    for each in (press, oven):
        each.status.value = CONNECTED
    assert own.message(START).status == "ok"
    oven.status.value = GONE
    assert own.message(START).status == "degraded"
    oven.status.value = CONNECTED
    clusters["Beta"].value = AWAY
    assert own.message(START).status == "degraded"
    clusters["Beta"].value = ONLINE
    own.refusals["Beta"][0].value = "topic factory does not exist"
    degraded = own.message(START)
    assert (degraded.status, degraded.clusters["Beta"].error) == (
        "degraded",
        "topic factory does not exist",
    )
    own.refusals["Beta"][0].value = ""
    assert own.message(START).status == "ok"
    outbox.state = BufferState(0, 0, "the disk is full")
    assert own.message(START).status == "degraded"


def test_gateway_message_byte_for_byte() -> None:
    """Clusters with what waits for them, the buffer and the PLCs are told, in declared order."""
    press = plc()
    press.status.value = CONNECTED
    own = gateway([press, plc("Oven")], {"Alpha": AsyncValue(AWAY)}, FakeOutbox())
    assert encode(own.message(START)) == (
        b'{"instance":"line-1","version":"1.2.3","status":"degraded",'
        b'"clusters":{"Alpha":{"online":false,"since":"2024-01-15T10:30:00.000Z",'
        b'"error":"refused","waiting":7,"oldest":1.3,"dropped":5}},'
        b'"buffer":{"bytes":4096,"dropped":0,"error":""},"plcs":{"online":1,"total":2},'
        b'"timestamp":"2024-01-15T10:30:00.000Z"}'
    )


async def test_gateway_every_ten_seconds_and_when_anything_comes_or_goes(
    autojump_clock: MockClock,
) -> None:
    """The gateway's health is told every ten seconds, and soon after a PLC, a cluster, the disk or
    the file of refused messages has come or gone; fifty PLCs that go at once are one message."""
    plcs, outbox, latest = [plc(f"P{n}") for n in range(50)], FakeOutbox(), Latest()
    cluster = AsyncValue(ONLINE)
    for each in plcs:
        each.status.value = CONNECTED
    own = gateway(plcs, {"Alpha": cluster}, outbox)
    async with reporting(
        latest, Topic.GATEWAY, partial(report_gateway, own, [latest], wall)
    ) as reader:
        await trio.sleep(15)
        for each in plcs:
            each.status.value = GONE
        await trio.sleep(1)
        cluster.value = AWAY
        await trio.sleep(1)
        outbox.state, outbox.error.value = BufferState(0, 0, "full"), "full"
        await trio.sleep(1)
        outbox.aside_error.value = "full"
        await trio.sleep(12)
    assert reader.seconds() == [0, 10, 15, 16, 17, 18, 28]
    online = [cast("dict[str, int]", counts)["online"] for counts in reader.column("plcs")]
    assert online == [50, 50, 0, 0, 0, 0, 0]
    assert reader.column("status") == ["ok", "ok"] + ["degraded"] * 5


async def test_the_log_tells_how_much_waits_for_a_cluster_that_is_away(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Of a cluster that stays away the log says after a minute since when, why and how much waits,
    and again ever more seldom; when it is back, how much waits."""
    caplog.set_level("INFO", "warlogix.health")
    status = AsyncValue(ONLINE)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(tell_waiting, "Alpha", status, cast(Outbox, FakeOutbox()))
        await trio.sleep(100)
        assert caplog.messages == []
        status.value = AWAY
        await trio.sleep(59)
        assert caplog.messages == []
        await trio.sleep(2)
        reminder = "Alpha: away since 2024-01-15T10:30:00.000Z: refused; 7 messages wait for it"
        assert caplog.messages == [reminder]
        await trio.sleep(24 * 3600)
        assert caplog.messages == [reminder] * 26
        caplog.clear()
        status.value = ONLINE
        await trio.sleep(5 * 3600)
        nursery.cancel_scope.cancel()
    assert caplog.messages == [
        "Alpha: 7 messages wait for it, the oldest for 1 s; they are sent now"
    ]


@pytest.mark.parametrize(("messages", "oldest"), [(0, 0.0), (5, 0.4)])
async def test_nothing_is_said_of_what_comes_while_a_cluster_is_online(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture, messages: int, oldest: float
) -> None:
    """A cluster that comes online with nothing old waiting for it gives no line."""
    caplog.set_level("INFO", "warlogix.health")
    status = AsyncValue(AWAY)
    outbox = FakeOutbox(waits={"Beta": Waiting(messages, oldest, dropped=0, refused=0)})
    async with trio.open_nursery() as nursery:
        nursery.start_soon(tell_waiting, "Beta", status, cast(Outbox, outbox))
        await trio.sleep(1)
        status.value = ONLINE
        await trio.sleep(100)
        nursery.cancel_scope.cancel()
    assert caplog.messages == []
