"""Values straight from a PLC, without a gateway.

plc = known_plc(config, "MainPLC")
tags = tags_of(plc, ["Counter", "Program:Main.Speed"])      # or none: all that are on
values = await read_values(plc, tags)
"""

import re
from collections.abc import Iterator, Sequence

import msgspec
from msgspec import UNSET

from warlogix.asking.way import find_plc
from warlogix.clock import wall
from warlogix.config import Config, PlcConfig, TagConfig
from warlogix.config.names import nearest
from warlogix.config.shown import quoted, shown
from warlogix.console import printable, table
from warlogix.drivers.families import new_drivers
from warlogix.errors import Malformed
from warlogix.messages import TagChange, encode, timestamp
from warlogix.plc import Plc
from warlogix.tags import Readings, Tag

_LONGEST_NAME = 400


def known_plc(config: Config, name: str) -> PlcConfig:
    """The PLC of this name, also one that is off. Raises `Malformed` where there is none."""
    if (plc := find_plc(config, name)) is not None:
        return plc
    names = [each.name for each in config.plcs]
    known = f"it has: {', '.join(names)}" if names else "add [[plcs]]"
    remedy = nearest(name, names).removeprefix("; ") or known
    raise Malformed(f"the configuration has no PLC {quoted(name)}", remedy)


def tags_of(plc: PlcConfig, words: Sequence[str], data_type: str = "") -> tuple[Tag, ...]:
    """The tags that are meant, in the order of the words; without any, all that are on.

    A word is the name, alias or address of a tag of the configuration, else a name that the PLC
    may have; those are of the type `data_type`, and may begin with an alias. Raises `Malformed`, a
    line for each, for what is no tag's name in this family, for a type that does not fit it, and
    for one that would be of no use.
    """
    if not words and not plc.runtime_tags():
        raise Malformed(f"{plc.name} lists no tag that is on", "name the tags to read")
    if not words and not data_type:
        return plc.runtime_tags()
    listed: dict[str, TagConfig] = {}
    for tag in plc.tags:
        for name in filter(None, (tag.name, tag.alias)):
            listed.setdefault(plc.key(name), tag)
    meant, wrong = [], []
    for word in words:
        try:
            meant.append(listed.get(plc.key(word)) or _unlisted(plc, word, data_type))
        except Malformed as malformed:
            near = nearest(word, [tag.alias for tag in plc.tags if tag.alias])
            wrong.append(Malformed(malformed.fact, near.removeprefix("; ") or malformed.remedy))
    if wrong:
        raise _together(wrong)
    if data_type and all(plc.key(word) in listed for word in words):
        raise Malformed("a data type is for addresses that are not listed", "leave it out")
    enabled = tuple(tag.model_copy(update={"enabled": True}) for tag in meant)
    return plc.model_copy(update={"tags": enabled}).runtime_tags()


def _spelled_out(plc: PlcConfig, word: str) -> str:
    """A name that begins with an alias, as the PLC knows it: Tank.Level is MAIN.Tank.Level."""
    alias = re.split(r"[.\[{]", word, maxsplit=1)[0]
    for tag in plc.tags:
        if tag.alias and not plc.addresses_memory and plc.key(tag.alias) == plc.key(alias):
            return tag.name + word[len(alias) :]
    return word


def _together(wrong: Sequence[Malformed]) -> Malformed:
    """All of them as one, each on a line of its own and each once."""
    *others, last = {str(each): each for each in wrong}.values()
    return Malformed("\n".join([*map(str, others), last.fact]), last.remedy)


def _unlisted(plc: PlcConfig, word: str, data_type: str) -> TagConfig:
    word = _spelled_out(plc, word)
    for text in (word, data_type or word):
        if not text.strip() or not text.isprintable() or len(text) > _LONGEST_NAME:
            raise Malformed(f"{shown(text)} is no name", "name a tag, or a memory address")
    tag = TagConfig(name=word, data_type=data_type or None)
    plc.meaning(tag)
    return tag


async def read_values(plc: PlcConfig, tags: tuple[Tag, ...]) -> list[TagChange]:
    """What the PLC holds now, as the messages of a gateway say it.

    *Errors*: `Unreachable`, and `Rejected` where the PLC refuses to be read.
    """
    connection = Plc(plc.endpoint, new_drivers()[plc.family])
    async with connection.connected():
        readings = await connection.read(tags)
    return list(_values(plc.name, tags, readings, timestamp(wall())))


def _values(plc: str, tags: Sequence[Tag], readings: Readings, at: str) -> Iterator[TagChange]:
    for i, tag in enumerate(tags):
        reason = readings.bad.get(i)
        yield TagChange(
            plc=plc,
            tag=tag.label,
            address=tag.address,
            value=readings.values[i],
            type=readings.types[i],
            writable=tag.writable,
            timestamp=at,
            quality=UNSET if reason is None else "bad",
            error=UNSET if reason is None else reason,
        )


def json_lines(values: Sequence[TagChange]) -> str:
    """A line for each value, for programs."""
    return "".join(f"{encode(each).decode()}\n" for each in values)


def lines(values: Sequence[TagChange]) -> str:
    """A table for people."""
    rows = [(printable(each.tag), printable(each.type), _shown(each)) for each in values]
    return table([("TAG", "TYPE", "VALUE"), *rows])


def _shown(value: TagChange) -> str:
    if value.quality is not UNSET:
        return f"BAD: {printable(value.error or '')}"
    return printable(msgspec.json.encode(value.value).decode())
