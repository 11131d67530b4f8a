"""Notes of which a broker refuses some for themselves, without a broker."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Self, cast

import pytest
import trio
from confluent_kafka import KafkaError
from trio.testing import MockClock
from trio_util import AsyncValue

from tests.outlets import NOWHERE, cluster
from warlogix.kafka.delivery import Delivery
from warlogix.kafka.producer import Producer
from warlogix.kafka.status import ClusterStatus
from warlogix.latest import Latest
from warlogix.messages import Batch
from warlogix.publisher.notes import publish_notes
from warlogix.publisher.usable import UsableTopics
from warlogix.topics import Topic


class _Client:
    """A way to a cluster: refuses every batch with a large value; `trouble` fails the next ones."""

    def __init__(self, arrived: list[bytes], trouble: list[int]) -> None:
        self.refused = 0
        self._arrived = arrived
        self._trouble = trouble

    async def send(self, _topic: str, batches: Sequence[Batch], _headers: object) -> Delivery:
        """Take the batches, or fail them all."""
        values = [value or b"" for batch in batches for value in batch.values]
        delivery = Delivery(len(values))
        if any(len(value) > 100 for value in values):
            self.refused += 1
            delivery.fail(KafkaError(KafkaError.MSG_SIZE_TOO_LARGE), len(values))
        elif self._trouble:
            delivery.fail(KafkaError(self._trouble.pop()), len(values))
        else:
            self._arrived += values
            delivery.pending = 0
            delivery.settled.set()
        await trio.lowlevel.checkpoint()
        return delivery


class _Cluster(_Client):
    """The shared client; `beside` is the one for what may be refused."""

    def __init__(self) -> None:
        self.cluster = cluster(NOWHERE)
        self.status = AsyncValue(ClusterStatus(True, 0, ""))
        self.arrived: list[bytes] = []
        self.trouble: list[int] = []
        self.beside = _Client(self.arrived, self.trouble)
        super().__init__(self.arrived, self.trouble)

    @asynccontextmanager
    async def careful(self) -> AsyncIterator[_Client]:
        """The second client."""
        yield self.beside


class _Usable:
    def __init__(self) -> None:
        self.doubted: list[str] = []

    async def wait(self, _name: str) -> None:
        await trio.lowlevel.checkpoint()

    def doubt(self, name: str) -> None:
        """Remember it."""
        self.doubted.append(name)


class _Scene:
    """Notes on their way to a cluster."""

    def __init__(self) -> None:
        self.cluster, self.latest, self.usable = _Cluster(), Latest(), _Usable()

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[Self]:
        """Notes are sent as long as the block runs."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(
                publish_notes,
                cast(Producer, self.cluster),
                self.latest,
                Topic.HEALTH,
                "factory.health",
                cast(UsableTopics, self.usable),
                (),
            )
            yield self
            nursery.cancel_scope.cancel()

    async def put(self, **notes: bytes) -> None:
        """Put notes by their keys, and give them all the time they want."""
        for key, value in notes.items():
            self.latest.put(Topic.HEALTH, key.encode(), value, 1)
        await trio.sleep(60)


LARGE = b"x" * 101


async def test_a_refused_note_takes_no_other_along(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Notes that travel with a refused one arrive, and the refused one is named, once for its
    reason however often it comes."""
    async with _Scene().at_work() as scene:
        await scene.put(A=b"a", B=LARGE, C=b"c")
        for _ in range(5):
            await scene.put(B=LARGE, D=LARGE)
    assert scene.cluster.arrived == [b"a", b"c"]
    (said,) = caplog.messages
    assert "a message for factory.health is refused" in said
    assert "key B, 101 bytes" in said


async def test_a_refused_note_costs_the_shared_client_once(autojump_clock: MockClock) -> None:
    """A note that is refused again and again does not meet the lanes' client again, until one of
    its key is taken; notes of other keys go by it all the time."""
    async with _Scene().at_work() as scene:
        for number in range(5):
            await scene.put(A=b"%d" % number, B=LARGE)
        assert (scene.cluster.refused, scene.cluster.beside.refused) == (1, 5)
        await scene.put(B=b"short")
        await scene.put(B=LARGE)
    assert scene.cluster.refused == 2
    assert scene.cluster.arrived == [b"0", b"1", b"2", b"3", b"4", b"short"]


@pytest.mark.parametrize(
    ("code", "doubted"),
    [
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, ["factory.health"]),
        (KafkaError.REQUEST_TIMED_OUT, []),
    ],
)
async def test_trouble_beside_the_shared_client_loses_no_note(
    code: int, doubted: list[str], autojump_clock: MockClock
) -> None:
    """Notes that fail one by one, for the way or for their topic, are sent again, and only a topic
    that is refused is looked at; the note that is refused for itself is not sent again."""
    async with _Scene().at_work() as scene:
        scene.cluster.trouble.append(code)
        await scene.put(A=LARGE, B=b"b", C=b"c")
    assert scene.cluster.arrived == [b"b", b"c"]
    assert scene.usable.doubted == doubted
    assert scene.cluster.beside.refused == 1
