"""A record as one line of JSON, for programs."""

from typing import Any

from msgspec import UNSET, Struct, UnsetType

from warlogix.kafka.records import Record
from warlogix.messages import as_header, as_text, as_value, encode, is_dated, timestamp


class Envelope(Struct, frozen=True, kw_only=True):
    """What `tail --json` prints: where a record is, and what it holds.

    `value` is JSON where the bytes are JSON, digit for digit, else text; bytes that are not UTF-8
    are in `value_base64` or `key_base64` instead. `timestamp` is null where RFC 3339 has none.
    """

    cluster: str
    topic: str
    partition: int
    offset: int
    timestamp: str | None
    key: str | UnsetType | None = UNSET
    key_base64: str | UnsetType = UNSET
    headers: list[tuple[str, str | None]] | UnsetType = UNSET
    value: Any = UNSET
    value_base64: str | UnsetType = UNSET


def line(record: Record) -> str:
    """The record's envelope and a newline."""
    key, key_base64 = as_text(record.key)
    value, value_base64 = as_value(record.value)
    headers = [(name, as_header(content)) for name, content in record.headers]
    envelope = Envelope(
        cluster=record.cluster,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        timestamp=timestamp(record.timestamp) if is_dated(record.timestamp) else None,
        key=key,
        key_base64=key_base64,
        headers=headers or UNSET,
        value=value,
        value_base64=value_base64,
    )
    return encode(envelope).decode() + "\n"
