"""A Kafka cluster and the topics wanted there, as the rooms that speak to Kafka take them.

They hold data and know nothing of TOML or of confluent_kafka. A cluster's text form names what an
operator needs to tell it from another one and never a secret: every value of `options` counts as
one, since only librdkafka knows what its options mean.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Cluster:
    """How to reach a Kafka cluster and what was asked of it.

    `retry_backoff` is in seconds. Files are paths, "" where there is none; `password` and
    `tls_key_password` are the secrets themselves, whatever file they came from. `sasl_mechanism`
    is "" without SASL. `headers` go on tag changes, health and packs, in this order.
    """

    name: str
    brokers: tuple[str, ...]
    use_tls: bool = False
    tls_skip_verify: bool = False
    tls_ca_file: str = ""
    tls_cert_file: str = ""
    tls_key_file: str = ""
    tls_key_password: str = field(default="", repr=False)
    sasl_mechanism: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    required_acks: int = -1
    max_retries: int = 3
    retry_backoff: float = 0.1
    compression: str = "none"
    auto_create_topics: bool = True
    headers: tuple[tuple[str, bytes], ...] = ()
    options: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic as the configuration wants it, for when it must be made.

    `written` is False for one that the gateway only reads.
    """

    name: str
    partitions: int = 1
    replication_factor: int = 1
    config: Mapping[str, str] = field(default_factory=dict)
    written: bool = True
