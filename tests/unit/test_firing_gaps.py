"""What is fired behind a restart, a lost link, and at the first start of all."""

import logging
from dataclasses import replace
from pathlib import Path

import pytest
import trio

from tests.fakes import FakeDriver, FakePlc
from tests.outboxes import A
from tests.unit.firing_line import PART, POLL, TAGS, TRIGGER, WITHOUT_ACK, between_parts, line
from warlogix.errors import Rejected, Unreachable
from warlogix.tags import Endpoint, Readings, Tag
from warlogix.triggers import Condition

AWAY = Unreachable("Press", "cut off")


@pytest.fixture
def fake() -> FakePlc:
    """A press between two parts."""
    return between_parts()


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


async def test_the_first_start_of_a_trigger_without_an_ack_speaks_of_none(
    tmp_path: Path, fake: FakePlc, caplog: pytest.LogCaptureFixture
) -> None:
    """Where nobody waits for an ack none is missed."""
    fake.memory["Done"] = True
    with trio.fail_after(60):
        async with line(tmp_path, fake, [WITHOUT_ACK]) as press:
            await press.known()
            await press.polls()
    assert "no ack" not in caplog.text


async def test_a_part_whose_ack_was_not_written_has_another_event_after_a_restart(
    tmp_path: Path, fake: FakePlc, caplog: pytest.LogCaptureFixture
) -> None:
    """The open ack is void, and the new event has the next number and an ack of its own; the log
    says that it may be of the same edge."""
    caplog.set_level(logging.INFO)
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
    told = "trigger PartDone: event 1 was not acked; event 2 may be of the same edge"
    assert caplog.text.count(told) == 1


async def test_a_part_whose_ack_still_stands_has_no_other_event_after_a_restart(
    tmp_path: Path, fake: FakePlc
) -> None:
    """A program that has not yet taken its ack waits for nothing else."""
    with trio.fail_after(60):
        async with line(tmp_path, fake) as press:
            await press.first_part()
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
            await press.first_part()
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


async def test_another_condition_begins_anew_and_the_sequence_goes_on(
    tmp_path: Path, fake: FakePlc
) -> None:
    """What was known of the old condition says nothing of the new one."""
    with trio.fail_after(60):
        async with line(tmp_path, fake) as press:
            await press.first_part()
        other = replace(TRIGGER, tag=PART, condition=Condition(">", 9))
        fake.memory |= {"Part": 10, "Ack": 0}
        async with line(tmp_path, fake, [other]) as press:
            await press.acked(-1)
            fake.memory |= {"Part": 9, "Ack": 0}
            await press.polls()
            fake.memory["Part"] = 11
            assert (await press.event())["sequence"] == 2


class _Late(FakePlc):
    """Its program takes its ack, and clears both tags, while the ack tag is being asked for."""

    def driver(self, endpoint: Endpoint) -> FakeDriver:
        """A driver whose reads of anything but a whole scan find the program gone on."""
        memory = self.memory

        class Driver(FakeDriver):
            async def read(self, tags: tuple[Tag, ...]) -> Readings:
                if len(tags) < len(TAGS):
                    memory.update({"Done": False, "Ack": 0})
                return await super().read(tags)

        return Driver(self, endpoint)


async def test_a_program_that_takes_its_ack_right_behind_a_gap_has_no_other_event(
    tmp_path: Path, fake: FakePlc
) -> None:
    """Condition and ack are looked at together: what is cleared with it is the part before."""
    with trio.fail_after(60):
        async with line(tmp_path, fake) as press:
            await press.first_part()
        late = _Late(fake.memory)
        async with line(tmp_path, late) as press:
            while late.memory["Ack"] != 0:
                await press.polls(1)
            await press.polls()
            assert press.outbox.waiting(A).messages == 0


class _Refusing(FakePlc):
    """Refuses to have anything read but whole scans, while it is told to."""

    refusing = True

    def driver(self, endpoint: Endpoint) -> FakeDriver:
        """A driver that may refuse."""
        plc = self

        class Driver(FakeDriver):
            async def read(self, tags: tuple[Tag, ...]) -> Readings:
                if plc.refusing and len(tags) < len(TAGS):
                    raise Rejected(endpoint.plc, "the program was changed while it was read")
                return await super().read(tags)

        return Driver(self, endpoint)


async def test_a_refusal_behind_a_gap_is_asked_again(tmp_path: Path, fake: FakePlc) -> None:
    """Whether the ack was taken is found out as soon as the PLC tells."""
    with trio.fail_after(60):
        async with line(tmp_path, fake) as press:
            await press.first_part()
        fake.memory |= {"Part": 8, "Ack": 0}
        refusing = _Refusing(fake.memory)
        async with line(tmp_path, refusing) as press:
            await press.polls(3)
            refusing.refusing = False
            assert (await press.event())["data"] == {"PartNumber": 8}


async def test_a_program_that_went_on_while_the_plc_was_slow_is_not_left_waiting(
    tmp_path: Path, fake: FakePlc
) -> None:
    """A fall that no look has seen, because they came late, is known by the ack that is gone."""
    often = replace(TRIGGER, interval=POLL)
    with trio.fail_after(60):
        async with line(tmp_path, fake, [often]) as press:
            await press.first_part()
            fake.read_time = 0.2
            await press.polls(1)
            fake.memory |= {"Part": 8, "Ack": 0}
            assert (await press.event())["data"] == {"PartNumber": 8}
