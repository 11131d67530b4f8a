"""A cluster's topics: which are there, made where they are missing; existing ones never altered.

    states = await ensure_topics(cluster, "warlogix-line1", specs)      # name -> "" or what to do

    async with open_admin(cluster, "warlogix-line1") as admin:
        found = await admin.find(["factory", "factory.health"])
        made = await admin.create([TopicSpec("factory")])
        settings = await admin.settings(["factory"])

*Errors*: `BrokerUnavailable` when nobody answers within seconds, `BrokerFatal` when somebody must
change something first. What concerns one topic alone is data.
*Closing*: leaving the block drops what is under way at once.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import trio
from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # it names its own only
    AclOperation,
    AdminClient,
    ConfigResource,
    ConfigSource,
    ResourceType,
)
from confluent_kafka.cimpl import NewTopic

from warlogix.clusters import Cluster, TopicSpec
from warlogix.errors import BrokerFatal, BrokerUnavailable
from warlogix.kafka.clients import Held, hold_client
from warlogix.kafka.embedded import is_embedded
from warlogix.kafka.look import look
from warlogix.kafka.reasons import MAY_NOT_SEE, MAY_NOT_WRITE, explain_last, told
from warlogix.kafka.settings import client_config

_CONTACT = 3.0
_REQUEST = 5.0
_GIVEN = ConfigSource.DYNAMIC_TOPIC_CONFIG.value
_DENIED = (KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.CLUSTER_AUTHORIZATION_FAILED)
_NO_ANSWER = (KafkaError._TIMED_OUT, KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN)


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition; `leader` is -1 while it has none."""

    number: int
    leader: int
    replicas: int
    in_sync: int


@dataclass(frozen=True, slots=True)
class FoundTopic:
    """A topic that exists. `writable` says whether this principal may write to it.

    `error` tells why the broker does not show it, and then nothing else is known.
    """

    name: str
    id: str = ""
    partitions: tuple[Partition, ...] = ()
    writable: bool = True
    error: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """A topic that was to be made: `error` tells why it was not, and what to do.

    `existed` says that it was there already, seen or not.
    """

    error: str = ""
    existed: bool = False


async def ensure_topics(
    cluster: Cluster,
    client_id: str,
    specs: Sequence[TopicSpec],
    meet: Callable[[str], Awaitable[None]] | None = None,
) -> Mapping[str, str]:
    """Make what is missing; for each topic "" when it can be used, else why not and what to do.

    `meet` is called with the cluster's id before anything is made.
    """
    async with open_admin(cluster, client_id) as admin:
        if meet is not None:
            await meet(admin.cluster_id)
        return await admin.ensure(specs)


_MISSING = (
    "topic {name} does not exist and auto_create_topics = false: "
    "make it, for example with `warlogix topics create`"
)
_MAY_NOT_DELETE = "the principal may not delete topic {name}: grant the ACL DELETE on it"
_MAY_NOT_CREATE = (
    "topic {name} does not exist and the principal may not create it: "
    "make it, or grant the ACL CREATE on it"
)


def _unusable(topic: FoundTopic) -> str:
    if topic.error:
        return topic.error
    return "" if topic.writable else MAY_NOT_WRITE.format(topic=topic.name)


@asynccontextmanager
async def open_admin(cluster: Cluster, client_id: str) -> AsyncGenerator["Admin", None]:
    """An admin connection to a cluster that answers."""
    heard: list[KafkaError] = []
    config = client_config(cluster, client_id) | {"error_cb": heard.append}
    held = await hold_client(AdminClient, cluster, config)
    try:
        cluster_id = await trio.to_thread.run_sync(_contact, held, abandon_on_cancel=True)
        if cluster_id is None:
            held.client.poll(0)
            trouble = await look(explain_last(heard, cluster), cluster)
            raise (BrokerFatal if trouble.fatal else BrokerUnavailable)(cluster.name, trouble.text)
        if is_embedded(cluster_id):
            yield EmbeddedAdmin(cluster, held, cluster_id)
        else:
            yield Admin(cluster, held, cluster_id)
    finally:
        held.free()


def _contact(held: Held[AdminClient]) -> str | None:
    """The cluster's id, None when no broker tells it in time. Blocks, in a thread."""
    try:
        return held.client.cluster_id(timeout=_CONTACT)
    except KafkaException:
        return None


class Admin:
    """An open admin connection; `open_admin` makes it."""

    def __init__(self, cluster: Cluster, held: Held[AdminClient], cluster_id: str) -> None:
        self.cluster_id = cluster_id
        self._cluster = cluster
        self._held = held

    @property
    def _client(self) -> AdminClient:
        return self._held.client

    async def find(self, names: Sequence[str]) -> dict[str, FoundTopic]:
        """Those of the topics that exist, and those that the broker does not show."""
        futures = self._client.describe_topics(
            TopicCollection(list(names)),
            include_authorized_operations=True,
            request_timeout=_REQUEST,
        )
        found = {}
        for name, future in futures.items():
            error = await self._error(future)
            if error is None:
                found[name] = _found(future.result())
            elif error.code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                found[name] = FoundTopic(name, error=self._unseen(name, error))
        return found

    async def ensure(self, specs: Sequence[TopicSpec]) -> Mapping[str, str]:
        """Make what is missing; for each topic "" when it can be used, else why not."""
        found = await self.find([spec.name for spec in specs])
        read_only = {spec.name for spec in specs if not spec.written}
        states = {
            name: topic.error if name in read_only else _unusable(topic)
            for name, topic in found.items()
        }
        missing = [spec for spec in specs if spec.name not in found]
        if missing and self._cluster.auto_create_topics:
            made = await self.create(missing)
            return states | {name: each.error for name, each in made.items()}
        return states | {spec.name: _MISSING.format(name=spec.name) for spec in missing}

    async def create(self, specs: Sequence[TopicSpec]) -> dict[str, Made]:
        """Make the topics, and tell what became of each."""
        topics = [
            NewTopic(spec.name, spec.partitions, spec.replication_factor, config=dict(spec.config))
            for spec in specs
        ]
        futures = self._client.create_topics(topics, request_timeout=_REQUEST)
        return {name: await self._creation(name, future) for name, future in futures.items()}

    async def settings(self, names: Iterable[str]) -> dict[str, dict[str, str]]:
        """The settings that a topic was given, by topic; those it has by default are left out.

        A topic whose settings may not be read is left out.
        """
        resources = [ConfigResource(ResourceType.TOPIC, name) for name in names]
        futures = self._client.describe_configs(resources, request_timeout=_REQUEST)
        settings = {}
        for resource, future in futures.items():
            if await self._error(future) is None:
                settings[resource.name] = {
                    entry.name: entry.value
                    for entry in future.result().values()
                    if entry.source == _GIVEN
                }
        return settings

    async def remove(self, name: str) -> str:
        """Remove a topic with all that is in it; "" when it is gone, else why not."""
        futures = self._client.delete_topics([name], request_timeout=_REQUEST)
        error = await self._error(futures[name])
        if error is None or error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            return ""
        if error.code() in _DENIED:
            return _MAY_NOT_DELETE.format(name=name)
        return f"topic {name} cannot be removed: {told(error.str(), self._cluster)}"

    def _unseen(self, name: str, error: KafkaError) -> str:
        if error.code() in _DENIED:
            return MAY_NOT_SEE.format(topic=name)
        return f"topic {name}: {told(error.str(), self._cluster)}"

    async def _creation(self, name: str, future: "Future[None]") -> Made:
        error = await self._error(future)
        if error is None:
            return Made()
        if error.code() == KafkaError.TOPIC_ALREADY_EXISTS:
            return Made(existed=True)
        if error.code() in _DENIED:
            return Made(_MAY_NOT_CREATE.format(name=name))
        return Made(f"topic {name} cannot be made: {told(error.str(), self._cluster)}")

    async def _error(self, future: "Future[Any]") -> KafkaError | None:
        """What a future failed with, None if it did not; waiting for it can be cancelled.

        Its exception is not raised: with a traceback it would keep the client alive.
        """
        done = trio.Event()
        token = trio.lowlevel.current_trio_token()
        future.add_done_callback(lambda _: token.run_sync_soon(done.set))
        await done.wait()
        exc = future.exception()
        if exc is None:
            return None
        error: KafkaError = exc.args[0]
        if error.code() in _NO_ANSWER:
            raise BrokerUnavailable(self._cluster.name, told(error.str(), self._cluster))
        return error


class EmbeddedAdmin(Admin):
    """The demonstration's broker: whoever asks for a topic finds it, made with 4 partitions."""

    async def find(self, names: Sequence[str]) -> dict[str, FoundTopic]:
        """All of the topics."""
        return {name: await trio.to_thread.run_sync(self._ask, name) for name in names}

    async def create(self, specs: Sequence[TopicSpec]) -> dict[str, Made]:  # noqa: ARG002
        """Refused: it cannot make them as they are asked for."""
        raise BrokerFatal(self._cluster.name, f"{_EMBEDDED}; there is nothing to create")

    async def settings(self, names: Iterable[str]) -> dict[str, dict[str, str]]:  # noqa: ARG002
        """Refused: its topics have none."""
        raise BrokerFatal(self._cluster.name, f"{_EMBEDDED}; there is nothing to describe")

    def _ask(self, name: str) -> FoundTopic:
        try:
            topic = self._client.list_topics(name, timeout=_CONTACT).topics[name]
        except KafkaException as exc:
            reason = told(exc.args[0].str(), self._cluster)
            raise BrokerUnavailable(self._cluster.name, reason) from exc
        partitions = topic.partitions.values()
        return FoundTopic(
            name, "", tuple(Partition(part.id, part.leader, 1, 1) for part in partitions)
        )


_EMBEDDED = "the demo's embedded broker makes topics by itself, with 4 partitions"


def _found(described: Any) -> FoundTopic:
    operations = described.authorized_operations
    return FoundTopic(
        described.name,
        str(described.topic_id),
        tuple(_partition(part) for part in described.partitions),
        writable=operations is None or AclOperation.WRITE in operations,
    )


def _partition(described: Any) -> Partition:
    # It has no leader while its broker comes back.
    leader = -1 if described.leader is None else described.leader.id
    return Partition(described.id, leader, len(described.replicas), len(described.isr))
