"""What the gateway is to run, as plain data: the configuration models are dropped after start."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from warlogix.clusters import Cluster, TopicSpec
from warlogix.config import ClusterConfig, Config, PlcConfig, topics_in_use
from warlogix.config.events import PackConfig, TriggerConfig
from warlogix.config.model import chosen
from warlogix.packs import Member, PackPlan
from warlogix.tags import Endpoint, Tag
from warlogix.topics import PACK_PREFIX, Topic
from warlogix.triggers import Condition, Trigger
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
    packs: tuple[PackPlan, ...]
    triggers: tuple[Trigger, ...]


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
        _targets(config, [(each.endpoint.plc, each.tags) for each in plcs]),
        *_events(config),
    )


def _events(config: Config) -> tuple[tuple[PackPlan, ...], tuple[Trigger, ...]]:
    """The packs and triggers that are on; a trigger on a PLC that is off is not."""
    plcs = {plc.name: _NamedTags(plc) for plc in config.plcs}
    on = {plc.name for plc in config.enabled_plcs}
    packs = tuple(_pack_plan(config, plcs, pack) for pack in config.tag_packs if pack.enabled)
    triggers = tuple(
        _trigger(config, plcs[each.plc], each)
        for each in config.triggers
        if each.enabled and each.plc in on
    )
    return packs, triggers


class _NamedTags:
    """Where a PLC is, and its enabled tags by every name that they answer to."""

    def __init__(self, plc: PlcConfig) -> None:
        self.plc = plc
        self.endpoint = plc.endpoint
        self._tags: dict[str, Tag] = {}

    def __getitem__(self, name: str) -> Tag:
        if not self._tags:
            tags = self.plc.runtime_tags()
            self._tags = {self.plc.key(each): tag for tag in tags for each in (tag.name, tag.alias)}
        return self._tags[self.plc.key(name)]


def _pack_plan(config: Config, plcs: Mapping[str, _NamedTags], pack: PackConfig) -> PackPlan:
    members = tuple(
        Member(each.plc, plcs[each.plc][each.tag], each.ignore_changes) for each in pack.members
    )
    on = {plc.name for plc in config.enabled_plcs}
    off = dict.fromkeys(each.plc for each in members if each.plc not in on)
    endpoints = tuple(plcs[name].endpoint for name in off)
    return PackPlan(pack.name, members, _chosen(config, pack), endpoints)


def _trigger(config: Config, tags: _NamedTags, each: TriggerConfig) -> Trigger:
    return Trigger(
        name=each.name,
        plc=each.plc,
        tag=tags[each.trigger_tag],
        condition=Condition(each.condition.operator, each.condition.value),
        data=tuple(
            name.removeprefix(PACK_PREFIX) if name.startswith(PACK_PREFIX) else tags[name]
            for name in each.tags
        ),
        ack=None if each.ack_tag is None else tags[each.ack_tag],
        ack_timeout=each.ack_timeout,
        debounce=each.debounce,
        interval=each.poll_rate or config.poll_rate_of(tags.plc),
        is_apart=each.poll_rate is not None,
        clusters=_chosen(config, each),
        topic=each.topic or "",
        metadata=dict(each.metadata),
    )


def _chosen(config: Config, event: PackConfig | TriggerConfig) -> tuple[str, ...]:
    """The clusters that an event or a pack goes to."""
    return tuple(each.name for each in config.enabled_clusters if chosen(event, each))


def targets_of(config: Config) -> Targets:
    """What write requests can mean, and what they cannot because it is disabled."""
    return _targets(config, [(plc.name, plc.runtime_tags()) for plc in config.enabled_plcs])


def _targets(config: Config, plcs: Sequence[tuple[str, tuple[Tag, ...]]]) -> Targets:
    off = {
        plc.name: [
            name for tag in plc.tags if not tag.enabled for name in (tag.name, tag.alias) if name
        ]
        for plc in config.plcs
    }
    return Targets(plcs, off)


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
