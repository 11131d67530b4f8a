"""What the gateway is to run, as plain data: the configuration models are dropped after start."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from warlogix.clusters import Cluster, TopicSpec
from warlogix.config import ClusterConfig, Config, topics_in_use
from warlogix.tags import Endpoint, Tag
from warlogix.topics import Topic
from warlogix.writes.targets import Targets


@dataclass(frozen=True, slots=True)
class PlcPlan:
    """One PLC to poll every `interval` seconds; `health` says whether its health is published."""

    endpoint: Endpoint
    tags: tuple[Tag, ...]
    interval: float
    health: bool


@dataclass(frozen=True, slots=True)
class WritebackPlan:
    """Whose write requests are executed: `spec` is their topic; times are in seconds."""

    group: str
    spec: TopicSpec
    window: float
    max_age: float


@dataclass(frozen=True, slots=True)
class ClusterPlan:
    """One cluster to publish to: the names of its topics, and how those published to are made.

    `writeback` is None where no write requests are taken.
    """

    cluster: Cluster
    publish_changes: bool
    topics: Mapping[Topic, str]
    specs: tuple[TopicSpec, ...]
    writeback: WritebackPlan | None


@dataclass(frozen=True, slots=True)
class BufferPlan:
    """The durable buffer: sizes in bytes, times in seconds."""

    directory: Path
    max_size: int
    max_age: float
    commit_interval: float


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that `run` needs to know."""

    instance: str
    plcs: tuple[PlcPlan, ...]
    clusters: tuple[ClusterPlan, ...]
    buffer: BufferPlan
    targets: Targets


def plan_of(config: Config) -> Plan:
    """The plan of a loaded configuration; it holds nothing of the configuration's models."""
    buffer = config.buffer
    plcs = tuple(
        PlcPlan(
            plc.endpoint, plc.runtime_tags(), config.poll_rate_of(plc), plc.health_check_enabled
        )
        for plc in config.enabled_plcs
    )
    return Plan(
        config.instance or "",
        plcs,
        tuple(_cluster_plan(config, cluster) for cluster in config.enabled_clusters),
        BufferPlan(
            Path(buffer.directory or ""),
            buffer.max_size,
            buffer.max_age,
            buffer.commit_interval,
        ),
        targets_of(config),
    )


def targets_of(config: Config) -> Targets:
    """What write requests can mean, and what they cannot because it is disabled."""
    off = {
        plc.name: [
            name for tag in plc.tags if not tag.enabled for name in (tag.name, tag.alias) if name
        ]
        for plc in config.plcs
    }
    return Targets([(plc.name, plc.runtime_tags()) for plc in config.enabled_plcs], off)


def _cluster_plan(config: Config, cluster: ClusterConfig) -> ClusterPlan:
    used = topics_in_use(config, cluster)
    writes = [replace(each.spec, written=False) for each in used if each.purpose is Topic.WRITES]
    return ClusterPlan(
        cluster.settings(),
        cluster.publish_changes,
        {topic: cluster.topic(config.namespace, topic) for topic in Topic},
        tuple(each.spec for each in used if each.purpose is not Topic.WRITES),
        WritebackPlan(cluster.group, writes[0], cluster.write_batch_window, cluster.write_max_age)
        if writes
        else None,
    )
