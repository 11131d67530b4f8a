"""Lines that people read."""

import time
from collections.abc import Iterator

import pytest
from msgspec import Struct, to_builtins
from rich.cells import cell_len

from tests.unit.test_tail_records import AT, CHANGE, NOW, PACK, TRIGGER, record
from warlogix import messages
from warlogix.messages import encode
from warlogix.tailing.records import Item, Kind, recognise
from warlogix.tailing.view import View


@pytest.fixture(autouse=True)
def _berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Local time is that of Berlin, an hour ahead in winter."""
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def item(message: Struct, kind: Kind, key: bytes = b"MainPLC.Count", at: int = AT) -> Item:
    """A record of this message."""
    return recognise(record(encode(message), key, timestamp=at), kind)


def lines(*items: Item) -> list[str]:
    """The lines of these items without colour, the day first."""
    return View(colour=False).lines(items).splitlines()


def change(plc: str, tag: str, value: object, kind: str) -> Item:
    """A good change."""
    return item(messages.TagChange(plc, tag, "", value, kind, False, NOW), Kind.CHANGES)


def bad_change() -> Item:
    """A change that says why there is no value."""
    return item(
        messages.TagChange("A", "Level", "", None, "INT", False, NOW, "bad", "no such address"),
        Kind.CHANGES,
    )


def test_changes_stand_in_columns_below_their_day() -> None:
    """Time, PLC, tag, value and type are aligned, and the day is told once."""
    assert lines(
        change("MainPLC", "Count", 42, "DINT"),
        change("A", "Temperature", 72.0, "REAL"),
        change("A", "Batch", "B-1017", "STRING"),
    ) == [
        "2024-01-15, local time",
        "11:30:00.123  MainPLC  Count        42        DINT",
        "11:30:00.123  A        Temperature  72.0      REAL",
        '11:30:00.123  A        Batch        "B-1017"  STRING',
    ]


def test_a_bad_value_says_so_in_words() -> None:
    """Bad quality is the word BAD and the reason, with and without colour."""
    assert lines(bad_change())[1] == "11:30:00.123  A  Level  BAD  INT  no such address"
    assert "\x1b[1;31mBAD\x1b[0m" in View(colour=True).lines([bad_change()])


def test_colour_adds_nothing_but_colour() -> None:
    """Without its escape sequences a coloured line is the plain one."""
    items = [change("MainPLC", "Count", 42, "DINT"), bad_change()]
    coloured = View(colour=True).lines(items)
    for style in ("0", "1", "2", "32", "33", "36", "1;31"):
        coloured = coloured.replace(f"\x1b[{style}m", "")
    assert coloured == View(colour=False).lines(items)


def test_columns_settle_and_one_long_cell_pushes_nobody() -> None:
    """Columns keep their width from batch to batch; a very long value does not widen them."""
    view = View(colour=False)
    view.lines([change("MainPLC", "Count", "x" * 200, "STRING")])
    assert view.lines([change("A", "B", 1, "INT")]) == "11:30:00.123  A        B      1  INT\n"


def test_a_new_day_is_told() -> None:
    """The day stands above its first line."""
    day = 86_400_000
    items = [item(CHANGE, Kind.CHANGES, at=at) for at in (AT, AT, AT + day)]
    assert [line[:10] for line in lines(*items)] == [
        "2024-01-15",
        "11:30:00.1",
        "11:30:00.1",
        "2024-01-16",
        "11:30:00.1",
    ]


def test_a_value_cannot_steer_the_terminal() -> None:
    """Control characters of a message are spelled out."""
    text = View(colour=False).lines([recognise(record(b"\x1b[2J\r\n\x9b", b"\x07"), None)])
    assert "\x1b" not in text
    assert "\x9b" not in text
    assert "\\x1b[2J\\r\\n" in text


def test_health_online_and_offline() -> None:
    """A PLC that is away is OFFLINE in words, with the cause."""
    up = messages.Health("MainPLC", "s7", True, "connected", "", NOW)
    down = messages.Health("Filler", "s7", False, "disconnected", "connection refused", NOW)
    assert lines(item(up, Kind.HEALTH), item(down, Kind.HEALTH))[1:] == [
        "11:30:00.123  MainPLC  online   connected     s7",
        "11:30:00.123  Filler   OFFLINE  disconnected  s7  connection refused",
    ]


def test_gateway_tells_what_waits() -> None:
    """The gateway's line has its PLCs, its buffer and each cluster."""
    state = messages.Gateway(
        "gw-1",
        "0.1.0",
        "degraded",
        {
            "A": messages.ClusterState(True, NOW, "", 0, 0.0, 0),
            "B": messages.ClusterState(False, NOW, "connection refused", 120, 5.04, 3),
        },
        messages.BufferState(12_345_678, 3, ""),
        messages.PlcCounts(1, 2),
        NOW,
    )
    assert lines(item(state, Kind.GATEWAY))[1] == (
        "11:30:00.123  gw-1  DEGRADED  PLCs online: 1 of 2  buffer: 12.3 MB, 3 DROPPED  "
        "A: online, 0 waiting; B: OFFLINE, connection refused, 120 waiting up to 5.0 s, 3 DROPPED"
    )


@pytest.mark.parametrize(
    ("success", "skipped", "deduplicated", "error", "word"),
    [
        (True, False, False, "", "done"),
        (False, False, False, "why", "FAILED"),
        (False, False, False, "outcome unknown: why", "UNKNOWN"),
        (False, True, False, "why", "SKIPPED"),
        (False, False, True, "why", "DEDUPLICATED"),
    ],
)
def test_responses_say_how_a_write_ended(
    success: bool, skipped: bool, deduplicated: bool, error: str, word: str
) -> None:
    """Each outcome of a write has its own word."""
    response = messages.WriteResponse(
        plc="A",
        tag="B",
        value=1,
        request_id="r-1",
        success=success,
        error=error,
        skipped=skipped,
        deduplicated=deduplicated,
        timestamp=NOW,
    )
    line = lines(item(response, Kind.RESPONSES))[1]
    assert line == f'11:30:00.123  A  B  1  {word}  request "r-1"  {error}'.rstrip()


def test_write_requests_with_and_without_an_id() -> None:
    """A request shows what it asks for, and its id where it has one."""
    plain = messages.WriteRequest("A", "B", [1, 2])
    with_id = messages.WriteRequest("A", "B", True, request_id=5)
    assert lines(item(plain, Kind.WRITES), item(with_id, Kind.WRITES))[1:] == [
        "11:30:00.123  A  B  [1,2]",
        "11:30:00.123  A  B  true   request 5",
    ]


def test_an_event_shows_its_number_and_what_was_captured() -> None:
    """Events stand in columns; a bad tag is BAD with its reason behind, a pack in brackets."""
    bad = messages.TriggerEvent(
        *("Done", NOW, 12, "MainPLC", {"line": "1"}),
        data={"ID": None, "Batch": "B 7", "pack:Line": to_builtins(PACK.tags)},
        errors={"ID": "no such address"},
    )
    assert lines(item(TRIGGER, Kind.TRIGGERS, b"Done"), item(bad, Kind.TRIGGERS, b"Done"))[1:] == [
        "11:30:00.123  Done  #7   MainPLC  ProductID=12345",
        '11:30:00.123  Done  #12  MainPLC  ID=BAD Batch="B 7"'
        " pack:Line=(MainPLC.Count=42 Filler.Level=BAD)"
        "  ID is BAD: no such address; pack:Line Filler.Level is BAD: away",
    ]
    coloured = View(colour=True).lines([item(bad, Kind.TRIGGERS, b"Done")])
    assert "\x1b[1;31mID is BAD: no such address" in coloured


def test_a_pack_shows_its_members_and_what_is_wrong() -> None:
    """A bad member is BAD with its reason; a PLC that is away is told once for all of its own."""
    assert lines(item(PACK, Kind.CHANGES, b"pack:Line"))[1] == (
        "11:30:00.123  pack Line  MainPLC.Count=42 Filler.Level=BAD  Filler.Level is BAD: away"
    )
    away = messages.Pack(
        "Line", NOW, PACK.tags, {"Filler": messages.PackPlc("10.0.0.3", "s7", False, "refused")}
    )
    assert lines(item(away, Kind.CHANGES, b"pack:Line"))[1] == (
        "11:30:00.123  pack Line  MainPLC.Count=42 Filler.Level=BAD  Filler is OFFLINE: refused"
    )


def test_what_looks_like_a_pack_and_is_none_is_shown_as_it_is() -> None:
    """A value under `pack:` that has another form is shown as JSON."""
    event = messages.TriggerEvent("Done", NOW, 1, "A", {}, {"pack:Line": [1], "Axis": {"Pos": 1}})
    assert lines(item(event, Kind.TRIGGERS))[1].endswith('pack:Line=[1] Axis={"Pos":1}')


def test_requests_keep_their_digits_and_long_values_are_cut() -> None:
    """Values are shown as they were written, on one line, and only so much of a long one."""
    raw = b'{"plc":"A","tag":"B","value":%b,"request_id":1e400}'
    for value, shown in (
        (b"72.50", "72.50"),
        (b"1e999", "1e999"),
        (b"[1,\n2]", "[1, 2]"),
        (b"1" * 5000, "1" * 120 + "… (5,000 characters)"),
    ):
        line = lines(recognise(record(raw % value), Kind.WRITES))[1]
        assert line == f"11:30:00.123  A  B  {shown}  request 1e400"


@pytest.mark.parametrize(
    "raw",
    [
        b"not JSON",
        b'{"plc":"A","tag":"B"}',
        b'{"plc":"A","tag":"B","value":"\xff"}',
        b"\xff",
        b"[1]",
        b"",
    ],
)
def test_requests_that_nobody_can_execute_are_shown_as_they_are(raw: bytes) -> None:
    """What is no write request is shown with its place, its key and its bytes."""
    line = lines(recognise(record(raw, b"A.B"), Kind.WRITES))[1]
    text = raw.decode(errors="backslashreplace")
    assert line == f"11:30:00.123  2@41  A.B  {text}".rstrip()


def test_dead_letters_show_why_and_whence() -> None:
    """A dead letter shows its key, the reason, the record it was, and its bytes."""
    headers = (
        ("error.reason", b"its own"),
        ("error.reason", b"no JSON object"),
        ("source.topic", b"factory-writes"),
        ("source.partition", b"3"),
        ("source.offset", b"17"),
    )
    letter = recognise(record(b"x" * 1000, None, headers), Kind.DEAD_LETTERS)
    assert lines(letter)[1] == (
        "11:30:00.123  -  no JSON object  from factory-writes 3@17  "
        + "x" * 300
        + "… (1,000 characters)"
    )


def test_foreign_records_show_their_place_key_and_bytes() -> None:
    """A record of any other topic is shown as it is, also without key, value or time."""
    assert lines(recognise(record(b"hello", b"k"), None))[1] == "11:30:00.123  2@41  k  hello"
    assert lines(recognise(record(None, None, timestamp=-1), None)) == ["no time       2@41  -  -"]


@pytest.mark.parametrize("at", [AT * 1000, 253_402_300_799_999, 2**63 - 1])
def test_a_time_that_no_calendar_has_is_shown_as_it_is(at: int) -> None:
    """A record's time may be any number: one beyond the year 9999 here is told in milliseconds."""
    assert lines(recognise(record(b"hello", b"k", timestamp=at), None)) == [
        f"{at} ms  2@41  k  hello"
    ]


def test_cluster_and_topic_are_told_where_there_are_several() -> None:
    """With several clusters or topics each line says where it is from."""
    view = View(colour=False, clusters=True, topics=True)
    assert view.lines([change("A", "B", 1, "INT")]).splitlines()[1] == (
        "11:30:00.123  Local  factory  A  B  1  INT"
    )


@pytest.mark.parametrize(("columns", "shown"), [(80, 80), (60, 60), (20, 44), (200, 120)])
def test_a_line_is_cut_to_the_columns(columns: int, shown: int) -> None:
    """The widest cell gives way, and says so; a line that fits and a least of each cell stay."""
    value = {"Level": 0.0, "Temperature": 21.8, "Valves": "温" * 20}
    view = View(colour=False, columns=columns)
    _, line = view.lines([change("Mixer", "Tank", value, "ST_Tank")]).splitlines()
    assert cell_len(line) == shown
    assert '{"Level' in line
    assert line.endswith("  ST_Tank")
    assert ("…" in line) == (columns < 120)


def test_a_column_gives_way_before_a_cell_is_cut() -> None:
    """A short value in a wide column stays whole where its line is too wide."""
    view = View(colour=False, columns=60)
    view.lines([change("Mixer", "Clock", "x" * 24, "DTL")])
    line = view.lines([change("Mixer", "Counts", [1, 2, 3], "LREAL[1000]")])
    assert line.endswith("[1,2,3]             LREAL[1000]\n")
    assert cell_len(line.rstrip()) == 60
