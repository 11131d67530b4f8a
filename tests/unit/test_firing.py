"""From an edge to its event and its ack."""

import logging
from dataclasses import replace
from pathlib import Path

import pytest
import trio

from tests.fakes import FakeDriver, FakePlc
from tests.outboxes import A, B, event, full_disk, take
from tests.unit.firing_line import ACK, PART, TRIGGER, WITHOUT_ACK, line
from warlogix.datatypes import DataType
from warlogix.errors import Rejected, Unreachable
from warlogix.tags import Endpoint, Readings, Tag
from warlogix.triggers import Condition

AWAY = Unreachable("Press", "cut off")


@pytest.fixture
def fake() -> FakePlc:
    """A press between two parts."""
    return FakePlc({"Done": False, "Part": 7, "Ack": 0})


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


async def test_the_ack_is_written_when_the_cluster_has_confirmed_and_not_before(
    tmp_path: Path, fake: FakePlc
) -> None:
    """The part is let go only when its event is in Kafka."""
    with trio.fail_after(60):
        async with line(tmp_path, fake) as press:
            await press.polls()
            fake.memory["Done"] = True
            await press.event()
            await press.polls()
            assert press.acks() == []
            press.confirm()
            await press.acked(1)
            await press.polls()
    assert press.acks() == [1]


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


async def test_every_chosen_cluster_must_have_the_event(tmp_path: Path, fake: FakePlc) -> None:
    """One cluster's confirmation alone lets no part go."""
    both = replace(TRIGGER, clusters=(A, B))
    with trio.fail_after(60):
        async with line(tmp_path, fake, [both], clusters=(A, B)) as press:
            await press.polls()
            fake.memory["Done"] = True
            await press.event()
            press.confirm()
            await press.polls()
            assert press.acks() == []
            other = press.outbox.reader(B, "triggers")
            (row,) = await take(other, 1)
            other.confirm(row.id)
            await press.acked(1)


async def test_a_refused_event_is_acked_with_minus_one(tmp_path: Path, fake: FakePlc) -> None:
    """An event that the brokers refuse for itself is told at once, and the program goes on."""
    with trio.fail_after(60):
        async with line(tmp_path, fake) as press:
            await press.polls()
            fake.memory["Done"] = True
            await press.event()
            press.confirm(refused=1)
            await press.acked(-1)


async def test_an_event_that_is_late_is_acked_with_minus_one_and_delivered_all_the_same(
    tmp_path: Path, fake: FakePlc
) -> None:
    """After `ack_timeout` the ack is -1, the event still waits, and its confirmation writes
    nothing."""
    with trio.fail_after(60):
        async with line(tmp_path, fake, [replace(TRIGGER, ack_timeout=0.05)]) as press:
            await press.polls()
            fake.memory["Done"] = True
            await press.acked(-1)
            assert (await press.event())["sequence"] == 1
            press.confirm()
            await press.polls()
    assert press.acks() == [-1]


async def test_while_the_disk_takes_nothing_acks_are_minus_one(
    tmp_path: Path, fake: FakePlc
) -> None:
    """An event in memory alone is sent, and not called safe."""
    with trio.fail_after(60):
        async with line(tmp_path, fake) as press:
            await press.polls()
            with full_disk():
                fake.memory["Done"] = True
                await press.event()
                await press.acked(-1)
            press.confirm()
            await press.outbox.error.wait_value("")


async def test_while_events_fill_the_buffer_acks_are_minus_one(
    tmp_path: Path, fake: FakePlc
) -> None:
    """The event is kept all the same."""
    with trio.fail_after(60):
        async with line(tmp_path, fake, max_size=1_000_000) as press:
            await press.polls()
            await press.outbox.append([event("x" * 1_200_000)])
            await press.outbox.full.wait_value(True)
            fake.memory["Done"] = True
            await press.acked(-1)
            assert press.outbox.waiting(A).messages == 2


async def test_a_condition_that_holds_at_the_first_start_is_no_event(
    tmp_path: Path, fake: FakePlc
) -> None:
    """The program that waits gets -1, and the next part is event 1."""
    fake.memory["Done"] = True
    with trio.fail_after(60):
        async with line(tmp_path, fake) as press:
            await press.acked(-1)
            fake.memory |= {"Done": False, "Ack": 0}
            await press.polls()
            fake.memory["Done"] = True
            assert (await press.event())["sequence"] == 1


async def test_a_part_whose_ack_was_not_written_has_another_event_after_a_restart(
    tmp_path: Path, fake: FakePlc
) -> None:
    """The open ack is void, and the new event has the next number and an ack of its own."""
    with trio.fail_after(60):
        async with line(tmp_path, fake) as press:
            await press.polls()
            fake.memory["Done"] = True
            await press.event()
        async with line(tmp_path, fake) as press:
            assert (await press.event())["sequence"] == 1
            press.confirm()
            assert (await press.event())["sequence"] == 2
            assert press.acks() == []
            press.confirm()
            await press.acked(1)


async def test_a_part_whose_ack_still_stands_has_no_other_event_after_a_restart(
    tmp_path: Path, fake: FakePlc
) -> None:
    """A program that has not yet taken its ack waits for nothing else."""
    with trio.fail_after(60):
        async with line(tmp_path, fake) as press:
            await press.polls()
            fake.memory["Done"] = True
            await press.event()
            press.confirm()
            await press.acked(1)
        async with line(tmp_path, fake) as press:
            await press.polls(3)
            fake.memory |= {"Done": False, "Ack": 0}
            await press.polls()
            fake.memory["Done"] = True
            assert (await press.event())["sequence"] == 2


async def test_a_part_that_rose_while_the_gateway_was_away_is_not_left_waiting(
    tmp_path: Path, fake: FakePlc
) -> None:
    """Where the ack that was written is gone, the program waits for another one."""
    with trio.fail_after(60):
        async with line(tmp_path, fake) as press:
            await press.polls()
            fake.memory["Done"] = True
            await press.event()
            press.confirm()
            await press.acked(1)
        fake.memory |= {"Part": 8, "Ack": 0}
        async with line(tmp_path, fake) as press:
            found = await press.event()
            assert (found["sequence"], found["data"]) == (2, {"PartNumber": 8})
            press.confirm()
            await press.acked(1)


async def test_without_an_ack_tag_a_restart_fires_for_what_was_seen_to_be_false(
    tmp_path: Path, fake: FakePlc
) -> None:
    """A rise while the gateway was away is an edge, a condition that went on to hold is none."""
    with trio.fail_after(60):
        async with line(tmp_path, fake, [WITHOUT_ACK]) as press:
            await press.polls()
        fake.memory["Done"] = True
        async with line(tmp_path, fake, [WITHOUT_ACK]) as press:
            assert (await press.event())["sequence"] == 1
            press.confirm()
        async with line(tmp_path, fake, [WITHOUT_ACK]) as press:
            await press.polls(3)
            fake.memory["Done"] = False
            await press.polls()
            fake.memory["Done"] = True
            assert (await press.event())["sequence"] == 2


async def test_a_condition_that_fell_gets_no_ack(
    tmp_path: Path, fake: FakePlc, caplog: pytest.LogCaptureFixture
) -> None:
    """The program has gone on without: the event stays, and what happened is told."""
    caplog.set_level(logging.WARNING)
    with trio.fail_after(60):
        async with line(tmp_path, fake) as press:
            await press.polls()
            fake.memory["Done"] = True
            await press.event()
            fake.memory["Done"] = False
            await press.polls()
            press.confirm()
            await press.polls()
    assert press.acks() == []
    assert "PartDone: event 1 gets no ack: the condition fell before (1 so far)" in caplog.text


async def test_the_condition_is_looked_at_before_the_ack_is_written(
    tmp_path: Path, fake: FakePlc
) -> None:
    """A fall that no poll has seen yet voids the ack, too."""
    rare = replace(TRIGGER, poll_rate=60.0)
    fake.memory["Done"] = False
    with trio.fail_after(60):
        async with line(tmp_path, fake, [replace(rare, poll_rate=0.01)]) as press:
            await press.polls()
        fake.memory["Done"] = True
        async with line(tmp_path, fake, [rare]) as press:
            await press.event()
            fake.memory["Done"] = False
            press.confirm()
            await press.polls(3)
    assert press.acks() == []


async def test_a_lost_link_voids_the_ack_and_a_condition_that_still_holds_is_a_new_event(
    tmp_path: Path, fake: FakePlc
) -> None:
    """Nobody knows what happened meanwhile, so no ack of before is written behind a gap."""
    with trio.fail_after(60):
        async with line(tmp_path, fake) as press:
            await press.polls()
            fake.memory["Done"] = True
            assert (await press.event())["sequence"] == 1
            fake.failure = AWAY
            await press.plc.status.wait_value(lambda now: not now.online)
            press.confirm()
            fake.failure = None
            assert (await press.event())["sequence"] == 2
            assert press.acks() == []
            press.confirm()
            await press.acked(1)
            await press.polls()
    assert press.acks() == [1]


async def test_an_ack_that_is_refused_is_repeated_until_it_is_accepted(
    tmp_path: Path, fake: FakePlc, caplog: pytest.LogCaptureFixture
) -> None:
    """It is a state and not a command; the reason is told once."""
    caplog.set_level(logging.WARNING)
    with trio.fail_after(60):
        async with line(tmp_path, fake) as press:
            await press.polls()
            fake.refusals["Ack"] = "write protected"
            fake.memory["Done"] = True
            await press.event()
            press.confirm()
            while "cannot be written" not in caplog.text:
                await press.polls(1)
            del fake.refusals["Ack"]
            await press.acked(1)
    assert caplog.text.count("PartDone: its ack cannot be written, trying again") == 1


async def test_an_ack_without_an_answer_ends_the_link_and_is_followed_by_a_new_event(
    tmp_path: Path, fake: FakePlc
) -> None:
    """Whether the PLC has it nobody knows; a program that still waits is told anew."""
    fake.unanswered.add("Ack")
    with trio.fail_after(60):
        async with line(tmp_path, fake) as press:
            await press.polls()
            fake.memory["Done"] = True
            await press.event()
            press.confirm()
            await press.plc.status.wait_value(lambda now: not now.online)
            fake.unanswered.clear()
            assert (await press.event())["sequence"] == 2
            press.confirm()
            await press.polls()


@pytest.mark.parametrize(
    ("kind", "refused", "written"),
    [
        ("DINT", 0, [1]),
        ("REAL", 0, [1.0]),
        ("REAL", 1, [-1.0]),
        ("BOOL", 0, [True]),
        ("BOOL", 1, []),
    ],
)
async def test_an_ack_is_written_as_its_tags_type_has_it(
    tmp_path: Path, fake: FakePlc, kind: str, refused: int, written: list[object]
) -> None:
    """1 and -1 in the form of the type; a BOOL gets true, or nothing."""
    ack = replace(ACK, kind=DataType(kind))
    with trio.fail_after(60):
        async with line(tmp_path, fake, [replace(TRIGGER, ack=ack)]) as press:
            await press.polls()
            fake.memory["Done"] = True
            await press.event()
            press.confirm(refused)
            for _ in written:
                await press.acked(written[0])
            await press.polls()
    assert press.acks() == written
    assert [type(value) for value in press.acks()] == [type(value) for value in written]


async def test_an_ack_tag_that_cannot_hold_the_ack_is_told(
    tmp_path: Path, fake: FakePlc, caplog: pytest.LogCaptureFixture
) -> None:
    """A type that only the PLC tells is judged when it is known, and nothing is written."""
    ack = replace(ACK, kind=DataType("WORD"))
    with trio.fail_after(60):
        async with line(tmp_path, fake, [replace(TRIGGER, ack=ack)]) as press:
            await press.polls()
            fake.memory["Done"] = True
            await press.event()
            press.confirm()
            while "Ack is WORD, which cannot hold 1 and -1" not in caplog.text:
                await press.polls(1)
    assert press.acks() == []


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
    assert "PartDone: an edge gets -1: its data is refused: protected" in caplog.text


async def test_a_trigger_with_a_rate_of_its_own_does_not_wait_for_its_plc(
    tmp_path: Path, fake: FakePlc
) -> None:
    """It is seen and acked between two polls of a PLC that is read once a minute."""
    fast = replace(TRIGGER, poll_rate=0.01)
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


async def test_another_condition_begins_anew_and_the_sequence_goes_on(
    tmp_path: Path, fake: FakePlc
) -> None:
    """What was known of the old condition says nothing of the new one."""
    with trio.fail_after(60):
        async with line(tmp_path, fake) as press:
            await press.polls()
            fake.memory["Done"] = True
            await press.event()
            press.confirm()
            await press.acked(1)
        other = replace(TRIGGER, tag=PART, condition=Condition(">", 9))
        fake.memory |= {"Part": 10, "Ack": 0}
        async with line(tmp_path, fake, [other]) as press:
            await press.acked(-1)
            fake.memory |= {"Part": 9, "Ack": 0}
            await press.polls()
            fake.memory["Part"] = 11
            assert (await press.event())["sequence"] == 2


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
