"""A trigger as it runs: what it watches, what it captures, who gets the event, what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass

from warlogix.tags import Tag
from warlogix.topics import Topic
from warlogix.triggers.condition import Condition


@dataclass(frozen=True, slots=True)
class Trigger:
    """One trigger of the configuration.

    `data` names what an event carries, in its order: tags of `plc`, and packs by their names.
    `topic` is its own one, "" for the clusters' `-triggers` topics. `interval`, `debounce` and
    `ack_timeout` are in seconds. Every `interval` its tag is read: by each scan of its PLC, or, if
    it `is_apart`, by itself.
    """

    name: str
    plc: str
    tag: Tag
    condition: Condition
    data: tuple[Tag | str, ...]
    ack: Tag | None
    ack_timeout: float
    debounce: float
    interval: float
    is_apart: bool
    clusters: tuple[str, ...]
    topic: str
    metadata: Mapping[str, str]

    @property
    def watched(self) -> str:
        """What it waits for, as text; a state of another condition is no state of this one."""
        return f"{self.plc}.{self.tag.name} {self.condition}"

    @property
    def lane(self) -> str:
        """The lane of the outbox in which its events keep their order."""
        lane = Topic.TRIGGERS.value
        return f"{lane}:{self.topic}" if self.topic else lane
