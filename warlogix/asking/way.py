"""Which way a write takes: through Kafka where a gateway listens there, else straight to the PLC.

way = choose_way(config, Via.ANY, cluster="", plc="MainPLC")
"""

from dataclasses import dataclass
from enum import Enum

from warlogix.clusters import Cluster
from warlogix.config import ClusterConfig, Config, PlcConfig
from warlogix.errors import Malformed
from warlogix.topics import Topic

_SETTING = "enable_writeback = true"


class Via(Enum):
    """What was asked for; `ANY` leaves it to the configuration."""

    ANY = ""
    KAFKA = "kafka"
    PLC = "plc"


@dataclass(frozen=True, slots=True)
class ThroughKafka:
    """The cluster to ask, its topics of requests and of responses, and how old requests may get."""

    cluster: Cluster
    requests: str
    responses: str
    max_age: float

    def __str__(self) -> str:
        return f"through Kafka: cluster {self.cluster.name}, topic {self.requests}"


@dataclass(frozen=True, slots=True)
class ToPlc:
    """The PLC's address in the configuration, "" where the configuration lacks the PLC."""

    address: str

    def __str__(self) -> str:
        return f"straight to the PLC{f' at {self.address}' if self.address else ''}"


Way = ThroughKafka | ToPlc


def choose_way(config: Config, via: Via, cluster: str, plc: str) -> Way:
    """The way; `cluster` is "" where none was named. Raises `Malformed` when none is the one."""
    listening = [each for each in config.enabled_clusters if each.enable_writeback]
    if cluster and via is Via.PLC:
        raise Malformed("a write straight to the PLC goes through no cluster", "leave one out")
    if via is Via.PLC or (via is Via.ANY and not cluster and not listening):
        return ToPlc(_address(config, plc))
    return _through(config, _named(config, cluster) if cluster else _only(listening))


def _only(listening: list[ClusterConfig]) -> ClusterConfig:
    names = ", ".join(each.name for each in listening)
    if not listening:
        raise Malformed(f"no enabled cluster has {_SETTING}", "set it, or use --via plc")
    if len(listening) > 1:
        raise Malformed(f"several clusters have {_SETTING}: {names}", "name one with --cluster")
    return listening[0]


def _named(config: Config, name: str) -> ClusterConfig:
    for cluster in config.kafka:
        if cluster.name != name:
            continue
        if not cluster.enabled:
            raise Malformed(f'the cluster "{name}" is off', "set enabled = true")
        if not cluster.enable_writeback:
            raise Malformed(f'the cluster "{name}" takes no writes', f"set {_SETTING}")
        return cluster
    names = ", ".join(each.name for each in config.kafka) or "none"
    raise Malformed(f'there is no cluster "{name}"', f"the configuration has: {names}")


def _through(config: Config, cluster: ClusterConfig) -> ThroughKafka:
    return ThroughKafka(
        cluster.settings(),
        cluster.topic(config.namespace, Topic.WRITES),
        cluster.topic(config.namespace, Topic.RESPONSES),
        cluster.write_max_age,
    )


def _address(config: Config, name: str) -> str:
    found = find_plc(config, name)
    return found.address if found else ""


def find_plc(config: Config, name: str) -> PlcConfig | None:
    """The PLC of this name, else the first one whatever the case."""
    plcs = [each for each in config.plcs if each.name.casefold() == name.casefold()]
    return next((each for each in plcs if each.name == name), plcs[0] if plcs else None)
