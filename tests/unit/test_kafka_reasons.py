"""librdkafka's words turned into an operator's."""

from dataclasses import replace

import pytest
from confluent_kafka import KafkaError

from tests.outlets import NOWHERE, cluster
from warlogix.kafka.reasons import Refusal, explain, explain_last, group_refusal, judge, plain


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            "127.0.0.1:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused "
            "(after 0ms in state CONNECT)",
            "127.0.0.1:1: Connection refused",
        ),
        (
            "localhost:9092/1: Connect to ipv6#[::1]:9092 failed: Connection refused "
            "(after 12ms in state CONNECT, 30 identical error(s) suppressed)",
            "localhost:9092: Connection refused",
        ),
        (
            "[thrd:sasl_ssl://b:9/bootstrap]: sasl_ssl://b:9/bootstrap: Authentication failed: "
            "Invalid username or password (after 301ms in state AUTH_REQ)",
            "b:9: Authentication failed: Invalid username or password",
        ),
        ("Failed to create producer: ssl.ca.location failed", "ssl.ca.location failed"),
    ],
)
def test_a_reason_reads_the_same_at_each_attempt(said: str, expected: str) -> None:
    """Threads, states and milliseconds are left out, the broker's address is not."""
    assert plain(said) == expected


@pytest.mark.parametrize(
    ("code", "said", "part", "fatal"),
    [
        (
            KafkaError._SSL,
            "ssl://b:9/bootstrap: SSL handshake failed: error:0A000086: certificate verify failed",
            "tls_ca_file",
            True,
        ),
        (
            KafkaError._TRANSPORT,
            "ssl://b:9/bootstrap: SSL connection closed by peer: connecting to a PLAINTEXT broker "
            "listener?",
            "use_tls",
            True,
        ),
        (
            KafkaError._TRANSPORT,
            "ssl://b:9/bootstrap: Disconnected: SSL connection closed by peer (after 3ms in state "
            "SSL_HANDSHAKE)",
            "use_tls",
            True,
        ),
        (
            KafkaError._TRANSPORT,
            "ssl://b:9/1: Receive failed: ssl/tls alert bad certificate: SSL alert number 42",
            "tls_cert_file",
            True,
        ),
        (
            KafkaError._AUTHENTICATION,
            "Authentication failed: Invalid username or password",
            "check username, password and sasl_mechanism",
            True,
        ),
        (
            KafkaError._AUTHENTICATION,
            "Unsupported SASL mechanism: broker's supported mechanisms: PLAIN",
            "sasl_mechanism",
            True,
        ),
        (
            KafkaError._TRANSPORT,
            "ssl://b:9/1: Disconnected: SSL connection closed by peer (after 9000ms in state UP)",
            "closed by peer",
            False,
        ),
        (
            KafkaError.CLUSTER_AUTHORIZATION_FAILED,
            "Failed to acquire idempotence PID from broker b:9/1: Broker: Cluster authorization "
            "failed",
            "topics acls",
            True,
        ),
        (
            KafkaError._AUTHENTICATION,
            "sasl_ssl://b:9/1: SASL mechanism handshake failed: Broker: Request not valid in "
            "current SASL state: broker's supported mechanisms: ",
            "leave sasl_mechanism out",
            True,
        ),
        (KafkaError._RESOLVE, "Failed to resolve 'nowhere:9092'", "nowhere:9092", False),
        (KafkaError._ALL_BROKERS_DOWN, "1/1 brokers are down", "check brokers", False),
        (
            KafkaError._BAD_MSG,
            "b:9/bootstrap: Receive failed: Invalid response size 1213486160 (0..100000000): "
            "increase receive.message.max.bytes (after 1ms in state APIVERSION_QUERY)",
            "no Kafka broker: change brokers (b:9: Receive failed: Invalid response size "
            "1213486160 (0..100000000))",
            True,
        ),
        (
            KafkaError._TRANSPORT,
            "ssl://b:9/1: error:0A00010B:SSL routines::wrong version number (after 0ms in state "
            "SSL_HANDSHAKE)",
            "check use_tls and brokers",
            True,
        ),
        (
            KafkaError._TRANSPORT,
            "ssl://b:9/1: Disconnected: connection reset by peer (after 0ms in state "
            "SSL_HANDSHAKE)",
            "the broker ended TLS before it began: check use_tls and brokers",
            True,
        ),
        (
            KafkaError._SSL,
            "ssl://b:9/1: SSL handshake failed: ssl/tls alert handshake failure: SSL alert number "
            "40",
            "set tls_cert_file and tls_key_file if it wants a client certificate",
            True,
        ),
    ],
)
def test_a_reason_names_the_key_to_change(code: int, said: str, part: str, fatal: bool) -> None:
    """What somebody must change is fatal and named by its key; what passes by itself is not."""
    trouble = explain(code, said, cluster(NOWHERE))
    assert part in trouble.text
    assert trouble.fatal is fatal


@pytest.mark.parametrize(
    ("code", "said", "look_at"),
    [
        (
            KafkaError._SSL,
            "ssl://b:9/2: SSL handshake failed: certificate verify failed",
            ("b:9",),
        ),
        (
            KafkaError._TRANSPORT,
            "ssl://[::1]:9/2: Receive failed: ssl/tls alert bad certificate: SSL alert number 42",
            ("[::1]:9",),
        ),
        (
            KafkaError._TRANSPORT,
            "ssl://fe80::1:9/2: Receive failed: ssl/tls alert bad certificate: SSL alert number 42",
            ("[fe80::1]:9",),
        ),
        (KafkaError._ALL_BROKERS_DOWN, "1/1 brokers are down", (NOWHERE,)),
        (KafkaError._TRANSPORT, "b:9/1: Connection refused", ()),
        (KafkaError._AUTHENTICATION, "ssl://b:9/2: Invalid username or password", ()),
    ],
)
def test_what_is_left_open_names_the_broker_to_look_at(
    code: int, said: str, look_at: tuple[str, ...]
) -> None:
    """Where librdkafka's words leave it open what to change, they say where to look, else not."""
    assert explain(code, said, cluster(NOWHERE)).look_at == look_at


@pytest.mark.parametrize(
    ("certificate", "part"),
    [("", "set tls_cert_file and tls_key_file"), ("gateway.pem", "does not trust")],
)
def test_a_certificate_is_wanted_or_refused(certificate: str, part: str) -> None:
    """A broker that ends it for the client's certificate wants one, or does not trust the one
    that it was shown."""
    said = "ssl://b:9/1: Receive failed: ssl/tls alert bad certificate: SSL alert number 42"
    settings = replace(cluster(NOWHERE), use_tls=True, tls_cert_file=certificate)
    assert part in explain(KafkaError._TRANSPORT, said, settings).text


def test_a_token_that_is_refused_is_no_password() -> None:
    """With OAUTHBEARER the options are named, since there is neither user nor password."""
    settings = replace(cluster(NOWHERE), sasl_mechanism="OAUTHBEARER")
    trouble = explain(KafkaError._AUTHENTICATION, "b:9/1: invalid_token", settings)
    assert "check sasl.oauthbearer.* in options" in trouble.text


def test_silence_may_be_a_tokens() -> None:
    """With OAUTHBEARER nobody is heard before there is a token: its options are named too."""
    settings = replace(cluster(NOWHERE), sasl_mechanism="OAUTHBEARER")
    text = explain_last([], settings).text
    assert text.startswith("no token came, or the brokers do not answer: check sasl.oauthbearer.*")


def test_a_port_that_hangs_up_in_tls_is_looked_at() -> None:
    """Whether a broker is there that speaks no TLS, librdkafka only guesses."""
    said = "ssl://b:9/1: SSL handshake failed: connecting to a PLAINTEXT broker listener?"
    trouble = explain(KafkaError._TRANSPORT, said, cluster(NOWHERE))
    assert trouble.look_at == ("b:9",)
    assert "set use_tls = false" not in trouble.text


def test_that_all_are_down_is_no_reason() -> None:
    """The last error that says more counts, also when all brokers went down after it."""
    refused = KafkaError(KafkaError._TRANSPORT, "b:9/1: Connection refused")
    down = KafkaError(KafkaError._ALL_BROKERS_DOWN, "1/1 brokers are down")
    assert explain_last([refused, down], cluster(NOWHERE)).text == "b:9: Connection refused"
    silent = "the brokers do not answer: check brokers (127.0.0.1:1)"
    assert explain_last([down], cluster(NOWHERE)).text == silent
    assert explain_last([], cluster(NOWHERE)).text == silent


@pytest.mark.parametrize(
    ("code", "refusal"),
    [
        (KafkaError._PURGE_QUEUE, Refusal.PASSING),
        (KafkaError._PURGE_INFLIGHT, Refusal.PASSING),
        (KafkaError._FATAL, Refusal.PASSING),
        (KafkaError._QUEUE_FULL, Refusal.PASSING),
        (KafkaError._MSG_TIMED_OUT, Refusal.PASSING),
        (KafkaError.MSG_SIZE_TOO_LARGE, Refusal.RECORD),
        (KafkaError.INVALID_TIMESTAMP, Refusal.RECORD),
        (KafkaError._INVALID_DIFFERENT_RECORD, Refusal.RECORD),
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, Refusal.TOPIC),
        (KafkaError.UNKNOWN_TOPIC_OR_PART, Refusal.TOPIC),
        (KafkaError._UNKNOWN_PARTITION, Refusal.TOPIC),
        (KafkaError.UNSUPPORTED_COMPRESSION_TYPE, Refusal.TOPIC),
    ],
)
def test_failures_are_sorted_by_what_to_do(code: int, refusal: Refusal) -> None:
    """A cut way is tried again at once, a record is set aside, anything else holds the topic."""
    assert judge(code) is refusal


@pytest.mark.parametrize(
    ("code", "part"),
    [
        (KafkaError.GROUP_AUTHORIZATION_FAILED, "the consumer group writers: grant the ACL READ"),
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, "topic factory-writes: grant the ACL READ"),
        (KafkaError.INVALID_SESSION_TIMEOUT, "group.min.session.timeout.ms"),
        (KafkaError.INCONSISTENT_GROUP_PROTOCOL, "consumer_group of its own"),
        (KafkaError.GROUP_MAX_SIZE_REACHED, "group.max.size"),
        (KafkaError.INVALID_GROUP_ID, "check consumer_group"),
        (KafkaError.UNSUPPORTED_ASSIGNOR, "group.remote.assignor"),
        (KafkaError._UNSUPPORTED_FEATURE, "leave group.protocol out"),
        (KafkaError.UNSUPPORTED_VERSION, "leave group.protocol out"),
        (KafkaError.OFFSET_METADATA_TOO_LARGE, "offset.metadata.max.bytes"),
    ],
)
def test_what_keeps_a_member_out_names_its_remedy(code: int, part: str) -> None:
    """A group that cannot be used says what to change, and librdkafka's own words behind it."""
    text = group_refusal(code, "Subscription: Broker: No", "writers", "factory-writes")
    assert part in text
    assert text.endswith("(Subscription: Broker: No)")


@pytest.mark.parametrize(
    "code",
    [
        KafkaError._TRANSPORT,
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError._MAX_POLL_EXCEEDED,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.ILLEGAL_GENERATION,
    ],
)
def test_what_passes_keeps_no_member_out(code: int) -> None:
    """What ends by itself is no refusal."""
    assert group_refusal(code, "said", "writers", "factory-writes") == ""
