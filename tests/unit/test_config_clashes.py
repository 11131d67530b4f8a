"""What is wrong between things that are right by themselves: topics, clusters and tags."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.configurations import TRIGGER, accepted, faults, small, with_trigger

TOKENS = {"options": {"sasl.oauthbearer.method": "oidc"}}


def with_clusters(*clusters: dict[str, Any]) -> dict[str, Any]:
    """A configuration with these clusters, each on a host of its own unless it says otherwise."""
    document = small()
    document["kafka"] = [
        {"name": f"C{i}", "brokers": [f"host{i}:9092"], **cluster}
        for i, cluster in enumerate(clusters)
    ]
    return document


@pytest.mark.parametrize(
    "selector", ["writes", "write-responses", "triggers", "dead-letters", "writes_x.y"]
)
def test_no_topic_has_two_purposes(tmp_path: Path, selector: str) -> None:
    """A selector that makes tag changes go where another purpose has its topic is a fault."""
    document = with_clusters({}, {"selector": selector})
    if selector == "writes_x.y":
        document = with_clusters({"selector": "writes.x"}, {"selector": "writes_x.health"})
    [fault] = [each for each in faults(tmp_path, document) if "tag changes" in each.fact]
    assert fault.place == "kafka[1].selector"


def test_the_later_one_is_the_fault(tmp_path: Path) -> None:
    """Of a clash the later one is named, also when it has no selector at all."""
    [fault] = faults(tmp_path, with_clusters({"selector": "writes"}, {}))
    assert fault.place == "kafka[1].selector"
    assert "write requests of kafka[1]" in fault.fact
    assert "tag changes of kafka[0]" in fault.fact


@pytest.mark.parametrize("topic", ["factory", "factory-writes", "factory.health", "factory_health"])
def test_a_trigger_takes_no_other_purpose_s_topic(tmp_path: Path, topic: str) -> None:
    """A trigger's own topic that carries something else, or that Kafka takes for it, is a fault."""
    [fault] = faults(tmp_path, with_trigger(topic=topic))
    assert fault.place == "triggers[0].topic"


def test_triggers_may_share_a_topic(tmp_path: Path) -> None:
    """Several triggers may use one topic, and that of the cluster's triggers."""
    document = with_trigger(topic="events")
    document["triggers"] += [
        TRIGGER | {"name": "u", "topic": "events"},
        TRIGGER | {"name": "v", "topic": "factory-triggers"},
    ]
    assert accepted(tmp_path, document)


def test_the_stress_test_s_topic_is_taken(tmp_path: Path) -> None:
    """Nothing goes to the topic that a stress test makes and removes."""
    [fault] = faults(tmp_path, small() | {"namespace": "warlogix-test-stress"})
    assert fault.fact.endswith(
        "the topic of tag changes of kafka[0], but it is that of the stress test"
    )


def test_clusters_may_share_topics_of_one_purpose(tmp_path: Path) -> None:
    """Two clusters without selectors use the same names on their own brokers."""
    writeback = {"enable_writeback": True}
    assert accepted(tmp_path, with_clusters(writeback, writeback))


@pytest.mark.parametrize(
    ("length", "cluster", "place"),
    [
        (250, {}, "namespace"),
        (242, {}, "namespace"),
        (235, {"enable_writeback": True}, "namespace"),
        (200, {"selector": "s" * 45}, "kafka[0].selector"),
    ],
)
def test_a_topic_is_at_most_249_long(
    tmp_path: Path, length: int, cluster: dict[str, Any], place: str
) -> None:
    """A topic in use that Kafka would refuse for its length is a fault that says how long it is."""
    [fault] = faults(tmp_path, with_clusters(cluster) | {"namespace": "n" * length})
    assert fault.place == place
    assert "characters; Kafka takes 249" in fault.fact


def test_a_topic_of_249_is_taken(tmp_path: Path) -> None:
    """The longest name that Kafka takes is no fault."""
    assert accepted(tmp_path, small() | {"namespace": "n" * 241})
    [fault] = faults(tmp_path, with_trigger(topic="t" * 250))
    assert fault.place == "triggers[0].topic"


@pytest.mark.parametrize(
    ("brokers", "selector", "is_fault"),
    [
        (["kafka1:9092"], None, True),
        (["KAFKA1"], None, True),
        (["other:1", "kafka1.:9092"], None, True),
        (["kafka1:9093"], None, False),
        (["kafka1:9092"], "line2", False),
    ],
)
def test_write_requests_have_one_reader(
    tmp_path: Path, brokers: list[str], selector: str | None, *, is_fault: bool
) -> None:
    """Two writeback clusters with one write topic and a broker in common are a fault."""
    first = {"brokers": ["kafka1:9092", "kafka2:9092"], "enable_writeback": True}
    second: dict[str, Any] = {"brokers": brokers, "enable_writeback": True}
    if selector:
        second["selector"] = selector
    document = with_clusters(first, second)
    if not is_fault:
        assert accepted(tmp_path, document)
        return
    [fault] = faults(tmp_path, document)
    assert fault.place == "kafka[1].selector"
    off = with_clusters(first, second | {"enabled": False})
    assert accepted(tmp_path, off)


@pytest.mark.parametrize(
    ("tag", "fact"),
    [
        ({"name": "x", "data_type": "STRING"}, "STRING is not a number"),
        ({"name": "x", "data_type": "Recipe"}, "the structure Recipe is not a number"),
        ({"name": "x", "data_type": "BOOL[8]"}, "BOOL[8] is not a number"),
        ({"name": "x", "data_type": "DATE"}, "DATE is not a number"),
        ({"name": "x", "data_type": "DNT"}, "not a known data type"),
    ],
)
def test_a_deadband_is_for_numbers(tmp_path: Path, tag: dict[str, Any], fact: str) -> None:
    """A deadband on what is no number is a fault, for families with named tags too."""
    document = small()
    document["plcs"][0] |= {"family": "logix", "tags": [tag | {"deadband": 1}]}
    [fault] = faults(tmp_path, document)
    assert fact in fault.fact


@pytest.mark.parametrize("kind", ["REAL[10]", "INT[2,3]", "TIME", "LREAL"])
def test_a_deadband_judges_numbers_and_arrays_of_them(tmp_path: Path, kind: str) -> None:
    """Numbers, durations and arrays of them may have a deadband."""
    tag = {"name": "x", "data_type": kind, "deadband": "5%"}
    document = small()
    document["plcs"][0] |= {"family": "beckhoff", "tags": [tag]}
    assert accepted(tmp_path, document)


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        ({"family": "beckhoff", "address": "plc1"}, "plcs[0].ams_net_id"),
        ({"family": "beckhoff", "ams_net_id": "1.2.3.4.5"}, "plcs[0].ams_net_id"),
        ({"family": "beckhoff", "ams_net_id": "1.2.3.4.5.256"}, "plcs[0].ams_net_id"),
    ],
)
def test_a_beckhoff_plc_has_a_net_id(tmp_path: Path, keys: dict[str, str], place: str) -> None:
    """An AMS Net ID is six numbers, or can be made from an IPv4 address."""
    document = small()
    document["plcs"][0] |= {"tags": [], **keys}
    [fault] = faults(tmp_path, document)
    assert fault.place == place


@pytest.mark.parametrize(
    ("keys", "clash"),
    [
        ({"ams_net_id": "5.1.2.3.1.1"}, True),
        ({"ams_net_id": "5.1.2.3.1.1", "address": "10.0.0.1:48898"}, True),
        ({}, False),
        ({"ams_port": 852}, False),
        ({"ams_net_id": "10.0.0.01.1.1"}, False),
        ({"ams_net_id": "5.1.2.3.1.1", "address": "10.0.0.2"}, False),
        ({"ams_net_id": "5.1.2.3.1.1", "address": "10.0.0.1:1234"}, False),
        ({"ams_net_id": "5.1.2.3.1.1", "enabled": False}, False),
        ({"ams_net_id": "5.1.2.3.1.1", "family": "logix"}, False),
    ],
)
def test_an_address_has_one_net_id(tmp_path: Path, keys: dict[str, Any], *, clash: bool) -> None:
    """Two Beckhoff PLCs at one address are behind one router: its Net ID is the same for both."""
    document = small()
    plc = {"family": "beckhoff", "address": "10.0.0.1"}
    document["plcs"] = [{"name": "A", **plc}, {"name": "B", **plc, **keys}]
    if not clash:
        assert accepted(tmp_path, document)
        return
    [fault] = faults(tmp_path, document)
    assert fault.place == "plcs[1].ams_net_id"
    assert fault.fact == "is not 10.0.0.1.1.1, the Net ID of plcs[0] at the same address"


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        ({"sasl_mechanism": "PLAIN", "password": "x"}, "username"),
        ({"sasl_mechanism": "PLAIN", "username": "x"}, "password"),
        ({"sasl_mechanism": "PLAIN", "username": "x", "password": ""}, "password"),
        ({"sasl_mechanism": "OAUTHBEARER"}, "options"),
        ({"sasl_mechanism": "OAUTHBEARER", **TOKENS, "username": "x"}, "username"),
        ({"sasl_mechanism": "OAUTHBEARER", **TOKENS, "password": "x"}, "password"),
        ({"use_tls": True, "tls_cert_file": "x"}, "tls_key_file"),
        ({"use_tls": True, "tls_key_file": "x"}, "tls_cert_file"),
        ({"use_tls": True, "tls_key_password": "x"}, "tls_key_file"),
    ],
)
def test_security_is_complete(tmp_path: Path, keys: dict[str, Any], place: str) -> None:
    """What authentication and TLS need beside what is there is a fault where it is missing, and so
    is what has no effect."""
    [fault] = faults(tmp_path, with_clusters(keys))
    assert fault.place == f"kafka[0].{place}"


def test_a_token_needs_no_user(tmp_path: Path) -> None:
    """OAUTHBEARER is complete with the options that say where its tokens come from."""
    assert accepted(tmp_path, with_clusters({"sasl_mechanism": "OAUTHBEARER", **TOKENS}))
