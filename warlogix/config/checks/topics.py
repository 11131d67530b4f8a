"""Topics: that no two of different purpose are one, and that Kafka takes their names."""

from collections.abc import Iterator

from warlogix.config.model import Config, topics_in_use
from warlogix.config.shown import shown
from warlogix.config.structure import HOLE
from warlogix.errors import Fault
from warlogix.topics import STRESS_TOPIC, Topic

_LONGEST = 249


def check_topics(config: Config) -> Iterator[Fault]:
    """Collisions and lengths, over all clusters and triggers, on or off."""
    if config.namespace == HOLE:
        return
    yield from _collisions(config)
    for i, cluster in enumerate(config.kafka):
        place = f"kafka[{i}].selector" if cluster.selector else "namespace"
        own = {trigger.topic for trigger in config.triggers}
        names = [used.spec.name for used in topics_in_use(config, cluster)]
        longest = max((name for name in names if name not in own), key=len, default="")
        if len(longest) > _LONGEST:
            fact = f"the topic {shown(longest)} has {len(longest)} characters; Kafka takes 249"
            yield Fault(place, fact, f"shorten it by {len(longest) - _LONGEST} or more")


def _collisions(config: Config) -> Iterator[Fault]:
    # Kafka itself refuses a topic that differs from another one only in '.' and '_'.
    owners = {_same(STRESS_TOPIC): ("", "the stress test")}
    for place, whose, purpose, name in _all_topics(config):
        own = f"{_words(purpose)} of {whose}"
        known, owner = owners.setdefault(_same(name), (purpose.value, own))
        if known != purpose.value:
            fact = f"makes {shown(name)} the topic of {own}, but it is that of {owner}"
            yield Fault(place, fact, "choose another one, so that each topic has one purpose")


def _all_topics(config: Config) -> Iterator[tuple[str, str, Topic, str]]:
    """Place of the key that names it, whose it is, purpose, full name."""
    for i, cluster in enumerate(config.kafka):
        for topic in Topic:
            yield (
                f"kafka[{i}].selector",
                f"kafka[{i}]",
                topic,
                cluster.topic(config.namespace, topic),
            )
    for i, trigger in enumerate(config.triggers):
        if trigger.topic is not None:
            yield f"triggers[{i}].topic", f"triggers[{i}]", Topic.TRIGGERS, trigger.topic


def _same(name: str) -> str:
    return name.replace("_", ".")


def _words(purpose: Topic) -> str:
    known = {Topic.CHANGES: "tag changes", Topic.WRITES: "write requests"}
    return known.get(purpose, purpose.value.replace("-", " "))
