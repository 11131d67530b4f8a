"""How a topic that exists compares with the one that the configuration wants. Pure.

An existing topic is never altered: what differs is told, and a person decides.
"""

from collections.abc import Mapping

from msgspec import Struct

from warlogix.clusters import TopicSpec
from warlogix.config import UsedTopic
from warlogix.kafka.admin import FoundTopic
from warlogix.topics import Topic


class Difference(Struct, frozen=True):
    """One thing that is not as wanted, in Kafka's words; `found` is None where it is not set."""

    what: str
    wanted: str
    found: str | None

    def __str__(self) -> str:
        if self.found is None:
            return f"{self.what} is not set, not {self.wanted}"
        return f"{self.what} {self.found}, not {self.wanted}"


class PartitionState(Struct, frozen=True):
    """One partition; `leader` is -1 while it has none."""

    partition: int
    leader: int
    replicas: int
    in_sync: int


class TopicState(Struct, frozen=True):
    """A topic that the configuration needs; `state` is `ok`, `missing`, `differs` or `unusable`.

    `error` tells why it cannot be used, "" where it can. `settings` are those it was given, null
    where they were not read.
    """

    cluster: str
    topic: str
    purpose: str
    state: str
    error: str
    partitions: list[PartitionState]
    settings: Mapping[str, str] | None
    differences: list[Difference]


def state_of(
    cluster: str,
    used: UsedTopic,
    found: FoundTopic | None,
    settings: Mapping[str, str] | None,
) -> TopicState:
    """One topic, compared. Pure."""
    differences: list[Difference] = []
    error = ""
    if found is None:
        state = "missing"
    elif found.error or not (found.writable or used.purpose is Topic.WRITES):
        state = "unusable"
        error = found.error or "the principal may not write to it: grant it the ACL WRITE"
    else:
        differences = compare(used.spec, found, settings)
        state = "differs" if differences else "ok"
    partitions = [
        PartitionState(part.number, part.leader, part.replicas, part.in_sync)
        for part in (found.partitions if found else ())
    ]
    return TopicState(
        cluster, used.spec.name, used.purpose.value, state, error, partitions, settings, differences
    )


def compare(
    spec: TopicSpec, found: FoundTopic, settings: Mapping[str, str] | None
) -> list[Difference]:
    """What of an existing topic is not as wanted; settings that are None are not compared."""
    differences = []
    if len(found.partitions) != spec.partitions:
        differences.append(
            Difference("partitions", str(spec.partitions), str(len(found.partitions)))
        )
    copies = max((part.replicas for part in found.partitions), default=spec.replication_factor)
    if copies != spec.replication_factor:
        differences.append(
            Difference("replication factor", str(spec.replication_factor), str(copies))
        )
    if settings is None:
        return differences
    return differences + [
        Difference(key, wanted, settings.get(key))
        for key, wanted in spec.config.items()
        if _as_set(wanted) != _as_set(settings.get(key))
    ]


def _as_set(text: str | None) -> frozenset[str] | None:
    """A setting that is a list (`compact,delete`) has no order."""
    return None if text is None else frozenset(part.strip() for part in text.split(","))
