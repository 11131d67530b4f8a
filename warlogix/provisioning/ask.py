"""Asks clusters about their topics, and has the missing ones made.

answers, failures = await ask_clusters(config, clusters, overview)
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

import trio
from msgspec import Struct

from warlogix.clusters import TopicSpec
from warlogix.config import ClusterConfig, Config, UsedTopic, topics_in_use
from warlogix.errors import BrokerError
from warlogix.kafka.admin import Admin, EmbeddedAdmin, FoundTopic, open_admin
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

    Raises `BrokerError`.
    """
    missing = await _missing(admin, used)
    errors = await admin.create(missing) if missing else {}
    results = {name: "failed" if error else "created" for name, error in errors.items()}
    return [
        Creation(
            cluster,
            each.spec.name,
            each.purpose.value,
            results.get(each.spec.name, "exists"),
            errors.get(each.spec.name, ""),
        )
        for each in used
    ]


async def rehearse(admin: Admin, cluster: str, used: Sequence[UsedTopic]) -> list[Creation]:
    """What `create` would make, without making it. Raises `BrokerError`."""
    missing = await _missing(admin, used)
    return [
        Creation(
            cluster,
            each.spec.name,
            each.purpose.value,
            "would be created" if each.spec in missing else "exists",
        )
        for each in used
    ]


async def _missing(admin: Admin, used: Sequence[UsedTopic]) -> list[TopicSpec]:
    if isinstance(admin, EmbeddedAdmin):
        await admin.create([])
    found = await admin.find([each.spec.name for each in used])
    return [each.spec for each in used if each.spec.name not in found]


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
