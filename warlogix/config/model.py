"""The configuration as a whole: frozen, checked, and complete.

It lives from `load` to the start of the gateway. What runs takes `Endpoint`, `Tag` and `Cluster`
from it and never the models, so that 100,000 tags are in memory once.
"""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from warlogix.clusters import TopicSpec
from warlogix.config.events import PackConfig, TriggerConfig
from warlogix.config.fields import (
    BufferSize,
    Duration,
    FileName,
    PositiveDuration,
    Section,
    Text,
    holding,
    lasting,
    some,
)
from warlogix.config.kafka import ClusterConfig
from warlogix.config.plcs import PlcConfig
from warlogix.topics import Topic


class BufferConfig(Section):
    """The durable buffer on disk, through which everything goes that must not be lost."""

    directory: FileName | None = Field(
        default=None,
        description="Its folder; one running gateway owns it. Default: `$STATE_DIRECTORY`, else"
        " `warlogix/{namespace}` in the user's state folder.",
        examples=["/var/lib/warlogix"],
    )
    max_size: BufferSize = holding(
        "1GB", description="What it may take, 1MB or more; then the oldest changes go first."
    )
    max_age: PositiveDuration = lasting("7d", description="Older changes are dropped.")
    commit_interval: Duration = lasting(
        "0ms",
        description="Collect changes for this long before they are written; 50 to 200 ms spares"
        " flash storage. Answers, events and notes never wait.",
    )


class Config(Section):
    """A whole configuration."""

    namespace: Text = some(
        "factory",
        description="Begins the name of every topic; letters, digits, `.`, `_` and `-`.",
    )
    instance: Text | None = Field(
        default=None,
        description="Name of this gateway. Default: the host name.",
        examples=["edge1"],
    )
    poll_rate: PositiveDuration = lasting("1s", description="How often tags are read.")
    allow_fast_polling: bool = Field(default=False, description="Allow poll rates below 250ms.")
    plcs: Annotated[tuple[PlcConfig, ...], Field(strict=False)] = Field(
        default=(), description="The PLCs."
    )
    kafka: Annotated[tuple[ClusterConfig, ...], Field(strict=False)] = Field(
        default=(), description="The Kafka clusters."
    )
    tag_packs: Annotated[tuple[PackConfig, ...], Field(strict=False)] = Field(
        default=(), description="Tags that are published together."
    )
    triggers: Annotated[tuple[TriggerConfig, ...], Field(strict=False)] = Field(
        default=(), description="Events."
    )
    buffer: BufferConfig = Field(default=BufferConfig(), description="The durable buffer on disk.")

    @property
    def enabled_plcs(self) -> tuple[PlcConfig, ...]:
        """The PLCs that are connected."""
        return tuple(plc for plc in self.plcs if plc.enabled)

    @property
    def enabled_clusters(self) -> tuple[ClusterConfig, ...]:
        """The clusters that are connected."""
        return tuple(cluster for cluster in self.kafka if cluster.enabled)

    def poll_rate_of(self, plc: PlcConfig) -> float:
        """How often a PLC's tags are read, in seconds."""
        return self.poll_rate if plc.poll_rate is None else plc.poll_rate


@dataclass(frozen=True, slots=True)
class UsedTopic:
    """A topic that a cluster needs, and what it is for."""

    purpose: Topic
    spec: TopicSpec


def chosen(event: TriggerConfig | PackConfig, cluster: ClusterConfig) -> bool:
    """Whether an event or a pack goes to a cluster, on or off."""
    return event.kafka_cluster in ("all", cluster.name)


def topics_in_use(config: Config, cluster: ClusterConfig) -> list[UsedTopic]:
    """The topics that a cluster needs, its own triggers' topics last, each once."""
    packs = [pack for pack in config.tag_packs if pack.enabled and chosen(pack, cluster)]
    triggers = [each for each in config.triggers if each.enabled and chosen(each, cluster)]
    needed = {
        Topic.CHANGES: cluster.publish_changes or bool(packs),
        Topic.HEALTH: any(plc.health_check_enabled for plc in config.enabled_plcs),
        Topic.GATEWAY: True,
        Topic.WRITES: cluster.enable_writeback,
        Topic.RESPONSES: cluster.enable_writeback,
        Topic.DEAD_LETTERS: cluster.enable_writeback,
        Topic.TRIGGERS: any(trigger.topic is None for trigger in triggers),
    }
    used = [
        UsedTopic(topic, cluster.topics.of(topic).spec(cluster.topic(config.namespace, topic)))
        for topic, is_needed in needed.items()
        if is_needed
    ]
    own = dict.fromkeys(trigger.topic for trigger in triggers if trigger.topic)
    settings = cluster.topics.triggers
    return used + [UsedTopic(Topic.TRIGGERS, settings.spec(name)) for name in own]
