"""Names: what they may consist of, and that no two things share one."""

import re
from collections.abc import Iterator, Sequence

from warlogix.config.model import Config
from warlogix.config.shown import shown
from warlogix.config.structure import HOLE
from warlogix.errors import Fault

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TOPIC_PART = re.compile(r"[A-Za-z0-9._-]+")
_LONGEST_TOPIC = 249
_NAME_HINT = "use letters, digits, '_' and '-', at most 64"
_TOPIC_HINT = "use letters, digits, '.', '_' and '-'"


def check_names(config: Config) -> Iterator[Fault]:
    """Names of PLCs, clusters, packs and triggers; the namespace, the instance, the selectors."""
    for section, things in (
        ("plcs", config.plcs),
        ("kafka", config.kafka),
        ("tag_packs", config.tag_packs),
        ("triggers", config.triggers),
    ):
        yield from _section(section, [thing.name for thing in things])
    yield from _topic_part("namespace", config.namespace)
    yield from _topic_part("instance", config.instance)
    for i, cluster in enumerate(config.kafka):
        yield from _topic_part(f"kafka[{i}].selector", cluster.selector)
        if cluster.name.lower() in ("all", "none"):
            fact = f"{shown(cluster.name)} has a meaning of its own in kafka_cluster"
            yield Fault(f"kafka[{i}].name", fact, "choose another name")
    for i, trigger in enumerate(config.triggers):
        yield from _own_topic(f"triggers[{i}].topic", trigger.topic)


def _section(section: str, names: Sequence[str]) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for i, name in enumerate(names):
        if name == HOLE:
            continue
        if not _NAME.fullmatch(name):
            fact = f"{shown(name)} has characters that a name cannot have, or too many"
            yield Fault(f"{section}[{i}].name", fact, _NAME_HINT)
        if first.setdefault(name, i) != i:
            fact = f"{shown(name)} is already the name of {section}[{first[name]}]"
            yield Fault(f"{section}[{i}].name", fact, "give each its own name")


def _topic_part(place: str, text: str | None) -> Iterator[Fault]:
    if text is None or text == HOLE:
        return
    if not _TOPIC_PART.fullmatch(text):
        yield Fault(place, f"{shown(text)} has characters that it cannot have", _TOPIC_HINT)
    elif text in (".", ".."):
        yield Fault(place, f"{shown(text)} can begin no name", "use letters or digits too")


def _own_topic(place: str, topic: str | None) -> Iterator[Fault]:
    yield from _topic_part(place, topic)
    if topic is not None and len(topic) > _LONGEST_TOPIC:
        fact = f"the topic has {len(topic)} characters; Kafka takes {_LONGEST_TOPIC}"
        yield Fault(place, fact, "choose a shorter one")
