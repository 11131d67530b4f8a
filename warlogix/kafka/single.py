"""One record, sent on its own and confirmed, and where it is now.

    place = await send_one(cluster, "warlogix-write", "factory-writes", b"MainPLC.Count", value)

It is tried once, so the record is in the topic once or not at all. Its time is taken when the
connection is there.

*Errors*: `BrokerUnavailable` when nobody answers, and when an answer is lost after the record was
handed over (then it may be there); `BrokerFatal` when the topic is missing, may not be written, or
does not take the record. *Cancelled*: nothing more is sent, and the record may be there.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import NoReturn

import confluent_kafka
import trio
from confluent_kafka import KafkaError, KafkaException, Message

from warlogix.clusters import Cluster
from warlogix.errors import BrokerFatal, BrokerUnavailable
from warlogix.kafka.clients import new_client
from warlogix.kafka.limits import contact_limit
from warlogix.kafka.look import look
from warlogix.kafka.reasons import MAY_NOT_WRITE, Trouble, explain, explain_last
from warlogix.kafka.settings import Config, producer_config

_POLL = 0.005
_LAST_WORDS = 1.0

_MISSING = (
    KafkaError._UNKNOWN_TOPIC,
    KafkaError._UNKNOWN_PARTITION,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
)
_NO_TOPIC = "there is no topic {topic}: `warlogix topics create` makes it"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record is."""

    topic: str
    partition: int
    offset: int


async def send_one(
    cluster: Cluster,
    client_id: str,
    topic: str,
    key: bytes,
    value: bytes,
    begins: Callable[[], None] = lambda: None,
) -> Place:
    """Send the record and wait, without a limit, until all in-sync replicas have it.

    `begins` is called when the connection is there and the record is handed over.
    """
    heard: list[KafkaError] = []
    config = _config(cluster, client_id) | {"error_cb": heard.append}
    client = await trio.to_thread.run_sync(new_client, confluent_kafka.Producer, cluster, config)
    try:
        await _contact(cluster, client, heard)
        await trio.lowlevel.checkpoint()  # who has no more time left has sent nothing
        begins()
        error, message = await _deliver(cluster, client, topic, key, value)
    finally:
        client.purge()
        with trio.CancelScope(shield=True):
            await trio.to_thread.run_sync(client.flush, _LAST_WORDS)
    if error is not None:
        _refuse(error, cluster, topic)
    return Place(topic, _known(message.partition()), _known(message.offset()))


def _config(cluster: Cluster, client_id: str) -> Config:
    # However little the gateway's messages need to be confirmed, a request is known to be there.
    confirmed = replace(cluster, required_acks=-1)
    return producer_config(confirmed, client_id) | {
        # Without a retry nothing comes twice, and there is no half second for a producer's id.
        "enable.idempotence": False,
        "enable.gapless.guarantee": False,
        "retries": 0,
        "linger.ms": 0,
        "topic.metadata.propagation.max.ms": 2_000,
    }


async def _contact(
    cluster: Cluster, client: confluent_kafka.Producer, heard: list[KafkaError]
) -> None:
    """Make sure that somebody answers, so that the record does not age while it waits for that."""
    limit = contact_limit()
    try:
        await trio.to_thread.run_sync(lambda: client.list_topics(timeout=limit))
    except KafkaException as exc:
        client.poll(0)
        raise _error(cluster, await look(explain_last(heard, cluster), cluster)) from exc


async def _deliver(
    cluster: Cluster, client: confluent_kafka.Producer, topic: str, key: bytes, value: bytes
) -> tuple[KafkaError | None, Message]:
    """Hand the record over, and what is reported of it."""
    reports: list[tuple[KafkaError | None, Message]] = []
    try:
        client.produce(topic, value, key, -1, lambda *report: reports.append(report))
    except KafkaException as exc:
        _refuse(exc.args[0], cluster, topic)
    while not reports:
        with suppress(KafkaException):  # a fatal error fails the record, which is reported
            client.poll(0)
        await trio.sleep(_POLL)
    return reports[0]


def _refuse(error: KafkaError, cluster: Cluster, topic: str) -> NoReturn:
    if error.code() in _MISSING:
        raise BrokerFatal(cluster.name, _NO_TOPIC.format(topic=topic))
    if error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
        raise BrokerFatal(cluster.name, MAY_NOT_WRITE.format(topic=topic))
    if error.code() == KafkaError.MSG_SIZE_TOO_LARGE:
        raise BrokerFatal(cluster.name, f"the record is too large for topic {topic}")
    raise _error(cluster, explain(error.code(), error.str(), cluster))


def _error(cluster: Cluster, trouble: Trouble) -> BrokerFatal | BrokerUnavailable:
    kind = BrokerFatal if trouble.fatal else BrokerUnavailable
    return kind(cluster.name, trouble.text)


def _known(number: int | None) -> int:
    return -1 if number is None else number
