"""What the admin client says of a topic, read."""

from types import SimpleNamespace

from warlogix.kafka.admin import Partition, _found


def test_a_partition_without_a_leader_is_one() -> None:
    """While its broker comes back a partition has no leader: -1, and not the end of the gateway."""
    parts = [
        SimpleNamespace(id=0, leader=None, replicas=[1], isr=[]),
        SimpleNamespace(id=1, leader=SimpleNamespace(id=7), replicas=[7, 8], isr=[7]),
    ]
    found = _found(
        SimpleNamespace(name="t", topic_id="x", partitions=parts, authorized_operations=None)
    )
    assert found.partitions == (Partition(0, -1, 1, 0), Partition(1, 7, 2, 1))
