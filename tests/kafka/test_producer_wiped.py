"""A producer whose cluster comes back with nothing, and numbers its producers anew."""

from pathlib import Path

import trio

from tests.brokers import Broker
from tests.outlets import batch, change, cluster, publishing
from tests.witness import read_topic_async
from warlogix.outbox import NewRow

LIMIT = 60


async def test_a_cluster_that_begins_to_number_anew_keeps_what_it_confirms(
    own_broker: Broker, tmp_path: Path
) -> None:
    """The first event after a wipe and the first of the gateway that follows are both there: no
    number of the old cluster, which the new one gives to the follower, was used in the new one."""
    kafka, topic = own_broker.address, "factory-triggers"
    with trio.fail_after(LIMIT):
        async with publishing(tmp_path / "a", cluster(kafka), namespace="factory") as gateway:
            await gateway.outbox.append([change("known")])
            await gateway.sent()
            await trio.to_thread.run_sync(own_broker.kill)
            await trio.to_thread.run_sync(own_broker.wipe)
            await trio.to_thread.run_sync(own_broker.start)
            await gateway.outbox.append([NewRow("triggers", ("Local",), batch("first"))])
            await gateway.sent()
        async with publishing(tmp_path / "b", cluster(kafka), namespace="factory") as gateway:
            await gateway.outbox.append([NewRow("triggers", ("Local",), batch("second"))])
            await gateway.sent()
        found = await read_topic_async(kafka, topic, at_least=2)
    assert [record.value for record in found] == [b"first", b"second"]
