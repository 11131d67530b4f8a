"""What librdkafka is told, and that it takes it."""

import logging
from dataclasses import replace
from typing import Any

import confluent_kafka
import pytest

from tests.outlets import NOWHERE, cluster
from warlogix.kafka.settings import SESSION, client_config, group_config, producer_config


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
            {"use_tls": True, "sasl_mechanism": "OAUTHBEARER"},
            {"security.protocol": "SASL_SSL", "sasl.mechanisms": "OAUTHBEARER"},
        ),
        ({"options": {"socket.timeout.ms": "20000"}}, {"socket.timeout.ms": "20000"}),
    ],
)
def test_security_follows_the_cluster(settings: dict[str, Any], expected: dict[str, Any]) -> None:
    """TLS, certificates, SASL and the options of a cluster reach librdkafka under its names."""
    config = client_config(replace(cluster(NOWHERE), **settings), "test")
    assert expected.items() <= config.items()


def test_what_is_not_configured_is_not_said() -> None:
    """Without TLS and SASL librdkafka is told of neither certificates nor users."""
    config = client_config(cluster(NOWHERE), "test")
    assert not [key for key in config if key.startswith(("ssl.", "sasl."))]


@pytest.mark.parametrize(("acks", "idempotent"), [(-1, True), (1, False), (0, False)])
def test_the_producer_is_idempotent_when_all_replicas_confirm(acks: int, idempotent: bool) -> None:
    """Only required_acks = -1 gives an idempotent producer; the others send one request a time,
    so that a repeated one overtakes nothing."""
    config = producer_config(replace(cluster(NOWHERE), required_acks=acks), "test")
    assert config["acks"] == acks
    assert config.get("enable.idempotence", False) is idempotent
    in_flight = config.get("max.in.flight.requests.per.connection")
    assert in_flight == (None if idempotent else 1)


def test_records_never_time_out_and_go_where_java_puts_them() -> None:
    """A record waits in the producer for ever, and its partition is that of Java clients."""
    config = producer_config(replace(cluster(NOWHERE), compression="zstd"), "test")
    assert config["message.timeout.ms"] == 0
    assert config["partitioner"] == "murmur2_random"
    assert config["compression.type"] == "zstd"
    assert config["socket.keepalive.enable"] is True


@pytest.mark.parametrize("acks", [-1, 1, 0])
def test_librdkafka_takes_the_settings(acks: int, caplog: pytest.LogCaptureFixture) -> None:
    """A producer can be made from the settings, and nothing of librdkafka's own log is louder
    than debug."""
    caplog.set_level(logging.DEBUG)
    client = confluent_kafka.Producer(
        producer_config(replace(cluster(NOWHERE), required_acks=acks), "test")
    )
    client.poll(0)
    assert {record.levelno for record in caplog.records} <= {logging.DEBUG}


def test_a_member_commits_only_what_it_is_told() -> None:
    """No position moves by itself, and a partition without one is read from its beginning."""
    config = group_config(cluster(NOWHERE), "test", "writers")
    assert config["group.id"] == "writers"
    assert config["enable.auto.commit"] is False
    assert config["enable.auto.offset.store"] is False
    assert config["auto.offset.reset"] == "earliest"
    assert config["enable.partition.eof"] is True


def test_a_classic_group_is_tuned_here_a_newer_one_by_the_broker() -> None:
    """Assignor, session and heartbeats are given where the client decides, and left out where
    librdkafka takes none."""
    tuned = {"partition.assignment.strategy", "session.timeout.ms", "heartbeat.interval.ms"}
    classic = group_config(cluster(NOWHERE), "test", "writers")
    assert tuned <= classic.keys()
    assert classic["session.timeout.ms"] == SESSION * 1000
    for protocol in ("consumer", "CONSUMER"):
        newer = replace(cluster(NOWHERE), options={"group.protocol": protocol})
        assert not tuned & group_config(newer, "test", "writers").keys()


@pytest.mark.parametrize("protocol", ["classic", "consumer"])
def test_librdkafka_takes_a_members_settings(protocol: str) -> None:
    """A consumer can be made from the settings, with what may be optional on top."""
    options = {
        "group.protocol": protocol,
        "statistics.interval.ms": "1000",
        "topic.metadata.refresh.interval.ms": "-1",
    }
    config = group_config(replace(cluster(NOWHERE), options=options), "test", "writers")
    assert config["topic.metadata.refresh.interval.ms"] == 2_000
    confluent_kafka.Consumer(config).close()
