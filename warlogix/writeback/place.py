"""The write topic as it is now: looked at before a membership begins, and every few seconds."""

from dataclasses import dataclass

from warlogix.errors import BrokerFatal, BrokerUnavailable
from warlogix.kafka.admin import open_admin
from warlogix.writeback.desk import Desk


@dataclass(frozen=True, slots=True)
class Place:
    """Which topic it is, on which cluster.

    `fresh` says that a group without a position begins with the topic's first record: this gateway
    made the topic and has served none of it, or has served another one of its name.
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
            await _note(desk, f"made {found.id}".encode())
        noted = desk.outbox.notes.get(_key(desk))
        fresh = noted is not None and noted != _served(found.id)
        return Place(admin.cluster_id, found.id, fresh=fresh)


async def remember(desk: Desk, place: Place) -> None:
    """Note that the topic is served.

    The brokers forget a group with its topic: the next one of its name is read from its first
    record. They also forget a group in time, or when they are told to: its topic is the same then,
    and must not be executed and answered anew.
    """
    await _note(desk, _served(place.topic_id))


def _served(topic_id: str) -> bytes:
    return f"served {topic_id}".encode()


async def _note(desk: Desk, what: bytes) -> None:
    if desk.outbox.notes.get(_key(desk)) != what:
        await desk.outbox.append([], {_key(desk): what})


def _key(desk: Desk) -> str:
    return f"writeback {desk.cluster.name} {desk.plan.group} {desk.topic}"
