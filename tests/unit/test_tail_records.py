"""What `tail` takes a record for, which ones it shows, and its line of JSON."""

import json
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from warlogix import messages
from warlogix.kafka.records import Record
from warlogix.messages import encode
from warlogix.tailing.envelope import line
from warlogix.tailing.records import Kind, Wanted, recognise

AT = 1705314600123
NOW = "2024-01-15T10:30:00.123Z"


def record(
    value: bytes | None = b"{}",
    key: bytes | None = b"MainPLC.Count",
    headers: Sequence[tuple[str, bytes | None]] = (),
    timestamp: int = AT,
) -> Record:
    """A record as a consumer gives it."""
    return Record("Local", "factory", 2, 41, timestamp, key, headers, value)


CHANGE = messages.TagChange("MainPLC", "Count", "DB1.DBD0", 42, "DINT", False, NOW)
PACK = messages.Pack(
    "Line",
    NOW,
    {
        "MainPLC.Count": messages.PackMember(42, "DINT", "MainPLC", address="DB1.DBD0"),
        "Filler.Level": messages.PackMember(None, "", "Filler", quality="bad", error="away"),
    },
)
TRIGGER = messages.TriggerEvent("Done", NOW, 7, "MainPLC", {}, {"ProductID": 12345})


def test_envelope_has_where_and_what() -> None:
    """An envelope carries cluster, topic, partition, offset, time, key and the value as JSON."""
    assert json.loads(line(record(encode(CHANGE)))) == {
        "cluster": "Local",
        "topic": "factory",
        "partition": 2,
        "offset": 41,
        "timestamp": NOW,
        "key": "MainPLC.Count",
        "value": json.loads(encode(CHANGE)),
    }


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'{"v":72.0,"n":18446744073709551616}', '{"v":72.0,"n":18446744073709551616}'),
        (b"1.50", "1.50"),
        (b'{"v":1e400}', '{"v":1e400}'),
        (b'{\r\n"a":\n1}', '{  "a": 1}'),
        (b"hello", '"hello"'),
        (b"", '""'),
        (b"NaN", '"NaN"'),
        (b'"a\nb"', '"\\"a\\nb\\""'),
        (b"[" * 100_000, '"' + "[" * 100_000 + '"'),
        (None, "null"),
    ],
)
def test_envelope_keeps_the_value_digit_for_digit(raw: bytes | None, value: str) -> None:
    """JSON stays as it was written, on one line; anything else is text."""
    assert line(record(raw)).endswith(f'"value":{value}}}\n')


def test_bytes_that_are_no_text_come_as_base64() -> None:
    """Bytes that are not UTF-8 are in `value_base64` and `key_base64`, and `value` is absent."""
    envelope = json.loads(line(record(b"\xff\xfe", b"\xff")))
    assert envelope["value_base64"] == "//4="
    assert envelope["key_base64"] == "/w=="
    assert "value" not in envelope
    assert "key" not in envelope


def test_headers_are_pairs_in_order_and_absent_without_any() -> None:
    """Headers keep their order and their repetition."""
    headers = (("a", b"1"), ("b", b"\xff"), ("a", None))
    assert json.loads(line(record(headers=headers)))["headers"] == [
        ["a", "1"],
        ["b", "\\xff"],
        ["a", None],
    ]
    assert "headers" not in json.loads(line(record()))


def test_record_without_a_time_has_null() -> None:
    """A record without a timestamp says null, and no year 1969."""
    assert json.loads(line(record(timestamp=-1)))["timestamp"] is None


def test_a_time_that_no_calendar_has_is_null() -> None:
    """A time beyond the year 9999, which RFC 3339 cannot tell, is null."""
    last = 253_402_300_799_999
    assert json.loads(line(record(timestamp=last)))["timestamp"] == "9999-12-31T23:59:59.999Z"
    for at in (last + 1, AT * 1000, 2**63 - 1):
        assert json.loads(line(record(timestamp=at)))["timestamp"] is None


@given(st.none() | st.binary(), st.none() | st.binary())
def test_every_record_is_one_line_of_json(value: bytes | None, key: bytes | None) -> None:
    """Whatever the bytes are, an envelope is one line that parses."""
    text = line(record(value, key))
    assert text.count("\n") == 1
    assert isinstance(json.loads(text), dict)


def test_packs_are_told_from_changes_by_their_key() -> None:
    """On the topic that both share, `changes` shows no pack and `packs` no change."""
    change = recognise(record(encode(CHANGE)), Kind.CHANGES)
    pack = recognise(record(encode(PACK), b"pack:Line"), Kind.CHANGES)
    assert Wanted(Kind.CHANGES).holds(change)
    assert not Wanted(Kind.CHANGES).holds(pack)
    assert Wanted(Kind.PACKS).holds(pack)
    assert not Wanted(Kind.PACKS).holds(change)
    assert Wanted().holds(change)
    assert Wanted().holds(pack)


@pytest.mark.parametrize(
    ("message", "kind", "key"),
    [
        (CHANGE, Kind.CHANGES, b"MainPLC.Count"),
        (PACK, Kind.CHANGES, b"pack:Line"),
        (messages.WriteRequest("MainPLC", "Count", 1), Kind.WRITES, None),
        (None, Kind.DEAD_LETTERS, b"MainPLC.Count"),
        (None, None, b"MainPLC.Count"),
    ],
)
def test_plc_and_tag_choose(
    message: messages.TagChange | None, kind: Kind | None, key: bytes | None
) -> None:
    """`--plc` and `--tag` find their records in every kind, without regard to case."""
    item = recognise(record(encode(message) if message else b"?", key), kind)
    assert Wanted(plc="mainplc").holds(item)
    assert Wanted(tag="COUNT").holds(item)
    assert Wanted(plc="MainPLC", tag="Count").holds(item)
    assert not Wanted(plc="Other").holds(item)
    assert not Wanted(tag="Other").holds(item)


def test_tag_is_found_by_its_address_too() -> None:
    """A tag with an alias is found by its address."""
    assert Wanted(tag="db1.dbd0").holds(recognise(record(encode(CHANGE)), Kind.CHANGES))
    assert Wanted(tag="db1.dbd0").holds(recognise(record(encode(PACK), b"pack:Line"), Kind.CHANGES))


def test_what_is_no_request_is_found_by_what_it_says() -> None:
    """A dead letter without a key is found by the PLC and the tag that it names, if it does."""
    for kind in (Kind.WRITES, Kind.DEAD_LETTERS):
        named = recognise(record(b'{"plc":"MainPLC","tag":"Count"}', None), kind)
        assert Wanted(plc="mainplc", tag="count").holds(named)
        assert not Wanted(plc="MainPLC").holds(recognise(record(b"MainPLC", None), kind))


def test_plc_and_tag_must_belong_together() -> None:
    """In a pack, the tag of one PLC does not count for another."""
    pack = recognise(record(encode(PACK), b"pack:Line"), Kind.CHANGES)
    assert Wanted(plc="Filler", tag="Level").holds(pack)
    assert not Wanted(plc="MainPLC", tag="Level").holds(pack)


def test_trigger_event_is_found_by_what_it_captured() -> None:
    """A trigger event speaks of its PLC and of its data tags."""
    item = recognise(record(encode(TRIGGER), b"Done"), Kind.TRIGGERS)
    assert Wanted(plc="MainPLC", tag="ProductID").holds(item)
    assert not Wanted(tag="Other").holds(item)


def test_trigger_event_is_found_by_the_packs_it_captured() -> None:
    """The members of a captured pack are found by PLC, tag and address, and what a structure holds
    is none."""
    data = {"Axis": {"Filler.Speed": 1}, "pack:Line": msgspec.to_builtins(PACK.tags)}
    event = messages.TriggerEvent("Done", NOW, 7, "Main", {}, data)
    item = recognise(record(encode(event), b"Done"), Kind.TRIGGERS)
    assert Wanted(plc="Main", tag="Axis").holds(item)
    assert Wanted(plc="Filler", tag="Level").holds(item)
    assert Wanted(plc="MainPLC", tag="db1.dbd0").holds(item)
    assert not Wanted(plc="Filler", tag="Speed").holds(item)
    assert not Wanted(plc="Main", tag="Level").holds(item)


def test_a_request_with_bytes_that_are_no_text_is_none_and_found_by_its_names() -> None:
    """Bytes that are not UTF-8 inside its value make it no request; its PLC and tag are told."""
    raw = record(b'{"plc":"MainPLC","tag":"Count","value":"\xff"}', None)
    for kind in (Kind.WRITES, Kind.DEAD_LETTERS):
        assert recognise(raw, kind).message is None
        assert Wanted(plc="mainplc", tag="count").holds(recognise(raw, kind))


@pytest.mark.parametrize("raw", [b"", b"{}", b"[1]", b"\xff", b'{"plc":1}', b"[" * 100_000, None])
def test_foreign_records_are_no_messages(raw: bytes | None) -> None:
    """A record that is none of ours on one of our topics is taken as it is."""
    assert recognise(record(raw), Kind.CHANGES).message is None
