"""A broker inside this process, for the demonstration: librdkafka's mock cluster on loopback.

    with embedded_broker() as address: ...

It makes topics by itself, with 4 partitions, when somebody asks for them; it keeps about 5 MB a
partition and forgets everything at the end. It knows neither TLS and SASL, nor making, describing
or changing topics, nor offsets by time.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from confluent_kafka import Producer

_START = 5.0
_ID = "mockCluster"


@contextmanager
def embedded_broker(topics: Sequence[str] = ()) -> Iterator[str]:
    """The address of a broker that lives as long as the block, and has these topics."""
    host = Producer({"test.mock.num.brokers": 1, "bootstrap.servers": "", "log_level": 0})
    brokers = host.list_topics(timeout=_START).brokers.values()
    for topic in topics:
        host.list_topics(topic, timeout=_START)
    try:
        yield ",".join(f"{broker.host}:{broker.port}" for broker in brokers)
    finally:
        del host


def is_embedded(cluster_id: str | None) -> bool:
    """Whether a cluster with this id is such a broker, in whatever process."""
    return cluster_id is not None and cluster_id.startswith(_ID)
