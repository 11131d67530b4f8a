"""What a line says of each kind of message: its columns, from left to right."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from warlogix import messages
from warlogix.console import shortened
from warlogix.kafka.records import Record
from warlogix.tailing.records import Item, Kind, captured_pack

# Values, and records that are none of our messages, are shown up to so many characters.
_LONGEST, _LONGEST_RAW = 120, 300


@dataclass(frozen=True, slots=True)
class Cell:
    """One column of a line; `style` is a name of `console.paint`, "" for plain."""

    text: str
    style: str = ""


def cells_of(item: Item) -> Iterable[Cell]:
    """The columns of an item. What is none of our messages is shown as it is."""
    match item.message:
        case messages.TagChange() as message:
            return _change(message)
        case messages.Health() as message:
            return _health(message)
        case messages.Gateway() as message:
            return _gateway(message)
        case messages.WriteRequest() as message:
            return _write(message)
        case messages.WriteResponse() as message:
            return _response(message)
        case messages.TriggerEvent() as message:
            return _trigger(message)
        case messages.Pack() as message:
            return _pack(message)
    return _dead_letter(item.record) if item.kind is Kind.DEAD_LETTERS else _raw(item.record)


def _change(message: messages.TagChange) -> Iterable[Cell]:
    yield Cell(message.plc, "name")
    yield Cell(message.tag)
    yield _value(message.value, message.quality)
    yield Cell(message.type, "dim")
    yield Cell(message.error or "", "bad")


def _health(message: messages.Health) -> Iterable[Cell]:
    yield Cell(message.plc, "name")
    yield Cell("online", "good") if message.online else Cell("OFFLINE", "bad")
    yield Cell(message.status)
    yield Cell(message.driver, "dim")
    yield Cell(message.error, "bad")


def _gateway(message: messages.Gateway) -> Iterable[Cell]:
    yield Cell(message.instance, "name")
    yield Cell("ok", "good") if message.status == "ok" else Cell("DEGRADED", "bad")
    yield Cell(f"PLCs online: {message.plcs.online} of {message.plcs.total}")
    yield Cell(_buffer(message.buffer))
    yield Cell("; ".join(_cluster(name, state) for name, state in message.clusters.items()))


def _buffer(state: messages.BufferState) -> str:
    parts = [f"buffer: {state.bytes / 1e6:.1f} MB"]
    if state.dropped:
        parts.append(f"{state.dropped} DROPPED")
    if state.error:
        parts.append(f"DISK: {state.error}")
    return ", ".join(parts)


def _cluster(name: str, state: messages.ClusterState) -> str:
    parts = [f"{name}: {'online' if state.online else 'OFFLINE'}"]
    if state.error:
        parts.append(state.error)
    parts.append(f"{state.waiting} waiting")
    if state.waiting:
        parts[-1] += f" up to {state.oldest:.1f} s"
    if state.dropped:
        parts.append(f"{state.dropped} DROPPED")
    return ", ".join(parts)


def _write(message: messages.WriteRequest) -> Iterable[Cell]:
    yield Cell(shortened(message.plc, _LONGEST), "name")
    yield Cell(shortened(message.tag, _LONGEST))
    yield _value(message.value)
    yield Cell(_request(message.request_id), "dim")


def _response(message: messages.WriteResponse) -> Iterable[Cell]:
    yield Cell(shortened(message.plc, _LONGEST), "name")
    yield Cell(shortened(message.tag, _LONGEST))
    yield _value(message.value)
    yield _outcome(message)
    yield Cell(_request(message.request_id), "dim")
    yield Cell(shortened(message.error, _LONGEST_RAW), "bad")


def _outcome(message: messages.WriteResponse) -> Cell:
    if message.success:
        return Cell("done", "good")
    if message.skipped:
        return Cell("SKIPPED", "warning")
    if message.deduplicated:
        return Cell("DEDUPLICATED", "warning")
    unknown = message.error.startswith("outcome unknown")
    return Cell("UNKNOWN" if unknown else "FAILED", "bad")


def _request(request_id: Any) -> str:
    return "" if request_id is msgspec.UNSET else f"request {_json(request_id)}"


def _trigger(message: messages.TriggerEvent) -> Iterable[Cell]:
    packs = {name: captured_pack(name, value) for name, value in message.data.items()}
    bad = dict(message.errors or {})
    for name, members in packs.items():
        bad |= {f"{name} {member}": reason for member, reason in _bad(members).items()}
    yield Cell(message.trigger, "name")
    yield Cell(f"#{message.sequence}")
    yield Cell(message.plc)
    yield Cell(
        " ".join(
            f"{name}=({_members(packs[name])})"
            if packs[name]
            else f"{name}={'BAD' if name in bad else _json(value)}"
            for name, value in message.data.items()
        ),
        "bold",
    )
    yield Cell("; ".join(_reasons(bad)), "bad")


def _pack(message: messages.Pack) -> Iterable[Cell]:
    plcs: Mapping[str, messages.PackPlc] = message.plcs or {}
    # A PLC that is away makes all of its members bad, for one reason.
    here = {name: each for name, each in message.tags.items() if each.plc not in plcs}
    yield Cell(f"pack {message.name}", "name")
    yield Cell(_members(message.tags), "bold")
    away = [f"{name} is OFFLINE: {plc.error}" for name, plc in plcs.items()]
    yield Cell("; ".join([*away, *_reasons(_bad(here))]), "bad")


def _members(members: Mapping[str, messages.PackMember]) -> str:
    return " ".join(
        f"{name}={'BAD' if member.quality else _json(member.value)}"
        for name, member in members.items()
    )


def _bad(members: Mapping[str, messages.PackMember]) -> dict[str, str]:
    return {name: member.error or "" for name, member in members.items() if member.quality}


def _reasons(bad: Mapping[str, str]) -> list[str]:
    return [f"{name} is BAD: {reason}" for name, reason in bad.items()]


def _dead_letter(record: Record) -> Iterable[Cell]:
    headers = dict(record.headers)
    topic, partition, offset = (
        _text(headers.get(f"source.{part}"), _LONGEST) for part in ("topic", "partition", "offset")
    )
    yield Cell(_text(record.key, _LONGEST), "name")
    yield Cell(_text(headers.get("error.reason"), _LONGEST_RAW), "bad")
    yield Cell(f"from {topic} {partition}@{offset}", "dim")
    yield Cell(_text(record.value, _LONGEST_RAW), "bold")


def _raw(record: Record) -> Iterable[Cell]:
    """A record that is none of our messages: where it is, its key and its bytes."""
    yield Cell(f"{record.partition}@{record.offset}", "dim")
    yield Cell(_text(record.key, _LONGEST), "name")
    yield Cell(_text(record.value, _LONGEST_RAW), "bold")


def _value(value: Any, quality: object = msgspec.UNSET) -> Cell:
    return Cell(_json(value), "bold") if quality is msgspec.UNSET else Cell("BAD", "bad")


def _json(value: Any) -> str:
    # A line break inside JSON stands only between tokens.
    text = msgspec.json.encode(value).decode().replace("\r", " ").replace("\n", " ")
    return shortened(text, _LONGEST)


def _text(raw: bytes | None, most: int) -> str:
    return "-" if raw is None else shortened(raw.decode(errors="backslashreplace"), most)
