"""What a member of a consumer group is told, and how its commits fail."""

from dataclasses import dataclass
from typing import TypeAlias

from warlogix.errors import BrokerError
from warlogix.kafka.records import Record


@dataclass(frozen=True, slots=True)
class Assigned:
    """These partitions are this member's; nothing of them is fetched until it begins."""

    partitions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Revoked:
    """Others are to have these partitions, as soon as this member lets them go."""

    partitions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Lost:
    """These partitions are gone: the group took this member for dead, others may have them."""

    partitions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Fetched:
    """The next records, in order within each partition; at least one."""

    records: list[Record]


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """There was nothing more in a partition; its next record will have this offset, or more."""

    partition: int
    offset: int


Event: TypeAlias = Assigned | Revoked | Lost | Fetched | CaughtUp


class CommitError(BrokerError):
    """A commit was not taken, as far as anybody knows."""


class Fenced(CommitError):
    """Nothing was committed: the partitions are no longer this member's."""


class Unclear(CommitError):
    """Nobody knows whether it was taken; `committed` tells when a broker answers again."""
