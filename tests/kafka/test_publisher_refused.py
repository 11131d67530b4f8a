"""What a real broker refuses for its size, together or alone, and what that costs the others."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import trio

from tests.outlets import AT, change, cluster, publishing, wall
from tests.witness import Record, create_topic, read_topic_async
from warlogix.kafka import hands
from warlogix.kafka.delivery import Delivery, Heard, last_of_each
from warlogix.messages import Batch
from warlogix.outbox import NewRow
from warlogix.topics import Topic

ROWS, ROW = 3_000, 1_000


def in_order(records: Iterable[Record]) -> list[int]:
    """The numbers that values begin with, each where it first appeared."""
    return list(dict.fromkeys(int((record.value or b"").split()[0]) for record in records))


async def test_a_topic_that_takes_little_at_once_gets_less_at_once(
    kafka: str, topic_prefix: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Where a topic refuses what is large together and takes each record of it, all arrives in
    order, and after the first refusals in handfuls that are taken."""
    caplog.set_level(logging.INFO)
    create_topic(kafka, topic_prefix, max_message_bytes="50000")
    with trio.fail_after(60):
        async with publishing(tmp_path, cluster(kafka), namespace=topic_prefix) as gateway:
            for first in range(0, ROWS, 100):
                numbers = range(first, first + 100)
                await gateway.outbox.append([change(f"{n} {'x' * ROW}") for n in numbers])
            await gateway.sent()
        records = await read_topic_async(kafka, topic_prefix)
    assert in_order(records) == list(range(ROWS))
    assert 1 <= sum("in parts and not at once" in line for line in caplog.messages) <= 3
    assert "went on without" not in caplog.text


async def test_a_refused_note_costs_its_neighbours_nothing(
    kafka: str, topic_prefix: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A health note that is too large for its topic is named once, those beside it arrive, and of
    all that follow none makes the lanes' client a new one."""
    caplog.set_level(logging.INFO)
    name = f"{topic_prefix}.health"
    create_topic(kafka, name, max_message_bytes="2000")
    with trio.fail_after(60):
        async with publishing(tmp_path, cluster(kafka), namespace=topic_prefix) as gateway:
            for number in range(4):
                for key in (b"A", b"C"):
                    gateway.latest.put(Topic.HEALTH, key, b"%d" % number, AT)
                gateway.latest.put(Topic.HEALTH, b"B", b"9" * 5_000, AT)
                await read_topic_async(kafka, name, at_least=2 * number + 2)
        records = await read_topic_async(kafka, name)
    assert {record.key for record in records} == {b"A", b"C"}
    assert sum("is refused" in line for line in caplog.messages) == 1
    assert sum("new producer" in line for line in caplog.messages) <= 1


async def test_times_that_are_taken_again_are_told(
    kafka: str, topic_prefix: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Records that a broker refuses for their time are set aside with a word about clocks; once
    others are taken, whoever makes good what is missing is told, once."""
    create_topic(kafka, topic_prefix, message_timestamp_after_max_ms="60000")
    ahead = wall() + 7_200_000
    with trio.fail_after(60):
        async with publishing(tmp_path, cluster(kafka), namespace=topic_prefix) as gateway:
            (outlet,) = gateway.outlets.values()
            late = [Batch([b"key"], [b"%d" % n], [ahead]) for n in range(3)]
            await gateway.outbox.append([NewRow("changes", ("Local",), each) for each in late])
            await gateway.sent()
            assert outlet.outdated.value == 0
            for number in range(2):
                await gateway.outbox.append([change(str(number))])
                await gateway.sent()
            await outlet.outdated.wait_value(1)
        records = await read_topic_async(kafka, topic_prefix)
    assert in_order(records) == [0, 1]
    assert sum("check the clocks" in line for line in caplog.messages) == 1


async def test_refused_records_are_found_among_many_that_do_not_report(
    kafka: str, topic_prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the last record of each partition reports for all, a refused one in their middle is
    set aside all the same, and every other one arrives, in the order of its key."""
    spared = []

    def noted(delivery: Delivery, partitions: Sequence[int]) -> Heard:
        heard = last_of_each(delivery, partitions)
        spared.append(heard[0].count(None))
        return heard

    monkeypatch.setattr(hands, "last_of_each", noted)
    create_topic(kafka, topic_prefix, partitions=3, max_message_bytes="30000")
    settings = replace(cluster(kafka), options={"batch.size": "20000"})
    refused = [2_500, 7_777, 7_778]
    with trio.fail_after(120):
        async with publishing(tmp_path, settings, namespace=topic_prefix) as gateway:
            for first in range(0, 10_000, 100):
                texts = [f"Tag{n % 70}={n}" for n in range(first, first + 100)]
                for n in refused:
                    if first <= n < first + 100:
                        texts[n - first] += " " + "x" * 40_000
                await gateway.outbox.append([change(*texts)])
                if first % 1_000 == 0:
                    await gateway.sent()
            await gateway.sent()
            waiting = gateway.outbox.waiting("Local")
        records = await read_topic_async(kafka, topic_prefix)
    assert sum(spared) > 1_000
    assert waiting.refused == len(refused)
    arrived = in_order(records)
    assert sorted(arrived) == [n for n in range(10_000) if n not in refused]
    for tag in range(70):
        of_tag = [n for n in arrived if n % 70 == tag]
        assert of_tag == sorted(of_tag)
