"""What a record of the write topic asks for, whatever bytes it holds.

    request = read_request(0, 42, at, key, raw, now_wall_ms=wall, now=moment)

Numbers and every other value stay the bytes that came, so that an answer repeats them digit for
digit. A JSON object is a request even when it lacks something: its `fault` says what, and it is
answered with what it has. Anything else is Unreadable.
"""

import re
from codecs import BOM_UTF8
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

# No family has names as long; an answer repeats them twice, in its key too.
_LONGEST_NAME = 1000
_LONE_SURROGATE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F]"
)
_FORM = 'send a JSON object like {"plc": "MainPLC", "tag": "Counter", "value": 100}'


# A record: its partition, its offset and its time (a topic made anew has the same offsets again).
Name: TypeAlias = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Original:
    """A record of the write topic, untouched.

    `timestamp` is in ms since 1970, -1 where there is none; `raw` is its value.
    """

    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    raw: bytes | None

    @property
    def name(self) -> Name:
        """Which record it is."""
        return self.partition, self.offset, self.timestamp


@dataclass(frozen=True, slots=True)
class Unreadable(Original):
    """A record that is no JSON object, for the dead letters alone; `reason` says why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Request(Original):
    """A JSON object that asks for a write.

    `age` is in seconds at its receipt, negative where its timestamp is ahead of our clock; 0 of a
    record without timestamp. `received` is monotonic seconds. `written` is its timestamp, or the
    wall time of its receipt where it has none. `plc` and `tag` are "" where the request has none
    that is text. `value` and `request_id` are JSON as it came, UNSET where they are missing.
    `fault` says what it lacks, "" when it is whole; a request with a fault is answered and goes to
    the dead letters too. `clock` is what its answer adds when it has expired, see `clocks`.
    """

    age: float
    received: float
    written: int
    plc: str
    tag: str
    value: Raw | UnsetType
    request_id: Raw | UnsetType
    fault: str = ""
    clock: str = ""


class _Members(Struct):
    """The members that mean something; of one given twice the last counts."""

    plc: Raw | UnsetType = UNSET
    tag: Raw | UnsetType = UNSET
    value: Raw | UnsetType = UNSET
    request_id: Raw | UnsetType = UNSET


_MEMBERS = msgspec.json.Decoder(_Members)
_TEXT = msgspec.json.Decoder(str)


def read_request(
    partition: int,
    offset: int,
    timestamp: int,
    key: bytes | None,
    value: bytes | None,
    *,
    headers: Sequence[tuple[str, bytes | None]] = (),
    now_wall_ms: int,
    now: float,
) -> Request | Unreadable:
    """The request that a record holds; it never raises, whatever the bytes are."""
    original = (partition, offset, timestamp, key, headers, value)
    members = _members(value)
    if isinstance(members, str):
        return Unreadable(*original, members)
    plc, no_plc = _name("plc", members.plc)
    tag, no_tag = _name("tag", members.tag)
    no_value = '"value" is missing' if members.value is UNSET else ""
    lacks = ", ".join(filter(None, (no_plc, no_tag, no_value)))
    dated = timestamp >= 0
    return Request(
        *original,
        age=(now_wall_ms - timestamp) / 1000 if dated else 0.0,
        received=now,
        written=timestamp if dated else now_wall_ms,
        plc=plc,
        tag=tag,
        value=members.value,
        request_id=members.request_id,
        fault=f"{lacks}; {_FORM}" if lacks else "",
    )


def _members(raw: bytes | None) -> _Members | str:
    """The members of the object, or why it is none."""
    if not raw:
        return f"the record is empty; {_FORM}"
    if raw.startswith(BOM_UTF8):
        return f"begins with a byte order mark (EF BB BF), which JSON has not; {_FORM}"
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return f"not UTF-8 (byte {error.start}); {_FORM}"
    try:
        return _MEMBERS.decode(raw)
    except RecursionError:
        return f"nested too deeply to be read; {_FORM}"
    except msgspec.ValidationError:
        return f"JSON, but no object; {_FORM}"
    except msgspec.DecodeError as error:
        if _LONE_SURROGATE.search(raw):
            return "a \\u escape stands for half a character; write both halves, or the character"
        return f"{error}; {_FORM}"


def _name(member: str, raw: Raw | UnsetType) -> tuple[str, str]:
    """A text of the request, and what is wrong with it."""
    if raw is UNSET:
        return "", f'"{member}" is missing'
    try:
        name = _TEXT.decode(raw)
    except msgspec.ValidationError:
        return "", f'"{member}" is not text'
    if len(name) > _LONGEST_NAME:
        return "", f'"{member}" is longer than {_LONGEST_NAME} characters'
    return name, ""
