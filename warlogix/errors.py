"""What can go wrong, sorted by who must act.

    WarlogixError
    ├── ConfigError            the operator: a list of faults, each with its place
    ├── Malformed              one text that cannot be read: fact and remedy, without a place
    ├── DriverError            names the PLC
    │   ├── Unreachable        nobody yet: back off and connect again
    │   └── Rejected           the operator: the PLC answers, and says no
    ├── BrokerError            names the cluster
    │   ├── BrokerUnavailable  nobody yet: the outbox holds what waits
    │   └── BrokerFatal        the operator: credentials, authorisation, a topic that is missing
    ├── BadRequest             the sender: answered, with this text
    ├── BufferInUse            the operator: another gateway runs on the same buffer
    └── BufferUnusable         the operator: a buffer that must neither be used nor set aside

Part failures are data, never exceptions: a bad tag is a reading with a reason.
"""

from dataclasses import dataclass


class WarlogixError(Exception):
    """Whatever warlogix itself reports; its text is meant for an operator."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in a configuration file.

    `place` is the TOML path of the key to change (`plcs[0].tags[2].name`), "" for the whole file;
    `about` is what people call that, as far as it is known: `MainPLC, Speed, line 23`.
    """

    place: str
    fact: str
    remedy: str
    about: str = ""

    def __str__(self) -> str:
        about = f" ({self.about})" if self.about else ""
        where = f"{self.place}{about}: " if self.place else ""
        return f"error: {where}{self.fact}\nhint: {self.remedy}"


class ConfigError(WarlogixError):
    """A configuration cannot be used: every fault of it at once, at least one."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


class Malformed(WarlogixError):
    """A text (an address, a data type, a duration) that cannot be read."""

    def __init__(self, fact: str, remedy: str) -> None:
        super().__init__(f"{fact}; {remedy}")
        self.fact = fact
        self.remedy = remedy


class DriverError(WarlogixError):
    """A PLC could not be used as a whole; bad tags are readings, not errors."""

    def __init__(self, plc: str, reason: str) -> None:
        super().__init__(f"{plc}: {reason}")
        self.plc = plc
        self.reason = reason


class Unreachable(DriverError):
    """The link or the PLC is away. Close the driver, back off, connect again."""


class Rejected(DriverError):
    """The PLC answers and says no to the call as a whole: someone must act."""


class BrokerError(WarlogixError):
    """A cluster could not be used."""

    def __init__(self, cluster: str, reason: str) -> None:
        super().__init__(f"{cluster}: {reason}")
        self.cluster = cluster
        self.reason = reason


class BrokerUnavailable(BrokerError):
    """No broker of the cluster answers. Nobody must act yet."""


class BrokerFatal(BrokerError):
    """The cluster answers and says no: credentials, authorisation, a missing topic."""


class BadRequest(WarlogixError):
    """A write request cannot be carried out as it is; the text is its answer."""


class BufferInUse(WarlogixError):
    """Another running gateway owns the buffer's folder; the text names its process id."""


class BufferUnusable(WarlogixError):
    """The buffer was written by a newer release, or its folder cannot be made or read."""
