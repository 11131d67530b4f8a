"""PLCs: addresses and rates; tags: what they name, what they hold, and that each is listed once."""

import ipaddress
import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import TypeAlias

from warlogix.addresses.fins import FinsAddress
from warlogix.addresses.s7 import S7Address
from warlogix.config.hosts import parse_host
from warlogix.config.model import Config
from warlogix.config.plcs import PlcConfig, TagConfig
from warlogix.config.shown import shown
from warlogix.config.structure import HOLE
from warlogix.config.units import duration_text
from warlogix.datatypes import BASES, DataType, parse_data_type
from warlogix.errors import Fault, Malformed

FASTEST = 0.25
_ADS_PORT = 48898
_NET_ID = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){5}")
_Meaning: TypeAlias = S7Address | FinsAddress | DataType | None
_STRUCTURE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:]*")


def check_plcs(config: Config) -> Iterator[Fault]:
    """Every PLC and every tag."""
    yield from check_rate(config, "poll_rate", config.poll_rate)
    for i, plc in enumerate(config.plcs):
        place = f"plcs[{i}]"
        yield from check_rate(config, f"{place}.poll_rate", plc.poll_rate)
        yield from _reachable(place, plc)
        yield from _tags(place, plc)
    yield from _routers(config)


def check_rate(config: Config, place: str, seconds: float | None) -> Iterator[Fault]:
    """A poll rate that is below the floor."""
    if seconds is not None and seconds < FASTEST and not config.allow_fast_polling:
        fact = f"{duration_text(seconds)} is faster than 250ms, which loads a PLC"
        yield Fault(
            place, fact, 'write "250ms" or more, or set allow_fast_polling = true at the top'
        )


def _reachable(place: str, plc: PlcConfig) -> Iterator[Fault]:
    if plc.address == HOLE:
        return
    try:
        host, _ = parse_host(plc.address)
    except Malformed as exc:
        yield Fault(f"{place}.address", exc.fact, exc.remedy)
        return
    if plc.ams_net_id is not None:
        parts = plc.ams_net_id.split(".")
        if not _NET_ID.fullmatch(plc.ams_net_id) or any(int(part) > 255 for part in parts):
            fact = f"{shown(plc.ams_net_id)} is not an AMS Net ID"
            yield Fault(f"{place}.ams_net_id", fact, "write six numbers: 192.168.1.50.1.1")
    elif plc.family == "beckhoff" and not _is_ipv4(host):
        fact = f"is missing, and {shown(host)} is no IPv4 address to make it from"
        yield Fault(f"{place}.ams_net_id", fact, 'add ams_net_id = "192.168.1.50.1.1"')


def _routers(config: Config) -> Iterator[Fault]:
    """A Beckhoff address that two PLCs give different Net IDs: one connection is one router's."""
    owners: dict[tuple[str, int], tuple[int, tuple[int, ...]]] = {}
    for i, plc in enumerate(config.plcs):
        if plc.family != "beckhoff" or not plc.enabled or plc.address == HOLE:
            continue
        if any(_reachable("", plc)):
            continue
        net_id = tuple(map(int, plc.endpoint.ams_net_id.split(".")))
        host, port = parse_host(plc.address)
        k, known = owners.setdefault((host.casefold(), port or _ADS_PORT), (i, net_id))
        if known != net_id:
            theirs = ".".join(map(str, known))
            fact = f"is not {theirs}, the Net ID of plcs[{k}] at the same address"
            remedy = (
                "write the Net ID of the router there for both; their ams_port tells PLCs apart"
            )
            yield Fault(f"plcs[{i}].ams_net_id", fact, remedy)


def _is_ipv4(host: str) -> bool:
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True


def _tags(place: str, plc: PlcConfig) -> Iterator[Fault]:
    owners: dict[object, int] = {}
    for j, tag in enumerate(plc.tags):
        if tag.name == HOLE:
            continue
        at = f"{place}.tags[{j}]"
        meaning: _Meaning = None
        if tag.name.isprintable():
            try:
                meaning = plc.meaning(tag)
            except Malformed as exc:
                yield from _malformed(plc, tag, at, exc)
            yield from _deadband(tag, meaning, at)
        else:
            yield Fault(f"{at}.name", "has characters that cannot be printed", "leave them out")
        if tag.alias is not None and not tag.alias.isprintable():
            yield Fault(f"{at}.alias", "has characters that cannot be printed", "leave them out")
        yield from _listed_twice(place, plc, j, meaning, owners)


def _listed_twice(
    place: str, plc: PlcConfig, j: int, meaning: _Meaning, owners: dict[object, int]
) -> Iterator[Fault]:
    """A tag that another one's name, address or alias already stands for."""
    tag = plc.tags[j]
    known = owners.setdefault(plc.key(tag.name), j)
    if known == j and (memory := _memory(meaning)) is not None:
        known = owners.setdefault(memory, j)
    if known != j:
        fact = f"{shown(tag.name)} is already listed as {place}.tags[{known}]"
        yield Fault(f"{place}.tags[{j}].name", fact, "list each tag once")
    if tag.alias is not None:
        known = owners.setdefault(plc.key(tag.alias), j)
        if known != j:
            fact = f"{shown(tag.alias)} already names {place}.tags[{known}]"
            yield Fault(f"{place}.tags[{j}].alias", fact, "choose another alias")


def _memory(meaning: _Meaning) -> tuple[object, ...] | None:
    """What is equal for two spellings of one address; None where the family has names."""
    if isinstance(meaning, S7Address):
        kind = meaning.type.base == "BOOL"
        return meaning.area, meaning.db, meaning.byte, meaning.bit, meaning.size, kind
    if isinstance(meaning, FinsAddress):
        return meaning.area, meaning.bank, meaning.word, meaning.bit, meaning.words
    return None


def _malformed(plc: PlcConfig, tag: TagConfig, place: str, exc: Malformed) -> Iterator[Fault]:
    text = tag.data_type or ""
    if is_structure_name(plc, tag):
        if tag.deadband is not None:
            yield _no_deadband(place, f"the structure {text}")
        return
    try:
        parse_data_type(text or "BOOL")
    except Malformed as unknown:
        yield Fault(f"{place}.data_type", unknown.fact, unknown.remedy)
        return
    yield Fault(f"{place}.name", exc.fact, exc.remedy)


def is_structure_name(plc: PlcConfig, tag: TagConfig) -> bool:
    """Whether a `data_type` that is no IEC type can be the name of a structure in the PLC."""
    data_type = tag.data_type or ""
    near = get_close_matches(data_type.upper(), sorted(BASES), n=1, cutoff=0.8)
    return not (plc.addresses_memory or near) and bool(_STRUCTURE_NAME.fullmatch(data_type))


def _deadband(tag: TagConfig, meaning: _Meaning, place: str) -> Iterator[Fault]:
    if tag.deadband is None or meaning is None:
        return
    kind = meaning if isinstance(meaning, DataType) else meaning.type
    if not kind.is_numeric:
        yield _no_deadband(place, str(kind))


def _no_deadband(place: str, what: str) -> Fault:
    fact = f"{what} is not a number, so no deadband can judge it"
    return Fault(f"{place}.deadband", fact, "leave deadband out")
