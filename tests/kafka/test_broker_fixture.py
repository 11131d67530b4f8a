import signal
import subprocess
import sys
from pathlib import Path

import trio
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

from tests.brokers import Broker
from tests.witness import create_topic, read_topic, read_topic_async


def produce(address: str, topic: str, *values: bytes) -> None:
    """Send the values, all with one key, and wait until every one is confirmed."""
    producer = Producer({"bootstrap.servers": address, "linger.ms": 0})
    for value in values:
        producer.produce(topic, value, key=b"key")
    assert producer.flush(20) == 0


def cluster_id(address: str) -> str | None:
    """The id that a cluster gives itself when it is formatted."""
    metadata = AdminClient({"bootstrap.servers": address}).list_topics(timeout=5)
    return metadata.cluster_id


def test_records_come_back_as_they_were_sent(kafka: str, topic: str) -> None:
    """What was produced is what the witness reads, in order, each at its offset."""
    produce(kafka, topic, b"1", b"2")
    records = read_topic(kafka, topic)
    assert [(r.partition, r.offset, r.key, r.value) for r in records] == [
        (0, 0, b"key", b"1"),
        (0, 1, b"key", b"2"),
    ]


def test_an_empty_topic_is_read_to_its_end(kafka: str, topic: str) -> None:
    """The witness of a topic without records says so, instead of waiting for one."""
    assert read_topic(kafka, topic) == []


async def test_the_witness_waits_for_a_topic_that_comes_later(
    kafka: str, topic_prefix: str
) -> None:
    """A reader that asks for one record gets it, even when the topic is made after it began."""
    read = []

    async def witness() -> None:
        read.extend(await read_topic_async(kafka, topic_prefix, at_least=1))

    with trio.fail_after(30):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(witness)
            await trio.to_thread.run_sync(create_topic, kafka, topic_prefix)
            await trio.to_thread.run_sync(produce, kafka, topic_prefix, b"late")
    assert [record.value for record in read] == [b"late"]


def test_confirmed_records_outlive_a_kill(own_broker: Broker) -> None:
    """A broker that was killed comes back on its port, with its cluster id and its records."""
    before = cluster_id(own_broker.address)
    create_topic(own_broker.address, "kept")
    produce(own_broker.address, "kept", b"1")
    own_broker.kill()
    own_broker.start()
    assert cluster_id(own_broker.address) == before
    assert [record.value for record in read_topic(own_broker.address, "kept")] == [b"1"]


def test_a_wiped_broker_is_another_cluster(own_broker: Broker) -> None:
    """After a wipe the same address is an empty cluster with another id."""
    before = cluster_id(own_broker.address)
    create_topic(own_broker.address, "gone")
    own_broker.stop()
    own_broker.wipe()
    own_broker.start()
    metadata = AdminClient({"bootstrap.servers": own_broker.address}).list_topics(timeout=5)
    assert metadata.cluster_id != before
    assert metadata.topics == {}


def test_a_frozen_broker_is_silent_until_it_thaws(own_broker: Broker) -> None:
    """Records sent to a frozen broker stay unconfirmed, and are confirmed once it goes on."""
    create_topic(own_broker.address, "slow")
    producer = Producer({"bootstrap.servers": own_broker.address, "linger.ms": 0})
    own_broker.freeze()
    producer.produce("slow", b"1")
    assert producer.flush(0.5) == 1
    own_broker.thaw()
    assert producer.flush(20) == 0


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.brokers import open_broker
with open_broker(Path(sys.argv[1])) as broker:
    print(broker.address, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_no_broker_outlives_a_test_run_that_is_killed(tmp_path: Path) -> None:
    """When the process that opened a broker is killed, the broker ends too."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, timeout=60
    )
    assert done.returncode == -signal.SIGKILL
    # The broker holds a lock on its data as long as it lives.
    lock = tmp_path / "data" / ".lock"
    subprocess.run(["flock", "--timeout", "10", str(lock), "true"], check=True, timeout=20)
