"""A cluster's settings as librdkafka wants them; what producer, consumer and admin share.

    Producer({**client_config(cluster, "warlogix-line1"), "linger.ms": 1})

`[kafka.options]` go last: which of them may not be given is the configuration's business.
"""

import logging
from typing import Any

from warlogix.clusters import Cluster
from warlogix.kafka.secrets import without_secrets

Config = dict[str, Any]

# After so many seconds without a word from a member, its group gives its partitions to others.
SESSION = 6.0


def client_config(cluster: Cluster, client_id: str) -> Config:
    """Address, security and manners on the network, without anything a single role needs."""
    return {
        "bootstrap.servers": ",".join(cluster.brokers),
        "client.id": client_id,
        "logger": _Murmur(logging.getLogger("warlogix.kafka.librdkafka"), cluster),
        "socket.keepalive.enable": True,
        # A link that went away without a word is given up, and made anew, within seconds: after a
        # long outage TCP alone would wait as long again before it tries.
        "socket.timeout.ms": 15_000,
        "socket.connection.setup.timeout.ms": 5_000,
        "reconnect.backoff.ms": 100,
        "reconnect.backoff.max.ms": 2_000,
        **_security(cluster),
        **cluster.options,
    }


def producer_config(cluster: Cluster, client_id: str) -> Config:
    """What a producer adds to the shared settings."""
    return {
        "acks": cluster.required_acks,
        "compression.type": cluster.compression,
        "partitioner": "murmur2_random",
        # What comes within so long is one request. Longer costs a little less CPU at full load, and
        # at any other delays every message.
        "linger.ms": 1,
        # The outbox keeps what waits: no record is given up in here, and none refused for room.
        "message.timeout.ms": 0,
        "queue.buffering.max.messages": 1_000_000,
        "request.timeout.ms": 10_000,
        # A deleted topic is noticed after this; topics are made before they are used.
        "topic.metadata.propagation.max.ms": 5_000,
        **_ordering(cluster),
        **client_config(cluster, client_id),
    }


def group_config(cluster: Cluster, client_id: str, group: str) -> Config:
    """What a member of a group adds to the shared settings: it commits what it is told, no more."""
    return {
        "group.id": group,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "earliest",
        "enable.partition.eof": True,
        "fetch.wait.max.ms": 100,
        # A little is fetched ahead; a full queue is looked at again soon.
        "queued.min.messages": 2_000,
        "queued.max.messages.kbytes": 16_384,
        "fetch.queue.backoff.ms": 10,
        **_session(cluster),
        **client_config(cluster, client_id),
        # Partitions that are added are found within seconds, however seldom a producer looks.
        "topic.metadata.refresh.interval.ms": 2_000,
    }


def _session(cluster: Cluster) -> Config:
    """The broker decides for groups of the newer protocol, and refuses to be told."""
    if cluster.options.get("group.protocol", "").strip().lower() == "consumer":
        return {}
    return {
        # What a member keeps through a rebalance, it goes on with.
        "partition.assignment.strategy": "cooperative-sticky",
        "session.timeout.ms": round(SESSION * 1000),
        "heartbeat.interval.ms": 1_000,
    }


def careful_config(config: Config) -> Config:
    """A producer's settings, for a few records that may be refused: it outlives that."""
    return config | {
        "enable.idempotence": False,
        "enable.gapless.guarantee": False,
        "max.in.flight.requests.per.connection": 1,
    }


def _ordering(cluster: Cluster) -> Config:
    if cluster.required_acks != -1:
        return {"max.in.flight.requests.per.connection": 1}
    # Gapless: when a record fails, whatever is behind it in its partition fails too, so that
    # sending again from there on keeps the order.
    return {"enable.idempotence": True, "enable.gapless.guarantee": True}


def _security(cluster: Cluster) -> Config:
    sasl = "SASL_" if cluster.sasl_mechanism else ""
    config: Config = {"security.protocol": sasl + ("SSL" if cluster.use_tls else "PLAINTEXT")}
    if cluster.use_tls:
        config |= _tls(cluster)
    if cluster.sasl_mechanism:
        config["sasl.mechanisms"] = cluster.sasl_mechanism
    if cluster.username:
        config["sasl.username"] = cluster.username
        config["sasl.password"] = cluster.password
    return config


def _tls(cluster: Cluster) -> Config:
    given = {
        "ssl.ca.location": cluster.tls_ca_file,
        "ssl.certificate.location": cluster.tls_cert_file,
        "ssl.key.location": cluster.tls_key_file,
        "ssl.key.password": cluster.tls_key_password,
    }
    config: Config = {key: value for key, value in given.items() if value}
    if cluster.tls_skip_verify:
        config["enable.ssl.certificate.verification"] = False
    return config


class _Murmur:
    """Takes librdkafka's own log lines as debug lines.

    It repeats a lost connection as an error at every attempt; states are told by us, once each.
    """

    def __init__(self, log: logging.Logger, cluster: Cluster) -> None:
        self._log = log
        self._cluster = cluster

    def log(self, _level: int, text: str, *arguments: object) -> None:
        """What librdkafka calls, inside `poll`."""
        # The list of all settings: of some librdkafka does not know that they are secrets.
        if arguments[:1] != ("CONF",) and self._log.isEnabledFor(logging.DEBUG):
            self._log.debug("%s", without_secrets(text % arguments, self._cluster))
