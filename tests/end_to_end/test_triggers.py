"""When a trigger fires, and whether an ack may still be written: a real gateway on a real Kafka."""

from pathlib import Path

import pytest
import trio

from tests.end_to_end.gateway import running
from tests.handshake.site import Fields, open_site, part
from warlogix.simulators.s7.wire import Function

LIMIT = 90
PATIENT: Fields = {"ack_timeout": "10m"}
# Where an answer of an S7 says what it answers.
_FUNCTION = 19


async def test_the_first_start_with_a_condition_that_holds(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """A condition that holds at the first start ever is no event, and the ack is -1, so that the
    program goes on; the next part is the first event."""
    with trio.fail_after(LIMIT):
        async with open_site(kafka, topic_prefix, tmp_path) as site:
            site.show(1)
            async with running(site.config):
                assert await site.ack(1) == -1
                site.lower()
                await site.looked()
                site.show(2)
                assert await site.ack(2) == 1
                found = await site.events(1)
    assert [part(each) for each in found] == [(1, 2)]


async def test_killed_between_event_and_ack(kafka: str, topic_prefix: str, tmp_path: Path) -> None:
    """An event whose ack was not written when the gateway was killed is followed by a second one
    of the same part, with the next number, and that one is acknowledged."""
    with trio.fail_after(LIMIT):
        async with open_site(kafka, topic_prefix, tmp_path, trigger=PATIENT) as site:
            async with running(site.config) as gateway:
                await gateway.says("Press: connected")
                site.shut_out()
                site.show(1)
                await site.keeps(1)
                gateway.process.kill()
            site.link.door.open()
            async with running(site.config):
                assert await site.ack(1) == 1
                found = await site.events(2)
    assert [part(each) for each in found] == [(1, 1), (2, 1)]
    assert site.acks == [1]


async def test_an_ack_that_is_still_there_and_one_that_was_taken(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """After a restart a condition that holds is no event while the ack stands that was written for
    it; where the program has taken that ack meanwhile, it waits for another, and gets it."""
    with trio.fail_after(LIMIT):
        async with open_site(kafka, topic_prefix, tmp_path) as site:
            async with running(site.config) as gateway:
                await gateway.says("Press: connected")
                site.show(1)
                await site.ack(1)
                gateway.terminate()
                assert await gateway.wait() == 0
            async with running(site.config) as gateway:
                await gateway.says("Press: connected")
                await site.looked()
                gateway.terminate()
                assert await gateway.wait() == 0
            site.lower()
            site.show(2)
            async with running(site.config):
                assert await site.ack(2) == 1
                found = await site.events(2)
    assert [part(each) for each in found] == [(1, 1), (2, 2)]
    assert site.acks == [1, 1]


async def test_an_ack_that_is_taken_right_after_the_first_look(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """A program that takes its ack while the gateway looks after a restart has no second event."""
    with trio.fail_after(LIMIT):
        async with open_site(kafka, topic_prefix, tmp_path) as site:
            async with running(site.config) as gateway:
                await gateway.says("Press: connected")
                site.show(1)
                await site.ack(1)
                gateway.terminate()
                assert await gateway.wait() == 0

            def take(answer: bytes) -> bytes:
                """Clear trigger and ack behind the first answer that shows them."""
                if answer[_FUNCTION] == Function.READ:
                    site.plc.spoil = None
                    site.lower()
                return answer

            site.plc.spoil = take
            async with running(site.config) as gateway:
                await gateway.says("Press: connected")
                await site.looked()
                site.show(2)
                assert await site.ack(2) == 1
                found = await site.events(2)
    assert [part(each) for each in found] == [(1, 1), (2, 2)]


@pytest.mark.parametrize("waits", [True, False], ids=["waits", "has-gone-on"])
async def test_a_link_that_is_cut_between_edge_and_capture(
    kafka: str, topic_prefix: str, tmp_path: Path, waits: bool
) -> None:
    """An edge whose data could not be read is an event when the PLC is back and the condition
    holds, one and no more; and none when it does not hold any more."""
    slow = {"poll_rate": "500ms"}
    with trio.fail_after(LIMIT):
        async with (
            open_site(kafka, topic_prefix, tmp_path, plc=slow) as site,
            running(site.config) as gateway,
        ):
            await gateway.says("Press: connected")
            site.show(1)
            answers: list[bytes] = []

            def cut(answer: bytes) -> bytes | None:
                """Let the scan through that shows the edge, and nothing behind it."""
                answers.append(answer)
                if len(answers) == 1:
                    return answer
                site.plc.spoil = None
                if not waits:
                    site.lower()
                return None

            site.plc.spoil = cut
            await gateway.says("Press: connected again")
            if not waits:
                await site.looked()
                site.show(2)
            assert await site.ack(1) == 1
            found = await site.events(1)
    assert [part(each) for each in found] == [(1, 1 if waits else 2)]
    assert len(answers) == 2


async def test_a_condition_that_falls_before_its_ack(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """A program that does not wait gets no ack, not even when the event arrives and the next part
    stands there; each part has its event."""
    with trio.fail_after(LIMIT):
        async with (
            open_site(kafka, topic_prefix, tmp_path, trigger=PATIENT) as site,
            running(site.config) as gateway,
        ):
            await gateway.says("Press: connected")
            site.shut_out()
            site.show(1)
            await site.keeps(1)
            site.lower()
            await gateway.says("event 1 gets no ack: the condition fell before")
            site.show(2)
            await site.keeps(2)
            site.link.door.open()
            await site.ack(1)
            found = await site.events(2)
            await site.looked()
    assert [part(each) for each in found] == [(1, 1), (2, 2)]
    assert site.acks == [1]


async def test_a_trigger_that_is_read_faster_than_its_plc(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """A trigger with a poll rate of its own fires between the polls of its PLC."""
    fast, slow = {"poll_rate": "50ms"}, {"poll_rate": "1h"}
    with trio.fail_after(LIMIT):
        async with (
            open_site(kafka, topic_prefix, tmp_path, trigger=fast, plc=slow) as site,
            running(site.config) as gateway,
        ):
            await gateway.says("Press: connected")
            for number in (1, 2):
                await site.looked()
                site.show(number)
                assert await site.ack(number) == 1
                site.lower()
            found = await site.events(2)
    assert [part(each) for each in found] == [(1, 1), (2, 2)]
