"""How rows and notes are stored: a batch as msgpack, and a checksum of all of it."""

import struct
import zlib
from collections.abc import Iterable, Mapping

import msgspec

from warlogix.messages import Batch
from warlogix.outbox.rows import Audience, Row
from warlogix.outbox.schema import LANE_SPAN, Damaged
from warlogix.outbox.work import Entry

_ROW = struct.Struct("<qqqq")
_SUM = struct.Struct("<I")
encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Batch).decode


def collect(
    cursor: Iterable[tuple[int, int, int, int, int, bytes]],
    base: int,
    cluster: str,
    audiences: Mapping[int, Audience],
    limit: tuple[int, int],
) -> tuple[list[Row], int]:
    """The rows for `cluster` and, if it stopped at `limit`, the number it stopped at, else 0."""
    rows: list[Row] = []
    messages, size = limit
    for key, number, count, since, checksum, body in cursor:
        audience = audiences.get(number)
        if audience is None or checksum != _checksum(key, number, count, since, body):
            raise Damaged("a row is not what was written")
        if cluster in audience.clusters:
            rows.append(Row(key - base, _decode(body), audience, since, len(body)))
            messages -= count
        size -= len(body)
        if messages <= 0 or size <= 0:
            return rows, key - base
    return rows, 0


def columns(entry: Entry, body: bytes) -> tuple[int, int, int, int, int, bytes]:
    """A row as it is stored."""
    key = entry.lane * LANE_SPAN + entry.id
    fields = (key, entry.audience, len(entry.batch), entry.since)
    return (*fields, _checksum(*fields, body), body)


def note_columns(key: str, value: bytes) -> tuple[str, bytes]:
    """A note as it is stored: its checksum stands before the value."""
    return key, _SUM.pack(zlib.crc32(value, zlib.crc32(key.encode()))) + value


def note_of(key: str, content: bytes) -> bytes:
    """The value of a note that is stored like this.

    Errors: `Damaged`.
    """
    value = content[_SUM.size :]
    if note_columns(key, value) != (key, content):
        raise Damaged("a note is not what was written")
    return value


def _checksum(key: int, audience: int, messages: int, since: int, body: bytes) -> int:
    """What a row's content must give when it is read: SQLite does not check its pages."""
    try:
        return zlib.crc32(body, zlib.crc32(_ROW.pack(key, audience, messages, since)))
    except (struct.error, TypeError) as exc:
        raise Damaged("a row holds what was never written to it") from exc
