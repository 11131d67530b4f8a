"""Tries every PLC and every cluster of a configuration once, all at the same time.

    for answer in await try_out(config): ...

A PLC is asked for all of its tags, whose types must be such that they can do what is wanted of
them; a cluster must take the connection and the credentials. Nothing is written, made or kept.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import trio

from warlogix.config import ClusterConfig, Config, PlcConfig, TagConfig
from warlogix.config.shown import quoted
from warlogix.datatypes import Kind, Structure, takes_ack
from warlogix.drivers.families import Drivers, new_drivers
from warlogix.errors import BrokerError, DriverError
from warlogix.kafka.admin import open_admin
from warlogix.plc import Plc


@dataclass(frozen=True, slots=True)
class Trial:
    """What one PLC, tag or cluster answered; `error` is "" when it is as it should be.

    `place` is its place in the configuration, `fact` says what was found.
    """

    place: str
    name: str
    fact: str
    error: str = ""


async def try_out(config: Config) -> list[Trial]:
    """What everything that is enabled answered, in the order of the configuration."""
    answers: dict[str, list[Trial]] = {}
    drivers = new_drivers()
    async with trio.open_nursery() as nursery:
        for i, plc in enumerate(config.plcs):
            if plc.enabled:
                answers[place := f"plcs[{i}]"] = []
                acks = _acks(config, plc)
                nursery.start_soon(_try_plc, place, plc, acks, drivers, answers)
        for i, cluster in enumerate(config.kafka):
            if cluster.enabled:
                answers[place := f"kafka[{i}]"] = []
                nursery.start_soon(_try_cluster, place, cluster, config, answers)
    return [answer for each in answers.values() for answer in each]


def _acks(config: Config, plc: PlcConfig) -> dict[str, str]:
    """The places of the PLC's ack tags, by their keys."""
    return {
        plc.key(trigger.ack_tag): f"triggers[{i}].ack_tag"
        for i, trigger in enumerate(config.triggers)
        if trigger.enabled and trigger.plc == plc.name and trigger.ack_tag is not None
    }


async def _try_plc(
    place: str,
    config: PlcConfig,
    acks: Mapping[str, str],
    drivers: Drivers,
    answers: dict[str, list[Trial]],
) -> None:
    plc, tags = Plc(config.endpoint, drivers[config.family]), config.runtime_tags()
    try:
        async with plc.connected():
            readings = await plc.read(tags)
            kinds = [plc.kind(tag) for tag in tags]
    except DriverError as error:
        answers[place] = [Trial(place, config.name, "", error.reason)]
        return
    good = len(readings.values) - len(readings.bad)
    fact = f"answers; {good} of {len(readings.values)} tags are good"
    enabled = [(f"{place}.tags[{j}]", tag) for j, tag in enumerate(config.tags) if tag.enabled]
    answers[place] = [Trial(place, config.name, fact)]
    for i, ((at, tag), kind) in enumerate(zip(enabled, kinds, strict=True)):
        if reason := readings.bad.get(i):
            answers[place].append(Trial(f"{at}.name", tag.name, "", reason))
        if not isinstance(kind, str):
            answers[place] += _contradictions(config, at, tag, acks, kind)


def _contradictions(
    plc: PlcConfig, place: str, tag: TagConfig, acks: Mapping[str, str], kind: Kind
) -> Iterator[Trial]:
    """What the configuration wants of a tag, and the PLC's type cannot do."""
    if tag.deadband is not None and not kind.is_numeric:
        error = f"the PLC has {kind} there, which is not a number, so no deadband can judge it"
        yield Trial(f"{place}.deadband", tag.name, "", error)
    if tag.ignore_changes and not plc.addresses_memory:
        for name in tag.ignore_changes:
            if not _has(kind, name):
                error = f"the PLC has {kind} there, which has no member {quoted(name)}"
                yield Trial(f"{place}.ignore_changes", tag.name, "", error)
    for called in filter(None, (tag.name, tag.alias)):
        ack = acks.get(plc.key(called))
        if ack is not None and not takes_ack(kind):
            error = f"the PLC has {kind} there, which cannot hold 1 and -1"
            yield Trial(ack, tag.name, "", error)


def _has(kind: Kind, path: str) -> bool:
    """Whether a structure has the member `Status.Clock`."""
    name, _, below = path.partition(".")
    members = dict(kind.members) if isinstance(kind, Structure) else {}
    return name in members and (not below or _has(members[name], below))


async def _try_cluster(
    place: str, cluster: ClusterConfig, config: Config, answers: dict[str, list[Trial]]
) -> None:
    try:
        async with open_admin(cluster.settings(), f"warlogix-{config.instance}") as admin:
            fact = f"answers; cluster id {admin.cluster_id}"
    except BrokerError as error:
        answers[place] = [Trial(place, cluster.name, "", error.reason)]
    else:
        answers[place] = [Trial(place, cluster.name, fact)]
