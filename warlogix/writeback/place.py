"""The write topic as it is now: looked at before a membership begins, and every few seconds."""

from dataclasses import dataclass

from warlogix.errors import BrokerFatal, BrokerUnavailable
from warlogix.kafka.admin import open_admin
from warlogix.writeback.desk import Desk


@dataclass(frozen=True, slots=True)
class Place:
    """Which topic it is, on which cluster.

    `fresh` says that it was made while this gateway runs: its first record is for us.
    """

    cluster_id: str
    topic_id: str
    fresh: bool


async def look(desk: Desk, before: Place | None) -> Place:
    """The topic that is there; made first where it is missing and may be made.

    `before` is what an earlier look has found.

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
        place = (admin.cluster_id, found.id)
        anew = before is not None and (
            before.fresh or place != (before.cluster_id, before.topic_id)
        )
        return Place(*place, fresh=anew or not there)
