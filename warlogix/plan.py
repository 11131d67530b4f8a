"""What the gateway is to run, as plain data: the configuration models are dropped after start."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from warlogix.clusters import Cluster, TopicSpec
from warlogix.config import ClusterConfig, Config, topics_in_use
from warlogix.tags import Endpoint, Tag
from warlogix.topics import Topic


@dataclass(frozen=True, slots=True)
class PlcPlan:
    """One PLC to poll every `interval` seconds; `health` says whether its health is published."""

    endpoint: Endpoint
    tags: tuple[Tag, ...]
    interval: float
    health: bool


@dataclass(frozen=True, slots=True)
class ClusterPlan:
    """One cluster to publish to: the names of its topics, and how those in use are to be made."""

    cluster: Cluster
    publish_changes: bool
    topics: Mapping[Topic, str]
    specs: tuple[TopicSpec, ...]


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
    )


def _cluster_plan(config: Config, cluster: ClusterConfig) -> ClusterPlan:
    return ClusterPlan(
        cluster.settings(),
        cluster.publish_changes,
        {topic: cluster.topic(config.namespace, topic) for topic in Topic},
        tuple(
            replace(used.spec, written=used.purpose is not Topic.WRITES)
            for used in topics_in_use(config, cluster)
        ),
    )
