"""What librdkafka is told, and that it takes it."""

import logging
from typing import Any

import confluent_kafka
import pytest

from tests.outlets import NOWHERE, cluster
from warlogix.kafka.settings import client_config, producer_config


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, {"security.protocol": "PLAINTEXT"}),
        ({"use_tls": True}, {"security.protocol": "SSL"}),
        (
            {"use_tls": True, "tls_ca_file": "ca", "tls_cert_file": "cert", "tls_key_file": "key"},
            {
                "ssl.ca.location": "ca",
                "ssl.certificate.location": "cert",
                "ssl.key.location": "key",
            },
        ),
        ({"use_tls": True, "tls_key_password": "pw"}, {"ssl.key.password": "pw"}),
        (
            {"use_tls": True, "tls_skip_verify": True},
            {"enable.ssl.certificate.verification": False},
        ),
        (
            {"sasl_mechanism": "PLAIN", "username": "me", "password": "pw"},
            {
                "security.protocol": "SASL_PLAINTEXT",
                "sasl.mechanisms": "PLAIN",
                "sasl.username": "me",
                "sasl.password": "pw",
            },
        ),
        (
            {"use_tls": True, "sasl_mechanism": "SCRAM-SHA-512"},
            {"security.protocol": "SASL_SSL", "sasl.mechanisms": "SCRAM-SHA-512"},
        ),
        (
            {"use_tls": True, "options": {"sasl.mechanisms": "OAUTHBEARER"}},
            {"security.protocol": "SASL_SSL", "sasl.mechanisms": "OAUTHBEARER"},
        ),
        ({"options": {"socket.timeout.ms": "20000"}}, {"socket.timeout.ms": "20000"}),
    ],
)
def test_security_follows_the_cluster(settings: dict[str, Any], expected: dict[str, Any]) -> None:
    """TLS, certificates, SASL and the options of a cluster reach librdkafka under its names."""
    config = client_config(cluster(NOWHERE, **settings), "test")
    assert expected.items() <= config.items()


def test_what_is_not_configured_is_not_said() -> None:
    """Without TLS and SASL librdkafka is told of neither certificates nor users."""
    config = client_config(cluster(NOWHERE), "test")
    assert not [key for key in config if key.startswith(("ssl.", "sasl."))]


@pytest.mark.parametrize(("acks", "idempotent"), [(-1, True), (1, False), (0, False)])
def test_the_producer_is_idempotent_when_all_replicas_confirm(acks: int, idempotent: bool) -> None:
    """Only required_acks = -1 gives an idempotent producer; the others send one request a time,
    so that a repeated one overtakes nothing."""
    config = producer_config(cluster(NOWHERE, required_acks=acks), "test")
    assert config["acks"] == acks
    assert config.get("enable.idempotence", False) is idempotent
    in_flight = config.get("max.in.flight.requests.per.connection")
    assert in_flight == (None if idempotent else 1)


def test_records_never_time_out_and_go_where_java_puts_them() -> None:
    """A record waits in the producer for ever, and its partition is that of Java clients."""
    config = producer_config(cluster(NOWHERE, compression="zstd"), "test")
    assert config["message.timeout.ms"] == 0
    assert config["partitioner"] == "murmur2_random"
    assert config["compression.type"] == "zstd"
    assert config["socket.keepalive.enable"] is True


@pytest.mark.parametrize("acks", [-1, 1, 0])
def test_librdkafka_takes_the_settings(acks: int, caplog: pytest.LogCaptureFixture) -> None:
    """A producer can be made from the settings, and nothing of librdkafka's own log is louder
    than debug."""
    caplog.set_level(logging.DEBUG)
    client = confluent_kafka.Producer(producer_config(cluster(NOWHERE, required_acks=acks), "test"))
    client.poll(0)
    assert {record.levelno for record in caplog.records} <= {logging.DEBUG}
