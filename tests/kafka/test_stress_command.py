"""`warlogix stress` against a real Apache Kafka."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
import trio
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient

from tests.brokers import Broker
from tests.outlets import cluster
from tests.witness import CONSUMER, create_topic, read_topic
from warlogix.clusters import Cluster, TopicSpec
from warlogix.messages import TagChange
from warlogix.plan import BufferPlan
from warlogix.stress import Way, rehearsal
from warlogix.stress.rehearsal import Afterwards, Outcome, Target, Wish, rehearse
from warlogix.topics import STRESS_TOPIC as TOPIC

WARLOGIX = Path(sys.executable).with_name("warlogix")
LIMIT = 120
CONFIG = """
namespace = "{namespace}"
[[kafka]]
name = "Local"
brokers = ["{address}"]
auto_create_topics = {makes}
[buffer]
directory = "state/buffer"
"""
AWAY = """
[[kafka]]
name = "Away"
brokers = ["127.0.0.1:1"]
"""


@pytest.fixture
def config(kafka: str, tmp_path: Path) -> Path:
    """A configuration whose buffer's folder is `state/buffer`, and not there yet."""
    (tmp_path / "state").mkdir()
    path = tmp_path / "warlogix.toml"
    path.write_text(CONFIG.format(namespace="factory", address=kafka, makes="true"))
    return path


def command(config: Path, *arguments: str) -> list[str]:
    """`warlogix stress`, small."""
    small = ("--test-plcs", "5", "--test-tags", "20")
    return [str(WARLOGIX), "--config", str(config), "stress", *small, *arguments]


def left(config: Path) -> list[Path]:
    """What the test left beside the configured buffer."""
    return list((config.parent / "state").iterdir())


def read_until(source: int, text: bytes) -> bytes:
    """What a process shows up to this text, at a terminal or in a pipe."""
    shown, deadline = b"", time.monotonic() + LIMIT
    while text not in shown:
        ready, _, _ = select.select([source], [], [], max(0.0, deadline - time.monotonic()))
        part = os.read(source, 1000) if ready else b""
        assert part, f"{text!r} is not in {shown!r}"
        shown += part
    return shown


def ends(address: str) -> dict[int, int]:
    """Where each partition of the topic ends; nothing while there is no topic."""
    client = Consumer({"bootstrap.servers": address, **CONSUMER})
    try:
        found = client.list_topics(timeout=LIMIT).topics.get(TOPIC)
        places = [TopicPartition(TOPIC, number) for number in found.partitions] if found else []
        return {each.partition: client.get_watermark_offsets(each, LIMIT)[1] for each in places}
    finally:
        client.close()


def test_what_is_counted_is_in_the_topic(config: Path, kafka: str) -> None:
    """A run passes, each message that it counts is a tag change in the topic, one cluster after
    another is told in a line, nothing stays on disk; one that is away fails the command."""
    config.write_text(config.read_text() + AWAY)
    before = ends(kafka)
    done = subprocess.run(
        command(config, "-y", "--test-duration", "1s", "--json"),
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode == 1
    local, away = (json.loads(line) for line in done.stdout.splitlines())
    assert (local["cluster"], local["result"], local["errors"]) == ("Local", "PASS", 0)
    assert local["confirmed"] == local["sent"] > 100
    assert local["throughput"] == pytest.approx(local["sent"] / local["seconds"], rel=0.01)
    latency = local["latency_ms"]
    assert 0 < latency["p50"] <= latency["p95"] <= latency["p99"] <= latency["max"]
    assert (away["cluster"], away["result"], away["sent"]) == ("Away", "FAIL", 0)
    assert "error: Away: " in done.stderr
    assert f"note: what was sent stays in {TOPIC} at Local (--cleanup removes it)\n" in done.stderr
    assert left(config) == []

    # A first scan of a PLC goes ahead, uncounted.
    records = [
        each for each in read_topic(kafka, TOPIC) if each.offset >= before.get(each.partition, 0)
    ]
    assert len(records) == local["sent"] + 20
    change = msgspec.json.decode(records[-1].value or b"", type=TagChange)
    assert (records[-1].key or b"").decode() == f"{change.plc}.{change.tag}"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_run_that_is_broken_off_leaves_nothing_behind(
    config: Path, number: signal.Signals
) -> None:
    """Ctrl-C, SIGTERM and a closed terminal end a run at once, with 130, and its folder is gone;
    what stays in the topic is said."""
    arguments = command(config, "-y", "--duration", "1h")
    with subprocess.Popen(arguments, stderr=subprocess.PIPE) as process:
        try:
            assert process.stderr is not None
            read_until(process.stderr.fileno(), b"Local: online")
            assert len(left(config)) == 1
            process.send_signal(number)
            read_until(process.stderr.fileno(), f" s; what was sent stays in {TOPIC}".encode())
            assert process.wait(LIMIT) == 130
        finally:
            process.kill()
    assert left(config) == []


def test_what_is_broken_off_is_cleaned_up(config: Path, kafka: str) -> None:
    """A Ctrl-C with --cleanup removes the topic all the same, and speaks of nothing that stays."""
    arguments = command(config, "-y", "--duration", "1h", "--cleanup")
    with subprocess.Popen(arguments, stderr=subprocess.PIPE) as process:
        try:
            assert process.stderr is not None
            read_until(process.stderr.fileno(), b"Local: online")
            process.send_signal(signal.SIGINT)
            said = process.communicate(timeout=LIMIT)[1].decode()
            assert process.returncode == 130
        finally:
            process.kill()
    assert re.fullmatch(r"stopped after \d+ s", said.splitlines()[-1])
    assert_gone(kafka)


async def test_a_topic_that_cannot_be_removed_is_told(
    own_broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the broker is away at the end the topic stays, and it is said how to remove it later."""
    monkeypatch.setattr(rehearsal, "_REST", 3.0)
    monkeypatch.setattr(rehearsal, "_REMOVAL", 1.0)

    async def kill(_: Way) -> None:
        await trio.to_thread.run_sync(own_broker.kill)

    wish = Wish(1.0, 5, 20, BufferPlan(tmp_path / "buffer", 10**8, 1e6, 0), "test")
    there = cluster(own_broker.address)
    target, stays = Target(there, TopicSpec(TOPIC), Afterwards.REMOVE), set[str]()
    with trio.fail_after(LIMIT):
        outcome = await rehearse(wish, target, kill, stays)
    told = outcome.failures[-1].reason
    assert told.startswith(f"topic {TOPIC} was not removed: ")
    again = f"; `warlogix stress --cluster {there.name} --duration 1s --cleanup` tries it again"
    assert told.endswith(again)
    assert stays == {there.name}


@contextmanager
def at_a_terminal(*arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A process at a terminal of its own, and our end of that."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        arguments, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs
    ) as process:
        os.close(theirs)
        try:
            yield process, ours
        finally:
            process.kill()
            os.close(ours)


def test_nothing_is_sent_before_somebody_agrees(config: Path, kafka: str) -> None:
    """At a terminal the brokers and the topic are named and asked about, and no is no; then yes
    sends, with a progress bar and the table at the end, and the topic goes where that is asked."""
    with at_a_terminal(*command(config, "--duration", "1s")) as (process, terminal):
        asked = read_until(terminal, b"[y/N]")
        assert f"Local: {kafka}".encode() in asked
        assert TOPIC.encode() in asked
        os.write(terminal, b"n\n")
        assert process.communicate(timeout=LIMIT)[0] == b""
        assert process.returncode == 1
    arguments = command(config, "--duration", "1s", "--cleanup")
    with at_a_terminal(*arguments) as (process, terminal):
        read_until(terminal, b"[y/N]")
        os.write(terminal, b"y\n")
        assert b"of 1 s" in read_until(terminal, b"confirmed")
        assert "✓ PASS".encode() in process.communicate(timeout=LIMIT)[0]
        assert process.returncode == 0
    assert_gone(kafka)


def assert_gone(kafka: str) -> None:
    """The topic goes; the broker hears of it from the controller a moment later."""
    client, deadline = AdminClient({"bootstrap.servers": kafka}), time.monotonic() + LIMIT
    while TOPIC in client.list_topics(timeout=LIMIT).topics:
        assert time.monotonic() < deadline


async def rehearsed(
    cluster: Cluster, topic: str, folder: Path, companion: rehearsal.Companion = Way.settled
) -> Outcome:
    """A test of two seconds inside this process, with a companion."""
    wish = Wish(2.0, 5, 20, BufferPlan(folder / "buffer", 10**8, 1e6, 0), "test")
    with trio.fail_after(LIMIT):
        return await rehearse(wish, Target(cluster, TopicSpec(topic)), companion, set())


async def test_a_broker_that_dies_fails_the_test_in_time(
    own_broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broker that is killed while messages are on their way fails the test: it ends when the rest
    had its time, and tells how many were not confirmed, and why."""
    monkeypatch.setattr(rehearsal, "_REST", 3.0)

    async def kill(_: Way) -> None:
        await trio.to_thread.run_sync(own_broker.kill)

    outcome = await rehearsed(cluster(own_broker.address), TOPIC, tmp_path, kill)
    assert not outcome.passed
    (failure,) = outcome.failures
    assert outcome.ledger.seconds > 1.9
    missing = outcome.ledger.sent - outcome.confirmed
    assert missing > 0
    told = f"{missing:,} of {outcome.ledger.sent:,} messages were not confirmed within 3 s: "
    assert failure.reason.startswith(told)
    assert own_broker.address in failure.reason


async def test_refused_messages_are_errors(kafka: str, topic_prefix: str, tmp_path: Path) -> None:
    """A topic that takes no message of this size fails the test at its first scan, each of whose
    messages is an error."""
    create_topic(kafka, topic_prefix, max_message_bytes="150")
    outcome = await rehearsed(cluster(kafka), topic_prefix, tmp_path)
    assert (outcome.ledger.sent, outcome.errors, outcome.confirmed) == (20, 20, 0)
    (failure,) = outcome.failures
    assert failure.reason == "20 messages were refused or dropped"
    assert not [*await trio.Path(tmp_path).iterdir()]


async def test_a_topic_that_may_not_be_made_fails_the_test(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """With auto_create_topics = false and without the topic nothing is sent, and that is told."""
    closed = replace(cluster(kafka), auto_create_topics=False)
    outcome = await rehearsed(closed, topic_prefix, tmp_path)
    (failure,) = outcome.failures
    told = f"topic {topic_prefix} does not exist and auto_create_topics = false: make it"
    assert failure.reason.startswith(told)
    assert (outcome.passed, outcome.ledger.sent) == (False, 0)
