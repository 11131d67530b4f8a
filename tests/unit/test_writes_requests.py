"""Whatever bytes a record has: it is a request, or it is not, and nothing is ever raised."""

import json
import time
from random import Random
from typing import Any

import pytest
from msgspec import UNSET, Raw, UnsetType

from tests.unit.write_requests import NOW, WALL, record
from warlogix.writes.answers import Answer, dead_letters, responses
from warlogix.writes.requests import Request, Unreadable

_GOOD = [
    b'{"plc":"MainPLC","tag":"Counter","value":100,"request_id":"r-1"}',
    b'{ "plc" : "MainPLC", "tag" : "Counter", "value" : -0 , "request_id" : null, "x": {"y": []} }',
    b'{"value":[1.50,2e-3,{"a":"\\u00e9\\ud83d\\ude00"}],"tag":"T","plc":"P","request_id":[7,{}]}',
    '{"plc":"Größe","tag":"速度","value":"τιμή","request_id":18446744073709551616}'.encode(),
    b'{"plc":"MainPLC","tag":"Counter"}',
    b'{"plc":7,"tag":["a"],"value":true}',
    b'{"tag":"a","tag":"b","plc":"P","value":1,"value":2}',
]
_SPICE = [
    *(b"NaN", b"Infinity", b"-Infinity", b"-0", b"-0.0", b"1e999999999", b"1E-999999999", b"01"),
    *(b"9" * 5000, b"0." + b"1" * 5000, b"\xff", b"\xed\xa0\x80", b"\xc0\x80", b"\x00", b"\\u0000"),
    *(b"\\ud800", b"\\udc00", b"\\ud83d\\ude00", b"\\ud83d\\ud83d", b"[" * 60 + b"]" * 60),
    *(b'"plc":"Q",', b'"value":1,', b'"request_id":1.0,', b"\xef\xbb\xbf", b"null", b"true", b'"'),
    *(b"{", b"}", b"[", b"]", b",", b":", b" ", b"\n", b"\\", b"1.", b".5", b"+1", b"1e", b"'"),
]


def mutated(random: Random) -> bytes:
    """A good request that something was done to, or nothing but noise."""
    raw = random.choice(_GOOD)
    if random.random() < 0.1:
        return random.randbytes(random.randrange(60))
    for _ in range(random.randrange(4)):
        at, cut = random.randrange(len(raw) + 1), random.randrange(4) * random.randrange(4)
        kind = random.randrange(4)
        put = random.choice(_SPICE) if kind else random.randbytes(1)
        if kind == 3:
            # A whole value is replaced, so that most of these stay JSON.
            at, cut = _a_value(raw, random)
        raw = raw[:at] + put + raw[at + cut :]
    return raw


def _a_value(raw: bytes, random: Random) -> tuple[int, int]:
    at = raw.find(random.choice([b'"plc"', b'"tag"', b'"value"', b'"request_id"']))
    start = raw.find(b":", at) + 1
    ends = [end for end in (raw.find(b",", start), raw.find(b"}", start)) if end > 0]
    return start, max(min(ends, default=start) - start, 0)


def exactly(raw: bytes) -> Any:
    """What JSON bytes hold: numbers as they are written, objects as lists of pairs.

    Raises `ValueError` for what is no JSON, or has half a character in it.
    """
    loaded = json.loads(
        raw.decode(),
        parse_int=lambda digits: ("number", digits),
        parse_float=lambda digits: ("number", digits),
        parse_constant=lambda name: int(name),
        object_pairs_hook=lambda pairs: {"": pairs},
    )
    json.dumps(loaded, ensure_ascii=False).encode()
    return loaded


def member(pairs: list[tuple[str, Any]], name: str) -> Any:
    """The last member of that name; UNSET where there is none."""
    return next((value for key, value in reversed(pairs) if key == name), UNSET)


def given(raw: Raw | UnsetType) -> Any:
    """The same of a request as it was read."""
    return UNSET if raw is UNSET else exactly(bytes(raw))


def check(raw: bytes) -> bool:
    """Read, answer and bury these bytes; whether they are a request."""
    found = record(raw)
    try:
        loaded = exactly(raw)
    except ValueError:
        loaded = None
    letters = dead_letters("w", [found], WALL, "i")
    assert letters.values == [raw]
    assert all(isinstance(value, bytes) for _, value in (letters.headers or [[]])[0])
    if not isinstance(loaded, dict):
        assert isinstance(found, Unreadable)
        assert found.reason
        return False
    pairs = loaded[""]
    assert isinstance(found, Request)
    assert given(found.value) == member(pairs, "value")
    assert given(found.request_id) == member(pairs, "request_id")
    for name, text in (("plc", found.plc), ("tag", found.tag)):
        asked = member(pairs, name)
        is_text = isinstance(asked, str) and len(asked) <= 1000
        assert text == (asked if is_text else "")
        assert is_text or f'"{name}"' in found.fault
    check_response(found)
    return True


def check_response(request: Request) -> None:
    """The answer is JSON in UTF-8, its fields in order, and repeats what was asked exactly."""
    (raw,) = responses("w", [Answer.failed(request, "no \ud800")], WALL, "i").values
    assert raw is not None
    pairs = exactly(raw)[""]
    names = ["plc", "tag", "value", "request_id"]
    if request.request_id is UNSET:
        names.pop()
    names += ["success", "error", "skipped", "deduplicated", "timestamp"]
    assert [name for name, _ in pairs] == names
    assert member(pairs, "plc") == request.plc
    assert member(pairs, "tag") == request.tag
    assert member(pairs, "value") == (None if request.value is UNSET else given(request.value))
    assert member(pairs, "request_id") == given(request.request_id)
    if request.value is not UNSET:
        assert b'"value":' + bytes(request.value) + b"," in raw


@pytest.mark.parametrize("part", range(10))
def test_no_bytes_do_harm(part: int) -> None:
    """Of 10,000 odd records each is a request or unreadable, as Python's own JSON sees it."""
    random = Random(part)
    began = time.process_time()
    requests = sum(check(mutated(random)) for _ in range(1000))
    assert 100 < requests < 900
    assert time.process_time() - began < 30


@pytest.mark.parametrize(
    "raw",
    [
        b'{"plc":"P","tag":"T","value":"' + b"x" * 1_000_000 + b'"}',
        b'{"plc":"P","tag":"T","value":[' + b"1," * 500_000 + b"1]}",
        b'{"plc":"P","tag":"T","value":[' + b"[]," * 330_000 + b"1]}",
        b'{"plc":"P","tag":"T","value":' + b"9" * 1_000_000 + b"}",
        b'{"plc":"' + b"P" * 1_000_000 + b'","tag":"T","value":1}',
        b'{"plc":"P","tag":"T","value":1,"request_id":"' + b"i" * 1_000_000 + b'"}',
        b'{"plc":"P","tag":"T","value":' + b"[" * 500_000 + b"]" * 500_000 + b"}",
        b'{"plc":"P","tag":"T","value":' + b'{"a":' * 200_000,
        b'{"plc":"P","tag":"T","value":"' + b'\\"' * 500_000,
        b'{"' + b"\\u0070" * 160_000 + b'":1}',
        b"\xff" * 1_000_000,
        b" " * 1_000_000,
    ],
    ids=lambda raw: raw[:36].decode(errors="replace"),
)
def test_a_megabyte_is_read_at_once(raw: bytes) -> None:
    """A megabyte of anything is read, and answered or buried, in a time that grows as it does."""
    began = time.process_time()
    found = record(raw)
    dead_letters("w", [found], WALL, "i")
    if isinstance(found, Request):
        (response,) = responses("w", [Answer.failed(found, "no")], WALL, "i").values
        assert len(response or b"") <= 900_000
    assert time.process_time() - began < 10


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (None, "the record is empty"),
        (b"", "the record is empty"),
        (b"plc=MainPLC", "JSON is malformed"),
        (b'\xef\xbb\xbf{"plc":"P","tag":"T","value":1}', "begins with a byte order mark"),
        (b'{"plc":"P"', "truncated"),
        (b"[1,2]", "JSON, but no object"),
        (b"null", "JSON, but no object"),
        (b'"text"', "JSON, but no object"),
        (b'{"plc":"P","tag":"T","value":NaN}', "JSON is malformed: invalid character (byte 29)"),
        (b'{"plc":"P","tag":"T","value":"\xff"}', "not UTF-8 (byte 30)"),
        ('{"plc":"P"}'.encode("utf-16"), "not UTF-8 (byte 0)"),
        (b'{"plc":"P","tag":"T","value":"\\ud83d"}', "half a character"),
        (b'{"value":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
    ],
)
def test_what_is_no_json_object_says_why(raw: bytes | None, reason: str) -> None:
    """Bytes that are no JSON object, and records without bytes, are unreadable with a reason."""
    found = record(raw, 7)
    assert isinstance(found, Unreadable)
    assert reason in found.reason
    assert (found.partition, found.offset, found.key, found.raw) == (0, 7, b"k", raw)


@pytest.mark.parametrize(
    ("raw", "plc", "tag", "fault"),
    [
        (b"{}", "", "", '"plc" is missing, "tag" is missing, "value" is missing; send a JSON'),
        (b'{"plc":"P","value":1}', "P", "", '"tag" is missing; send a JSON object like {"plc"'),
        (b'{"tag":"T","value":1}', "", "T", '"plc" is missing; send'),
        (b'{"plc":"P","tag":"T"}', "P", "T", '"value" is missing; send'),
        (b'{"plc":5,"tag":"T","value":1}', "", "T", '"plc" is not text; send'),
        (b'{"plc":null,"tag":["T"],"value":1}', "", "", '"plc" is not text, "tag" is not text;'),
        (b'{"plc":"P","tag":"' + b"T" * 1001 + b'","value":1}', "P", "", '"tag" is longer than'),
        (b'{"PLC":"P","tag":"T","value":1}', "", "T", '"plc" is missing; send'),
    ],
)
def test_what_lacks_something_says_what(raw: bytes, plc: str, tag: str, fault: str) -> None:
    """A JSON object that lacks a field keeps what it has, "" for the rest, and names the lack."""
    found = record(raw)
    assert isinstance(found, Request)
    assert (found.plc, found.tag) == (plc, tag)
    assert found.fault.startswith(fault)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"plc":"Nobody","tag":"Nothing","value":1}',
        b'{"plc":"","tag":"","value":null}',
        b'{"plc":"P","tag":"T","value":1,"timestamp":"yesterday","more":{"a":[1]}}',
        b'{"plc":"P","tag":"T","value":1,"request_id":null}',
    ],
)
def test_what_has_all_fields_is_whole(raw: bytes) -> None:
    """Unknown names, null and unknown fields are no lack: such a request is no dead letter."""
    found = record(raw)
    assert isinstance(found, Request)
    assert found.fault == ""


def test_a_member_given_twice_counts_once() -> None:
    """Of a member that is given twice the last counts, as everywhere."""
    found = record(b'{"plc":"A","tag":"T","value":1,"plc":"B","value":2}')
    assert isinstance(found, Request)
    assert (found.plc, bytes(found.value if isinstance(found.value, Raw) else b"")) == ("B", b"2")


@pytest.mark.parametrize(
    ("timestamp", "age", "written"),
    [(WALL - 5200, 5.2, WALL - 5200), (WALL + 500, -0.5, WALL + 500), (-1, 0.0, WALL)],
)
def test_age_at_receipt(timestamp: int, age: float, written: int) -> None:
    """Age is the wall clock minus the record's timestamp, and 0 of a record that has none."""
    found = record(_GOOD[0], timestamp=timestamp)
    assert isinstance(found, Request)
    assert (found.age, found.received, found.written) == (age, NOW, written)
