"""`warlogix tail writes`, `responses` and `dead-letters` on a real Apache Kafka."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from confluent_kafka import Producer

from tests.witness import create_topic
from warlogix.messages import Batch
from warlogix.writes.answers import Answer, dead_letters, responses
from warlogix.writes.requests import Request, Unreadable, read_request

WARLOGIX = Path(sys.executable).with_name("warlogix")
LIMIT = 90.0
AT = 1705314600123
CONFIG = """
namespace = "{namespace}"
[[kafka]]
name = "Local"
brokers = ["{address}"]
enable_writeback = true
"""
RECORDS: Sequence[tuple[bytes | None, bytes | None]] = (
    (b"A.Speed", b'{"plc":"A","tag":"Speed","value":72.50,"request_id":"r-1"}'),
    (b"A.Speed", b'{"plc":"A","tag":"Speed","value":1e400}'),
    (b"A.Text", b'{"plc":"A","tag":"Text","value":"' + b"x" * 100_000 + b'"}'),
    (b"A.Lacks", b'{"plc":"A","tag":"Lacks"}'),
    (None, b'{"plc":"A","tag":'),
    (b"\xff", b"\xff\xfe"),
    (b"A.Nothing", None),
)


def request(offset: int) -> Request | Unreadable:
    """What a gateway makes of one of the records."""
    key, value = RECORDS[offset]
    return read_request(0, offset, AT, key, value, now_wall_ms=AT, now=0.0)


def put(address: str, topic: str, batch: Batch) -> None:
    """Put a batch into a topic."""
    create_topic(address, topic)
    producer = Producer({"bootstrap.servers": address, "log_level": 0})
    headers = batch.headers or [[] for _ in batch.values]
    for key, value, own in zip(batch.keys, batch.values, headers, strict=True):
        producer.produce(topic, value, key, headers=[*own])
    assert producer.flush(LIMIT) == 0


@pytest.fixture
def config(kafka: str, topic_prefix: str, tmp_path: Path) -> Path:
    """A configuration whose three topics of writeback have something of everything."""
    asked = [request(offset) for offset in range(len(RECORDS))]
    readable = [each for each in asked if isinstance(each, Request)]
    dead = [each for each in asked if isinstance(each, Unreadable) or each.fault]
    answers = [
        Answer.done(readable[0]),
        Answer.failed(readable[1], "1e400 does not fit REAL"),
        Answer.expired(readable[2], "request expired (age: 5.2s, max: 2s)"),
        Answer.failed(readable[3], readable[3].fault),
        Answer.superseded(readable[0], readable[1]),
        Answer.failed(readable[0], "outcome unknown: no answer within 3 s"),
    ]
    keys, values = [key for key, _ in RECORDS], [value for _, value in RECORDS]
    topic = f"{topic_prefix}-writes"
    put(kafka, topic, Batch(keys, values, [AT] * len(RECORDS)))
    put(kafka, f"{topic_prefix}-write-responses", responses(topic, answers, AT, "gw"))
    put(kafka, f"{topic_prefix}-dead-letters", dead_letters(topic, dead, AT, "gw"))
    path = tmp_path / "warlogix.toml"
    path.write_text(CONFIG.format(namespace=topic_prefix, address=kafka))
    return path


def tail(config: Path, *arguments: str) -> list[str]:
    """What `warlogix tail ... --no-follow` prints, without the line of the day."""
    done = subprocess.run(
        [WARLOGIX, "--config", str(config), "tail", *arguments, "--no-follow"],
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=True,
    )
    assert done.stderr == ""
    return [line for line in done.stdout.splitlines() if not line.endswith(", local time")]


def shown(config: Path, what: str) -> list[str]:
    """The lines for people, each without its time and with single spaces."""
    lines = tail(config, what)
    assert all(len(line) < 600 for line in lines)
    return [" ".join(line.split()[1:]) for line in lines]


def test_requests_of_every_kind_are_shown(config: Path) -> None:
    """Requests are shown with their digits, long values cut, and what is none as it is."""
    cut = '"' + "x" * 119 + "… (100,002 characters)"
    assert shown(config, "writes") == [
        'A Speed 72.50 request "r-1"',
        "A Speed 1e400",
        f"A Text {cut}",
        '0@3 A.Lacks {"plc":"A","tag":"Lacks"}',
        '0@4 - {"plc":"A","tag":',
        "0@5 \\xff \\xff\\xfe",
        "0@6 A.Nothing -",
    ]


def test_responses_are_shown_with_their_outcome(config: Path) -> None:
    """Each answer has its word, its request and its reason."""
    lines = shown(config, "responses")
    assert lines[0] == 'A Speed 72.50 done request "r-1"'
    assert lines[1] == "A Speed 1e400 FAILED 1e400 does not fit REAL"
    assert lines[2].endswith("SKIPPED request expired (age: 5.2s, max: 2s)")
    assert lines[3].startswith("A Lacks null FAILED ")
    assert 'DEDUPLICATED request "r-1" request superseded by newer write' in lines[4]
    assert 'UNKNOWN request "r-1" outcome unknown: no answer within 3 s' in lines[5]


def test_dead_letters_are_shown_with_reason_and_origin(config: Path, topic_prefix: str) -> None:
    """Each dead letter says why it is one, and which record it was, to people and to programs."""
    lines = shown(config, "dead-letters")
    envelopes = [json.loads(line) for line in tail(config, "dead-letters", "--json")]
    assert len(lines) == len(envelopes) == 4
    for line, envelope, offset in zip(lines, envelopes, (3, 4, 5, 6), strict=True):
        headers = dict(envelope["headers"])
        assert f"{headers['error.reason']} from {topic_prefix}-writes 0@{offset} " in line
        assert headers["source.offset"] == str(offset)
    assert [line.rsplit(maxsplit=1)[-1] for line in lines[1:]] == [
        '{"plc":"A","tag":',
        "\\xff\\xfe",
        "-",
    ]


def test_json_keeps_every_byte(config: Path) -> None:
    """For programs nothing is cut, rounded or left out."""
    lines = tail(config, "writes", "--json")
    assert '"value":{"plc":"A","tag":"Speed","value":1e400}' in lines[1]
    values = [json.loads(line) for line in lines]
    assert len(values[2]["value"]["value"]) == 100_000
    assert values[4]["value"] == '{"plc":"A","tag":'
    assert values[5]["value_base64"] == "//4="
    assert values[6]["value"] is None
