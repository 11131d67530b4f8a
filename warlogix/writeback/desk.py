"""What one cluster's writeback is given to work with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from trio_util import AsyncValue

from warlogix.clusters import Cluster
from warlogix.outbox import Outbox
from warlogix.plan import WritebackPlan
from warlogix.topics import Topic
from warlogix.writeback.answered import Answered
from warlogix.writeback.queue import PlcQueue
from warlogix.writes.settle import Kinds
from warlogix.writes.targets import Targets


@dataclass(frozen=True, slots=True)
class Desk:
    """One cluster's write requests: where they come from, whom they are for, where answers go.

    `kinds` tells the type of a PLC's tag as it is now.
    `wall` gives ms since 1970. `trouble` is told why no requests are taken, "" while they are.
    """

    cluster: Cluster
    client_id: str
    instance: str
    plan: WritebackPlan
    topics: Mapping[Topic, str]
    targets: Targets
    kinds: Kinds
    queues: Mapping[str, PlcQueue]
    outbox: Outbox
    answered: Answered
    wall: Callable[[], int]
    trouble: AsyncValue

    @property
    def topic(self) -> str:
        """The write topic."""
        return self.plan.spec.name
