"""The debug log of writeback has the lines of the original, word for word."""

import pytest

from tests.unit.write_requests import NOW, WALL, record, request, settled
from warlogix.datatypes import DataType
from warlogix.writes import log_lines
from warlogix.writes.answers import Answer
from warlogix.writes.settle import Settled, Write

_START = "[Kafka] [Consumer] "


def batch() -> Settled:
    """Ten requests, seven of them superseded and one that has expired."""
    rapid = [
        request("Counter", 50, 42, age=0.05, key=b"MainPLC.Counter"),
        *(request("Counter", n, n, age=0.04) for n in (43, 44)),
        request("Counter", 100, 45),
    ]
    speeds = [request("Speed", n, n) for n in range(50, 55)]
    return settled(*rapid, *speeds, request("Level", 1.5, 60, age=5.2))


def test_the_lines_of_a_batch() -> None:
    """What the original's document shows is what is logged."""
    decided = batch()
    first, write = decided.answers[0], decided.todo[0]
    raw = b'{"plc":"MainPLC","tag":"Counter","value":50}'
    found = record(raw, 42, key=b"MainPLC.Counter")
    done = [Answer.done(each.request) for each in decided.todo]
    topic = "factory-line1-write-responses"
    lines = [
        log_lines.received(found),
        log_lines.payload(found),
        log_lines.dedup_discard(first, NOW),
        log_lines.processing_batch(decided),
        log_lines.sending_deduplicated(first),
        log_lines.publishing(topic, first),
        log_lines.executing(write),
        log_lines.write_successful(write),
        log_lines.batch_complete([*done, *decided.answers]),
    ]
    assert [line.removeprefix(_START) for line in lines] == [
        "Received write request: partition=0 offset=42 key=MainPLC.Counter",
        'Payload: {"plc":"MainPLC","tag":"Counter","value":50}',
        "DEDUP DISCARD: MainPLC/Counter value=50 (offset=42, age=50ms) "
        "replaced by value=100 (offset=45)",
        "Processing batch: 10 received, 7 deduplicated, 3 to execute",
        "Sending deduplicated response for MainPLC/Counter value=50 (replaced by newer request)",
        f"Publishing response to {topic}: key=MainPLC.Counter success=false",
        "Executing write: MainPLC/Counter = 100 (type: float64)",
        "Write successful: MainPLC/Counter = 100",
        "Batch complete: 2 succeeded, 0 failed, 1 expired, 7 deduplicated",
    ]
    assert all(line.startswith(_START) for line in lines)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (100, "100 (type: float64)"),
        (-1.5, "-1.5 (type: float64)"),
        (True, "true (type: bool)"),
        (False, "false (type: bool)"),
        ("on", "on (type: string)"),
        ("two\nlines", "two\\nlines (type: string)"),
        ([1, 2], "[1, 2] (type: []interface {})"),
        ({"a": 1}, '{"a": 1} (type: map[string]interface {})'),
        (None, "<nil> (type: <nil>)"),
    ],
)
def test_type_words_are_those_of_go(value: object, text: str) -> None:
    """Numbers are float64, true and false bool, text string; values look as they were asked."""
    target = batch().todo[0].target
    line = log_lines.executing(Write(request(value=value), target, None, DataType("INT")))
    assert line == f"{_START}Executing write: MainPLC/Counter = {text}"


def test_a_failure_and_a_repetition_have_lines_too() -> None:
    """What the original's document does not show is said in the same manner."""
    write = batch().todo[0]
    failed = "Write failed: MainPLC/Counter = 100: PLC is down"
    assert log_lines.write_failed(write, "PLC is down") == _START + failed
    again = Answer.repeated(request(offset=9, timestamp=WALL - 5), 0, 7)
    said = log_lines.dedup_discard(again, NOW)
    assert said.endswith("(offset=9, age=5ms): request repeated: same request_id as offset 7")
    assert log_lines.sending_deduplicated(again).endswith("value=100 (repeated request)")
    failures = [Answer.failed(write.request, "no"), again]
    complete = "Batch complete: 0 succeeded, 1 failed, 0 expired, 1 deduplicated"
    assert log_lines.batch_complete(failures) == _START + complete


def test_lines_stay_lines() -> None:
    """Line breaks, control characters and bytes that are no text come as escapes; long is cut."""
    odd = record(b"\xff\n\x1b[31m" + b"x" * 5000, key=b"\xfe\r")
    assert log_lines.received(odd).endswith("key=\\xfe\\r")
    line = log_lines.payload(odd)
    assert "Payload: \\xff\\n\\x1b[31mxxx" in line
    assert len(line) < 1100
    assert log_lines.payload(record(None)) == _START + "Payload: "
    assert log_lines.received(record(b"{}", key=None)).endswith("key=")
