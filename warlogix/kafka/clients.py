"""librdkafka's clients: made of settings that it may refuse, and freed where nobody waits."""

from collections.abc import Callable
from typing import Generic, TypeVar

import confluent_kafka
import trio
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from warlogix.clusters import Cluster
from warlogix.config.tls_files import tls_files, unusable
from warlogix.errors import BrokerFatal
from warlogix.kafka.reasons import told
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
        reason = told(exc.args[0].str(), cluster)
        raise BrokerFatal(cluster.name, f"the settings cannot be used: {reason}") from exc


class Held(Generic[T]):
    """A client that is not freed by whoever happens to drop it last, but in a thread of its own.

    Freeing one waits for librdkafka's threads, and one of these may wait for a name server that is
    silent: many seconds in which nothing else of the event loop would run.
    """

    def __init__(self, client: T) -> None:
        self._clients = [client]

    @property
    def client(self) -> T:
        """The client, until `free`. Keep no reference to it across `free`."""
        return self._clients[0]

    def free(self) -> None:
        """Free it soon; nobody waits."""
        trio.lowlevel.start_thread_soon(self._clients.clear, _forget)

    async def freed(self) -> None:
        """Free it, and wait; who is cancelled leaves it to the thread."""
        await trio.to_thread.run_sync(self._clients.clear, abandon_on_cancel=True)


async def hold_client(make: Callable[[Config], T], cluster: Cluster, config: Config) -> Held[T]:
    """`new_client` in a thread."""
    return await trio.to_thread.run_sync(lambda: Held(new_client(make, cluster, config)))


def _forget(_: object) -> None:
    """Whatever became of freeing."""


def poll(client: confluent_kafka.Producer) -> KafkaError | None:
    """Serve the callbacks that are due; the fatal error if one is told."""
    try:
        client.poll(0)
    except KafkaException as exc:
        error: KafkaError = exc.args[0]
        return error
    return None


def answers(client: confluent_kafka.Producer | AdminClient, topic: str, limit: float) -> bool:
    """Whether a broker answers a request of metadata in time. Blocks, in a thread."""
    try:
        client.list_topics(topic or None, timeout=limit)
    except KafkaException:
        return False
    return True


def count_partitions(client: confluent_kafka.Producer, topic: str, limit: float) -> int:
    """How many partitions a topic has; 0 when no broker tells in time. Blocks, in a thread."""
    try:
        found = client.list_topics(topic, timeout=limit).topics[topic]
    except (KafkaException, KeyError):
        return 0
    return 0 if found.error is not None else len(found.partitions)
