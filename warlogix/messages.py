"""Every message that goes over Kafka, field by field, in the order it is written.

Encode with `encode`; nothing here knows where a message goes.
"""

import time
from base64 import b64encode
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Literal

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

_ENCODER = msgspec.json.Encoder()
_YEAR_10000 = 253_402_300_800_000
_SPACE = bytes.maketrans(b"\r\n", b"  ")


def encode(message: Struct) -> bytes:
    """One message as JSON in UTF-8, fields in declared order, no white space."""
    return _ENCODER.encode(message)


# A value as it stands inside a message; called for each change, so nothing stands around it.
encode_value: Callable[[object], bytes] = _ENCODER.encode


def one_line(raw: bytes) -> bytes:
    """JSON without line breaks: inside JSON they stand only between tokens, never in a text."""
    return raw.translate(_SPACE)


def as_text(raw: bytes | None) -> tuple[str | UnsetType | None, str | UnsetType]:
    """Bytes of a record as text, or else as base64: one of the two is unset."""
    if raw is None:
        return None, UNSET
    try:
        return raw.decode(), UNSET
    except UnicodeDecodeError:
        return UNSET, b64encode(raw).decode()


def as_value(raw: bytes | None) -> tuple[Raw | str | UnsetType | None, str | UnsetType]:
    """Bytes of a record as JSON as it stands, on one line, else as text, or else as base64."""
    text, base64 = as_text(raw)
    if raw and text is not UNSET:
        try:
            msgspec.json.decode(raw, type=Raw)
        except (msgspec.DecodeError, RecursionError):
            return text, base64
        return Raw(one_line(raw)), base64
    return text, base64


def as_header(raw: bytes | None) -> str | None:
    """The bytes of a header as text; what is not UTF-8 is escaped."""
    return None if raw is None else raw.decode(errors="backslashreplace")


def is_dated(at: int) -> bool:
    """Whether RFC 3339 has a timestamp for it: records carry any number of milliseconds."""
    return 0 <= at < _YEAR_10000


def timestamp(at: int) -> str:
    """Milliseconds since 1970 as RFC 3339 in UTC: `2024-01-15T10:30:00.123Z`."""
    seconds, fraction = divmod(at, 1000)
    return f"{_second(seconds)}.{fraction:03d}Z"


def exact_timestamp(at: int) -> str:
    """Nanoseconds since 1970 as RFC 3339 in UTC: `2024-01-15T10:30:00.123456789Z`."""
    seconds, fraction = divmod(at, 1_000_000_000)
    return f"{_second(seconds)}.{fraction:09d}Z"


@lru_cache(maxsize=8)
def _second(at: int) -> str:
    # What happens within a second has it in common, and strftime is slow.
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at))


def own_headers(instance: str) -> list[tuple[str, bytes | None]]:
    """The headers of what must be told from others: answers, dead letters and events."""
    return [
        ("content-type", b"application/json"),
        ("warlogix-version", b"1"),
        ("warlogix-instance", instance.encode()),
    ]


class TagChange(Struct, frozen=True, gc=False):
    """A tag has a new value, or its quality changed. Topic `base`, key `{plc}.{tag}`.

    `quality` and `error` are present only when the value is not good, and then `value` is null.
    """

    plc: str
    tag: str
    address: str
    value: Any
    type: str
    writable: bool
    timestamp: str
    quality: Literal["bad"] | UnsetType = UNSET
    error: str | UnsetType = UNSET


def change_before(plc: str, tag: str, address: str) -> bytes:
    """What an encoded `TagChange` of a good reading begins with, up to its value."""
    return _around_value(TagChange(plc, tag, address, Raw(b"\n"), "", False, ""))[0]


def change_between(kind: str, writable: bool) -> bytes:
    """What it goes on with, up to its timestamp, behind which there is `CHANGE_END`."""
    change = TagChange("", "", "", Raw(b"\n"), kind, writable, "")
    return _around_value(change)[1].removesuffix(CHANGE_END)


CHANGE_END = b'"}'


def _around_value(change: TagChange) -> tuple[bytes, bytes]:
    # Nothing else in a JSON text is a line break.
    before, behind = encode(change).split(b"\n")
    return before, behind


class Health(Struct, frozen=True, gc=False):
    """The state of one PLC. Topic `base.health`, key `{plc}`."""

    plc: str
    driver: str
    online: bool
    status: Literal["connecting", "connected", "disconnected", "error"]
    error: str
    timestamp: str


class ClusterState(Struct, frozen=True, gc=False):
    """How one Kafka cluster is doing, inside the gateway's own health.

    `since` is when `online` last changed, `waiting` counts messages that it has not confirmed,
    `oldest` is the age of the oldest of them in seconds, `dropped` counts what it will never get.
    """

    online: bool
    since: str
    error: str
    waiting: int
    oldest: float
    dropped: int


class BufferState(Struct, frozen=True, gc=False):
    """The durable buffer: its size in bytes on disk, what it dropped, and what is wrong with it."""

    bytes: int
    dropped: int
    error: str


class PlcCounts(Struct, frozen=True, gc=False):
    """How many of the enabled PLCs are connected."""

    online: int
    total: int


class Gateway(Struct, frozen=True):
    """The gateway's own health. Topic `base.gateway`, key `{instance}`."""

    instance: str
    version: str
    status: Literal["ok", "degraded"]
    clusters: dict[str, ClusterState]
    buffer: BufferState
    plcs: PlcCounts
    timestamp: str


class WriteRequest(Struct, frozen=True):
    """What a producer asks to be written. Topic `base-writes`; unknown fields are ignored."""

    plc: str
    tag: str
    value: Any
    request_id: Any | UnsetType = UNSET


class WriteResponse(Struct, frozen=True, kw_only=True):
    """The answer to one write request. Topic `base-write-responses`."""

    plc: str
    tag: str
    value: Any
    request_id: Any | UnsetType = UNSET
    success: bool
    error: str
    skipped: bool
    deduplicated: bool
    timestamp: str


class TriggerEvent(Struct, frozen=True):
    """What was captured at a trigger's edge. Topic `base-triggers`, key `{trigger}`."""

    trigger: str
    timestamp: str
    sequence: int
    plc: str
    metadata: dict[str, str]
    data: dict[str, Any]
    errors: dict[str, str] | UnsetType = UNSET


class PackMember(Struct, frozen=True):
    """One tag inside a pack; `quality` and `error` only when it is bad."""

    value: Any
    type: str
    plc: str
    address: str | UnsetType = UNSET
    quality: Literal["bad"] | UnsetType = UNSET
    error: str | UnsetType = UNSET


class PackPlc(Struct, frozen=True):
    """A PLC in trouble, inside a pack."""

    address: str
    family: str
    connected: bool
    error: str


class Pack(Struct, frozen=True):
    """Many tags as one message. Topic `base`, key `pack:{name}`."""

    name: str
    timestamp: str
    tags: dict[str, PackMember]
    plcs: dict[str, PackPlc] | UnsetType = UNSET


class Origin(Struct, frozen=True, array_like=True, gc=False):
    """The record that a message answers. `timestamp` is that record's own: a topic made anew has
    the same offsets again."""

    topic: str
    partition: int
    offset: int
    timestamp: int


class Batch(Struct, frozen=True, array_like=True, gc=False):
    """Encoded messages of one kind, made together: what the outbox keeps and the publisher sends.

    Columns of equal length, in the order of the messages. `timestamps` are the records' own, in
    ms since 1970. `headers` is None where no message carries its own (a cluster's configured
    headers are added when it is sent). `origins` is a column of answers alone, and is never sent.
    Stored as msgpack, so the order of the fields is a format.
    """

    keys: list[bytes | None]
    values: list[bytes | None]
    timestamps: list[int]
    headers: list[list[tuple[str, bytes | None]]] | None = None
    origins: list[Origin] | None = None

    def __len__(self) -> int:
        return len(self.values)
