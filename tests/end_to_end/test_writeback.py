"""Write requests through a real gateway: what is merged, what is executed, what is answered."""

import json
import re
import time
from pathlib import Path

import trio

from tests.end_to_end.writing import writing
from tests.writers import Letter, Site, ask

LIMIT = 90


def ago(letter: Letter, seconds: float) -> Letter:
    """The same request, with a time stamp of so many seconds ago."""
    at = round((time.time() - seconds) * 1000)
    return Letter(letter.value, letter.key, letter.partition, at, letter.headers)


async def test_requests_are_merged_by_the_tag_meant(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Alias, name, case and key do not matter: the later request for the same tag supersedes the
    earlier one, which is answered so, and what survives keeps its own place in the order."""
    with trio.fail_after(LIMIT):
        async with writing(kafka, topic_prefix, tmp_path) as line:
            await line.ask(
                ask("Press", "Tag0", 1, request_id="first"),
                ask("Press", "Tag1", 2),
                Letter(ask("press", "db1.dbd0", 3).value, b"another key"),
                Letter(ask("Press", "TAG1", 4).value, None),
                ask("Press", "DB1.DBD8", 5),
            )
            answers = await line.answers(5)
            assert line.values() == [3, 4, 5]
    outcomes = {json.dumps(each.fields["value"]): each for each in answers}
    assert {each: outcomes[each].outcome for each in outcomes} == {
        "1": "superseded",
        "2": "superseded",
        "3": "done",
        "4": "done",
        "5": "done",
    }
    first = outcomes["1"]
    assert first.error == "request superseded by newer write to same tag"
    assert (first.request_id, first.key) == ("first", b"Press.Tag0")
    assert (outcomes["3"].fields["plc"], outcomes["3"].fields["tag"]) == ("press", "db1.dbd0")
    assert outcomes["3"].key == b"press.db1.dbd0"


async def test_what_is_not_executed_displaces_nothing(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """A later request that is invalid, expired or ahead of the clock does not displace a right
    one, and each of them is answered with its own reason."""
    with trio.fail_after(LIMIT):
        async with writing(kafka, topic_prefix, tmp_path) as line:
            await line.ask(
                ask("Press", "Tag0", 1, request_id="good"),
                ask("Press", "Tag0", "text", request_id="text"),
                ago(ask("Press", "Tag0", 2, request_id="old"), 65.2),
                ago(ask("Press", "Tag0", 3, request_id="ahead"), -3600),
            )
            found = {each.request_id: each for each in await line.answers(4)}
            assert line.values() == [1]
    assert found["good"].outcome == "done"
    assert found["text"].outcome == "failed"
    assert found["old"].outcome == found["ahead"].outcome == "expired"
    assert re.fullmatch(r"request expired \(age: 1m[5-9]\.\d{1,3}s, max: 20s\)", found["old"].error)
    ahead = r"request timestamp is 3[56]\d\d s ahead of this gateway's clock"
    assert re.fullmatch(ahead, found["ahead"].error)


async def test_a_momentary_tag_keeps_every_request_and_the_order_around_it(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """With `coalesce_writes = false` each request is executed, and nothing is superseded across
    it: setpoint, apply, setpoint stay three writes in their order."""
    site = Site("", "", {}, window="500ms", momentary=4)
    with trio.fail_after(LIMIT):
        async with writing(kafka, topic_prefix, tmp_path, site=site) as line:
            await line.ask(
                *(ask("Press", "Tag0", value) for value in (1, 2)),
                *(ask("Press", "Tag5", value) for value in (3, 4)),
                *(ask("Press", "Tag0", value) for value in (5, 6)),
            )
            answers = await line.answers(6)
            assert line.values() == [2, 3, 4, 6]
    merged = [each.fields["value"] for each in answers if each.outcome == "superseded"]
    assert merged == [1, 5]


async def test_a_producers_retry_is_not_executed(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """A second record with the same id, tag and value is answered as repeated, also in a later
    window; with another value it is a request of its own."""
    with trio.fail_after(LIMIT):
        async with writing(kafka, topic_prefix, tmp_path) as line:
            await line.ask(ask("Press", "Tag0", 1, request_id="a"))
            await line.answers(1)
            await line.ask(ask("Press", "Tag0", 2, request_id="b"))
            await line.answers(2)
            again, _ = await line.ask(
                ask("Press", "Tag0", 1, request_id="a"), ask("Press", "Tag1", 3, request_id="a")
            )
            found = (await line.answers(4))[2:]
            assert line.values() == [1, 2, 3]
    repeated = next(each for each in found if each.fields["value"] == 1)
    assert repeated.outcome == "repeated"
    assert repeated.error == "request repeated: same request_id as offset 0"
    assert again.offset == 2


async def test_each_reason_has_its_own_clear_text(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Unknown PLC, unknown tag, not writable, wrong type, out of range, refused by the PLC and PLC
    down are each told in their own words, and none of them writes anything."""
    with trio.fail_after(LIMIT):
        async with writing(
            kafka, topic_prefix, tmp_path, plcs=("Press", "Oven"), site=_with_odd_tags()
        ) as line:
            line.plcs["Oven"].refuse()
            line.plcs["Oven"].drop()
            await line.gateway.says("trying again until it answers")
            requests = {
                "no plc": ask("Ghost", "Tag0", 1),
                "no tag": ask("Press", "Nowhere", 1),
                "read only": ask("Press", "Only", 1),
                "switched off": ask("Press", "Off", 1),
                "wrong type": ask("Press", "Tag0", "seven"),
                "out of range": ask("Press", "Tag0", 2**31),
                "not whole": ask("Press", "Tag0", 1.5),
                "no such block": ask("Press", "Missing", 1),
                "down": ask("Oven", "Tag0", 1),
            }
            for name, letter in requests.items():
                body = json.loads(letter.value or b"") | {"request_id": name}
                await line.ask(Letter(json.dumps(body).encode(), letter.key))
            found = {str(each.request_id): each for each in await line.answers(len(requests))}
            assert not any(line.values(name) for name in line.plcs)
    assert {name for name, each in found.items() if each.outcome != "failed"} == {"down"}
    assert found["down"].outcome == "not executed"
    assert len({each.error for each in found.values()}) == len(requests)
    expected = {
        "no plc": ["Ghost", "Press"],
        "no tag": ["Nowhere"],
        "read only": ["writable"],
        "wrong type": ["seven", "DINT"],
        "out of range": ["2147483648", "DINT", "2147483647"],
        "not whole": ["1.5", "DINT"],
        "no such block": ["DB99"],
        "down": ["not connected"],
    }
    for name, words in expected.items():
        assert all(word in found[name].error for word in words), found[name].error


def _with_odd_tags() -> Site:
    """A site whose PLCs have tags that cannot be written, each for a reason of its own."""
    dint = {"data_type": "DINT", "writable": True}
    tags = [
        {"name": "DB1.DBD0", "alias": "Tag0", **dint},
        {"name": "DB1.DBD4", "alias": "Only", "data_type": "DINT"},
        {"name": "DB1.DBD8", "alias": "Off", "enabled": False, **dint},
        {"name": "DB99.DBD0", "alias": "Missing", **dint},
    ]
    return Site("", "", {}, plc={"tags": tags})


async def test_values_and_ids_come_back_digit_for_digit(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Numbers beyond 2^53, long fractions and ids of any JSON type are echoed as they came."""
    bodies = [
        b'{"plc":"Press","tag":"Tag0","value":12345678901234567890123,"request_id":1e3}',
        b'{"plc":"Press","tag":"Tag0","value":0.1000000000000000000001,"request_id":[1,{"a":null}]}',
        b'{"tag":"Tag0","request_id":null,"plc":"Press","value":5.0,"other":{"x":1}}',
    ]
    with trio.fail_after(LIMIT):
        async with writing(kafka, topic_prefix, tmp_path) as line:
            await line.ask(*(Letter(body) for body in bodies))
            await line.answers(3)
            texts = [record.value or b"" for record in line.responses.records]
            assert line.values() == [5]
    raws = [
        (b'"value":12345678901234567890123,', b'"request_id":1e3,'),
        (b'"value":0.1000000000000000000001,', b'"request_id":[1,{"a":null}],'),
        (b'"value":5.0,', b'"request_id":null,'),
    ]
    for wanted in raws:
        assert any(all(raw in text for raw in wanted) for text in texts), wanted


async def test_what_lacks_a_field_is_answered_and_what_cannot_be_read_is_kept(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """A JSON object without a field is answered with what it has and kept as a dead letter; bytes
    that are no object, and records without bytes, are dead letters only, untouched."""
    headers = (("trace", b"\x00\xff"), ("trace", None))
    letters = [
        Letter(b'{"plc":"Press","value":1,"request_id":"no tag"}', b"a key"),
        Letter(b'{"request_id":"nothing"}'),
        Letter(b'{"plc":"Press","tag":"Tag0"}', b"no value", headers=headers),
        Letter(b"\xff\xfe{", b"bytes", headers=headers),
        Letter(b"[1]"),
        Letter(None, b"tombstone"),
        Letter(b""),
    ]
    with trio.fail_after(LIMIT):
        async with writing(kafka, topic_prefix, tmp_path) as line:
            sent = await line.ask(*letters)
            answers = await line.answers(3)
            dead = await line.dead(7)
            assert not line.values()
    assert [(each.fields["plc"], each.fields["tag"], each.fields["value"]) for each in answers] == [
        ("Press", "", 1),
        ("", "", None),
        ("Press", "Tag0", None),
    ]
    assert {each.outcome for each in answers} == {"failed"}
    assert [each.key for each in answers] == [b"a key", None, b"no value"]
    by_place = {dict(each.headers)["source.offset"]: each for each in dead}
    for each in sent:
        kept = by_place[b"%d" % each.offset]
        assert (kept.key, kept.value or b"") == (each.letter.key, each.letter.value or b"")
        own = [pair for pair in kept.headers if pair[0] == "trace"]
        assert own == list(each.letter.headers)
        names = dict(kept.headers)
        assert names["source.topic"] == line.site.writes.encode()
        assert names["source.partition"] == b"0"
        assert names["error.reason"]
        assert (names["source.timestamp"] or b"").endswith(b"Z")
        assert names["warlogix-instance"]
