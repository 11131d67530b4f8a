"""Write requests as tests make them: a small plant, and records that ask it for something."""

import json
from dataclasses import replace
from typing import Any

from msgspec import Raw

from warlogix.datatypes import DataType, Kind
from warlogix.tags import Tag
from warlogix.writes.answers import Answer
from warlogix.writes.repeats import Repeats
from warlogix.writes.requests import Request, Unreadable, read_request
from warlogix.writes.settle import Kinds, Settled, settle
from warlogix.writes.targets import Targets

# The wall clock in ms and the monotonic clock in seconds, at the moment a window closes.
WALL, NOW = 1_705_314_600_000, 5000.0
MAX_AGE = 2.0


def tag(name: str, base: str = "INT", **more: Any) -> Tag:
    """A writable tag."""
    return Tag(name, kind=DataType(base), **({"writable": True} | more))


COUNTER = tag("DB1.DBD100", "DINT", alias="Counter", address="DB1.DBD100")
SPEED = tag("DB1.DBW0", alias="Speed", address="DB1.DBW0")
APPLY = tag("DB1.DBX4.0", "BOOL", alias="Apply", coalesce_writes=False)
LEVEL = tag("Level", "REAL")
NAME = tag("Name", "STRING", writable=False)
TAGS = (COUNTER, SPEED, APPLY, LEVEL, NAME)
TARGETS = Targets([("MainPLC", TAGS), ("Mixer", TAGS)], off={"MainPLC": ["Spare"], "Press": ()})


def configured(_plc: str, tag: Tag) -> Kind | str:
    """The types of a plant whose PLCs are memory: those of the configuration."""
    return tag.kind or "nobody knows it"


def record(raw: bytes | None, offset: int = 0, **more: Any) -> Request | Unreadable:
    """A record as it is read at the moment of its receipt, `more` being its other properties."""
    given: dict[str, Any] = {
        "partition": 0,
        "timestamp": WALL,
        "key": b"k",
        "now_wall_ms": WALL,
        "now": NOW,
    }
    return read_request(offset=offset, value=raw, **(given | more))


def request(
    tag: str = "Counter", value: object = 100, offset: int = 0, *, plc: str = "MainPLC", **more: Any
) -> Request:
    """A request for a tag; `id` is its request_id, `age` its age in seconds at receipt.

    `raw_value` is the JSON of its value where that is not `value`.
    """
    asked: dict[str, object] = {"plc": plc, "tag": tag, "value": value}
    if "id" in more:
        asked["request_id"] = more.pop("id")
    if "age" in more:
        more["timestamp"] = WALL - round(more.pop("age") * 1000)
    raw_value = more.pop("raw_value", None)
    found = record(json.dumps(asked).encode(), offset, **more)
    assert isinstance(found, Request)
    return replace(found, value=Raw(raw_value)) if raw_value else found


def settled(
    *requests: Request,
    targets: Targets = TARGETS,
    kinds: Kinds = configured,
    repeats: Repeats | None = None,
    now: float = NOW,
) -> Settled:
    """What is decided when these come in one window."""
    return settle(requests, targets, kinds, repeats or Repeats(MAX_AGE), now, MAX_AGE)


def offsets(decided: Settled) -> tuple[list[int], list[int]]:
    """The offsets to execute, and those that were superseded or repeat others."""
    spared = [answer.request.offset for answer in decided.answers if answer.deduplicated]
    return [write.request.offset for write in decided.todo], spared


def told(*requests: Request, **more: Any) -> list[str]:
    """The errors of what is answered at once."""
    return [answer.error for answer in settled(*requests, **more).answers]


def the(answer: Answer) -> tuple[bool, bool, bool, str]:
    """Success, skipped, deduplicated and error: a row of the table of answers."""
    return answer.success, answer.skipped, answer.deduplicated, answer.error
