"""JSON Schema of every message that goes over Kafka, made from `messages` and nothing else.

Strict: what warlogix publishes has these fields and no others, so that a test of a consumer finds
a misspelt field. Only a write request, which others make, may carry more.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from warlogix import messages

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

MESSAGES: Mapping[str, type[Struct]] = {
    "tag-change": messages.TagChange,
    "health": messages.Health,
    "gateway": messages.Gateway,
    "pack": messages.Pack,
    "trigger-event": messages.TriggerEvent,
    "write-request": messages.WriteRequest,
    "write-response": messages.WriteResponse,
}

_INSTANT = {
    "format": "date-time",
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$",
}
# What a consumer wants to know of a field: by its name, or by structure and name where it differs.
_FIELDS: Mapping[str, str] = {
    "address": "The memory address in upper case; empty for PLCs with named tags.",
    "buffer": "The durable buffer on disk.",
    "clusters": "Every enabled Kafka cluster by its name.",
    "data": "What was captured: tag or alias to value, a pack under `pack:{name}`.",
    "deduplicated": "True when another request took this one's place, so it was not executed.",
    "driver": "The PLC's family, as in the configuration.",
    "dropped": "Messages that were given up because the buffer was full or they were too old.",
    "error": "What is wrong, for a person; empty when nothing is.",
    "errors": "Tag to reason, only when a captured tag was bad.",
    "instance": "The name of this gateway.",
    "metadata": "The trigger's `metadata` from the configuration.",
    "name": "The pack's name.",
    "online": "Whether it can be used now.",
    "plc": "The PLC's name in the configuration.",
    "plcs": "How many PLCs are enabled and how many of them are connected.",
    "quality": "Present only when the value is not good.",
    "request_id": "Any JSON value; it comes back unchanged in the response.",
    "sequence": "Counts this trigger's events from 1, and goes on after a restart.",
    "skipped": "True when the request was too old, so it was not executed.",
    "status": "The state in one word.",
    "success": "True only when the PLC took the value.",
    "tag": "The tag's alias, else its name or address.",
    "tags": "`{plc}.{tag}` to the member's last known value.",
    "timestamp": "RFC 3339 in UTC.",
    "trigger": "The trigger's name.",
    "type": "The IEC type: `DINT`, `REAL`, `STRING`, `DINT[10]`; empty while nobody knows it.",
    "value": "The value; null only when it is bad or was never read.",
    "version": "The version of warlogix.",
    "writable": "Whether the configuration lets this tag be written.",
    "BufferState.bytes": "Its size on disk in bytes.",
    "BufferState.error": "Why the disk takes nothing; empty while it does.",
    "ClusterState.dropped": "Messages that it never got: the buffer was full, they were too old, or"
    " its brokers refused them.",
    "ClusterState.oldest": "The age in seconds of the oldest message that is not confirmed.",
    "ClusterState.since": "When `online` last changed, RFC 3339 in UTC.",
    "ClusterState.waiting": "Messages that this cluster has not confirmed yet.",
    "PackMember.address": "The address or the name in the PLC, only when an alias hides it.",
    "PackMember.error": "Why the value is bad; absent while it is good.",
    "Pack.plcs": "The PLCs that are in trouble, absent when none is.",
    "PackPlc.address": "Where the PLC is.",
    "PackPlc.connected": "Whether it can be read now.",
    "PackPlc.family": "The PLC's family, as in the configuration.",
    "PlcCounts.online": "How many of them are connected.",
    "PlcCounts.total": "How many PLCs are enabled.",
    "TagChange.error": "Why the value is bad; absent while it is good.",
    "TagChange.timestamp": "When the value was read, RFC 3339 in UTC.",
    "WriteRequest.tag": "The tag's name, alias or address; it must be writable.",
    "WriteRequest.value": "What to write.",
    "WriteResponse.tag": "The tag as the request named it.",
    "WriteResponse.value": "The value as the request asked for it, null when it had none.",
    "WriteResponse.timestamp": "When the answer was made, RFC 3339 in UTC.",
}


def message_schema(name: str) -> Schema:
    """The schema of one message, complete in itself. `name` is a key of `MESSAGES`."""
    kind = MESSAGES[name]
    (_, *_), parts = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    for part in parts.values():
        _describe(part)
    whole = parts.pop(kind.__name__)
    schema = {"$schema": DIALECT, **whole}
    if name == "write-request":
        del schema["additionalProperties"]
    if name == "tag-change":
        schema |= _bad_has_no_value()
    if name == "pack":
        parts["PackMember"] |= _bad_has_no_value()
    if parts:
        schema["$defs"] = parts
    return schema


def fields(schema: Schema) -> Iterator[tuple[str, Schema]]:
    """Every field of an object's schema with its own, in the order it is written."""
    yield from schema["properties"].items()


def _describe(part: Schema) -> None:
    """Give each field its meaning, and let no other field be there."""
    part["description"] = " ".join(part["description"].split())
    part["additionalProperties"] = False
    for name, field in fields(part):
        text = _FIELDS.get(f"{part['title']}.{name}") or _FIELDS[name]
        field["description"] = text
        if name == "timestamp" or name == "since":
            field |= _INSTANT


def _bad_has_no_value() -> Schema:
    """`quality`, `error` and a null value come together or not at all."""
    return {
        "if": {"required": ["quality"]},
        "then": {"required": ["error"], "properties": {"value": {"type": "null"}}},
        "else": {"properties": {"error": False, "value": {"not": {"type": "null"}}}},
    }
