"""Finds a client that has lost its way to brokers which a new client finds.

A cluster of one broker that is shut down names no broker for its last milliseconds. librdkafka then
may forget all of them, those of the configuration too, and never connects again:
https://github.com/confluentinc/librdkafka/issues/5301. Such a client is to be replaced.
"""

import confluent_kafka
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from warlogix.clusters import Cluster
from warlogix.errors import BrokerFatal
from warlogix.kafka.clients import answers, new_client
from warlogix.kafka.limits import CONTACT
from warlogix.kafka.settings import client_config

Client = confluent_kafka.Producer | confluent_kafka.Consumer

# Longer than a sound client takes to connect again, `reconnect.backoff.max.ms`.
_RECONNECTS = 2.5


def is_cut_off(client: Client, cluster: Cluster, client_id: str, topic: str) -> bool:
    """Whether this client has no connection, and a new one is answered. Blocks, in a thread.

    One whose broker is connected, and slow, is not cut off; nor one that connects again by itself
    when its broker is back. Nobody logs in anew as long as the client has a connection.
    """
    return (
        has_no_broker(client, topic)
        and _is_reachable(cluster, client_id, topic)
        and has_no_broker(client, topic)
    )


def has_no_broker(client: Client, topic: str) -> bool:
    """Whether the client has no connection, and makes none in time. Blocks, in a thread."""
    try:
        client.list_topics(topic or None, timeout=_RECONNECTS)
    except KafkaException as exc:
        error: KafkaError = exc.args[0]
        return error.code() == KafkaError._TRANSPORT
    return False


def _is_reachable(cluster: Cluster, client_id: str, topic: str) -> bool:
    try:
        client = new_client(AdminClient, cluster, client_config(cluster, client_id))
    except BrokerFatal:
        return False
    return answers(client, topic, CONTACT)
