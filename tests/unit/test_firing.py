"""From an edge to its event and its ack."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
import trio

from tests.fakes import FakeDriver, FakePlc
from tests.outboxes import A, take
from tests.unit.firing_line import DONE, PART, TAGS, TRIGGER, WITHOUT_ACK, between_parts, line
from warlogix.errors import Rejected
from warlogix.packs import Member, Pack, PackPlan
from warlogix.tags import Endpoint, Readings, Tag


@pytest.fixture
def fake() -> FakePlc:
    """A press between two parts."""
    return between_parts()


async def test_an_edge_becomes_an_event_as_the_contract_has_it(
    tmp_path: Path, fake: FakePlc
) -> None:
    """The event has its fields in their order, the instant of the edge, and its headers."""
    with trio.fail_after(60):
        async with line(tmp_path, fake) as press:
            await press.polls()
            fake.memory["Done"] = True
            reader = press.outbox.reader(A, "triggers")
            (row,) = await take(reader, 1)
    assert row.batch.keys == [b"PartDone"]
    assert row.batch.values == [
        b'{"trigger":"PartDone","timestamp":"2024-01-15T10:30:00.123456789Z","sequence":1,'
        b'"plc":"Press","metadata":{"line":"1"},"data":{"PartNumber":7}}'
    ]
    assert row.batch.timestamps == [1_705_314_600_123]
    assert row.batch.headers == [
        [
            ("content-type", b"application/json"),
            ("warlogix-version", b"1"),
            ("warlogix-instance", b"edge1"),
        ]
    ]


async def test_each_part_has_one_event_with_its_own_data(tmp_path: Path, fake: FakePlc) -> None:
    """Handshake after handshake, the sequence counts and the data is that of the part."""
    with trio.fail_after(60):
        async with line(tmp_path, fake) as press:
            await press.polls()
            for part in range(1, 6):
                fake.memory |= {"Part": 100 + part, "Done": True}
                found = await press.event()
                assert (found["sequence"], found["data"]) == (part, {"PartNumber": 100 + part})
                await press.cycle()
    assert press.acks() == [1] * 5


async def test_a_bad_data_tag_is_null_with_its_reason(tmp_path: Path, fake: FakePlc) -> None:
    """One tag that the PLC does not give is no failed capture."""
    del fake.memory["Part"]
    with trio.fail_after(60):
        async with line(tmp_path, fake) as press:
            await press.polls()
            fake.memory["Done"] = True
            found = await press.event()
            press.confirm()
            await press.acked(1)
    assert found["data"] == {"PartNumber": None}
    assert found["errors"] == {"PartNumber": "no such tag"}


class _Refusing(FakePlc):
    """Refuses to have the part number read by itself."""

    def driver(self, endpoint: Endpoint) -> FakeDriver:
        class Driver(FakeDriver):
            async def read(self, tags: tuple[Tag, ...]) -> Readings:
                if tags == (PART,):
                    raise Rejected(endpoint.plc, "protected")
                return await super().read(tags)

        return Driver(self, endpoint)


async def test_a_capture_that_is_refused_is_acked_with_minus_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """There is no event of what could not be read, and the program goes on."""
    fake = _Refusing({"Done": False, "Part": 7, "Ack": 0})
    with trio.fail_after(60):
        async with line(tmp_path, fake) as press:
            await press.polls()
            fake.memory["Done"] = True
            await press.acked(-1)
            assert press.outbox.waiting(A).messages == 0
    assert "trigger PartDone: no event, its data is refused: protected" in caplog.text


async def test_a_trigger_with_a_rate_of_its_own_does_not_wait_for_its_plc(
    tmp_path: Path, fake: FakePlc
) -> None:
    """It is seen and acked between two polls of a PLC that is read once a minute."""
    fast = replace(TRIGGER, interval=0.01, is_apart=True)
    with trio.fail_after(30):
        async with line(tmp_path, fake, [fast], interval=60) as press:
            await press.known()
            for part in range(1, 4):
                fake.memory |= {"Part": part, "Done": True}
                assert (await press.event())["data"] == {"PartNumber": part}
                press.confirm()
                await press.acked(1)
                seen = len(fake.reads)
                fake.memory |= {"Done": False, "Ack": 0}
                while len(fake.reads) < seen + 3:  # noqa: ASYNC110
                    await trio.sleep(0.01)


async def test_what_cannot_be_compared_is_told_once(
    tmp_path: Path, fake: FakePlc, caplog: pytest.LogCaptureFixture
) -> None:
    """A condition that can never hold is no silence."""
    fake.memory["Done"] = "yes"
    with trio.fail_after(60):
        async with line(tmp_path, fake) as press:
            await press.polls(4)
    told = "trigger PartDone: Done holds 'yes', which cannot be compared: == true"
    assert caplog.text.count(told) == 1


async def test_each_trigger_counts_for_itself(tmp_path: Path, fake: FakePlc) -> None:
    """Each has a sequence of its own, and a topic of its own if it says so."""
    other = replace(WITHOUT_ACK, name="PartDone2", topic="parts")
    with trio.fail_after(60):
        async with line(tmp_path, fake, [WITHOUT_ACK, other]) as press:
            await press.polls()
            fake.memory["Done"] = True
            assert (await press.event())["sequence"] == 1
            (row,) = await take(press.outbox.reader(A, "triggers:parts"), 1)
            found = msgspec.json.decode(row.batch.values[0] or b"")
            assert (found["trigger"], found["sequence"]) == ("PartDone2", 1)


async def test_an_event_carries_a_pack_beside_a_tag_of_its_name(
    tmp_path: Path, fake: FakePlc
) -> None:
    """The pack's members on the trigger's PLC are read with the other data, at the edge."""
    members = (Member("Press", PART, ignored=False), Member("Oven", DONE, ignored=False))
    pack = Pack(PackPlan("PartNumber", members, ()), {"Press": TAGS, "Oven": (DONE,)}, dict)
    trigger = replace(TRIGGER, data=(PART, "PartNumber"))
    with trio.fail_after(60):
        async with line(tmp_path, fake, [trigger], packs=[pack]) as press:
            await press.polls()
            fake.memory |= {"Done": True, "Part": 8}
            found = await press.event()
    assert found["data"] == {
        "PartNumber": 8,
        "pack:PartNumber": {
            "Press.PartNumber": {"value": 8, "type": "DINT", "plc": "Press", "address": "Part"},
            "Oven.Done": {
                "value": None,
                "type": "BOOL",
                "plc": "Oven",
                "quality": "bad",
                "error": "not read yet",
            },
        },
    }


async def test_a_full_channel_merges_no_edge_away(tmp_path: Path, fake: FakePlc) -> None:
    """Where nobody takes scans any more each part still has its event and its ack."""
    with trio.fail_after(60):
        async with line(tmp_path, fake, interval=0.005) as press:
            await press.polls()
            press.take_no_more()
            for part in range(1, 4):
                fake.memory |= {"Part": part, "Done": True}
                assert (await press.event())["data"] == {"PartNumber": part}
                press.confirm()
                await press.acked(1)
                seen = len(fake.reads)
                fake.memory |= {"Done": False, "Ack": 0}
                while len(fake.reads) < seen + 3:  # noqa: ASYNC110 - the fake has no event for it
                    await trio.sleep(0.01)


async def test_one_refusal_does_not_deafen_a_trigger_with_a_rate_of_its_own(
    tmp_path: Path, fake: FakePlc
) -> None:
    """It goes on at its own rate, however rarely its PLC is polled."""
    fast = replace(TRIGGER, interval=0.01, is_apart=True)
    with trio.fail_after(30):
        async with line(tmp_path, fake, [fast], interval=60) as press:
            await press.known()
            fake.failure = Rejected("Press", "the program was changed while it was read")
            await press.plc.status.wait_value(lambda now: now.status == "error")
            fake.failure = None
            fake.memory["Done"] = True
            await press.event()
            assert press.plc.status.value.online
