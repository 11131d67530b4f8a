"""The write topic as it is now: looked at before a membership begins, and every few seconds."""

from dataclasses import dataclass

from warlogix.errors import BrokerFatal, BrokerUnavailable
from warlogix.kafka.admin import open_admin
from warlogix.writeback.desk import Desk


@dataclass(frozen=True, slots=True)
class Place:
    """Which topic it is, on which cluster.

    `fresh` says that a group without a position begins with the topic's first record: this gateway
    made the topic, or has served it, or one of its name, before.
    """

    cluster_id: str
    topic_id: str
    fresh: bool


async def look(desk: Desk) -> Place:
    """The topic that is there; made first where it is missing and may be made.

    *Errors*: `BrokerUnavailable`, and `BrokerFatal` with what to do about the topic.
    """
    spec = desk.plan.spec
    async with open_admin(desk.cluster, desk.client_id) as admin:
        there = spec.name in await admin.find([spec.name])
        refusal = (await admin.ensure([spec]))[spec.name]
        if refusal:
            raise BrokerFatal(desk.cluster.name, refusal)
        found = (await admin.find([spec.name])).get(spec.name)
        if found is None:
            # It was made a moment ago, and this broker has not heard of it yet.
            raise BrokerUnavailable(desk.cluster.name, f"topic {spec.name} is not there yet")
        if not there:
            await remember(desk)
        return Place(admin.cluster_id, found.id, fresh=_key(desk) in desk.outbox.notes)


async def remember(desk: Desk) -> None:
    """Note that the topic is ours: the brokers forget a group with its topic, or in time."""
    if _key(desk) not in desk.outbox.notes:
        await desk.outbox.append([], {_key(desk): b"served"})


def _key(desk: Desk) -> str:
    return f"writeback {desk.cluster.name} {desk.plan.group} {desk.topic}"
