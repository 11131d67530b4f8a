"""`warlogix tail` against a real Apache Kafka, and against the demo's broker."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
from confluent_kafka import Producer

from tests.witness import create_topic
from warlogix.kafka.embedded import embedded_broker
from warlogix.messages import TagChange, encode, timestamp

WARLOGIX = Path(sys.executable).with_name("warlogix")
LIMIT = 90.0
CONFIG = """
namespace = "{namespace}"
[[plcs]]
name = "A"
family = "s7"
address = "127.0.0.1"
[[kafka]]
name = "Local"
brokers = ["{address}"]
"""
AWAY = """
[[kafka]]
name = "Away"
brokers = ["127.0.0.1:1"]
"""
HOUR = 3_600_000
Done = subprocess.CompletedProcess[str]


def produce(
    address: str, topic: str, tags: Sequence[tuple[str, int]], at: int = 0, partition: int = 0
) -> None:
    """Put a change of each PLC.tag into the topic, a millisecond apart, the first at `at`."""
    producer = Producer({"bootstrap.servers": address, "log_level": 0})
    at = at or round(time.time() * 1000)
    for i, (name, value) in enumerate(tags):
        plc, _, tag = name.partition(".")
        change = TagChange(plc, tag, "", value, "DINT", False, timestamp(at + i))
        producer.produce(
            topic, encode(change), name.encode(), partition=partition, timestamp=at + i
        )
    assert producer.flush(LIMIT) == 0


def tail(config: Path, *arguments: str) -> Done:
    """`warlogix tail ... --no-follow`, as a process of its own."""
    return subprocess.run(
        [WARLOGIX, "--config", str(config), "tail", *arguments, "--no-follow"],
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )


def values(done: Done) -> list[int]:
    """The values of the changes that were printed with `--json`."""
    assert done.returncode == 0, done.stderr
    return [json.loads(line)["value"]["value"] for line in done.stdout.splitlines()]


class Live:
    """A `tail` that runs; every wait for it has a deadline."""

    def __init__(self, process: trio.Process) -> None:
        self.process = process
        self._printed = ""
        self._said = ""

    async def value(self) -> int:
        """The value of the next change that it prints with `--json`."""
        assert self.process.stdout is not None
        with trio.fail_after(LIMIT):
            while "\n" not in self._printed:
                chunk = await self.process.stdout.receive_some()
                assert chunk, "it ended"
                self._printed += chunk.decode()
        line, _, self._printed = self._printed.partition("\n")
        value = json.loads(line)["value"]["value"]
        assert isinstance(value, int)
        return value

    async def says(self, text: str) -> None:
        """Wait until it has said this on stderr."""
        assert self.process.stderr is not None
        with trio.fail_after(LIMIT):
            while text not in self._said:
                self._said += (await self.process.stderr.receive_some()).decode()

    async def end(self) -> tuple[int, str]:
        """Its status once it has ended, and what it had to say."""
        assert self.process.stderr is not None
        with trio.fail_after(LIMIT):
            async for chunk in self.process.stderr:
                self._said += chunk.decode()
            return await self.process.wait(), self._said


@asynccontextmanager
async def following(config: Path, *arguments: str) -> AsyncIterator[Live]:
    """`warlogix tail ...`, until Ctrl-C."""
    process = await trio.lowlevel.open_process(
        [WARLOGIX, "--config", str(config), "tail", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield Live(process)
    finally:
        process.kill()
        with trio.CancelScope(shield=True):
            await process.wait()


@pytest.fixture
def config(kafka: str, topic_prefix: str, tmp_path: Path) -> Path:
    """A configuration of the shared broker with a namespace of its own."""
    path = tmp_path / "warlogix.toml"
    path.write_text(CONFIG.format(namespace=topic_prefix, address=kafka))
    return path


def test_n_shows_the_newest_in_order(config: Path, kafka: str, topic_prefix: str) -> None:
    """`-n` gives the newest of all partitions by time; without it there are ten."""
    create_topic(kafka, topic_prefix, partitions=2)
    at = round(time.time() * 1000) - 1000
    for i in range(20):
        produce(kafka, topic_prefix, [("A.x", i)], at + i, partition=i % 2)
    assert values(tail(config, "-n", "3", "--json")) == [17, 18, 19]
    assert values(tail(config, "--json")) == list(range(10, 20))
    assert values(tail(config, "-n", "30", "--json")) == list(range(20))


def test_n_counts_what_matches(config: Path, topic: str, kafka: str) -> None:
    """With a filter `-n` looks back as far as it must to find so many that match."""
    produce(kafka, topic, [("B.rare", 1), ("B.rare", 2)])
    produce(kafka, topic, [("A.x", i) for i in range(3000)])
    assert values(tail(config, "-n", "2", "--plc", "b", "--json")) == [1, 2]
    assert values(tail(config, "-n", "1", "--tag", "RARE", "--json")) == [2]
    assert values(tail(config, "-n", "5", "--plc", "nobody", "--json")) == []


def test_since_and_from_beginning(config: Path, topic: str, kafka: str) -> None:
    """`--since` begins at a time, `--from-beginning` with the oldest."""
    now = round(time.time() * 1000)
    produce(kafka, topic, [("A.x", 1)], now - 2 * HOUR)
    produce(kafka, topic, [("A.x", 2)], now - HOUR // 2)
    assert values(tail(config, "--since", "1h", "--json")) == [2]
    assert values(tail(config, "--since", timestamp(now - 3 * HOUR), "--json")) == [1, 2]
    assert values(tail(config, "--from-beginning", "--json")) == [1, 2]


def test_lines_for_people(config: Path, topic: str, kafka: str) -> None:
    """Without `--json` a change is a line with its PLC, tag, value and type."""
    produce(kafka, topic, [("A.Count", 42)])
    (day, line) = tail(config).stdout.splitlines()
    assert day.endswith(", local time")
    assert line.split()[1:] == ["A", "Count", "42", "DINT"]


async def test_live_shows_what_comes_and_nothing_before(
    config: Path, topic: str, kafka: str
) -> None:
    """Without a start, `tail` shows only what comes after it began; Ctrl-C ends it quietly."""
    produce(kafka, topic, [("A.x", -1)])
    async with following(config, "--json") as live:
        shown = trio.Event()

        async def keep_producing() -> None:
            value = 0
            while not shown.is_set():
                await trio.to_thread.run_sync(produce, kafka, topic, [("A.x", value)])
                value += 1
            await trio.to_thread.run_sync(produce, kafka, topic, [("A.x", value)])

        async with trio.open_nursery() as nursery:
            nursery.start_soon(keep_producing)
            first = await live.value()
            shown.set()
        assert first >= 0
        assert await live.value() == first + 1
        live.process.send_signal(signal.SIGINT)
        assert await live.end() == (130, "")


async def test_newest_and_then_live(config: Path, topic: str, kafka: str) -> None:
    """`-n` shows the newest and goes on with what comes, without a gap and nothing twice."""
    produce(kafka, topic, [("A.x", i) for i in range(5)])
    async with following(config, "-n", "2", "--json") as live:
        shown = [await live.value(), await live.value()]
        await trio.to_thread.run_sync(produce, kafka, topic, [("A.x", 5), ("A.x", 6)])
        shown += [await live.value(), await live.value()]
    assert shown == [3, 4, 5, 6]


async def test_a_topic_that_comes_later_is_read(
    config: Path, kafka: str, topic_prefix: str
) -> None:
    """A topic that does not exist yet is waited for, and read from its first record."""
    async with following(config, "--json") as live:
        await live.says("there is no topic")
        await trio.to_thread.run_sync(create_topic, kafka, topic_prefix)
        await trio.to_thread.run_sync(produce, kafka, topic_prefix, [("A.x", 1)])
        assert await live.value() == 1


@pytest.mark.parametrize("start", ["-n3", "--from-beginning"])
def test_what_matches_nothing_is_told(start: str, config: Path, topic: str, kafka: str) -> None:
    """A tag or a topic that is misspelt ends with a line that says so, and with what comes near."""
    produce(kafka, topic, [("A.Speed", 1)])
    done = tail(config, start, "--tag", "Sped")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.endswith('note: nothing matched; did you mean "Speed"?\n')
    wrong = topic[:-1]
    done = tail(config, wrong, start)
    assert f'there is no topic {wrong} yet; did you mean "{topic}' in done.stderr
    assert done.stderr.endswith("note: there is no record to show\n")
    assert tail(config, start).stderr == ""


def test_a_cluster_that_is_away_hides_no_other(config: Path, topic: str, kafka: str) -> None:
    """What can be read is shown; a cluster that does not answer is an error, with status 1."""
    produce(kafka, topic, [("A.x", 1)])
    config.write_text(config.read_text() + AWAY)
    for start in (["-n", "1"], ["--from-beginning"]):
        done = tail(config, *start, "--json")
        assert done.returncode == 1
        assert json.loads(done.stdout)["cluster"] == "Local"
        assert done.stderr.startswith("error: Away: ")
    assert "Local" in tail(config, "--cluster", "Local", "--json").stdout


def test_any_topic_by_its_name(config: Path, topic: str, kafka: str) -> None:
    """A name that is no kind is a topic, shown as it is."""
    other = f"{topic}-other"
    create_topic(kafka, other)
    producer = Producer({"bootstrap.servers": kafka, "log_level": 0})
    producer.produce(other, b"hello", b"k", headers=[("h", b"1")])
    assert producer.flush(LIMIT) == 0
    envelope = json.loads(tail(config, other, "--json").stdout)
    assert (envelope["topic"], envelope["key"], envelope["value"]) == (other, "k", "hello")
    assert envelope["headers"] == [["h", "1"]]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["-n", "1", "--from-beginning"], "choose one of"),
        (["-n", "0"], "-n"),
        (["--since", "yesterday"], "neither a duration nor a time"),
        (["--since", "2999-01-01"], "in the future"),
        (["gateway", "--plc", "A"], "not of a PLC"),
        (["health", "--tag", "x"], "not speak of tags"),
        (["--cluster", "Other"], "the configuration has: Local"),
    ],
)
def test_wrong_usage(arguments: list[str], told: str, tmp_path: Path) -> None:
    """What cannot be meant ends with 2 before any broker is asked."""
    config = tmp_path / "warlogix.toml"
    config.write_text(CONFIG.format(namespace="factory", address="127.0.0.1:1"))
    done = tail(config, *arguments)
    assert done.returncode == 2
    assert told in " ".join(done.stderr.split())


def test_the_embedded_broker_knows_no_times(tmp_path: Path) -> None:
    """On the demo's broker `--since` says that it is not known there; `-n` works."""
    config = tmp_path / "warlogix.toml"
    with embedded_broker() as address:
        config.write_text(CONFIG.format(namespace="factory", address=address))
        produce(address, "factory", [("A.x", 1), ("A.x", 2)])
        done = tail(config, "--since", "10m")
        assert done.returncode == 1
        assert "embedded" in done.stderr
        assert values(tail(config, "-n", "1", "--json")) == [2]
