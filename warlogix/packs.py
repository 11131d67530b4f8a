"""Decides when many tags go out as one message, and what it holds.

Rule of this file: `now` is an argument. It knows no clock, no Trio, no Kafka.
"""

from dataclasses import dataclass

from warlogix.tags import Tag


@dataclass(frozen=True, slots=True)
class Member:
    """One tag of a pack; a change of one that is `ignored` alone publishes nothing."""

    plc: str
    tag: Tag
    ignored: bool


@dataclass(frozen=True, slots=True)
class PackPlan:
    """A pack of the configuration, and the clusters that it is published to."""

    name: str
    members: tuple[Member, ...]
    clusters: tuple[str, ...]
