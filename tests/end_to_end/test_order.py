"""What becomes of each change: once, in order, whatever happens to the broker and to the PLC."""

import json
import struct
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import trio

from tests.brokers import Broker
from tests.end_to_end.gateway import running
from tests.witness import read_topic_async
from warlogix.simulators.s7 import Memory, S7Simulator, open_s7_simulator

LIMIT = 150

CONFIG = """
namespace = "{namespace}"
poll_rate = "20ms"
allow_fast_polling = true

[[plcs]]
name = "Line"
family = "s7"
address = "127.0.0.1:{plc}"
slot = 1
tags = [
  {{ name = "DB1.DBD0", alias = "Parts", data_type = "DINT" }},
  {{ name = "DB1.DBD4", alias = "Scrap", data_type = "DINT" }},
  {{ name = "DB1.DBD8", alias = "Weight", data_type = "DINT" }},
  {{ name = "DB99.DBW0", alias = "Missing" }},
]

[[kafka]]
name = "Local"
brokers = ["{kafka}"]
[kafka.topics.changes]
partitions = 4

[buffer]
directory = "{buffer}"
"""

TAGS = ("Parts", "Scrap", "Weight")


def configured(folder: Path, plc: S7Simulator, kafka: str, namespace: str) -> Path:
    """A configuration file for this PLC, this broker and the topic of this name."""
    path = folder / "warlogix.toml"
    buffer = folder / "buffer"
    path.write_text(CONFIG.format(plc=plc.port, kafka=kafka, namespace=namespace, buffer=buffer))
    return path


class Line:
    """A PLC whose counters all count together.

    `held` are the values that stayed long enough for the promise: a poll's interval and a second.
    """

    def __init__(self, plc: S7Simulator) -> None:
        self.plc = plc
        self.value = 0
        self.held: list[int] = []

    async def count(self, times: int) -> None:
        """Count on, each value staying until it was polled."""
        for _ in range(times):
            self.value += 1
            self.plc.poke(1, 0, struct.pack(">i", self.value) * len(TAGS))
            await self.polled(1)

    async def hold(self) -> None:
        """Count once and let the value stay for a second's polls and one more."""
        await self.count(1)
        await self.polled(51)
        self.held.append(self.value)

    async def polled(self, polls: int) -> None:
        """Return after so many polls from now; what is bad is not asked for each time."""
        before = self.plc.carried_out.value
        await self.plc.carried_out.wait_value(lambda now: now >= before + polls)


async def changes(
    kafka: str, topic: str, enough: Callable[[Sequence[dict[str, object]]], bool]
) -> list[dict[str, object]]:
    """All changes in Kafka, key by key in order, as soon as they are enough."""
    found: list[dict[str, object]] = []
    while not enough(found):
        records = await read_topic_async(kafka, topic, at_least=len(found) + 1)
        found = [json.loads(record.value or b"") for record in records]
        keys = [f"Line.{message['tag']}".encode() for message in found]
        assert [record.key for record in records] == keys
    return found


def values(messages: Sequence[dict[str, object]], tag: str) -> list[object]:
    """The values of one tag, in order; None where it was bad."""
    return [message["value"] for message in messages if message["tag"] == tag]


def many(count: int) -> Callable[[Sequence[dict[str, object]]], bool]:
    """Whether there are at least so many."""
    return lambda messages: len(messages) >= count


def has(value: int) -> Callable[[Sequence[dict[str, object]]], bool]:
    """Whether every counter has arrived at the value."""
    return lambda messages: all(value in values(messages, tag) for tag in TAGS)


async def test_order_is_kept_and_nothing_lost_when_the_broker_dies_and_freezes(
    own_broker: Broker, tmp_path: Path
) -> None:
    """Through a kill, a restart and a freeze of the broker every held value arrives, in order of
    first appearance per key, and only what a fault met can arrive twice."""
    kafka, topic = own_broker.address, "factory"
    with trio.fail_after(LIMIT):
        async with open_s7_simulator(Memory({1: bytearray(12)})) as plc:
            line = Line(plc)
            async with running(configured(tmp_path, plc, kafka, topic)) as gateway:
                await line.count(20)
                await line.hold()
                await changes(kafka, topic, has(line.value))
                calm_until = line.value
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(line.count, 40)
                    await line.polled(10)
                    await trio.to_thread.run_sync(own_broker.kill)
                await line.hold()
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(line.count, 60)
                    await trio.to_thread.run_sync(own_broker.start)
                await line.hold()
                await changes(kafka, topic, has(line.value))
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(line.count, 40)
                    await line.polled(10)
                    await trio.to_thread.run_sync(own_broker.freeze)
                await gateway.says("the brokers do not answer")
                await line.hold()
                await trio.to_thread.run_sync(own_broker.thaw)
                await changes(kafka, topic, has(line.value))
                calm_from = line.value + 1
                await line.count(20)
                await line.hold()
                arrived = await changes(kafka, topic, has(line.value))
                gateway.terminate()
                assert await gateway.wait() == 0
    for tag in TAGS:
        got = [value for value in values(arrived, tag) if isinstance(value, int)]
        first = list(dict.fromkeys(got))
        assert first == sorted(first), tag
        assert set(line.held) <= set(got), tag
        twice = [value for value, times in Counter(got).items() if times > 1]
        assert all(calm_until < value < calm_from for value in twice), tag
        sys.stdout.write(f"{tag}: {len(first)} of {line.value + 1} values, {len(twice)} twice\n")


async def test_lost_link_makes_tags_bad_once_and_good_once(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """When the link is lost each good tag goes bad once, however often connecting fails, and is
    published once more when it is back, equal or not; a tag that was bad all along stays so."""
    topic = topic_prefix
    with trio.fail_after(LIMIT):
        async with open_s7_simulator(Memory({1: bytearray(12)})) as plc:
            async with running(configured(tmp_path, plc, kafka, topic)) as gateway:
                await changes(kafka, topic, many(4))
                plc.refuse()
                plc.drop()
                await changes(kafka, topic, many(7))
                plc.stall()
                plc.accept()
                for _ in range(2):
                    await plc.held.wait_value(1)
                    plc.drop()
                    await plc.held.wait_value(0)
                plc.resume()
                await changes(kafka, topic, many(10))
                await Line(plc).polled(50)
                gateway.terminate()
                assert await gateway.wait() == 0
            found = await changes(kafka, topic, many(10))
    assert [values(found, tag) for tag in TAGS] == [[0, None, 0]] * 3
    assert values(found, "Missing") == [None]
    errors = {(message["tag"], message["error"]) for message in found if "error" in message}
    assert {tag for tag, error in errors if "DB99" in str(error)} == {"Missing"}
    assert len(errors) == 4


async def test_one_change_is_one_message_and_no_change_is_none(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """After the first reading two hundred unchanged polls publish nothing, and each value that a
    tag takes is one message of that tag alone."""
    topic = topic_prefix
    with trio.fail_after(LIMIT):
        async with open_s7_simulator(Memory({1: bytearray(12)})) as plc:
            line = Line(plc)
            async with running(configured(tmp_path, plc, kafka, topic)) as gateway:
                await changes(kafka, topic, many(4))
                await line.polled(200)
                for number, value in enumerate((7, 0, 7), start=5):
                    plc.poke(1, 4, struct.pack(">i", value))
                    await changes(kafka, topic, many(number))
                await line.polled(20)
                gateway.terminate()
                assert await gateway.wait() == 0
            found = await changes(kafka, topic, many(7))
    assert [values(found, tag) for tag in TAGS] == [[0], [0, 7, 0, 7], [0]]
    assert values(found, "Missing") == [None]
