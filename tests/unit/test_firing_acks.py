"""When an ack is written, and when it is not."""

import logging
from dataclasses import replace
from pathlib import Path

import pytest
import trio

from tests.fakes import FakePlc
from tests.outboxes import A, B, event, full_disk, take
from tests.unit.firing_line import ACK, TRIGGER, between_parts, line
from warlogix.datatypes import DataType


@pytest.fixture
def fake() -> FakePlc:
    """A press between two parts."""
    return between_parts()


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
    rare = replace(TRIGGER, interval=60, is_apart=True)
    fake.memory["Done"] = False
    with trio.fail_after(60):
        async with line(tmp_path, fake, [replace(rare, interval=0.01)]) as press:
            await press.polls()
        fake.memory["Done"] = True
        async with line(tmp_path, fake, [rare]) as press:
            await press.event()
            fake.memory["Done"] = False
            press.confirm()
            await press.polls(3)
    assert press.acks() == []


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


async def test_the_log_says_what_a_bool_gets(
    tmp_path: Path, fake: FakePlc, caplog: pytest.LogCaptureFixture
) -> None:
    """Of a BOOL it never says -1: at the first start and of a refused event it gets nothing."""
    caplog.set_level(logging.INFO)
    trigger = replace(TRIGGER, ack=replace(ACK, kind=DataType("BOOL")))
    fake.memory["Done"] = True
    with trio.fail_after(60):
        async with line(tmp_path, fake, [trigger]) as press:
            await press.polls()
            for refused, said in ((1, "refuses it"), (0, "again")):
                fake.memory["Done"] = False
                await press.polls()
                fake.memory["Done"] = True
                await press.event()
                press.confirm(refused)
                while said not in caplog.text:
                    await press.polls(1)
    told = [each for each in caplog.messages if "gets" in each or "acked" in each]
    assert told == [
        "trigger PartDone: its condition holds at the first start: no event, Ack gets nothing",
        f"trigger PartDone: event 1 gets nothing: {A} refuses it",
        "trigger PartDone: events are acked with true again, 1 got nothing",
    ]


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


async def test_a_cluster_that_hangs_takes_no_time_from_another(
    tmp_path: Path, fake: FakePlc
) -> None:
    """What one cluster refuses is told at once, although another one says nothing."""
    both = replace(TRIGGER, clusters=(A, B))
    with trio.fail_after(50):
        async with line(tmp_path, fake, [both], clusters=(A, B)) as press:
            await press.polls()
            fake.memory["Done"] = True
            other = press.outbox.reader(B, "triggers")
            (row,) = await take(other, 1)
            other.confirm(row.id, refused=1)
            await press.acked(-1)
