"""What a record is, by its topic and key, and what it speaks of."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from warlogix import messages
from warlogix.kafka.records import Record
from warlogix.topics import PACK_PREFIX, Topic

T = TypeVar("T")


class Kind(StrEnum):
    """What one can look at, by the word that says so on the command line."""

    CHANGES = "changes"
    HEALTH = "health"
    GATEWAY = "gateway"
    WRITES = "writes"
    RESPONSES = "responses"
    TRIGGERS = "triggers"
    PACKS = "packs"
    DEAD_LETTERS = "dead-letters"


TOPICS: Mapping[Kind, Topic] = {
    Kind.CHANGES: Topic.CHANGES,
    Kind.HEALTH: Topic.HEALTH,
    Kind.GATEWAY: Topic.GATEWAY,
    Kind.WRITES: Topic.WRITES,
    Kind.RESPONSES: Topic.RESPONSES,
    Kind.TRIGGERS: Topic.TRIGGERS,
    Kind.PACKS: Topic.CHANGES,
    Kind.DEAD_LETTERS: Topic.DEAD_LETTERS,
}


class _Request(messages.WriteRequest, frozen=True):
    """A request as others have written it: its values digit for digit."""

    value: Raw
    request_id: Raw | UnsetType = UNSET


class _Response(messages.WriteResponse, frozen=True, kw_only=True):
    """A response, its values digit for digit."""

    value: Raw
    request_id: Raw | UnsetType = UNSET


class _Asked(Struct, frozen=True):
    """What can be known of a request that is none."""

    plc: str = ""
    tag: str = ""


_DECODERS: Mapping[Kind, msgspec.json.Decoder[Struct]] = {
    Kind.CHANGES: msgspec.json.Decoder(messages.TagChange),
    Kind.HEALTH: msgspec.json.Decoder(messages.Health),
    Kind.GATEWAY: msgspec.json.Decoder(messages.Gateway),
    Kind.WRITES: msgspec.json.Decoder(_Request),
    Kind.RESPONSES: msgspec.json.Decoder(_Response),
    Kind.TRIGGERS: msgspec.json.Decoder(messages.TriggerEvent),
    Kind.PACKS: msgspec.json.Decoder(messages.Pack),
}
_ASKED = msgspec.json.Decoder(_Asked)
_PACK_KEY = PACK_PREFIX.encode()
_NAMED = (Kind.WRITES, Kind.DEAD_LETTERS)


@dataclass(frozen=True, slots=True)
class Item:
    """A record with its kind (None in a topic that is not ours) and its message, if it is one."""

    record: Record
    kind: Kind | None
    message: Struct | None


def recognise(record: Record, kind: Kind | None) -> Item:
    """The record as what it is; `kind` is what its topic usually carries."""
    if kind is Kind.CHANGES and (record.key or b"").startswith(_PACK_KEY):
        kind = Kind.PACKS
    decoder = _DECODERS.get(kind) if kind else None
    if decoder is None or not _is_text(record.value):
        return Item(record, kind, None)
    return Item(record, kind, _decoded(decoder, record.value))


def _is_text(raw: bytes | None) -> bool:
    """Whether all of it is UTF-8: values that are kept digit for digit are decoded by nobody."""
    return messages.as_text(raw)[0] is not UNSET


def _decoded(decoder: msgspec.json.Decoder[T], raw: bytes | None) -> T | None:
    if raw is None:
        return None
    try:
        return decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which items to show; "" and None stand for any. Names are compared without case."""

    kind: Kind | None = None
    plc: str = ""
    tag: str = ""

    def holds(self, item: Item) -> bool:
        """Whether the item is of the kind, and speaks of the PLC and the tag."""
        if self.kind is not None and item.kind is not self.kind:
            return False
        if not self.plc and not self.tag:
            return True
        plc, tag = self.plc.casefold(), self.tag.casefold()
        return any(
            (not plc or plc == about.casefold())
            and (not tag or tag in (name.casefold() for name in names))
            for about, names in subjects(item)
        )


def subjects(item: Item) -> Iterator[tuple[str, Iterable[str]]]:
    """The PLCs an item speaks of, each with the names of its tags."""
    match item.message:
        case messages.TagChange(plc=plc, tag=tag, address=address):
            yield plc, (tag, address)
        case messages.Health(plc=plc):
            yield plc, ()
        case messages.WriteRequest(plc=plc, tag=tag) | messages.WriteResponse(plc=plc, tag=tag):
            yield plc, (tag,)
        case messages.Pack(tags=tags):
            yield from _members(tags)
        case messages.TriggerEvent(plc=plc, data=data):
            packs = {name: captured_pack(name, value) for name, value in data.items()}
            yield plc, [name for name, members in packs.items() if not members]
            for members in packs.values():
                yield from _members(members)
        case _:
            # A PLC's name holds no dot.
            plc, _, tag = (item.record.key or b"").decode(errors="replace").partition(".")
            yield plc, (tag,)
            asked = _decoded(_ASKED, item.record.value) if item.kind in _NAMED else None
            if asked is not None:
                yield asked.plc, (asked.tag,)


def captured_pack(name: str, value: Any) -> Mapping[str, messages.PackMember]:
    """The members of a pack among the data of an event; none where the value is no pack."""
    if not name.startswith(PACK_PREFIX):
        return {}
    try:
        return msgspec.convert(value, dict[str, messages.PackMember])
    except msgspec.ValidationError:
        return {}


def _members(members: Mapping[str, messages.PackMember]) -> Iterator[tuple[str, Iterable[str]]]:
    """PLC and tag of each member, which is called `plc.tag`."""
    for name, member in members.items():
        yield member.plc, (name.partition(".")[2], member.address or "")
