"""Tries every PLC and every cluster of a configuration once, all at the same time.

    for answer in await try_out(config): ...

A PLC is asked for all of its tags, whose types must be such that they can do what is wanted of
them, also by triggers and packs; a cluster must take the connection and the credentials. Nothing is
written, made or kept.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import trio

from warlogix.config import ClusterConfig, Config, PlcConfig, TagConfig
from warlogix.config.reach import ACK_HINT, undecided
from warlogix.config.shown import quoted
from warlogix.datatypes import Kind, Structure, takes_ack
from warlogix.drivers.families import Drivers, new_drivers
from warlogix.errors import BrokerError, DriverError
from warlogix.kafka.admin import open_admin
from warlogix.plc import Plc
from warlogix.triggers import Condition


@dataclass(frozen=True, slots=True)
class Trial:
    """What one PLC, tag or cluster answered; `error` is "" when it is as it should be.

    `place` is its place in the configuration, `fact` says what was found; `remedy` is "" where the
    error is not to be mended there.
    """

    place: str
    name: str
    fact: str
    error: str = ""
    remedy: str = ""


async def try_out(config: Config) -> list[Trial]:
    """What everything that is enabled answered, in the order of the configuration."""
    answers: dict[str, list[Trial]] = {}
    drivers = new_drivers()
    async with trio.open_nursery() as nursery:
        for i, plc in enumerate(config.plcs):
            if plc.enabled:
                answers[place := f"plcs[{i}]"] = []
                uses = _uses(config, plc)
                nursery.start_soon(_try_plc, place, plc, uses, drivers, answers)
        for i, cluster in enumerate(config.kafka):
            if cluster.enabled:
                answers[place := f"kafka[{i}]"] = []
                nursery.start_soon(_try_cluster, place, cluster, config, answers)
    return [answer for each in answers.values() for answer in each]


@dataclass(frozen=True, slots=True)
class _Use:
    """A key of a trigger or a pack that names a tag; `key` is its place without the whole's."""

    whole: str
    key: str
    name: str
    condition: Condition | None = None

    @property
    def place(self) -> str:
        return f"{self.whole}.{self.key}"


def _uses(config: Config, plc: PlcConfig) -> Mapping[str, list[_Use]]:
    """What the triggers and packs that are on use of a PLC, by the tag's key."""
    found: dict[str, list[_Use]] = {}
    for use in [*_of_packs(config, plc), *_of_triggers(config, plc)]:
        found.setdefault(plc.key(use.name), []).append(use)
    return found


def _of_packs(config: Config, plc: PlcConfig) -> Iterator[_Use]:
    for i, pack in enumerate(config.tag_packs):
        for k, member in enumerate(pack.members):
            if pack.enabled and member.plc == plc.name:
                yield _Use(f"tag_packs[{i}]", f"members[{k}].tag", member.tag)


def _of_triggers(config: Config, plc: PlcConfig) -> Iterator[_Use]:
    for i, each in enumerate(config.triggers):
        if not each.enabled or each.plc != plc.name:
            continue
        whole = f"triggers[{i}]"
        condition = Condition(each.condition.operator, each.condition.value)
        yield _Use(whole, "trigger_tag", each.trigger_tag, condition)
        for k, name in enumerate(each.tags):
            yield _Use(whole, f"tags[{k}]", name)
        if each.ack_tag is not None:
            yield _Use(whole, "ack_tag", each.ack_tag)


async def _try_plc(
    place: str,
    config: PlcConfig,
    uses: Mapping[str, list[_Use]],
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
        called = {config.key(name) for name in (tag.name, tag.alias) if name}
        used = [use for name in sorted(called) for use in uses.get(name, ())]
        if reason := readings.bad.get(i):
            answers[place].append(Trial(f"{at}.name", tag.name, "", reason))
            see = f"it is listed at {at}"
            answers[place] += [Trial(use.place, use.name, "", reason, see) for use in used]
        if not isinstance(kind, str):
            answers[place] += _contradictions(config, at, tag, kind)
            answers[place] += _unusable(used, kind)


def _contradictions(plc: PlcConfig, place: str, tag: TagConfig, kind: Kind) -> Iterator[Trial]:
    """What the configuration wants of a tag, and the PLC's type cannot do."""
    if tag.deadband is not None and not kind.is_numeric:
        error = f"the PLC has {kind} there, which is not a number, so no deadband can judge it"
        yield Trial(f"{place}.deadband", tag.name, "", error, "leave deadband out")
    if tag.ignore_changes and not plc.addresses_memory:
        for name in tag.ignore_changes:
            if not _has(kind, name):
                error = f"the PLC has {kind} there, which has no member {quoted(name)}"
                remedy = "leave it out, or name a member that is there"
                yield Trial(f"{place}.ignore_changes", tag.name, "", error, remedy)


def _unusable(used: Sequence[_Use], kind: Kind) -> Iterator[Trial]:
    """What triggers want of a tag, and the PLC's type cannot do."""
    for use in used:
        if use.key == "ack_tag" and not takes_ack(kind):
            error = f"the PLC has {kind} there, which cannot hold 1 and -1"
            yield Trial(use.place, use.name, "", error, ACK_HINT)
        if use.condition is not None:
            yield from _undecided(use, use.condition, kind)


def _undecided(use: _Use, condition: Condition, kind: Kind) -> Iterator[Trial]:
    """That a condition can never change, with the type that the PLC has."""
    if found := undecided(kind, condition.operator, condition.value):
        why, hint = found
        place = f"{use.whole}.condition.value"
        yield Trial(place, use.name, "", f"the PLC has {kind} there, {why}", hint)


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
