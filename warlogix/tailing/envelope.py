"""A record as one line of JSON, for programs."""

from base64 import b64encode
from typing import Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from warlogix.kafka.consumer import Record
from warlogix.messages import encode, one_line, timestamp


class Envelope(Struct, frozen=True, kw_only=True):
    """What `tail --json` prints: where a record is, and what it holds.

    `value` is JSON where the bytes are JSON, digit for digit, else text; bytes that are not UTF-8
    are in `value_base64` or `key_base64` instead.
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
    key, key_base64 = _text(record.key)
    text, value_base64 = _text(record.value)
    headers = [(name, _header(value)) for name, value in record.headers]
    envelope = Envelope(
        cluster=record.cluster,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        timestamp=timestamp(record.timestamp) if record.timestamp >= 0 else None,
        key=key,
        key_base64=key_base64,
        headers=headers or UNSET,
        value=_json(record.value) if isinstance(text, str) and record.value else text,
        value_base64=value_base64,
    )
    return encode(envelope).decode() + "\n"


def _text(raw: bytes | None) -> tuple[str | UnsetType | None, str | UnsetType]:
    """Bytes as text, or else as base64: one of the two is unset."""
    if raw is None:
        return None, UNSET
    try:
        return raw.decode(), UNSET
    except UnicodeDecodeError:
        return UNSET, b64encode(raw).decode()


def _json(raw: bytes) -> Raw | str:
    """JSON as it stands, on one line; text where it is none. `raw` is UTF-8."""
    try:
        msgspec.json.decode(raw, type=Raw)
    except (msgspec.DecodeError, RecursionError):
        return raw.decode()
    return Raw(one_line(raw))


def _header(raw: bytes | None) -> str | None:
    return None if raw is None else raw.decode(errors="backslashreplace")
