"""`warlogix topics` against a real Apache Kafka, and against the demo's broker."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.witness import create_topic
from warlogix.kafka.embedded import embedded_broker

WARLOGIX = Path(sys.executable).with_name("warlogix")

CONFIG = """
namespace = "{namespace}"
[[plcs]]
name = "A"
family = "s7"
address = "127.0.0.1"
[[kafka]]
name = "Local"
brokers = ["{address}"]
[kafka.topics.changes]
partitions = 3
retention = "7d"
"cleanup.policy" = "compact,delete"
"""
AWAY = """
[[kafka]]
name = "Away"
brokers = ["127.0.0.1:1"]
"""
Done = subprocess.CompletedProcess[str]
Topics = Callable[..., Done]


def topics(config: Path, *arguments: str) -> Done:
    """`warlogix topics ...` as a process of its own."""
    return subprocess.run(
        [WARLOGIX, "--config", str(config), "topics", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def lines(done: Done) -> list[dict[str, Any]]:
    """What was printed with `--json`."""
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def config(kafka: str, topic_prefix: str, tmp_path: Path) -> Path:
    """A configuration whose topics nobody has made."""
    path = tmp_path / "warlogix.toml"
    path.write_text(CONFIG.format(namespace=topic_prefix, address=kafka))
    return path


def test_create_makes_what_is_missing_as_it_is_wanted(config: Path, topic_prefix: str) -> None:
    """`create` makes the topics with partitions and settings; again, it finds them there."""
    rehearsed = lines(topics(config, "create", "--dry-run", "--json"))
    assert {each["result"] for each in rehearsed} == {"would be created"}
    assert {each["state"] for each in lines(topics(config, "list", "--json"))} == {"missing"}

    made = topics(config, "create")
    assert made.returncode == 0, made.stderr
    assert made.stdout.splitlines()[1].split() == ["Local", topic_prefix, "changes", "created"]
    assert {each["result"] for each in lines(topics(config, "create", "--json"))} == {"exists"}

    described = {each["purpose"]: each for each in lines(topics(config, "describe", "--json"))}
    changes = described["changes"]
    assert (changes["state"], len(changes["partitions"])) == ("ok", 3)
    assert changes["settings"] == {"retention.ms": "604800000", "cleanup.policy": "compact,delete"}
    assert described["health"]["topic"] == f"{topic_prefix}.health"
    assert described["gateway"]["state"] == "ok"


def test_what_differs_is_told_and_left_alone(config: Path, kafka: str, topic_prefix: str) -> None:
    """An existing topic keeps what it has; list and describe name what differs."""
    create_topic(kafka, topic_prefix, retention_ms="1000")
    assert topics(config, "create").returncode == 0
    (changes,) = (
        each for each in lines(topics(config, "list", "--json")) if each["purpose"] == "changes"
    )
    assert changes["state"] == "differs"
    assert changes["differences"] == [
        {"what": "partitions", "wanted": "3", "found": "1"},
        {"what": "cleanup.policy", "wanted": "compact,delete", "found": None},
        {"what": "retention.ms", "wanted": "604800000", "found": "1000"},
    ]
    told = topics(config, "describe").stdout
    assert "partitions 1, not 3" in told
    assert "cleanup.policy is not set, not compact,delete" in told
    assert "  partition 0: leader 1, 1 of 1 in sync" in told
    assert "  retention.ms = 1000" in told


def test_a_broker_that_is_away_hides_no_other(config: Path) -> None:
    """A cluster that does not answer is an error with status 1; the others are still shown."""
    config.write_text(config.read_text() + AWAY)
    done = topics(config, "list")
    assert done.returncode == 1
    assert "changes" in done.stdout
    assert done.stderr.startswith("error: Away: ")
    assert "hint: " in done.stderr
    assert topics(config, "list", "--cluster", "Local").returncode == 0


def test_an_unknown_cluster_is_wrong_usage(config: Path) -> None:
    """A cluster that the configuration does not have ends with 2 and names those it has."""
    done = topics(config, "list", "--cluster", "Lokal")
    assert done.returncode == 2
    assert "the configuration has: Local" in done.stderr


@pytest.mark.parametrize("command", ["create", "describe"])
def test_the_embedded_broker_says_that_it_cannot(command: str, tmp_path: Path) -> None:
    """The demo's broker makes its topics itself, and says so."""
    path = tmp_path / "warlogix.toml"
    with embedded_broker() as address:
        path.write_text(CONFIG.format(namespace="factory", address=address))
        done = topics(path, command)
        assert done.returncode == 1
        assert "embedded broker makes topics by itself" in done.stderr
