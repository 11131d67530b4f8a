"""librdkafka's clients, made of settings that it may refuse."""

from collections.abc import Callable
from typing import TypeVar

from confluent_kafka import KafkaException

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
