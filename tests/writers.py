"""The other side of writeback, for tests: a site with PLCs, those who ask, and what they are told.

    site = Site("factory", kafka, {"Press": plc.port})
    async with running(site.configured(folder)):
        await site.ready()
        async with open_tail(kafka, site.responses) as tail:  # tests.answers
            await send(site, [ask("Press", "Tag0", 7)])
            answers = await answered(tail, 1)

Everything here is plain Kafka: nothing of warlogix but the simulated PLC's journal.
"""

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import tomli_w
import trio
from confluent_kafka import (
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec

from warlogix.simulators.s7 import ItemCode, Memory, S7Simulator

LIMIT = 60.0
ANSWER = 5.0
QUIET = {"log_level": 0, "reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 200}


@dataclass(frozen=True, slots=True)
class Site:
    """One gateway's configuration: PLCs by name and port, each with writable DINTs in DB1.

    The tags are `Tag0`… on DB1.DBD0…; of the ones from `momentary` on every request is kept.
    `cluster` are more keys of the cluster, `plc` of every PLC.
    """

    namespace: str
    kafka: str
    plcs: Mapping[str, int]
    tags: int = 8
    momentary: int = 1_000_000
    partitions: int = 1
    max_age: str = "20s"
    window: str = "50ms"
    cluster: Mapping[str, object] = field(default_factory=dict)
    plc: Mapping[str, object] = field(default_factory=dict)

    @property
    def writes(self) -> str:
        """The topic of the requests."""
        return f"{self.namespace}-writes"

    @property
    def responses(self) -> str:
        """The topic of the answers."""
        return f"{self.namespace}-write-responses"

    @property
    def dead_letters(self) -> str:
        """The topic of what nobody could read."""
        return f"{self.namespace}-dead-letters"

    @property
    def group(self) -> str:
        """The consumer group, of this site alone."""
        return f"{self.namespace}-writers"

    def configured(self, folder: Path, instance: str = "gateway-1") -> Path:
        """The configuration file of an instance that keeps everything in the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "warlogix.toml"
        path.write_text(tomli_w.dumps(self._document(folder, instance)))
        return path

    def _document(self, folder: Path, instance: str) -> dict[str, object]:
        cluster = {
            "name": "Local",
            "brokers": [self.kafka],
            "publish_changes": False,
            "enable_writeback": True,
            "consumer_group": self.group,
            "write_max_age": self.max_age,
            "write_batch_window": self.window,
            "topics": {"writes": {"partitions": self.partitions}},
        }
        return {
            "namespace": self.namespace,
            "instance": instance,
            "plcs": [self._plc(name, port) for name, port in self.plcs.items()],
            "kafka": [{**cluster, **self.cluster}],
            "buffer": {"directory": str(folder / "buffer")},
        }

    def _plc(self, name: str, port: int) -> dict[str, object]:
        tags = [
            {
                "name": f"DB1.DBD{4 * n}",
                "alias": f"Tag{n}",
                "data_type": "DINT",
                "writable": True,
                "coalesce_writes": n < self.momentary,
            }
            for n in range(self.tags)
        ]
        plc = {"name": name, "family": "s7", "address": f"127.0.0.1:{port}", "slot": 1}
        return {**plc, "timeout": "1s", "tags": tags, **self.plc}

    async def ready(self) -> None:
        """Return when the group has a position in every partition of the topic of requests.

        From then on every request counts, also where the topic was there before the gateway.
        """
        # Only the broker knows, and it calls nobody.
        while len(await committed(self)) < self.partitions:  # noqa: ASYNC110
            await trio.sleep(0.05)


@dataclass(frozen=True, slots=True)
class Letter:
    """A record to send. Partition -1: by its key; `at_ms` 0: now."""

    value: bytes | None
    key: bytes | None = None
    partition: int = -1
    at_ms: int = 0
    headers: tuple[tuple[str, bytes | None], ...] = ()


def ask(plc: str, tag: str, value: object, **more: object) -> Letter:
    """A request as the documentation recommends it; `more` are further fields of the request."""
    body = {"plc": plc, "tag": tag, "value": value, **more}
    return Letter(json.dumps(body).encode(), f"{plc}.{tag}".encode())


@dataclass(frozen=True, slots=True)
class Sent:
    """A record that Kafka has, and where."""

    letter: Letter
    partition: int
    offset: int


class Sender:
    """A plain producer. It may be used by several tasks; each gets its own records confirmed."""

    def __init__(self, address: str, topic: str) -> None:
        settings = {"linger.ms": 0, "enable.idempotence": True, "partitioner": "murmur2_random"}
        self._producer = Producer({"bootstrap.servers": address, **settings, **QUIET})
        self._topic = topic

    async def send(self, letters: Iterable[Letter]) -> list[Sent]:
        """Send and return, in the order given, once Kafka has confirmed every one."""
        send = partial(self._send, list(letters))
        return await trio.to_thread.run_sync(send, abandon_on_cancel=True)

    def _send(self, letters: Sequence[Letter]) -> list[Sent]:
        places: list[Message | None] = [None] * len(letters)

        def note(at: int, error: KafkaError | None, message: Message) -> None:
            assert error is None, error
            places[at] = message

        for at, letter in enumerate(letters):
            self._produce(letter, partial(note, at))
        deadline = time.monotonic() + LIMIT
        while None in places:
            self._producer.poll(0.02)
            assert time.monotonic() < deadline, f"not confirmed: {places.count(None)} requests"
        return [_sent(each, place) for each, place in zip(letters, places, strict=True)]

    def _produce(self, letter: Letter, note: Callable[[KafkaError | None, Message], None]) -> None:
        self._producer.produce(
            self._topic,
            letter.value,
            letter.key,
            letter.partition,
            on_delivery=note,
            timestamp=letter.at_ms,
            headers=list(letter.headers),
        )


def _sent(letter: Letter, place: Message | None) -> Sent:
    assert place is not None
    partition, offset = place.partition(), place.offset()
    assert partition is not None
    assert offset is not None
    return Sent(letter, partition, offset)


async def send(site: Site, letters: Iterable[Letter]) -> list[Sent]:
    """Send to the site's topic of requests, once."""
    return await Sender(site.kafka, site.writes).send(letters)


@dataclass(frozen=True, slots=True)
class Written:
    """A DINT that a PLC's memory took, at a wall-clock second."""

    at: float
    tag: str
    value: int


def written(plc: S7Simulator) -> list[Written]:
    """The values that reached the PLC's memory through `Tag0`…, in order: the truth."""
    return [
        Written(each.at, f"Tag{each.item.start // 32}", int.from_bytes(each.data, signed=True))
        for each in plc.journal.writes
        if each.code is ItemCode.DONE and each.item.db == 1
    ]


def memory(tags: int = 8) -> Memory:
    """What a PLC of a site holds."""
    return Memory({1: bytearray(4 * tags)})


async def committed(site: Site) -> dict[int, int]:
    """The positions that the site's group has, by partition."""
    return await trio.to_thread.run_sync(_committed, site.kafka, site.group, site.writes)


def _committed(address: str, group: str, topic: str) -> dict[int, int]:
    """Asked as a consumer that never joins the group: it is in nobody's way."""
    settings = {"bootstrap.servers": address, "group.id": group, "enable.auto.commit": False}
    consumer = Consumer({**settings, **QUIET})
    try:
        numbers = consumer.list_topics(topic, timeout=ANSWER).topics[topic].partitions
        places = [TopicPartition(topic, number) for number in numbers]
        found = consumer.committed(places, timeout=ANSWER) if places else []
    except KafkaException:
        return {}
    finally:
        consumer.close()
    return {each.partition: each.offset for each in found if each.offset >= 0}


async def ends(site: Site) -> dict[int, int]:
    """Where each partition of the topic of requests ends."""
    return await trio.to_thread.run_sync(_ends, site.kafka, site.writes, abandon_on_cancel=True)


def _ends(address: str, topic: str) -> dict[int, int]:
    client = AdminClient({"bootstrap.servers": address, **QUIET})
    numbers = client.list_topics(topic, timeout=LIMIT).topics[topic].partitions
    # confluent_kafka does not annotate it.
    latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
    asked = {TopicPartition(topic, number): latest for number in numbers}
    found = client.list_offsets(asked)
    return {place.partition: result.result(LIMIT).offset for place, result in found.items()}
