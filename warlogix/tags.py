"""The nouns that every room speaks of: Endpoint, Tag, Found, Readings, Scan, WriteResult.

They hold data and know nothing of TOML, protocols, Kafka or Trio.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from warlogix.datatypes import DataType, Kind

# What a tag holds, ready for JSON: text, whole numbers at any width, REAL as the shortest double
# that gives the same 32 bits back, arrays as (nested) lists, structures as dicts in member order.
# None stands only for a value that is bad or was never read.
Value: TypeAlias = "bool | int | float | str | list[Value] | dict[str, Value] | None"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a PLC is and how to speak to it.

    `timeout` is in seconds and bounds each request. `port` is None for the family's own port.
    `low_word_first` is the order of words in values of 32 and 64 bits (FINS).
    """

    plc: str
    family: str
    host: str
    port: int | None = None
    rack: int = 0
    slot: int = 0
    timeout: float = 3.0
    string_encoding: str = "latin-1"
    ams_net_id: str = ""
    ams_port: int = 851
    protocol: str = ""
    fins_port: int = 9600
    fins_network: int = 0
    fins_node: int = 0
    fins_unit: int = 0
    low_word_first: bool = True


class Deviation(Enum):
    """What a deadband's number means."""

    ABSOLUTE = "absolute"
    PERCENT = "percent"


@dataclass(frozen=True, slots=True)
class Deadband:
    """How far a number must move from the last published one to be a change."""

    amount: float
    deviation: Deviation = Deviation.ABSOLUTE


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag as the gateway uses it.

    `name` is what the PLC is asked for: its tag name, or the address in upper case for families
    that address memory; `address` is that address again, "" for families with named tags.
    `type` is the type that messages carry while nobody has read it; `kind` is the same type as a
    request's value is converted by it, None where only the PLC knows. `max_interval` is in seconds.
    """

    name: str
    alias: str = ""
    address: str = ""
    data_type: str = ""
    type: str = ""
    kind: DataType | None = None
    writable: bool = False
    deadband: Deadband | None = None
    max_interval: float | None = None
    ignore_changes: frozenset[str] = field(default_factory=frozenset)
    verify_writes: bool = False
    coalesce_writes: bool = True

    @property
    def label(self) -> str:
        """The name that messages and keys carry."""
        return self.alias or self.name


@dataclass(frozen=True, slots=True)
class Found:
    """A tag that a PLC says it has.

    `type` is its published type; `kind` the same for converting, None where warlogix cannot read
    it. `writable` is what the PLC allows.
    """

    name: str
    type: str
    kind: Kind | None
    writable: bool


@dataclass(frozen=True, slots=True)
class Readings:
    """What one read of a PLC gave: columns, in the order of the tags asked.

    `bad` tells the reason for each position whose value is None. `types` holds the IEC name of
    each value, "" where nobody knows it yet; a driver gives the same tuple again as long as the
    types are the same, so that `is` tells whether they moved.
    """

    values: Sequence[Value]
    bad: Mapping[int, str]
    types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scan:
    """One poll of one PLC. `at` is wall time in ms since 1970, `moment` monotonic seconds."""

    plc: str
    readings: Readings
    at: int
    moment: float


class Outcome(Enum):
    """What became of a write."""

    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What became of one write; `reason` says why it is not done.

    `UNKNOWN` is a write that was sent, or may have been, and got no answer: it may be in the PLC.
    """

    outcome: Outcome
    reason: str = ""
