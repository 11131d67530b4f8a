"""What librdkafka says, in an operator's words, and who must act on it.

    trouble = explain(error.code(), error.str(), cluster)

It decides from codes and texts alone and knows no client.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from confluent_kafka import KafkaError

from warlogix.clusters import Cluster
from warlogix.kafka.secrets import without_secrets


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a cluster cannot be used; `fatal` when somebody must change something for it to end.

    `look_at` are addresses of which librdkafka does not say enough: what they speak tells more.
    """

    text: str
    fatal: bool = False
    look_at: tuple[str, ...] = ()


class Refusal(Enum):
    """What a failed delivery says about sending the same record again."""

    PASSING = "passing"  # the way was cut: as it is, at once
    RECORD = "record"  # the record itself is not taken, its neighbours are
    TOPIC = "topic"  # nothing is taken for this topic until somebody acts


_PASSING = frozenset(
    {
        KafkaError._PURGE_QUEUE,
        KafkaError._PURGE_INFLIGHT,
        KafkaError._FATAL,
        KafkaError._GAPLESS_GUARANTEE,
        KafkaError._QUEUE_FULL,
        KafkaError._TRANSPORT,
        KafkaError._TIMED_OUT,
        KafkaError._TIMED_OUT_QUEUE,
        KafkaError._MSG_TIMED_OUT,
        KafkaError._STATE,
        KafkaError._DESTROY,
        KafkaError.REQUEST_TIMED_OUT,
        KafkaError.NETWORK_EXCEPTION,
        KafkaError.NOT_ENOUGH_REPLICAS,
        KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.BROKER_NOT_AVAILABLE,
        KafkaError.KAFKA_STORAGE_ERROR,
        KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER,
        KafkaError.UNKNOWN_PRODUCER_ID,
        KafkaError.INVALID_PRODUCER_EPOCH,
    }
)
_RECORD = frozenset(
    {
        KafkaError.MSG_SIZE_TOO_LARGE,
        KafkaError.RECORD_LIST_TOO_LARGE,
        KafkaError.INVALID_MSG_SIZE,
        KafkaError.INVALID_MSG,
        KafkaError.INVALID_TIMESTAMP,
        KafkaError.INVALID_RECORD,
        KafkaError._INVALID_DIFFERENT_RECORD,
    }
)


def judge(code: int) -> Refusal:
    """What to do about a record whose delivery failed with this code.

    A code that nobody foresaw holds the topic: sending again at once would go on for ever.
    """
    if code in _PASSING:
        return Refusal.PASSING
    return Refusal.RECORD if code in _RECORD else Refusal.TOPIC


# A token endpoint's answer may be a whole page.
_LONGEST = 300


def told(text: str, cluster: Cluster) -> str:
    """librdkafka's text as it may be read by anybody: plain, and without secrets."""
    return plain(without_secrets(text, cluster))


def plain(text: str) -> str:
    """librdkafka's text in one line of bounded length, the same at each attempt."""
    text = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    text = re.sub(r": increase receive\.message\.max\.bytes \(.*APIVERSION_QUERY.*", "", text)
    text = re.sub(r"^\[thrd:[^]]*\]: ", "", text)
    text = re.sub(r" \(after \d+ms in state .*\)$", "", text)
    text = re.sub(r"Connect to ipv[46]#\S+ failed: ", "", text)
    text = re.sub(r"^Failed to create [a-z ]+: ", "", text)
    text = re.sub(r"^(?:\w+://)?([^/\s]+)/(?:bootstrap|\d+): ", r"\1: ", text)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


SPEAKS_TLS = "the broker speaks TLS on this port: set use_tls = true"
SPEAKS_NO_TLS = (
    "the broker speaks no TLS on this port: set use_tls = false, or change brokers to its TLS port"
)
NO_KAFKA = "what listens there is no Kafka broker: change brokers"

# A pattern of librdkafka's text, and what it means for the configuration; the first match wins.
# These leave something open, which a look at the port may tell.
_VAGUE = (
    (
        "certificate verify failed",
        "the broker's certificate could not be verified: check tls_ca_file, the certificate's "
        "dates and that it names the host in brokers",
    ),
    # A connection that worked ends with the same words in another state: a broker that restarts.
    (
        "PLAINTEXT broker listener|Disconnected.*SSL_HANDSHAKE",
        "the broker ended TLS before it began: check use_tls and brokers",
    ),
    ("wrong version number", "what listens there speaks no TLS: check use_tls and brokers"),
    ("Invalid response size.*APIVERSION_QUERY", NO_KAFKA),
    ("alert handshake failure", "{handshake}"),
    ("alert (bad certificate|certificate|unknown ca)", "{certificate}"),
)
_DEFINITE = (
    (
        "Unsupported SASL mechanism",
        "the broker does not offer {mechanism} on this port: set sasl_mechanism to one that it "
        "does",
    ),
    (
        "not valid in current SASL state",
        "the broker takes no SASL on this port: leave sasl_mechanism out, or change brokers to "
        "its SASL port",
    ),
    (
        "OAUTHBEARER token",
        "there is no token to show to the broker: check sasl.oauthbearer.* in options",
    ),
)


def explain(code: int, text: str, cluster: Cluster) -> Trouble:
    """An error of the connection as the operator should read it."""
    said = told(text, cluster)
    named = _addresses(plain(text), cluster)
    if words := _first(_DEFINITE, text, cluster):
        return Trouble(f"{words} ({said})", fatal=True)
    if words := _first(_VAGUE, text, cluster):
        return Trouble(f"{words} ({said})", fatal=True, look_at=named)
    if code == KafkaError._AUTHENTICATION:
        return Trouble(f"{_unknown_user(cluster)} ({said})", fatal=True)
    if code == KafkaError._SSL:
        words = f"TLS failed: check use_tls and the tls files ({said})"
        return Trouble(words, fatal=True, look_at=named)
    if code == KafkaError._ALL_BROKERS_DOWN:
        return unheard(cluster)
    if code == KafkaError.CLUSTER_AUTHORIZATION_FAILED:
        words = "the principal may write to no topic: grant the ACLs of 'warlogix topics acls'"
        return Trouble(f"{words} ({said})", fatal=True)
    return Trouble(said)


def _first(words: Sequence[tuple[str, str]], text: str, cluster: Cluster) -> str:
    """The meaning of the first pattern that is in the text."""
    found = (meaning for pattern, meaning in words if re.search(pattern, text))
    return next(found, "").format(
        mechanism=cluster.sasl_mechanism,
        certificate=client_certificate(cluster),
        handshake=_refused_handshake(cluster),
    )


def client_certificate(cluster: Cluster) -> str:
    """What a broker means that ends a connection for the client's certificate."""
    if cluster.tls_cert_file:
        return "the broker does not trust the client certificate: check tls_cert_file"
    return "the broker wants a client certificate: set tls_cert_file and tls_key_file"


def _refused_handshake(cluster: Cluster) -> str:
    """TLS 1.2 has no word of its own for a client certificate that is missing."""
    if cluster.tls_cert_file:
        return "the broker refuses the TLS handshake: check tls_cert_file, use_tls and brokers"
    return (
        "the broker refuses the TLS handshake: "
        "set tls_cert_file and tls_key_file if it wants a client certificate"
    )


def _addresses(said: str, cluster: Cluster) -> tuple[str, ...]:
    """The broker that a plain text begins with, else all that are configured."""
    named = re.match(r"(\S+):(\d+): ", said)
    if not named:
        return cluster.brokers
    host, port = named.groups()
    # Of a broker that gives itself an address of IPv6, librdkafka leaves the brackets out.
    is_bare = ":" in host and not host.startswith("[")
    return (f"[{host}]:{port}" if is_bare else f"{host}:{port}",)


def _unknown_user(cluster: Cluster) -> str:
    if cluster.sasl_mechanism == "OAUTHBEARER":
        return "the broker refuses the token: check sasl.oauthbearer.* in options"
    return (
        "the broker refuses the user or the password: check username, password and sasl_mechanism"
    )


def explain_last(heard: Sequence[KafkaError], cluster: Cluster) -> Trouble:
    """Why nobody answers, from all that `error_cb` told; that all brokers are down is no reason."""
    definite = [error for error in heard if error.code() != KafkaError._ALL_BROKERS_DOWN]
    if not heard:
        return unheard(cluster)
    last = (definite or heard)[-1]
    return explain(last.code(), last.str(), cluster)


# What a principal needs for a topic.
MAY_NOT_READ = "the principal may not read topic {topic}: grant the ACL READ on it"
MAY_NOT_SEE = (
    "the principal may not see topic {topic}: grant the ACLs that 'warlogix topics acls' lists"
)
MAY_NOT_WRITE = "the principal may not write to topic {topic}: grant the ACL WRITE on it"

# What keeps a member out of its group, or its commit out of Kafka, until somebody acts.
_GROUP_WORDS = {
    KafkaError.GROUP_AUTHORIZATION_FAILED: (
        "the principal may not use the consumer group {group}: grant the ACL READ on it"
    ),
    KafkaError.TOPIC_AUTHORIZATION_FAILED: MAY_NOT_READ,
    KafkaError.INVALID_SESSION_TIMEOUT: (
        "the broker does not take a session time-out of 6 s: set its group.min.session.timeout.ms "
        "to 6000 or less"
    ),
    KafkaError.INCONSISTENT_GROUP_PROTOCOL: (
        "the consumer group {group} is used by another kind of program, or by a gateway with "
        "another group.protocol: give this one a consumer_group of its own"
    ),
    KafkaError.GROUP_MAX_SIZE_REACHED: (
        "the consumer group {group} is full: raise group.max.size of the broker"
    ),
    KafkaError.INVALID_GROUP_ID: "the broker does not take {group} as a name: check consumer_group",
    KafkaError.UNSUPPORTED_ASSIGNOR: (
        "the broker does not know the assignor: check group.remote.assignor in options"
    ),
    KafkaError._UNSUPPORTED_FEATURE: (
        "the broker does not know this kind of group: leave group.protocol out of options"
    ),
    KafkaError.UNSUPPORTED_VERSION: (
        "the broker does not know this kind of group: leave group.protocol out of options"
    ),
    KafkaError.OFFSET_METADATA_TOO_LARGE: (
        "the broker takes too little metadata with a commit: set its offset.metadata.max.bytes to "
        "4096 or more"
    ),
}


def unheard(cluster: Cluster) -> Trouble:
    """Nothing at all was heard, or that all brokers are down, which is no reason."""
    words = "the brokers do not answer: check brokers"
    if cluster.sasl_mechanism == "OAUTHBEARER":
        words = (
            "no token came, or the brokers do not answer: "
            "check sasl.oauthbearer.* in options, and brokers"
        )
    return Trouble(f"{words} ({', '.join(cluster.brokers)})", look_at=cluster.brokers)


def group_refusal(code: int, said: str, group: str, topic: str) -> str:
    """What somebody must change before a group can be used; "" for what passes by itself.

    `said` is librdkafka's text as `told` gives it.
    """
    words = _GROUP_WORDS.get(code)
    return "" if words is None else f"{words.format(group=group, topic=topic)} ({said})"
