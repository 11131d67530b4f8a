"""What becomes of the requests of a window: the rules of `docs/writeback.md` as tables."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.write_requests import (
    MAX_AGE,
    NOW,
    WALL,
    offsets,
    record,
    request,
    settled,
    the,
    told,
)
from warlogix.writes.answers import Answer
from warlogix.writes.repeats import Repeats
from warlogix.writes.requests import Request
from warlogix.writes.settle import go_duration, late

SUPERSEDED = "request superseded by newer write to same tag"


@pytest.mark.parametrize(
    ("requests", "executed", "spared"),
    [
        ([request(value=5), request(value=10, offset=1)], [1], [0]),
        ([request(value=n, offset=n) for n in range(10)], [9], list(range(9))),
        (
            [request("Counter"), request("Speed", offset=1), request("Level", offset=2)],
            [0, 1, 2],
            [],
        ),
        ([request(), request(plc="Mixer", offset=1)], [0, 1], []),
    ],
    ids=["two writes", "ten rapid writes", "different tags", "different PLCs"],
)
def test_only_the_latest_request_for_a_tag_is_executed(
    requests: list[Request], executed: list[int], spared: list[int]
) -> None:
    """Within a window the latest request per tag is executed, the earlier ones are superseded."""
    assert offsets(settled(*requests)) == (executed, spared)


def test_each_outcome_has_the_fields_of_its_row() -> None:
    """Success, skipped, deduplicated and error are those of the table of response types."""
    one, newer = request(), request(offset=1)
    assert the(Answer.done(one)) == (True, False, False, "")
    assert the(Answer.failed(one, "PLC says no")) == (False, False, False, "PLC says no")
    reason = late(request(age=5.2), NOW, MAX_AGE)
    expired = (False, True, False, "request expired (age: 5.2s, max: 2s)")
    assert the(Answer.expired(one, reason)) == expired
    assert the(Answer.superseded(one, newer)) == (False, False, True, SUPERSEDED)
    repeated = "request repeated: same request_id as offset 0"
    assert the(Answer.repeated(newer, 0, 0)) == (False, False, True, repeated)


def test_the_tag_meant_counts_and_not_its_spelling_or_the_key() -> None:
    """Alias, address and case mean one tag; one key for several tags merges nothing."""
    spelled = [
        request("Counter", 1, 0, key=b"a"),
        request("db1.dbd100", 2, 1, key=b"b"),
        request("COUNTER", 3, 2, plc="mainplc", key=None),
        request("Speed", 4, 3, key=b"a"),
    ]
    assert offsets(settled(*spelled)) == ([2, 3], [0, 1])


def test_a_survivor_keeps_its_own_place() -> None:
    """What survives is executed where it stood, not where the first request for its tag stood."""
    a, b, c = request("Counter", 1, 0), request("Speed", 2, 1), request("Counter", 3, 2)
    assert offsets(settled(a, b, c)) == ([1, 2], [0])


@pytest.mark.parametrize(
    ("requests", "executed"),
    [
        # Within a partition: the later offset, whatever the timestamps say.
        ([request(offset=7, timestamp=WALL), request(offset=8, timestamp=WALL - 900)], [8]),
        # Across partitions: the later timestamp, whichever came first.
        (
            [request(offset=1, timestamp=WALL), request(offset=2, timestamp=WALL - 9, partition=1)],
            [1],
        ),
        (
            [request(offset=1, timestamp=WALL - 9), request(offset=2, timestamp=WALL, partition=1)],
            [2],
        ),
        # Equal timestamps: the last to come.
        ([request(offset=9, partition=1), request(offset=1, partition=0)], [1]),
        # Without a timestamp: the time of its receipt.
        (
            [request(offset=1, timestamp=-1), request(offset=2, timestamp=WALL - 1, partition=1)],
            [1],
        ),
        # A partition's timestamps contradict its offsets: its later offset speaks for it.
        (
            [
                request(offset=1, timestamp=WALL - 100),
                request(offset=2, timestamp=WALL - 300),
                request(offset=9, timestamp=WALL - 200, partition=1),
            ],
            [9],
        ),
    ],
)
def test_what_is_the_latest(requests: list[Request], executed: list[int]) -> None:
    """Within a partition the later offset is the latest; across, the timestamp, then arrival."""
    assert offsets(settled(*requests))[0] == executed


@pytest.mark.parametrize(
    "bad",
    [
        request(value="many", offset=1),
        request(value=2**31, offset=1),
        request(value=None, offset=1),
        request(offset=1, age=2.001),
        request(offset=1, age=-2.001),
        record(b'{"plc": "MainPLC", "tag": "Counter"}', 1),
    ],
    ids=["wrong type", "out of range", "null", "expired", "ahead", "no value"],
)
def test_what_is_not_executed_displaces_nothing(bad: Request) -> None:
    """An invalid or expired request never cancels a good one that came before it."""
    good = request(value=5)
    assert offsets(settled(good, bad)) == ([0], [])


def test_a_momentary_button_keeps_every_press() -> None:
    """A tag with coalesce_writes = false is written for each request."""
    presses = [request("Apply", value, n) for n, value in enumerate([True, False, True, False])]
    assert offsets(settled(*presses)) == ([0, 1, 2, 3], [])


def test_nothing_is_superseded_across_such_a_request_to_the_same_plc() -> None:
    """Setpoint 5, Apply, Setpoint 6 stay three writes; another PLC's Apply divides nothing."""
    steps = [request("Speed", 5, 0), request("Apply", True, 1), request("Speed", 6, 2)]
    assert offsets(settled(*steps)) == ([0, 1, 2], [])
    steps[1] = request("Apply", True, 1, plc="Mixer")
    assert offsets(settled(*steps)) == ([1, 2], [0])
    more = [request("Speed", n, n) for n in (3, 4)]
    steps[1] = request("Apply", True, 1)
    assert offsets(settled(*steps, *more)) == ([0, 1, 4], [2, 3])


def test_a_press_that_is_not_executed_divides_nothing() -> None:
    """An Apply that is invalid or has expired is no write, so the last setpoint suffices."""
    for press in (request("Apply", 7, 1), request("Apply", True, 1, age=9)):
        assert offsets(settled(request("Speed", 5), press, request("Speed", 6, 2))) == ([2], [0])


def test_a_repeated_request_is_not_executed_again() -> None:
    """The same request_id, plc, tag and value again within the age limit names the first."""
    repeats = Repeats(MAX_AGE)
    first = settled(request("Apply", True, 41, id="a1"), repeats=repeats)
    assert offsets(first) == ([41], [])
    again = request("apply", True, 45, plc="MAINPLC", id="a1", now=NOW + 2)
    decided = settled(again, repeats=repeats, now=NOW + 2)
    assert [the(answer) for answer in decided.answers] == [
        (False, False, True, "request repeated: same request_id as offset 41")
    ]
    elsewhere = request("Apply", True, 3, id="a1", partition=2, now=NOW + 1)
    text = "request repeated: same request_id as offset 41 of partition 0"
    assert told(elsewhere, repeats=repeats, now=NOW + 1) == [text]


@pytest.mark.parametrize(
    "other",
    [
        {"id": "a2"},
        {"id": 1},
        {"value": 6},
        {"tag": "Speed"},
        {"plc": "Mixer"},
        {"now": NOW + 2.001},
    ],
)
def test_what_is_no_repetition(other: dict[str, Any]) -> None:
    """Another id, value, tag or PLC, or the same after the age limit, is a request of its own."""
    repeats = Repeats(MAX_AGE)
    same: dict[str, Any] = {"tag": "Counter", "value": 5, "id": "a1"}
    settled(request(**same), repeats=repeats)
    later = NOW + 2.001
    asked = request(**{"offset": 1, "now": later - 1, **same, **other})
    assert offsets(settled(asked, repeats=repeats, now=later)) == ([1], [])


@pytest.mark.parametrize("nothing", [None, ""])
def test_an_empty_id_identifies_nothing(nothing: object) -> None:
    """Two presses with `request_id` null or "" are two presses, both executed."""
    presses = [request("Apply", True, n, id=nothing) for n in range(2)]
    assert offsets(settled(*presses)) == ([0, 1], [])


def test_a_record_that_is_delivered_again_repeats_nothing() -> None:
    """The same partition and offset is the same request, not a producer's retry."""
    repeats = Repeats(MAX_AGE)
    for _ in range(2):
        assert offsets(settled(request(offset=4, id="x"), repeats=repeats)) == ([4], [])


def test_a_retry_displaces_no_newer_request() -> None:
    """5 (id 1), 6, and the retry of 5: the PLC ends with 6."""
    asked = [request(value=5, id=1), request(value=6, offset=1), request(value=5, offset=2, id=1)]
    decided = settled(*asked)
    assert [write.value for write in decided.todo] == [6]
    assert [answer.request.offset for answer in decided.answers] == [0, 2]


def test_a_refused_request_may_be_tried_again() -> None:
    """Only what was accepted is remembered: the retry of an expired request is judged itself."""
    repeats = Repeats(MAX_AGE)
    settled(request(age=3, id="a"), repeats=repeats)
    assert offsets(settled(request(offset=1, id="a"), repeats=repeats)) == ([1], [])


def test_the_memory_of_repetitions_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many ids come, only the latest are remembered."""
    monkeypatch.setattr("warlogix.writes.repeats._MOST", 10)
    repeats = Repeats(MAX_AGE)
    for n in range(25):
        settled(request("Apply", True, n, id=n), repeats=repeats)
    assert len(repeats._seen) == 10
    assert offsets(settled(request("Apply", True, 99, id=24), repeats=repeats)) == ([], [99])


@pytest.mark.parametrize(
    ("age", "waited", "text"),
    [
        (0, 0, ""),
        (1.999, 0, ""),
        (2, 0, ""),
        (1.9, 0.25, "request expired (age: 2.15s, max: 2s)"),
        (5.2, 0, "request expired (age: 5.2s, max: 2s)"),
        (65.2, 0, "request expired (age: 1m5.2s, max: 2s)"),
        (-2, 0, ""),
        (-2, 4, ""),
        (-3600, 0, "request timestamp is 3600 s ahead of this gateway's clock"),
        (-3601.5, 1.5, "request timestamp is 3600 s ahead of this gateway's clock"),
        (-2.5, 0, "request timestamp is 2.5 s ahead of this gateway's clock"),
        (-2.5, 0.5, ""),
    ],
)
def test_age_is_judged_at_the_moment_asked_about(age: float, waited: float, text: str) -> None:
    """Now minus the record's timestamp, strictly older than the limit; a small lead is age 0."""
    assert late(request(age=age), NOW + waited, MAX_AGE) == text


def test_a_request_without_timestamp_is_as_old_as_its_receipt() -> None:
    """A record without a timestamp ages from the moment it came."""
    undated = request(timestamp=-1)
    assert late(undated, NOW + 2, MAX_AGE) == ""
    assert late(undated, NOW + 2.5, MAX_AGE) == "request expired (age: 2.5s, max: 2s)"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0s"),
        (0.0004, "0s"),
        (0.85, "850ms"),
        (0.0625, "62ms"),
        (0.9996, "1s"),
        (2.0, "2s"),
        (5.25, "5.25s"),
        (60.0, "1m0s"),
        (65.2, "1m5.2s"),
        (3600.0, "1h0m0s"),
        (90061.001, "25h1m1.001s"),
    ],
)
def test_durations_are_written_as_go_does(seconds: float, text: str) -> None:
    """Durations in answers have the notation of the original."""
    assert go_duration(seconds) == text


@given(st.integers(1, 10**10))
def test_every_duration_reads_back(milliseconds: int) -> None:
    """The parts of a duration add up to it, to the millisecond."""
    text, total = go_duration(milliseconds / 1000), 0.0
    if text.endswith("ms"):
        total = float(text[:-2]) / 1000
    else:
        for unit, size in (("h", 3600), ("m", 60), ("s", 1)):
            if unit in text:
                part, text = text.split(unit)
                total += float(part) * size
    assert round(total * 1000) == milliseconds
