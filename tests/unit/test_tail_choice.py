"""Which topics `tail` reads, and from when on."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import tzset

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warlogix.config import Config, load
from warlogix.errors import Malformed
from warlogix.tailing.choice import doubts, kind_of, parse_since, source_of
from warlogix.tailing.records import Kind

NOW = datetime(2024, 1, 15, 12, 0, 0, tzinfo=UTC)
CONFIG = """
namespace = "factory"
[[plcs]]
name = "A"
family = "s7"
address = "192.168.1.2"
tags = [{ name = "DB1.DBX0.0", alias = "Go" }, { name = "DB1.DBW2" }]
[[kafka]]
name = "Local"
brokers = ["localhost:9092"]
selector = "line1"
[[kafka]]
name = "Other"
brokers = ["localhost:9093"]
enable_writeback = true
[[triggers]]
name = "Done"
plc = "A"
trigger_tag = "Go"
condition = { operator = "==", value = true }
tags = ["DB1.DBW2"]
topic = "done"
kafka_cluster = "Local"
"""


@pytest.fixture(autouse=True)
def _berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Local time is that of Berlin, an hour ahead in winter."""
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    tzset()
    yield
    monkeypatch.undo()
    tzset()


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Two clusters, one with a selector and a trigger's own topic."""
    file = tmp_path / "warlogix.toml"
    file.write_text(CONFIG)
    return load(file, {})


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("10m", "2024-01-15T11:50:00Z"),
        ("1h30m", "2024-01-15T10:30:00Z"),
        ("2d", "2024-01-13T12:00:00Z"),
        ("10:30", "2024-01-15T09:30:00Z"),
        ("10:30:05", "2024-01-15T09:30:05Z"),
        ("10:30Z", "2024-01-15T10:30:00Z"),
        ("2024-01-15 10:30", "2024-01-15T09:30:00Z"),
        ("2023-07-15 10:30", "2023-07-15T08:30:00Z"),
        ("2024-01-15T10:30:00Z", "2024-01-15T10:30:00Z"),
        ("2024-01-15T10:30:00.5+02:00", "2024-01-15T08:30:00.500Z"),
        ("2024-01-15", "2024-01-14T23:00:00Z"),
        ("1960-01-01", "1970-01-01T00:00:00Z"),
    ],
)
def test_since_is_a_duration_or_a_time(text: str, moment: str) -> None:
    """A duration counts back from now; a time without a zone is local, summer time and all."""
    expected = datetime.fromisoformat(moment).timestamp() * 1000
    assert parse_since(text, NOW) == expected


@pytest.mark.parametrize(
    "text", ["", "10", "yesterday", "25:00", "2024-13-01", "13:30", "2999-01-01"]
)
def test_since_refuses_what_is_no_time_or_not_yet(text: str) -> None:
    """What cannot be read, and the future, are refused with examples or a reason."""
    with pytest.raises(Malformed):
        parse_since(text, NOW)


@given(st.text(max_size=30))
def test_since_takes_any_text_without_failing(text: str) -> None:
    """Whatever is typed is a time that has passed, or is refused."""
    try:
        at = parse_since(text, NOW)
    except Malformed:
        return
    assert 0 <= at <= NOW.timestamp() * 1000


@pytest.mark.parametrize(
    ("what", "topics"),
    [
        ("changes", ("factory-line1",)),
        ("packs", ("factory-line1",)),
        ("health", ("factory-line1.health",)),
        ("gateway", ("factory-line1.gateway",)),
        ("writes", ("factory-line1-writes",)),
        ("responses", ("factory-line1-write-responses",)),
        ("dead-letters", ("factory-line1-dead-letters",)),
        ("triggers", ("done",)),
        ("anything.else", ("anything.else",)),
    ],
)
def test_a_kind_is_a_topic_of_the_cluster(
    what: str, topics: tuple[str, ...], config: Config
) -> None:
    """Each word reads the cluster's topic for it; any other is a topic by its full name."""
    assert source_of(config, config.kafka[0], what).topics == topics


def test_triggers_are_read_from_the_shared_topic_where_none_has_its_own(config: Config) -> None:
    """A cluster without triggers of its own is asked for the topic that they would use."""
    assert source_of(config, config.kafka[1], "triggers").topics == ("factory-triggers",)


def test_our_topics_are_recognised_by_name(config: Config) -> None:
    """A topic of ours that is asked for by its name is shown as what it carries."""
    kinds = source_of(config, config.kafka[0], "factory-line1.health").kinds
    assert kinds["factory-line1.health"] is Kind.HEALTH
    assert kinds["factory-line1"] is Kind.CHANGES
    assert kinds["done"] is Kind.TRIGGERS
    assert kind_of("factory-line1.health") is None
    assert kind_of("dead-letters") is Kind.DEAD_LETTERS


@pytest.mark.parametrize(
    ("what", "plc", "tag", "doubt"),
    [
        ("changes", "", "", ""),
        ("chnages", "", "", '"chnages" is taken as the name of a topic; did you mean "changes"?'),
        ("write-responses", "", "", '"write-responses" is taken as the name of a topic; did you'),
        ("factory-line1-writes", "", "", ""),
        ("orders", "", "", ""),
        ("changes", "a", "go", ""),
        ("changes", "", "db1.dbw2", ""),
        ("changes", "B", "", 'the configuration has no PLC "B", only A'),
        ("changes", "B", "Go", 'the configuration has no PLC "B", only A'),
        ("changes", "", "DB1.DBW4", 'the configuration has no tag "DB1.DBW4"; did you mean "DB1.'),
        ("changes", "A", "Stop", 'A has no tag "Stop"'),
    ],
)
def test_what_the_configuration_does_not_know_is_doubted(
    what: str, plc: str, tag: str, doubt: str, config: Config
) -> None:
    """A kind, a PLC or a tag that is misspelt is told, with the nearest name; others are not."""
    sources = [source_of(config, cluster, what) for cluster in config.kafka]
    told = list(doubts(config, sources, what, plc, tag))
    assert len(told) == bool(doubt)
    assert "".join(told).startswith(doubt)
