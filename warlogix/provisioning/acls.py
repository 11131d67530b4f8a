"""The ACLs that a configuration needs, and what for; no broker is asked.

    acls = needed(config, cluster, "User:gateway")
    commands(acls, "kafka1:9092")       # the same, as lines for kafka-acls.sh

They are what `warlogix run` needs, and no more. WRITE and READ on a topic let its principal see it
as well, and WRITE on any topic makes an idempotent producer possible.
"""

import shlex
from collections.abc import Iterator, Sequence
from itertools import groupby

from msgspec import Struct

from warlogix.config import ClusterConfig, Config, UsedTopic, topics_in_use
from warlogix.console import printable
from warlogix.topics import Topic

_PURPOSES = {
    Topic.CHANGES: "publish tag changes and packs",
    Topic.HEALTH: "publish the health of the PLCs",
    Topic.GATEWAY: "publish the gateway's own health",
    Topic.WRITES: "take write requests",
    Topic.RESPONSES: "answer write requests",
    Topic.TRIGGERS: "publish trigger events",
    Topic.DEAD_LETTERS: "keep write requests that nobody can read",
}
_MAKE = "make the topic where it is missing (auto_create_topics)"
_SHARE = "share write requests among instances, and know which were taken"
# Kafka makes a principal of a certificate or of a token by rules of the broker's.
_UNKNOWN = "User:NAME"


class Acl(Struct, frozen=True):
    """Leave for one operation. `resource_type` is `topic` or `group`; the name is literal."""

    cluster: str
    principal: str
    resource_type: str
    resource: str
    operation: str
    why: str


def needed(config: Config, cluster: ClusterConfig, principal: str | None = None) -> list[Acl]:
    """Every ACL that the gateway needs on this cluster, by resource."""
    whom = principal or principal_of(cluster)
    acls = [
        Acl(cluster.name, whom, "topic", used.spec.name, operation, why)
        for used in topics_in_use(config, cluster)
        for operation, why in _operations(used, cluster)
    ]
    if cluster.enable_writeback:
        acls.append(Acl(cluster.name, whom, "group", cluster.group, "READ", _SHARE))
    return acls


def principal_of(cluster: ClusterConfig) -> str:
    """The name by which the cluster's brokers know the gateway, as far as that is known here."""
    if cluster.username:
        return f"User:{cluster.username}"
    named_elsewhere = cluster.tls_cert_file or cluster.sasl_mechanism
    return _UNKNOWN if named_elsewhere else "User:ANONYMOUS"


def is_known(principal: str) -> bool:
    """Whether it is a name, and no place for one."""
    return principal != _UNKNOWN


def _operations(used: UsedTopic, cluster: ClusterConfig) -> Iterator[tuple[str, str]]:
    yield "READ" if used.purpose is Topic.WRITES else "WRITE", _PURPOSES[used.purpose]
    if cluster.auto_create_topics:
        yield "CREATE", _MAKE


def commands(acls: Sequence[Acl], brokers: str) -> str:
    """The ACLs of one cluster as a script for Kafka's own tool, what for in its comments."""
    lines = []
    for (kind, name), same in groupby(acls, lambda acl: (acl.resource_type, acl.resource)):
        granted = list(same)
        lines += [f"# {printable(acl.operation)}: to {acl.why}" for acl in granted]
        words = ["kafka-acls.sh", "--bootstrap-server", brokers, "--add"]
        words += ["--allow-principal", granted[0].principal]
        for acl in granted:
            words += ["--operation", acl.operation.capitalize()]
        lines.append(shlex.join([*words, f"--{kind}", name]))
    return "".join(f"{line}\n" for line in lines)
