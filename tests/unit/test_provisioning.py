"""Topics as they are wanted beside those that are there, and the lines that say so."""

from collections.abc import Mapping

import pytest

from warlogix.clusters import TopicSpec
from warlogix.config import UsedTopic
from warlogix.kafka.admin import FoundTopic, Partition
from warlogix.provisioning.ask import Creation
from warlogix.provisioning.states import TopicState, state_of
from warlogix.provisioning.text import creations, details, overview
from warlogix.topics import Topic

WANTED = UsedTopic(
    Topic.CHANGES,
    TopicSpec("factory", 2, 3, {"retention.ms": "1000", "cleanup.policy": "compact,delete"}),
)
SETTINGS = {"retention.ms": "1000", "cleanup.policy": "delete, compact"}


def found(partitions: int = 2, replicas: int = 3, leader: int = 1) -> FoundTopic:
    """A topic that exists."""
    return FoundTopic(
        "factory", "id", tuple(Partition(i, leader, replicas, replicas) for i in range(partitions))
    )


def state(
    topic: FoundTopic | None,
    settings: Mapping[str, str] | None = SETTINGS,
    used: UsedTopic = WANTED,
) -> TopicState:
    """How the topic compares."""
    return state_of("Local", used, topic, settings)


@pytest.mark.parametrize(
    ("topic", "settings", "word", "differences"),
    [
        (None, None, "missing", []),
        (found(), SETTINGS, "ok", []),
        (found(), None, "ok", []),
        (found(partitions=1), SETTINGS, "differs", ["partitions 1, not 2"]),
        (found(replicas=1), SETTINGS, "differs", ["replication factor 1, not 3"]),
        (
            found(),
            {"retention.ms": "7"},
            "differs",
            ["retention.ms 7, not 1000", "cleanup.policy is not set, not compact,delete"],
        ),
    ],
)
def test_a_topic_is_compared_with_what_is_wanted(
    topic: FoundTopic | None,
    settings: Mapping[str, str] | None,
    word: str,
    differences: list[str],
) -> None:
    """What differs is named; the order inside a list of settings is none of it."""
    compared = state(topic, settings)
    assert compared.state == word
    assert [str(each) for each in compared.differences] == differences


def test_a_topic_that_may_not_be_written_is_unusable_but_for_requests() -> None:
    """A missing ACL is told, except where the gateway only reads."""
    silent = FoundTopic("factory", "id", (Partition(0, 1, 1, 1),), writable=False)
    assert state(silent).state == "unusable"
    assert "WRITE" in state(silent).error
    requests = UsedTopic(Topic.WRITES, TopicSpec("factory"))
    assert state(silent, {}, requests).state == "ok"


def test_lists_are_aligned_and_say_it_in_words() -> None:
    """A line per topic with what it is for, and its state in words."""
    hidden = FoundTopic("factory", error="topic factory: not authorised")
    text = overview([state(None), state(found(partitions=1)), state(hidden)])
    assert text == (
        "CLUSTER  TOPIC    FOR      PARTITIONS  STATE\n"
        "Local    factory  changes  -           missing\n"
        "Local    factory  changes  1           differs: partitions 1, not 2\n"
        "Local    factory  changes  -           UNUSABLE: topic factory: not authorised\n"
    )


def test_details_show_partitions_and_settings() -> None:
    """Each topic with its partitions, copies and settings; what is not known says so."""
    assert details([state(found(partitions=1, leader=-1)), state(found(), None)]) == (
        "factory on Local, for changes: differs: partitions 1, not 2\n"
        "  partition 0: NO LEADER, 3 of 3 in sync\n"
        "  cleanup.policy = delete, compact\n"
        "  retention.ms = 1000\n"
        "\n"
        "factory on Local, for changes: ok\n"
        "  partition 0: leader 1, 3 of 3 in sync\n"
        "  partition 1: leader 1, 3 of 3 in sync\n"
        "  its settings may not be read: grant the ACL DESCRIBE_CONFIGS\n"
    )


def test_creations_say_what_became_of_each_topic() -> None:
    """Made, there already, or why not."""
    made = [
        Creation("Local", "factory", "changes", "created"),
        Creation("Local", "factory.health", "health", "failed", "no room"),
    ]
    assert creations(made).splitlines()[1:] == [
        "Local    factory         changes  created",
        "Local    factory.health  health   FAILED: no room",
    ]
