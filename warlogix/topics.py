"""The names of topics, made from the namespace and a cluster's selector; how packs are known."""

from enum import Enum

# Where the stress test sends, on every cluster; no topic of a gateway.
STRESS_TOPIC = "warlogix-test-stress"
# What a pack's name stands behind: in the key of its messages, and where a trigger captures it.
PACK_PREFIX = "pack:"
# Packs go to the topic of tag changes, in a lane of the outbox that is theirs.
PACKS_LANE = "packs"


class Topic(Enum):
    """What a topic carries. The value is the word the configuration and the commands use."""

    CHANGES = "changes"
    HEALTH = "health"
    GATEWAY = "gateway"
    WRITES = "writes"
    RESPONSES = "write-responses"
    TRIGGERS = "triggers"
    DEAD_LETTERS = "dead-letters"


_SUFFIXES = {
    Topic.CHANGES: "",
    Topic.HEALTH: ".health",
    Topic.GATEWAY: ".gateway",
    Topic.WRITES: "-writes",
    Topic.RESPONSES: "-write-responses",
    Topic.TRIGGERS: "-triggers",
    Topic.DEAD_LETTERS: "-dead-letters",
}


def base(namespace: str, selector: str) -> str:
    """`namespace`, or `namespace-selector` where the cluster has a selector."""
    return f"{namespace}-{selector}" if selector else namespace


def topic_name(namespace: str, selector: str, topic: Topic) -> str:
    """The full name of one of a cluster's topics."""
    return base(namespace, selector) + _SUFFIXES[topic]
