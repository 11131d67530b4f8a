"""A producer that broke for good is replaced: with a real broker that gives it no number."""

from dataclasses import replace

import trio

from tests.outlets import batch, cluster, wall
from tests.secure_broker import Acl, SecureBroker
from warlogix.clusters import TopicSpec
from warlogix.kafka.admin import ensure_topics
from warlogix.kafka.delivery import Delivery
from warlogix.kafka.producer import Producer, open_producer

LIMIT = 60


async def sent(producer: Producer, topic: str, value: str) -> Delivery:
    """What became of one record."""
    delivery = await producer.send(topic, [batch(value)])
    await delivery.settled.wait()
    return delivery


async def test_a_producer_that_broke_for_good_is_replaced(
    secure: SecureBroker, topic_prefix: str
) -> None:
    """Who may write nowhere is refused a producer's number, which breaks the producer: what it is
    sent fails, its status says why; once that is granted it takes records by itself."""
    user = f"{topic_prefix}-user"
    settings = replace(
        cluster(secure.addresses["sasl"]),
        use_tls=True,
        tls_ca_file=str(secure.certificates.ca),
        sasl_mechanism="SCRAM-SHA-512",
        username=user,
        password=secure.user(user),
    )
    acls = [Acl("TOPIC", topic_prefix, each) for each in ("CREATE", "DESCRIBE", "WRITE")]
    with trio.fail_after(LIMIT):
        secure.grant(user, *acls[:2])
        assert await ensure_topics(settings, "test", [TopicSpec(topic_prefix)])
        async with open_producer(settings, "test", wall) as producer:
            refused = await sent(producer, topic_prefix, "refused")
            await producer.status.wait_value(lambda status: status.fatal)
            assert "may write to no topic" in producer.status.value.error
            secure.grant(user, acls[2])
            taken = await sent(producer, topic_prefix, "taken")
            while taken.failures:
                taken = await sent(producer, topic_prefix, "taken")
            await producer.status.wait_value(lambda status: status.online)
    assert (refused.count, taken.count) == (1, 1)
    assert refused.failures
