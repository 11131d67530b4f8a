"""Asks clusters about their topics, and has the missing ones made.

answers, failures = await ask_clusters(config, clusters, overview)
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

import trio
from msgspec import Struct

from warlogix.config import ClusterConfig, Config, UsedTopic, topics_in_use
from warlogix.errors import BrokerError
from warlogix.kafka.admin import Admin, EmbeddedAdmin, FoundTopic, Made, open_admin
from warlogix.provisioning.states import TopicState, state_of

Answer = TypeVar("Answer")
Ask = Callable[[Admin, str, Sequence[UsedTopic]], Awaitable[list[Answer]]]


async def ask_clusters(
    config: Config, clusters: Sequence[ClusterConfig], ask: Ask[Answer]
) -> tuple[list[Answer], list[BrokerError]]:
    """What every cluster answers, all asked at once; and why some did not."""
    answers: dict[str, list[Answer]] = {}
    failures: list[BrokerError] = []

    async def ask_one(cluster: ClusterConfig) -> None:
        try:
            async with open_admin(cluster.settings(), f"warlogix-{config.instance}") as admin:
                answers[cluster.name] = await ask(
                    admin, cluster.name, topics_in_use(config, cluster)
                )
        except BrokerError as exc:
            failures.append(exc)

    async with trio.open_nursery() as nursery:
        for cluster in clusters:
            nursery.start_soon(ask_one, cluster)
    in_order = [answers.get(cluster.name, []) for cluster in clusters]
    return [answer for each in in_order for answer in each], failures


class Creation(Struct, frozen=True):
    """What became of one topic; `result` is `exists`, `created`, `would be created` or `failed`."""

    cluster: str
    topic: str
    purpose: str
    result: str
    error: str = ""


async def create(admin: Admin, cluster: str, used: Sequence[UsedTopic]) -> list[Creation]:
    """Make what is missing; a topic that cannot be made does not keep the others from it.

    One that the broker does not show may be missing as well. Raises `BrokerError`.
    """
    found = await _found(admin, used)
    missing = [each.spec for each in used if not _is_seen(each, found)]
    made = await admin.create(missing) if missing else {}
    return [
        Creation(cluster, each.spec.name, each.purpose.value, *_result(each, found, made))
        for each in used
    ]


def _result(
    used: UsedTopic, found: Mapping[str, FoundTopic], made: Mapping[str, Made]
) -> tuple[str, str]:
    """What became of a topic, and why it failed if it did."""
    outcome = made.get(used.spec.name, Made(existed=True))
    if not outcome.error:
        return ("exists" if outcome.existed else "created"), ""
    # Whether one exists that is not shown, nobody here can say.
    hidden = found.get(used.spec.name)
    return "failed", hidden.error if hidden else outcome.error


async def rehearse(admin: Admin, cluster: str, used: Sequence[UsedTopic]) -> list[Creation]:
    """What `create` would make, without making it. Raises `BrokerError`."""
    found = await _found(admin, used)
    return [
        Creation(cluster, each.spec.name, each.purpose.value, *_rehearsed(each, found))
        for each in used
    ]


def _rehearsed(used: UsedTopic, found: Mapping[str, FoundTopic]) -> tuple[str, str]:
    topic = found.get(used.spec.name)
    if topic is None:
        return "would be created", ""
    return ("failed" if topic.error else "exists"), topic.error


async def _found(admin: Admin, used: Sequence[UsedTopic]) -> Mapping[str, FoundTopic]:
    if isinstance(admin, EmbeddedAdmin):
        await admin.create([])
    return await admin.find([each.spec.name for each in used])


def _is_seen(used: UsedTopic, found: Mapping[str, FoundTopic]) -> bool:
    topic = found.get(used.spec.name)
    return topic is not None and not topic.error


async def overview(admin: Admin, cluster: str, used: Sequence[UsedTopic]) -> list[TopicState]:
    """Each topic in use as it is there; settings are read only where some are wanted.

    Raises `BrokerError`.
    """
    found = await admin.find([each.spec.name for each in used])
    compared = [each.spec.name for each in used if each.spec.config]
    settings = await _settings(admin, found, compared)
    return _states(cluster, used, found, settings)


async def details(admin: Admin, cluster: str, used: Sequence[UsedTopic]) -> list[TopicState]:
    """Each topic in use as it is there, with all settings it was given. Raises `BrokerError`."""
    found = await admin.find([each.spec.name for each in used])
    settings = await _settings(admin, found, list(found))
    return _states(cluster, used, found, settings)


async def _settings(
    admin: Admin, found: Mapping[str, FoundTopic], names: Sequence[str]
) -> Mapping[str, Mapping[str, str]]:
    readable = [name for name in names if name in found and not found[name].error]
    return await admin.settings(readable) if readable else {}


def _states(
    cluster: str,
    used: Sequence[UsedTopic],
    found: Mapping[str, FoundTopic],
    settings: Mapping[str, Mapping[str, str]],
) -> list[TopicState]:
    return [
        state_of(cluster, each, found.get(each.spec.name), settings.get(each.spec.name))
        for each in used
    ]
