"""Triggers and packs: that what they name exists, and that an ack can be written and known."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from warlogix.addresses.fins import FinsAddress
from warlogix.addresses.s7 import S7Address
from warlogix.config.checks.plcs import check_rate, is_structure_name
from warlogix.config.events import PackConfig, TriggerConfig
from warlogix.config.model import Config, chosen
from warlogix.config.names import closest
from warlogix.config.plcs import PlcConfig, TagConfig
from warlogix.config.reach import ACK_HINT, undecided
from warlogix.config.shown import plain, shown
from warlogix.config.structure import HOLE
from warlogix.datatypes import DataType, takes_ack
from warlogix.errors import Fault, Malformed
from warlogix.topics import PACK_PREFIX

# A file may have thousands of faults, and comparing takes about 10 µs a name.
_MOST_NAMES = 1000


@dataclass(frozen=True, slots=True)
class _Plc:
    """A PLC and its tags by every name they answer to; `complete`: no name is unreadable."""

    place: str
    plc: PlcConfig
    tags: Mapping[str, TagConfig]
    complete: bool


def check_events(config: Config) -> Iterator[Fault]:
    """Every trigger and every pack."""
    plcs: dict[str, _Plc] = {}
    for i, plc in enumerate(config.plcs):
        plcs.setdefault(plc.name, _named(plc, f"plcs[{i}]"))
    for i, pack in enumerate(config.tag_packs):
        yield from _pack(config, plcs, pack, f"tag_packs[{i}]")
    for i, trigger in enumerate(config.triggers):
        place = f"triggers[{i}]"
        yield from check_rate(config, f"{place}.poll_rate", trigger.poll_rate)
        yield from _cluster(config, trigger, place)
        yield from _condition(plcs, trigger, place)
        yield from _tags(config, plcs, trigger, place)
        if trigger.ack_tag is not None and trigger.enabled:
            yield from _ack_clusters(config, trigger, place)


def _named(plc: PlcConfig, place: str) -> _Plc:
    named: dict[str, TagConfig] = {}
    for tag in plc.tags:
        for name in (tag.name, tag.alias):
            if name is not None:
                named.setdefault(plc.key(name), tag)
    return _Plc(place, plc, named, all(tag.name != HOLE for tag in plc.tags))


def _pack(
    config: Config, plcs: Mapping[str, _Plc], pack: PackConfig, place: str
) -> Iterator[Fault]:
    yield from _cluster(config, pack, place)
    seen: dict[int, int] = {}
    for k, member in enumerate(pack.members):
        where = f"{place}.members[{k}]"
        yield from _known_plc(plcs, member.plc, f"{where}.plc")
        yield from _known_tag(plcs, member.plc, member.tag, f"{where}.tag")
        if pack.enabled:
            yield from _tag_is_on(plcs, member.plc, member.tag, f"{where}.tag")
        tag = _find(plcs, member.plc, member.tag)
        if tag is not None and seen.setdefault(id(tag), k) != k:
            fact = f"{shown(member.tag)} is already {place}.members[{seen[id(tag)]}]"
            yield Fault(f"{where}.tag", fact, "list each tag once")


def _tags(
    config: Config, plcs: Mapping[str, _Plc], trigger: TriggerConfig, place: str
) -> Iterator[Fault]:
    name = trigger.plc
    yield from _known_plc(plcs, name, f"{place}.plc")
    yield from _known_tag(plcs, name, trigger.trigger_tag, f"{place}.trigger_tag")
    yield from _data(config, plcs, trigger, place)
    if trigger.ack_tag is not None:
        yield from _known_tag(plcs, name, trigger.ack_tag, f"{place}.ack_tag")
        tag = _find(plcs, name, trigger.ack_tag)
        if tag is not None and tag is _find(plcs, name, trigger.trigger_tag):
            fact = "is the trigger tag itself, so its ack cannot be told from the trigger"
            yield Fault(f"{place}.ack_tag", fact, "give the ack a tag of its own")
        elif tag is not None:
            yield from _ack_tag(plcs[name], tag, trigger.ack_tag, f"{place}.ack_tag")
    if trigger.enabled:
        yield from _all_on(config, plcs, trigger, place)


def _data(
    config: Config, plcs: Mapping[str, _Plc], trigger: TriggerConfig, place: str
) -> Iterator[Fault]:
    """What an event carries, each under a name of its own."""
    owners: dict[str, int] = {}
    for k, text in enumerate(trigger.tags):
        where, label = f"{place}.tags[{k}]", text
        if text.startswith(PACK_PREFIX):
            unknown = _known_pack(config, text.removeprefix(PACK_PREFIX), where)
        else:
            unknown = _known_tag(plcs, trigger.plc, text, where)
            tag = _find(plcs, trigger.plc, text)
            label = text if tag is None else tag.alias or tag.name
        for fault in unknown:
            yield replace(fault, remedy=_meant(config, plcs, trigger, text) or fault.remedy)
        if text != HOLE and owners.setdefault(label, k) != k:
            fact = f"{shown(text)} has the name of {place}.tags[{owners[label]}] in the event"
            yield Fault(where, fact, "list each once, under a name of its own")


def _meant(
    config: Config, plcs: Mapping[str, _Plc], trigger: TriggerConfig, text: str
) -> str | None:
    """How an event names the pack, or the tag of any PLC, that `text` is; None: it is none."""
    word = text.strip().casefold().removeprefix(PACK_PREFIX).strip()
    for pack in config.tag_packs:
        if pack.name.casefold() == word:
            return f"did you mean {shown(PACK_PREFIX + pack.name)}?"
    for name in plcs:
        head, bare = text[: len(name) + 1], text[len(name) + 1 :]
        inside = _find(plcs, name, bare) if head.casefold() == f"{name}.".casefold() else None
        tag = inside or _find(plcs, name, text)
        if tag is not None and name != HOLE:
            label = tag.alias or tag.name
            if name == trigger.plc:
                return f"did you mean {shown(label)}?"
            remedy = f'an event takes tags of other PLCs by a pack ("{PACK_PREFIX}Name")'
            return f"{plain(label)} is a tag of {name}: {remedy}"
    return None


def _all_on(
    config: Config, plcs: Mapping[str, _Plc], trigger: TriggerConfig, place: str
) -> Iterator[Fault]:
    """Nothing that a trigger needs is off."""
    yield from _tag_is_on(plcs, trigger.plc, trigger.trigger_tag, f"{place}.trigger_tag")
    for k, text in enumerate(trigger.tags):
        where = f"{place}.tags[{k}]"
        if text.startswith(PACK_PREFIX):
            yield from _pack_is_on(config, text.removeprefix(PACK_PREFIX), where)
        else:
            yield from _tag_is_on(plcs, trigger.plc, text, where)
    if trigger.ack_tag is not None:
        yield from _tag_is_on(plcs, trigger.plc, trigger.ack_tag, f"{place}.ack_tag")


def _known_pack(config: Config, name: str, place: str) -> Iterator[Fault]:
    packs = [pack.name for pack in config.tag_packs]
    if name not in packs and HOLE not in packs:
        fact = f"there is no pack {shown(name)}"
        yield Fault(place, fact, _nearest(name, packs, "packs"))


def _pack_is_on(config: Config, name: str, place: str) -> Iterator[Fault]:
    if name in [pack.name for pack in config.tag_packs if not pack.enabled]:
        fact = f"the pack {shown(name)} is switched off (enabled = false)"
        remedy = 'switch it on; with kafka_cluster = "none" it is there for triggers alone'
        yield Fault(place, fact, remedy)


def _known_plc(plcs: Mapping[str, _Plc], name: str, place: str) -> Iterator[Fault]:
    if name != HOLE and name not in plcs and HOLE not in plcs:
        yield Fault(place, f"there is no PLC {shown(name)}", _nearest(name, list(plcs), "PLCs"))


def _known_tag(plcs: Mapping[str, _Plc], plc: str, text: str, place: str) -> Iterator[Fault]:
    known = plcs.get(plc)
    if plc == HOLE or known is None or text == HOLE or not known.complete:
        return
    if _find(plcs, plc, text) is None:
        fact = f"{plc} lists no tag {shown(text)}"
        listed = [tag.alias or tag.name for tag in known.plc.tags]
        hidden = [tag.name for tag in known.plc.tags if tag.alias]
        yield Fault(place, fact, _nearest(text, listed, "tags", hidden))


def _tag_is_on(plcs: Mapping[str, _Plc], plc: str, text: str, place: str) -> Iterator[Fault]:
    tag = _find(plcs, plc, text)
    if tag is not None and not tag.enabled:
        fact = f"the tag {shown(text)} is switched off (enabled = false)"
        yield Fault(place, fact, "switch it on, or leave it out here")


def _find(plcs: Mapping[str, _Plc], plc: str, text: str) -> TagConfig | None:
    known = plcs.get(plc)
    return known.tags.get(known.plc.key(text)) if known and text != HOLE else None


def _nearest(text: str, known: list[str], what: str, hidden: Sequence[str] = ()) -> str:
    """What was meant, else what there is; `hidden` are other names, which no list shows."""
    near = closest(text, [*known[:_MOST_NAMES], *hidden[:_MOST_NAMES]])
    if near:
        return f"did you mean {shown(near)}?"
    few = ", ".join(known[:10]) + (", …" if len(known) > 10 else "")
    return f"the {what} are: {few}" if known else f"there are no {what} at all; list it first"


def _cluster(config: Config, event: TriggerConfig | PackConfig, place: str) -> Iterator[Fault]:
    names = [cluster.name for cluster in config.kafka]
    name = event.kafka_cluster
    if name not in ("all", "none", *names) and HOLE not in names:
        fact = f"there is no cluster {shown(name)}"
        known = ["all", "none", *names]
        yield Fault(f"{place}.kafka_cluster", fact, _nearest(name, known, "choices"))


def _condition(plcs: Mapping[str, _Plc], trigger: TriggerConfig, place: str) -> Iterator[Fault]:
    condition = trigger.condition
    tag = _find(plcs, trigger.plc, trigger.trigger_tag)
    kind = _kind(plcs[trigger.plc].plc, tag) if tag and tag.enabled else None
    is_bool = kind == DataType("BOOL")
    if condition.operator not in ("==", "!=") and (
        is_bool or isinstance(condition.value, (bool, str))
    ):
        what = "a BOOL" if is_bool else shown(condition.value)
        fact = f"{what} is neither more nor less than anything"
        yield Fault(f"{place}.condition.operator", fact, 'write "==" or "!="')
        return
    if kind is None:
        return
    told = f"the tag {shown(trigger.trigger_tag)} is {kind}"
    if found := undecided(kind, condition.operator, condition.value):
        why, hint = found
        yield Fault(f"{place}.condition.value", f"{told}, {why}", hint)


def _kind(plc: PlcConfig, tag: TagConfig) -> DataType | str | None:
    """The tag's type as it is configured, in words where it is a structure; None: not known."""
    try:
        meaning = plc.meaning(tag)
    except Malformed:
        return f"the structure {tag.data_type}" if is_structure_name(plc, tag) else None
    return meaning.type if isinstance(meaning, (S7Address, FinsAddress)) else meaning


def _ack_tag(known: _Plc, tag: TagConfig, text: str, place: str) -> Iterator[Fault]:
    """That the tag, which the file calls `text` there, can be written and holds an ack."""
    if not tag.writable:
        fact = f"the tag {shown(text)} is not writable"
        j = next(j for j, each in enumerate(known.plc.tags) if each is tag)
        remedy = f"set writable = true at {known.place}.tags[{j}], or choose another one"
        yield Fault(place, fact, remedy)
    kind = _kind(known.plc, tag)
    if kind is not None and not (isinstance(kind, DataType) and takes_ack(kind)):
        fact = f"the tag {shown(text)} is {kind}, which cannot hold 1 and -1"
        yield Fault(place, fact, ACK_HINT)


def _ack_clusters(config: Config, trigger: TriggerConfig, place: str) -> Iterator[Fault]:
    names = {cluster.name for cluster in config.kafka}
    if HOLE in names or trigger.kafka_cluster not in ("all", "none", *names):
        return
    clusters = [each for each in config.enabled_clusters if chosen(trigger, each)]
    if not clusters:
        fact = "waits for a cluster to confirm the event, but none that is on is chosen"
        yield Fault(f"{place}.ack_tag", fact, "choose a kafka_cluster that is on, or no ack_tag")
    for cluster in clusters:
        if cluster.required_acks == 0:
            fact = f"waits for {cluster.name}, which confirms nothing (required_acks = 0)"
            remedy = "set required_acks = -1 there, or choose another kafka_cluster"
            yield Fault(f"{place}.ack_tag", fact, remedy)
