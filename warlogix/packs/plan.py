"""A pack as the configuration has it."""

from dataclasses import dataclass

from warlogix.tags import Endpoint, Tag


@dataclass(frozen=True, slots=True)
class Member:
    """One tag of a pack; a change of one that is `ignored` alone publishes nothing."""

    plc: str
    tag: Tag
    ignored: bool


@dataclass(frozen=True, slots=True)
class PackPlan:
    """A pack of the configuration, and the clusters that it is published to.

    Without clusters it is there for triggers alone. `off` are the PLCs of members that are switched
    off: nobody ever reads them.
    """

    name: str
    members: tuple[Member, ...]
    clusters: tuple[str, ...]
    off: tuple[Endpoint, ...] = ()
