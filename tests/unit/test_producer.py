"""The producer on the embedded broker: what a real one cannot be made to do at will."""

from collections.abc import Callable
from typing import Any, TypeVar

import confluent_kafka
import pytest
import trio
from confluent_kafka import KafkaError, KafkaException

from tests.outlets import batch, cluster, wall
from warlogix.kafka.embedded import embedded_broker
from warlogix.kafka.producer import open_producer
from warlogix.kafka.reasons import Refusal

T = TypeVar("T")


class Breaks(confluent_kafka.Producer):
    """A producer that, the first time, swallows what it is given and is fenced then."""

    left = 1
    holds = False

    def produce(self, *args: Any, **options: Any) -> None:
        """Queue one record, or lose it."""
        self.holds = True
        if not Breaks.left:
            super().produce(*args, **options)

    def poll(self, timeout: float = -1) -> int:
        """Serve callbacks, or tell the fatal error."""
        if self.holds and Breaks.left:
            Breaks.left -= 1
            raise KafkaException(KafkaError(KafkaError._FENCED, "fenced", fatal=True))
        return super().poll(timeout)


async def test_a_broken_producer_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a fatal error what is under way fails, the status says why, and a new producer
    delivers what is sent next."""
    monkeypatch.setattr(Breaks, "left", 1)
    monkeypatch.setattr(confluent_kafka, "Producer", Breaks)
    with trio.fail_after(60), embedded_broker() as address:
        async with open_producer(cluster(address), "test", wall) as producer:
            await producer.status.wait_value(lambda status: status.online)
            delivery = await producer.send("t", [batch("1", "2")])
            await producer.status.wait_value(lambda status: "fenced" in status.error)
            await delivery.settled.wait()
            again = await producer.send("t", [batch("1", "2")])
            await again.settled.wait()
            await producer.status.wait_value(lambda status: status.online)
    worst = delivery.worst()
    assert worst is not None
    assert worst.refusal is Refusal.PASSING
    assert worst.count == 2
    assert not again.failures


async def test_handing_over_takes_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many records are handed over, no thread is asked for it."""
    hops: list[object] = []
    run_sync = trio.to_thread.run_sync

    async def counted(function: Callable[..., T], *args: Any, **options: Any) -> T:
        hops.append(function)
        return await run_sync(function, *args, **options)

    monkeypatch.setattr(trio.to_thread, "run_sync", counted)
    with trio.fail_after(60), embedded_broker() as address:
        async with open_producer(cluster(address), "test", wall) as producer:
            await producer.status.wait_value(lambda status: status.online)
            hops.clear()
            made = batch(*map(str, range(1000)))
            delivery = await producer.send("t", [made, made, made])
            await delivery.settled.wait()
            assert not hops
    assert not delivery.failures


async def test_a_full_queue_fails_the_rest_and_nobody_sees_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """When librdkafka has no room the rest of the batch fails as a cut way does: it is sent
    again, and no exception comes."""
    real = confluent_kafka.Producer

    def cramped(config: dict[str, object]) -> confluent_kafka.Producer:
        return real(config | {"queue.buffering.max.messages": 10})

    monkeypatch.setattr(confluent_kafka, "Producer", cramped)
    with trio.fail_after(60), embedded_broker() as address:
        async with open_producer(cluster(address), "test", wall) as producer:
            delivery = await producer.send("t", [batch(*map(str, range(1000)))])
            await delivery.settled.wait()
    worst = delivery.worst()
    assert worst is not None
    assert worst.code == KafkaError._QUEUE_FULL
    assert worst.refusal is Refusal.PASSING
