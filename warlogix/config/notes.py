"""What is right in a configuration, and still worth saying: at `check`, and when `run` starts."""

import re
from collections.abc import Iterator, Set
from pathlib import Path

from warlogix.config.events import PackConfig, TriggerConfig
from warlogix.config.kafka import ClusterConfig
from warlogix.config.model import Config, chosen
from warlogix.config.plcs import PlcConfig
from warlogix.config.shown import plain
from warlogix.config.tls_files import out_of_date, tls_files, unusable
from warlogix.errors import Fault
from warlogix.topics import PACK_PREFIX

# Keys that only some families read.
_FAMILY_KEYS = {
    "slot": ("logix", "s7"),
    "rack": ("s7",),
    "ams_net_id": ("beckhoff",),
    "ams_port": ("beckhoff",),
    "protocol": ("omron",),
    "fins_port": ("omron",),
    "fins_network": ("omron",),
    "fins_node": ("omron",),
    "fins_unit": ("omron",),
    "word_order": ("omron",),
}
_FINS_KEYS = ("fins_port", "fins_network", "fins_node", "fins_unit", "word_order")
# A scan of many requests may take three times the time of one; ten seconds are promised.
_LONGEST_TIMEOUT = 10 / 3
_TLS_FILES = ("tls_ca_file", "tls_cert_file", "tls_key_file")
_LOST = {
    1: "a message that only the leader had is lost when the leader is",
    0: "a message that did not arrive is lost, and nobody notices",
}


def notes(config: Config) -> list[Fault]:
    """What can be lost or seen, and what has no effect, each with its place."""
    found = list(_whole(config))
    for i, plc in enumerate(config.plcs):
        found += _plc(plc, f"plcs[{i}]")
    for i, cluster in enumerate(config.kafka):
        found += _cluster(cluster, f"kafka[{i}]")
    return [*found, *_events(config)]


def _whole(config: Config) -> Iterator[Fault]:
    if not config.enabled_plcs:
        yield Fault("plcs", "no PLC is on, so nothing is read", "add [[plcs]]")
    writable = any(tag.writable for plc in config.enabled_plcs for tag in plc.tags if tag.enabled)
    for i, cluster in enumerate(config.kafka):
        if cluster.enabled and cluster.enable_writeback and not writable:
            fact = "no tag is writable, so every request is refused"
            yield Fault(f"kafka[{i}].enable_writeback", fact, "set writable = true on the tags")
    if not config.enabled_clusters:
        yield Fault("kafka", "no cluster is on, so nothing is published", "add [[kafka]]")


def _plc(plc: PlcConfig, place: str) -> Iterator[Fault]:
    for key, families in _FAMILY_KEYS.items():
        if key in plc.model_fields_set and plc.family not in families:
            fact = f'has no effect for the family "{plc.family}"'
            yield Fault(f"{place}.{key}", fact, "leave it out")
    for key in _FINS_KEYS if (plc.family, plc.protocol) == ("omron", "eip") else ():
        if key in plc.model_fields_set:
            yield Fault(f"{place}.{key}", 'has no effect with protocol = "eip"', "leave it out")
    if plc.timeout > _LONGEST_TIMEOUT:
        fact = f"a PLC that falls silent may be noticed only after {3 * plc.timeout:g} s"
        yield Fault(f"{place}.timeout", fact, "up to 3s keeps it within 10 s")
    if not plc.addresses_memory:
        return
    for j, tag in enumerate(plc.tags):
        if tag.ignore_changes:
            fact = "has no effect: memory that is addressed has no members"
            yield Fault(f"{place}.tags[{j}].ignore_changes", fact, "leave it out")


def _events(config: Config) -> Iterator[Fault]:
    off = {plc.name for plc in config.plcs if not plc.enabled}
    for i, pack in enumerate(config.tag_packs):
        if pack.enabled:
            yield from _pack(config, pack, off, f"tag_packs[{i}]")
    for i, trigger in enumerate(config.triggers):
        if trigger.enabled and trigger.plc in off:
            fact = f"{trigger.plc} is off, so it never fires"
            yield Fault(f"triggers[{i}].plc", fact, "switch the PLC on, or the trigger off")
        if trigger.enabled and _is_for_nobody(config, trigger):
            fact = "no cluster that is on is chosen, so nobody gets its events"
            yield Fault(f"triggers[{i}].kafka_cluster", fact, "choose a cluster that is on")
        if trigger.ack_tag is None and "ack_timeout" in trigger.model_fields_set:
            fact = "has no effect without an ack_tag"
            yield Fault(f"triggers[{i}].ack_timeout", fact, "leave it out")
    yield from _shared_acks(config)


def _shared_acks(config: Config) -> Iterator[Fault]:
    """Two triggers with one ack tag, by whichever of its names."""
    plcs = {plc.name: plc for plc in config.plcs}
    first: dict[tuple[str, str], str] = {}
    for i, trigger in enumerate(config.triggers):
        if trigger.ack_tag is None or not trigger.enabled:
            continue
        plc = plcs[trigger.plc]
        asked = plc.key(trigger.ack_tag)
        names = (
            tag.name for tag in plc.tags if asked in (plc.key(tag.name), plc.key(tag.alias or ""))
        )
        other = first.setdefault((plc.name, next(names, asked)), trigger.name)
        if other != trigger.name:
            fact = f"is the ack tag of {other} too: the ack of one counts for the other"
            yield Fault(f"triggers[{i}].ack_tag", fact, "give each trigger an ack tag of its own")


def _pack(config: Config, pack: PackConfig, off: Set[str], place: str) -> Iterator[Fault]:
    if all(member.ignore_changes for member in pack.members):
        fact = "every member has ignore_changes, so no change is published"
        yield Fault(f"{place}.members", fact, "leave it out of one of them")
    for k, member in enumerate(pack.members):
        if member.plc in off:
            fact = f"{member.plc} is off, so this member is always bad"
            remedy = "switch the PLC on, or leave the member out"
            yield Fault(f"{place}.members[{k}].plc", fact, remedy)
    named = {text for each in config.triggers if each.enabled for text in each.tags}
    if _is_for_nobody(config, pack) and f"{PACK_PREFIX}{pack.name}" not in named:
        fact = "no cluster that is on is chosen and no trigger names it, so nobody gets it"
        yield Fault(f"{place}.kafka_cluster", fact, "choose a cluster that is on")


def _is_for_nobody(config: Config, event: PackConfig | TriggerConfig) -> bool:
    """Whether it goes to no cluster though some are on; that none is on is said once for all."""
    clusters = config.enabled_clusters
    return bool(clusters) and not any(chosen(event, cluster) for cluster in clusters)


def _is_none(name: str) -> bool:
    return not Path(name).exists()


def _cluster(cluster: ClusterConfig, place: str) -> Iterator[Fault]:
    if cluster.required_acks in _LOST:
        fact = f"{_LOST[cluster.required_acks]}, and one that is sent again may come twice"
        yield Fault(f"{place}.required_acks", fact, "-1 (the default) loses nothing")
    if cluster.tls_skip_verify:
        fact = "any certificate is trusted: who is in between can read and change everything"
        yield Fault(f"{place}.tls_skip_verify", fact, "set tls_ca_file instead")
    if cluster.sasl_mechanism == "PLAIN" and not cluster.use_tls:
        fact = "sends the password readable over the network"
        yield Fault(f"{place}.sasl_mechanism", fact, "set use_tls = true")
    missing = [key for key in _TLS_FILES if (name := getattr(cluster, key)) and _is_none(name)]
    for key in missing:
        fact = f"there is no file {getattr(cluster, key)} here"
        yield Fault(f"{place}.{key}", fact, "put it there")
    if cluster.use_tls and not missing:
        files = tls_files(cluster.settings())
        if reason := unusable(files) or out_of_date(files):
            yield _flaw(place, reason)


def _flaw(place: str, reason: str) -> Fault:
    """A reason of `tls_files` at the key that it names, with what to do where it says that."""
    named = re.search(r"tls_\w+_file", reason)
    key = named[0] if named else "tls_cert_file"
    fact, _, remedy = reason.rpartition(": ")
    if not remedy.startswith(("check ", "put ", "set ")):
        fact, remedy = reason, "name a file of PEM that the gateway may read"
    if not fact.startswith(f"{key} or "):
        fact = fact.removeprefix(f"{key} ")
    return Fault(f"{place}.{key}", plain(fact), plain(remedy))
