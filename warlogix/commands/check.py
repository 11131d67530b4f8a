"""`warlogix check`: whether the configuration is right, and with --connect, who answers."""

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from warlogix.commands.options import JsonLines, config_path, load_config
from warlogix.console import printable, say, write
from warlogix.errors import ConfigError, Fault

if TYPE_CHECKING:
    from warlogix.config import ClusterConfig, Config, PlcConfig
    from warlogix.config.events import PackConfig, TriggerConfig
    from warlogix.trial import Trial

_FAILED, _WRONG = 1, 2
# So many tags of a trigger are named.
_FEW = 5


def check(
    ctx: typer.Context,
    as_json: JsonLines = False,
    connect: Annotated[
        bool, typer.Option("--connect", help="Try every PLC and every Kafka cluster once, too.")
    ] = False,
) -> None:
    """Check the configuration and tell every fault of it, without touching anything."""
    try:
        path = config_path(ctx)
        config = load_config(ctx)
    except ConfigError as error:
        if not as_json:
            raise
        write("".join(_line("fault", fault) for fault in error.faults))
        raise typer.Exit(_WRONG) from error
    told = _remarks(path, config)
    if as_json:
        write("".join(_line(kind, fault) for kind, fault in told))
        write(json.dumps({"kind": "summary", "file": str(path), **summary(config)}) + "\n")
    else:
        for kind, fault in told:
            say(f"{kind}: {_where(fault.place, fault.about)}: {fault.fact}\nhint: {fault.remedy}")
        write("".join(f"{printable(line)}\n" for line in _text(path, config)))
    if connect and not _connect(path, config, as_json=as_json):
        raise typer.Exit(_FAILED)


def _remarks(path: Path, config: "Config") -> list[tuple[str, Fault]]:
    """What is worth saying of a configuration without a fault, each with its kind."""
    from warlogix.config import exposed, notes, places_of

    told = [("warning", each) for each in exposed(path, config)]
    told += [("note", each) for each in notes(config)]
    if not told:
        return []
    known = places_of(path)
    return [(kind, replace(fault, about=known.about(fault.place))) for kind, fault in told]


def _connect(path: Path, config: "Config", *, as_json: bool) -> bool:
    """Try everything out and tell what answered; True when all of it did."""
    from warlogix.commands.running import run_tasks
    from warlogix.config import places_of
    from warlogix.trial import try_out

    # Before the trials: they take their time, and the file may be another one behind them.
    known = places_of(path)
    trials = run_tasks(try_out, config)
    for trial in trials:
        about = known.about(trial.place) if trial.error else ""
        if as_json:
            write(json.dumps({"kind": "trial", **asdict(trial), "about": about}) + "\n")
        elif trial.error:
            say(_error(trial, about))
        else:
            write(printable(f"{trial.name}  {trial.fact}") + "\n")
    if not as_json:
        wrong = {trial.place.partition(".tags[")[0] for trial in trials if _is_tag(trial)}
        for i, plc in enumerate(config.plcs):
            if f"plcs[{i}]" in wrong and not plc.addresses_memory:
                say(f"hint: `warlogix browse {plc.name}` lists the tags of {plc.name}")
    return not any(trial.error for trial in trials)


def _error(trial: "Trial", about: str) -> str:
    """What is wrong, and what to do where that is known; a name is told once."""
    name = "" if trial.name in about.split(", ") else f"{trial.name}: "
    hint = f"\nhint: {trial.remedy}" if trial.remedy else ""
    return printable(f"error: {_where(trial.place, about)}: {name}{trial.error}") + hint


def _where(place: str, about: str) -> str:
    """A place with what people call it."""
    return f"{place} ({about})" if about else place


def _is_tag(trial: "Trial") -> bool:
    """Whether a tag is bad."""
    return bool(trial.error) and trial.place.endswith(".name")


def _line(kind: str, fault: Fault) -> str:
    return json.dumps({"kind": kind, **asdict(fault)}) + "\n"


def summary(config: "Config") -> dict[str, Any]:
    """What a clean configuration makes the gateway do, for a program."""
    return {
        "namespace": config.namespace,
        "instance": config.instance,
        "buffer": config.buffer.directory,
        "plcs": [_plc(config, plc) for plc in config.plcs],
        "kafka": [_cluster(config, cluster) for cluster in config.kafka],
        "packs": [_pack(config, pack) for pack in config.tag_packs],
        "triggers": [_trigger(config, trigger) for trigger in config.triggers],
    }


def _plc(config: "Config", plc: "PlcConfig") -> dict[str, Any]:
    return {
        "name": plc.name,
        "enabled": plc.enabled,
        "family": plc.family,
        "speaks": f"{plc.family} by {plc.protocol}" if plc.family == "omron" else plc.family,
        "address": plc.address,
        "tags": sum(tag.enabled for tag in plc.tags),
        "writable": sum(tag.enabled and tag.writable for tag in plc.tags),
        "poll_rate": config.poll_rate_of(plc),
    }


def _cluster(config: "Config", cluster: "ClusterConfig") -> dict[str, Any]:
    from warlogix.config import topics_in_use

    used = topics_in_use(config, cluster)
    return {
        "name": cluster.name,
        "enabled": cluster.enabled,
        "brokers": list(cluster.brokers),
        "topics": [{"name": each.spec.name, "purpose": each.purpose.value} for each in used],
        "writeback": _writeback(config, cluster) if cluster.enable_writeback else None,
    }


def _writeback(config: "Config", cluster: "ClusterConfig") -> dict[str, Any]:
    from warlogix.topics import Topic

    return {
        "topic": cluster.topic(config.namespace, Topic.WRITES),
        "group": cluster.group,
        "max_age": cluster.write_max_age,
    }


def _pack(config: "Config", pack: "PackConfig") -> dict[str, Any]:
    from warlogix.config.model import chosen

    return {
        "name": pack.name,
        "enabled": pack.enabled,
        "tags": len(pack.members),
        "plcs": list(dict.fromkeys(member.plc for member in pack.members)),
        "clusters": [each.name for each in config.enabled_clusters if chosen(pack, each)],
    }


def _trigger(config: "Config", trigger: "TriggerConfig") -> dict[str, Any]:
    from warlogix.config.model import chosen
    from warlogix.topics import Topic
    from warlogix.triggers import Condition

    (plc,) = (each for each in config.plcs if each.name == trigger.plc)
    rate = trigger.poll_rate
    return {
        "name": trigger.name,
        "enabled": trigger.enabled and plc.enabled,
        "plc": trigger.plc,
        "tag": trigger.trigger_tag,
        "condition": str(Condition(trigger.condition.operator, trigger.condition.value)),
        "poll_rate": config.poll_rate_of(plc) if rate is None else rate,
        "tags": list(trigger.tags),
        "ack_tag": trigger.ack_tag,
        "ack_timeout": trigger.ack_timeout,
        "topics": {
            each.name: trigger.topic or each.topic(config.namespace, Topic.TRIGGERS)
            for each in config.enabled_clusters
            if chosen(trigger, each)
        },
    }


def _text(path: Path, config: "Config") -> Iterator[str]:
    told = summary(config)
    yield f"{path} is right: instance {config.instance}, buffer {config.buffer.directory}"
    yield f"PLCs: {_count(told['plcs'])}"
    for plc in told["plcs"]:
        tags = f"{plc['tags']} tag{'s' if plc['tags'] != 1 else ''}"
        how = (
            f"{tags} every {plc['poll_rate']:g} s, {plc['writable'] or 'none'} writable"
            if plc["enabled"]
            else "off"
        )
        yield f"  {plc['name']}  {plc['speaks']} at {plc['address']}, {how}"
    yield f"Kafka clusters: {_count(told['kafka'])}"
    for cluster in told["kafka"]:
        where = ", ".join(cluster["brokers"]) if cluster["enabled"] else "off"
        yield f"  {cluster['name']}  {where}"
        for topic in cluster["topics"] if cluster["enabled"] else ():
            yield f"    {topic['name']}  {topic['purpose']}"
        if cluster["enabled"] and (taken := cluster["writeback"]):
            which = f"up to {taken['max_age']:g} s old, group {taken['group']}"
            yield f"    takes write requests from {taken['topic']}, {which}"
    yield from _packs(told["packs"])
    yield from _triggers(told["triggers"])


def _packs(packs: list[dict[str, Any]]) -> Iterator[str]:
    if packs:
        yield f"Packs: {_count(packs)}"
    for pack in packs:
        tags = f"{pack['tags']} tag{'s' if pack['tags'] != 1 else ''} of {', '.join(pack['plcs'])}"
        how = f"{tags}, to {', '.join(pack['clusters']) or 'no cluster'}"
        yield f"  {pack['name']}  {how if pack['enabled'] else 'off'}"


def _triggers(triggers: list[dict[str, Any]]) -> Iterator[str]:
    if triggers:
        yield f"Triggers: {_count(triggers)}"
    for each in triggers:
        when = (
            f"{each['plc']}.{each['tag']} {each['condition']}, read every {each['poll_rate']:g} s"
        )
        yield f"  {each['name']}  {when if each['enabled'] else 'off'}"
        if each["enabled"]:
            where = (f"{cluster} in {topic}" for cluster, topic in each["topics"].items())
            yield f"    sends {_listed(each['tags'])} to {', '.join(where) or 'no cluster'}"
        if each["enabled"] and each["ack_tag"]:
            yield f"    answers in {each['ack_tag']} within {each['ack_timeout']:g} s"


def _listed(tags: list[str]) -> str:
    """The first of many names."""
    few = ", ".join(tags[:_FEW]) or "no tags"
    return few + (f" and {len(tags) - _FEW} more" if len(tags) > _FEW else "")


def _count(things: list[dict[str, Any]]) -> str:
    off = sum(not thing["enabled"] for thing in things)
    return f"{len(things) - off}" + (f", {off} off" if off else "")
