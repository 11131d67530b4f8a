"""`warlogix tail triggers` and `tail packs` against a real Apache Kafka."""

from pathlib import Path

import pytest
from confluent_kafka import Producer

from tests.kafka.test_tail_command import HOUR, LIMIT, produce, tail
from tests.witness import create_topic
from warlogix import messages

CONFIG = """
namespace = "{topic}"
[[plcs]]
name = "A"
family = "s7"
address = "127.0.0.1"
tags = [{{ name = "DB1.DBX0.0" }}]
[[kafka]]
name = "Local"
brokers = ["{address}"]
[[triggers]]
name = "Done"
plc = "A"
trigger_tag = "DB1.DBX0.0"
condition = {{ operator = "==", value = true }}
[[triggers]]
name = "Own"
plc = "A"
trigger_tag = "DB1.DBX0.0"
condition = {{ operator = "==", value = false }}
topic = "{topic}-own"
"""
NOW = "2024-01-15T10:30:00.123Z"
MEMBER = messages.PackMember(1, "INT", "A")


@pytest.fixture
def config(topic: str, kafka: str, tmp_path: Path) -> Path:
    """Two triggers, one with a topic of its own, and in Kafka an event of each and a pack."""
    path = tmp_path / "warlogix.toml"
    path.write_text(CONFIG.format(topic=topic, address=kafka))
    records = [
        (f"{topic}-own", "Own", messages.TriggerEvent("Own", NOW, 3, "A", {}, {"ID": 7})),
        (f"{topic}-triggers", "Done", messages.TriggerEvent("Done", NOW, 9, "A", {}, {"Of": 8})),
        (topic, "pack:Line", messages.Pack("Line", NOW, {"A.Of": MEMBER})),
    ]
    for name, _, _ in records[:2]:
        create_topic(kafka, name)
    producer = Producer({"bootstrap.servers": kafka, "log_level": 0})
    for i, (name, key, message) in enumerate(records):
        producer.produce(name, messages.encode(message), key.encode(), timestamp=HOUR + i)
    assert producer.flush(LIMIT) == 0
    produce(kafka, topic, [("A.Of", 42)])
    return path


def shown(config: Path, *arguments: str) -> list[str]:
    """The words of each line behind the day and the time."""
    done = tail(config, *arguments)
    assert done.returncode == 0, done.stderr
    return [" ".join(line.split()[1:]) for line in done.stdout.splitlines()[1:]]


def test_events_of_every_topic_are_shown(config: Path, topic: str) -> None:
    """Events come from a trigger's own topic as from the shared one, and are chosen by PLC and by
    what they captured."""
    own, shared = f"{topic}-own Own #3 A ID=7", f"{topic}-triggers Done #9 A Of=8"
    assert sorted(shown(config, "triggers")) == [own, shared]
    assert shown(config, "triggers", "--plc", "a", "--tag", "of") == [shared]
    assert shown(config, "triggers", "--tag", "Other") == []


def test_packs_are_shown_without_the_changes_beside_them(config: Path) -> None:
    """Of the topic that both share only packs are shown, chosen by their members."""
    assert shown(config, "packs") == ["pack Line A.Of=1"]
    assert shown(config, "packs", "--plc", "A", "--tag", "of") == ["pack Line A.Of=1"]
    assert shown(config, "packs", "--plc", "B") == []
