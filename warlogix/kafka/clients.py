"""librdkafka's clients, made of settings that it may refuse."""

from collections.abc import Callable
from typing import TypeVar

import confluent_kafka
from confluent_kafka import KafkaError, KafkaException

from warlogix.clusters import Cluster
from warlogix.config.tls_files import tls_files, unusable
from warlogix.errors import BrokerFatal
from warlogix.kafka.reasons import plain
from warlogix.kafka.settings import Config

T = TypeVar("T")


def new_client(make: Callable[[Config], T], cluster: Cluster, config: Config) -> T:
    """The client that `make` gives. Blocks, in a thread.

    *Errors*: `BrokerFatal` with the file that cannot be used, or what librdkafka does not take.
    """
    if cluster.use_tls and (reason := unusable(tls_files(cluster))):
        raise BrokerFatal(cluster.name, reason)
    try:
        return make(config)
    except KafkaException as exc:
        reason = plain(exc.args[0].str())
        raise BrokerFatal(cluster.name, f"the settings cannot be used: {reason}") from exc


def poll(client: confluent_kafka.Producer) -> KafkaError | None:
    """Serve the callbacks that are due; the fatal error if one is told."""
    try:
        client.poll(0)
    except KafkaException as exc:
        error: KafkaError = exc.args[0]
        return error
    return None


def answers(client: confluent_kafka.Producer, topic: str, limit: float) -> bool:
    """Whether a broker answers a request of metadata in time. Blocks, in a thread."""
    try:
        client.list_topics(topic or None, timeout=limit)
    except KafkaException:
        return False
    return True
