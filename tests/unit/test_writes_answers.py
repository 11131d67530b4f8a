"""How answers and dead letters travel: bytes, keys, headers and sizes."""

import json

import pytest

from tests.unit.write_requests import WALL, record, request
from warlogix.messages import Origin
from warlogix.writes.answers import Answer, dead_letters, responses
from warlogix.writes.requests import Request

AT = "2024-01-15T10:30:00.000Z"
TAIL = b'"success":true,"error":"","skipped":false,"deduplicated":false,"timestamp":"'


def answered(
    raw: bytes, *, key: bytes | None = b"k", error: str = ""
) -> tuple[bytes | None, bytes]:
    """Key and value of the response to a record."""
    found = record(raw, key=key)
    assert isinstance(found, Request)
    answer = Answer.failed(found, error) if error else Answer.done(found)
    batch = responses("w", [answer], WALL, "plant-1")
    assert batch.values[0] is not None
    return batch.keys[0], batch.values[0]


@pytest.mark.parametrize(
    ("asked", "echoed"),
    [
        (b'"value":100', b'"value":100'),
        (b'"value":100.0', b'"value":100.0'),
        (b'"value":-0', b'"value":-0'),
        (b'"value":1e999999999', b'"value":1e999999999'),
        (b'"value":18446744073709551617', b'"value":18446744073709551617'),
        (b'"value":' + b"7" * 5000, b'"value":' + b"7" * 5000),
        (b'"value":3.1400', b'"value":3.1400'),
        (b'"value":null', b'"value":null'),
        (b'"value":"\\u00e9<"', b'"value":"\\u00e9<"'),
        (b'"value":{"a":[1.0]}', b'"value":{"a":[1.0]}'),
        (b'"value":1,"request_id":"r"', b'"value":1,"request_id":"r"'),
        (b'"request_id":12345678901234567890.10,"value":1', None),
        (b'"value":1,"request_id":null', b'"value":1,"request_id":null'),
        (b'"value":1,"request_id":{"n":[1]}', b'"value":1,"request_id":{"n":[1]}'),
    ],
)
def test_what_was_asked_comes_back_digit_for_digit(asked: bytes, echoed: bytes | None) -> None:
    """Value and request_id come back as the bytes they came as, and an id only if one was given."""
    if echoed is None:
        echoed = b'"value":1,"request_id":12345678901234567890.10'
    _, value = answered(b'{"plc":"A","tag":"B",' + asked + b"}")
    assert value == b'{"plc":"A","tag":"B",' + echoed + b"," + TAIL + AT.encode() + b'"}'


@pytest.mark.parametrize(
    ("raw", "key", "start"),
    [
        (b'{"plc":"A","tag":"b","value":1}', b"A.b", b'{"plc":"A","tag":"b","value":1,'),
        (b'{"plc":"A","value":1}', b"k", b'{"plc":"A","tag":"","value":1,'),
        (b'{"plc":"A","tag":"b"}', b"k", b'{"plc":"A","tag":"b","value":null,'),
        (b'{"plc":5,"tag":"b","value":1}', b"k", b'{"plc":"","tag":"b","value":1,'),
        (b"{}", b"k", b'{"plc":"","tag":"","value":null,"success"'),
    ],
)
def test_key_and_fields_of_what_lacks_something(raw: bytes, key: bytes, start: bytes) -> None:
    """The key is plc.tag as asked; a request that lacks something keeps its own key."""
    found, value = answered(raw)
    assert (found, value[: len(start)]) == (key, start)


def test_keys_are_bytes_and_may_be_missing() -> None:
    """A key that is no UTF-8 comes back as it is, and so does none."""
    assert answered(b"{}", key=b"\xff\x00")[0] == b"\xff\x00"
    assert answered(b"{}", key=None)[0] is None
    assert answered('{"plc":"Ö","tag":"速","value":1}'.encode())[0] == "Ö.速".encode()


def test_a_response_says_who_made_it_and_what_it_answers() -> None:
    """Responses carry three headers, the instant they were made, and the record they answer."""
    asked = [request(offset=42, partition=3, timestamp=WALL - 5), request(offset=43, timestamp=-1)]
    batch = responses("factory-writes", [Answer.done(each) for each in asked], WALL, "plant-1")
    own = [
        ("content-type", b"application/json"),
        ("warlogix-version", b"1"),
        ("warlogix-instance", b"plant-1"),
    ]
    assert batch.headers == [own, own]
    assert batch.timestamps == [WALL, WALL]
    assert batch.origins == [
        Origin("factory-writes", 3, 42, WALL - 5),
        Origin("factory-writes", 0, 43, -1),
    ]


def test_a_response_fits_into_a_record_whatever_was_asked() -> None:
    """What would make it too large is left out, the larger part first, and a refusal says so."""
    start = b'{"plc":"A","tag":"b","value":'
    key, value = answered(start + b'"' + b"v" * 950_000 + b'","request_id":"r"}')
    found = json.loads(value)
    assert (key, found["value"], found["request_id"], found["success"]) == (b"A.b", None, "r", True)
    assert found["error"] == ""
    _, value = answered(start + b'1,"request_id":"' + b"r" * 950_000 + b'"}', error="no")
    found = json.loads(value)
    left_out = "the request_id is too large for an answer and was left out of it"
    assert (found["value"], found["error"]) == (1, f"no; {left_out}")
    assert "request_id" not in found
    key, value = answered(b'{"value":"' + b"v" * 800_000 + b'"}', key=b"k" * 150_000)
    assert key is None
    assert 800_000 < len(value) < 900_000


@pytest.mark.parametrize(
    ("sizes", "left_out"),
    [((0, 0, 999_000), "value"), ((120_000, 0, 9), "key"), ((0, 900_000, 9), "headers")],
)
def test_a_dead_letter_fits_into_a_record(sizes: tuple[int, int, int], left_out: str) -> None:
    """What is too large to be sent again is left out, and the reason says what and why."""
    key, header, value = sizes
    own = [("trace", b"h" * header)]
    unread = record(b"\xff" + b"v" * value, 7, key=b"k" * key, headers=own)
    batch = dead_letters("factory-writes", [unread], WALL, "plant-1")
    assert batch.headers is not None
    reason = dict(batch.headers[0])["error.reason"]
    assert reason is not None
    assert reason.endswith(f"too large to be kept here: its {left_out}".encode())
    texts = [batch.keys[0], batch.values[0], *(text for _, text in batch.headers[0])]
    assert sum(len(text or b"") for text in texts) < 999_000


def test_half_a_character_in_an_error_is_spelled_out() -> None:
    """An error that UTF-8 cannot carry does not stop the answer."""
    _, value = answered(b'{"plc":"A","tag":"b","value":1}', error="odd \ud800")
    assert json.loads(value)["error"] == "odd \\ud800"


def test_dead_letters_are_untouched() -> None:
    """Key, bytes and headers are the original's own; behind them is what warlogix adds."""
    own = [("trace", b"\xff"), ("nothing", None), ("content-type", b"text/plain")]
    unread = record(b"\xffoops", 42, headers=own, partition=3, timestamp=WALL, key=None)
    lacking = record(b'{"plc":"A"}', 43, timestamp=-1, key=b"\xfe")
    empty = record(None, 44)
    batch = dead_letters("factory-writes", [unread, lacking, empty], WALL + 9, "plant-1")
    assert batch.values == [b"\xffoops", b'{"plc":"A"}', None]
    assert batch.keys == [None, b"\xfe", b"k"]
    assert batch.timestamps == [WALL + 9] * 3
    assert batch.origins is not None
    assert batch.origins[0] == Origin("factory-writes", 3, 42, WALL)
    assert batch.headers is not None
    form = b'send a JSON object like {"plc": "MainPLC", "tag": "Counter", "value": 100}'
    assert batch.headers[0] == [
        *own,
        ("content-type", b"application/json"),
        ("warlogix-version", b"1"),
        ("warlogix-instance", b"plant-1"),
        ("error.reason", b"not UTF-8 (byte 0); " + form),
        ("source.topic", b"factory-writes"),
        ("source.partition", b"3"),
        ("source.offset", b"42"),
        ("source.timestamp", AT.encode()),
    ]
    added = dict(batch.headers[1])
    assert added["error.reason"] == b'"tag" is missing, "value" is missing; ' + form
    assert added["source.timestamp"] == b""


@pytest.mark.parametrize("timestamp", [0, 2**62, 253_402_300_800_000])
def test_timestamps_beyond_the_calendar_do_no_harm(timestamp: int) -> None:
    """A timestamp that no calendar knows is left out of the headers of a dead letter."""
    batch = dead_letters("w", [record(b"?", timestamp=timestamp)], WALL, "i")
    assert batch.headers is not None
    said = dict(batch.headers[0])["source.timestamp"]
    assert said == (b"" if timestamp else b"1970-01-01T00:00:00.000Z")
