"""The Kafka clusters of a configuration, and their topics."""

from typing import Annotated, Literal

from pydantic import Field

from warlogix.clusters import Cluster, TopicSpec
from warlogix.config.fields import (
    Duration,
    FileName,
    OptionText,
    PositiveDuration,
    Secret,
    Section,
    Text,
    lasting,
    some,
)
from warlogix.topics import Topic, topic_name

Texts = Annotated[tuple[Text, ...], Field(strict=False)]


class TopicConfig(Section, extra="allow"):
    """How a topic is made where it is missing. An existing topic is never altered.

    Any topic configuration of Kafka is taken under its own name: `"segment.bytes" = "1048576"`.
    """

    __pydantic_extra__: dict[str, OptionText] = Field(init=False)

    partitions: int = Field(default=1, ge=1, le=100_000, description="Number of partitions.")
    replication_factor: int = Field(
        default=1, ge=1, le=1000, description="Copies of each partition."
    )
    retention: PositiveDuration | None = Field(
        default=None, description="How long messages stay. Default: the broker's.", examples=["7d"]
    )
    cleanup_policy: Literal["delete", "compact", "compact,delete", "delete,compact"] | None = Field(
        default=None, description="What happens to old messages. Default: the broker's."
    )

    def spec(self, name: str) -> TopicSpec:
        """The topic under its full name, in Kafka's own words."""
        config = dict(self.__pydantic_extra__)
        if self.retention is not None:
            config["retention.ms"] = str(round(self.retention * 1000))
        if self.cleanup_policy is not None:
            config["cleanup.policy"] = self.cleanup_policy
        return TopicSpec(name, self.partitions, self.replication_factor, config)


class TopicsConfig(Section):
    """How each of a cluster's topics is made."""

    changes: TopicConfig = Field(default=TopicConfig(), description="Tag changes and packs.")
    health: TopicConfig = Field(default=TopicConfig(), description="Health of the PLCs.")
    gateway: TopicConfig = Field(default=TopicConfig(), description="The gateway's own health.")
    writes: TopicConfig = Field(default=TopicConfig(), description="Write requests.")
    write_responses: TopicConfig = Field(
        default=TopicConfig(), alias="write-responses", description="Answers to write requests."
    )
    triggers: TopicConfig = Field(
        default=TopicConfig(), description="Trigger events, on topics of their own too."
    )
    dead_letters: TopicConfig = Field(
        default=TopicConfig(), alias="dead-letters", description="Requests that nobody could read."
    )

    def of(self, topic: Topic) -> TopicConfig:
        """The settings of one topic."""
        settings: TopicConfig = getattr(self, topic.value.replace("-", "_"))
        return settings


class ClusterConfig(Section):
    """One Kafka cluster: how to reach it and what goes there."""

    name: Text = some("LocalKafka", description="Unique; letters, digits, `_` and `-`, at most 64.")
    enabled: bool = Field(default=True, description="`false`: not connected.")
    brokers: Texts = Field(
        min_length=1, description="Where to ask first, `host:port`.", examples=[["localhost:9092"]]
    )
    selector: Text | None = Field(
        default=None, description="Topics are then named `namespace-selector`.", examples=["line1"]
    )
    publish_changes: bool = Field(
        default=True,
        description="`false`: no tag changes; packs, health, triggers and writeback go on.",
    )
    use_tls: bool = Field(default=False, description="Speak TLS.")
    tls_skip_verify: bool = Field(
        default=False, description="Trust any certificate: the connection can be read and changed."
    )
    tls_ca_file: FileName | None = Field(
        default=None,
        description="CA certificates, PEM. Default: the system's.",
        examples=["/etc/warlogix/ca.pem"],
    )
    tls_cert_file: FileName | None = Field(
        default=None, description="The client's certificate, PEM."
    )
    tls_key_file: FileName | None = Field(default=None, description="The client's key, PEM.")
    tls_key_password: Secret | None = Field(default=None, description="Password of the key.")
    tls_key_password_file: FileName | None = Field(
        default=None, description="File that holds the password of the key."
    )
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] | None = (
        Field(
            default=None,
            description="How to authenticate; `OAUTHBEARER` by `sasl.oauthbearer.*` in options."
            " Default: not at all.",
        )
    )
    username: Text | None = Field(default=None, description="User name for SASL.")
    password: Secret | None = Field(
        default=None, description="Password for SASL.", examples=["${KAFKA_PASSWORD}"]
    )
    password_file: FileName | None = Field(
        default=None, description="File that holds the password."
    )
    required_acks: Literal[-1, 0, 1] = Field(
        default=-1,
        description="Who confirms a message: `-1` all in-sync replicas, `1` the leader, `0` nobody."
        " Only `-1` loses nothing.",
    )
    max_retries: int = Field(
        default=3,
        ge=0,
        le=1_000_000,
        description="Failed attempts after which the cluster counts as away. Nothing is given up.",
    )
    retry_backoff: PositiveDuration = lasting("100ms", description="Pause between attempts.")
    compression: Literal["none", "gzip", "snappy", "lz4", "zstd"] = Field(
        default="none", description="Compression of what is published."
    )
    auto_create_topics: bool = Field(
        default=True, description="Make missing topics before first use."
    )
    enable_writeback: bool = Field(
        default=False, description="Execute write requests from this cluster."
    )
    consumer_group: Text | None = Field(
        default=None, description="Group of the write requests. Default: `warlogix-{name}-writers`."
    )
    write_max_age: PositiveDuration = lasting("2s", description="Older requests are not executed.")
    write_batch_window: Duration = lasting(
        "250ms", description="How long write requests are collected."
    )
    headers: dict[str, str] = Field(
        default={},
        description="Headers on tag changes, health and packs, name and text.",
        examples=[{"site": "north"}],
    )
    options: dict[str, OptionText] = Field(
        default={},
        repr=False,
        description="Options for librdkafka, under their own names.",
        examples=[{"socket.keepalive.enable": "true"}],
    )
    topics: TopicsConfig = Field(default=TopicsConfig(), description="How missing topics are made.")

    @property
    def group(self) -> str:
        """The consumer group of the write requests."""
        return self.consumer_group or f"warlogix-{self.name}-writers"

    def topic(self, namespace: str, topic: Topic) -> str:
        """The full name of one of its topics."""
        return topic_name(namespace, self.selector or "", topic)

    def settings(self) -> Cluster:
        """The cluster as plain data that holds nothing of the configuration."""
        secrets = (self.tls_key_password, self.password)
        key_password, password = (each.get_secret_value() if each else "" for each in secrets)
        return Cluster(
            name=self.name,
            brokers=self.brokers,
            use_tls=self.use_tls,
            tls_skip_verify=self.tls_skip_verify,
            tls_ca_file=self.tls_ca_file or "",
            tls_cert_file=self.tls_cert_file or "",
            tls_key_file=self.tls_key_file or "",
            tls_key_password=key_password,
            sasl_mechanism=self.sasl_mechanism or "",
            username=self.username or "",
            password=password,
            required_acks=self.required_acks,
            max_retries=self.max_retries,
            retry_backoff=self.retry_backoff,
            compression=self.compression,
            auto_create_topics=self.auto_create_topics,
            headers=tuple((name, text.encode()) for name, text in self.headers.items()),
            options=dict(self.options),
        )
