"""What an event says, where it goes, and what its ack says: a real gateway on a real Kafka."""

import json
from datetime import datetime
from pathlib import Path

import trio

from tests.end_to_end.gateway import running
from tests.end_to_end.test_buffer_disk import full_disk
from tests.handshake.site import ACK, ACK_BIT, ACK_DB, Fields, open_site, part
from tests.witness import create_topic, read_topic_async
from warlogix.simulators.s7 import ItemCode

LIMIT = 90
GHOST = {"name": "DB9.DBD0", "alias": "Ghost"}
HASTY: Fields = {"ack_timeout": "500ms"}


async def test_an_event_says_when_where_and_what(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """An event has its fields in order, its trigger as key, its headers, and one instant as time;
    a data tag that is bad is null with its reason, and takes nothing away from the others."""
    more = {"metadata": {"line": "7"}, "tags": ["Part", "Ghost", "Width"]}
    with trio.fail_after(LIMIT):
        async with open_site(
            kafka, topic_prefix, tmp_path, trigger=more, tags=[ACK, GHOST]
        ) as site:
            async with running(site.config) as gateway:
                await gateway.says("Press: connected")
                site.show(1)
                assert await site.ack(1) == 1
            (record,) = await read_topic_async(kafka, f"{topic_prefix}-triggers", at_least=1)
    event = json.loads(record.value or b"")
    names = ["trigger", "timestamp", "sequence", "plc", "metadata", "data", "errors"]
    assert list(event) == names
    assert event["data"] == {"Part": 1, "Ghost": None, "Width": 10}
    assert list(event["errors"]) == ["Ghost"]
    assert (event["trigger"], event["plc"], event["metadata"]) == ("Done", "Press", {"line": "7"})
    assert record.key == b"Done"
    seconds, _, fraction = event["timestamp"].removesuffix("Z").partition(".")
    whole = int(datetime.fromisoformat(f"{seconds}+00:00").timestamp())
    assert record.timestamp == whole * 1000 + int(fraction[:3])
    assert len(fraction) == 9
    assert dict(record.headers) == {
        "content-type": b"application/json",
        "warlogix-version": b"1",
        "warlogix-instance": b"edge",
    }


async def test_a_cluster_that_is_away_beyond_the_time_limit(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """A part whose event no broker takes in time gets -1; the event arrives all the same when the
    broker is back, and its late confirmation writes nothing."""
    with trio.fail_after(LIMIT):
        async with (
            open_site(kafka, topic_prefix, tmp_path, trigger=HASTY) as site,
            running(site.config) as gateway,
        ):
            await gateway.says("Press: connected")
            site.shut_out()
            site.show(1)
            assert await site.ack(1) == -1
            site.link.door.open()
            found = await site.events(1)
            await site.looked()
            site.lower()
            await site.looked()
            site.show(2)
            await site.ack(2)
            found = await site.events(2)
    assert [part(each) for each in found] == [(1, 1), (2, 2)]
    assert site.acks == [-1, 1]
    assert "trigger Done: event 1 gets -1: not confirmed within 0.5 s by Cluster1" in gateway.log


async def test_a_bit_as_ack_only_says_yes(kafka: str, topic_prefix: str, tmp_path: Path) -> None:
    """A BOOL gets true for an event that has arrived, and nothing where a number would get -1."""
    with trio.fail_after(LIMIT):
        async with open_site(kafka, topic_prefix, tmp_path, tags=[ACK_BIT]) as site:
            site.show(1)
            async with running(site.config) as gateway:
                await gateway.says("at the first start")
                await site.looked()
                site.lower()
                await site.looked()
                site.show(2)
                assert await site.ack(1) == 1
                found = await site.events(1)
    assert [part(each) for each in found] == [(1, 2)]
    assert site.acks == [1]


async def test_an_ack_that_the_plc_refuses(kafka: str, topic_prefix: str, tmp_path: Path) -> None:
    """An ack that the PLC does not take is written again until it does, and said once."""
    with trio.fail_after(LIMIT):
        async with (
            open_site(kafka, topic_prefix, tmp_path) as site,
            running(site.config) as gateway,
        ):
            await gateway.says("Press: connected")
            site.plc.station.denied = {ACK_DB: ItemCode.ACCESS_DENIED}
            site.show(1)
            await gateway.says("its ack cannot be written, trying again")
            await site.looked()
            site.plc.station.denied = {}
            assert await site.ack(1) == 1
    refused = [each for each in site.plc.journal.writes if each.code is ItemCode.ACCESS_DENIED]
    assert refused
    assert gateway.log.count("its ack cannot be written") == 1


async def test_a_disk_that_takes_nothing(kafka: str, topic_prefix: str, tmp_path: Path) -> None:
    """An event that is in memory alone is delivered, and its ack is -1; when the disk is back the
    ack is 1 again and the numbers have gone on."""
    with trio.fail_after(LIMIT):
        async with (
            open_site(kafka, topic_prefix, tmp_path) as site,
            running(site.config) as gateway,
        ):
            await gateway.says("Press: connected")
            await gateway.says("Cluster1: online")
            with full_disk(gateway):
                site.show(1)
                assert await site.ack(1) == -1
                await site.events(1)
            await gateway.says("takes rows again")
            site.lower()
            await site.looked()
            site.show(2)
            assert await site.ack(2) == 1
            found = await site.events(2)
    assert [part(each) for each in found] == [(1, 1), (2, 2)]
    assert "event 1 gets -1: the buffer takes nothing" in gateway.log


async def test_an_event_that_the_broker_refuses(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """An event that is too large for its topic gets -1 and is in the file of what was refused."""
    own = f"{topic_prefix}-own"
    create_topic(kafka, own, max_message_bytes="1000")
    large = {"topic": own, "metadata": {"text": "x" * 2000}}
    with trio.fail_after(LIMIT):
        async with (
            open_site(kafka, topic_prefix, tmp_path, trigger=large) as site,
            running(site.config) as gateway,
        ):
            await gateway.says("Press: connected")
            site.show(1)
            assert await site.ack(1) == -1
            lines = (site.buffer / "refused.jsonl").read_text().splitlines()
    (line,) = map(json.loads, lines)
    assert (line["topic"], line["key"], line["value"]["sequence"]) == (own, "Done", 1)
    assert "event 1 gets -1: Cluster1 refuses it" in gateway.log


async def test_clusters_and_topics_of_triggers(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """A trigger goes to the cluster and the topic that it names, and waits for that cluster alone;
    one for all clusters waits for each of them."""
    own, acks = f"{topic_prefix}-own", [ACK, {**ACK, "name": "DB2.DBD4", "alias": "AckOfAll"}]
    clusters: list[Fields] = [{"selector": "here", "brokers": [kafka]}, {"selector": "there"}]
    chosen = {"kafka_cluster": "Cluster1"}
    triggers = [
        {"name": "Own", "kafka_cluster": "Cluster1", "topic": own},
        {"name": "All", "ack_tag": "AckOfAll", **HASTY},
    ]
    with trio.fail_after(LIMIT):
        async with open_site(
            kafka,
            topic_prefix,
            tmp_path,
            trigger=chosen,
            triggers=triggers,
            tags=acks,
            clusters=clusters,
        ) as site:
            site.shut_out()
            async with running(site.config) as gateway:
                await gateway.says("Press: connected")
                site.show(1)
                await site.ack(2)
                here = await site.events(2, f"{topic_prefix}-here-triggers")
                alone = await site.events(1, own)
                site.link.door.open()
                there = await site.events(1, f"{topic_prefix}-there-triggers")
    assert site.acks == [1, -1]
    assert sorted(each["trigger"] for each in here) == ["All", "Done"]
    assert [each["trigger"] for each in alone] == ["Own"]
    assert [each["trigger"] for each in there] == ["All"]
    assert "trigger All: event 1 gets -1: not confirmed within 0.5 s by Cluster2" in gateway.log
