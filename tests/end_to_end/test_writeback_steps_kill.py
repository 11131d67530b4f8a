"""A gateway killed between any two steps of a write request, and who answers then: see the table
of docs/writeback.md."""

from pathlib import Path

import trio

from tests.end_to_end.steps import (
    all_outcomes,
    all_sent,
    free_the_plcs,
    hanging_disk,
    held,
    joining,
    kill,
    linked,
    named,
)
from tests.end_to_end.writing import Line
from tests.links import Api, Link

LIMIT = 60


async def bring_to_every_step(line: Line, link: Link) -> None:
    """One request between each two steps, named after the last step that it has done; the link
    holds the responses, and holds commits already."""
    press, oven = line.plcs["Press"], line.plcs["Oven"]
    await line.ask(
        named("Press", 0, "durable"),
        named("Press", 1, "answered"),
        named("Oven", 2, "sent"),
        named("Oven", 3, "committed"),
    )
    await held(oven)
    await held(press)
    link.hold(Api.PRODUCE, b"Press.Tag")
    press.resume()
    await link.holds(Api.PRODUCE, b'"durable"')
    await held(press)


async def settle_and_fetch(line: Line, link: Link) -> None:
    """Two more: one whose commit the link holds, and one in the next window."""
    await line.ask(named("Press", 4, "settled"))
    await link.holds(Api.COMMIT)
    await line.ask(named("Press", 5, "fetched"))
    await line.gateway.says("Received write request: partition=0 offset=5")


async def die_before_the_answer_is_durable(line: Line, folder: Path) -> None:
    """The PLC answers while the disk hangs, and the gateway is killed."""
    with hanging_disk(folder):
        line.plc.resume()
        response = f"Publishing response to {line.site.responses}"
        await line.gateway.says(f"{response}: key=Press.Tag1 success=true")
        await kill(line.gateway)


async def confirm_and_hold_the_commit(line: Line, link: Link) -> None:
    """A request whose answer is durable, and the link holds it, and the next commits."""
    await line.ask(named("Press", 0, "confirmed"))
    await held(line.plc)
    link.hold(Api.COMMIT)
    link.hold(Api.PRODUCE, b"Press.Tag")
    line.plc.resume()
    await link.holds(Api.PRODUCE, b'"confirmed"')


async def test_a_killed_gateway_that_comes_back_gives_the_answers_that_were_durable(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Killed with a request between each two steps and started again, a gateway gives the durable
    answers, says `outcome unknown` of what the lost commits cover, executed or not, and executes
    what they do not cover; nothing twice."""
    with trio.fail_after(LIMIT):
        async with trio.open_nursery() as both:
            both.start_soon(_come_back, kafka, f"{topic_prefix}-1", tmp_path / "1")
            both.start_soon(_come_back_unconfirmed, kafka, f"{topic_prefix}-2", tmp_path / "2")


async def _come_back(kafka: str, namespace: str, folder: Path) -> None:
    async with linked(kafka, namespace, folder / "a") as (line, link):
        await bring_to_every_step(line, link)
        link.hold(Api.COMMIT)
        await settle_and_fetch(line, link)
        await die_before_the_answer_is_durable(line, folder / "a")
        free_the_plcs(line)
        async with joining(line.site, folder / "a"):
            found = await all_outcomes(line)
        assert line.values("Press") == [1, 2, 5, 6]
        # It was in front of the PLC, which has carried it out behind the gateway's death.
        assert line.values("Oven") == [3]
    assert found == {
        "durable": ["done by a"],
        "answered": ["outcome unknown by a"],
        "sent": ["outcome unknown by a"],
        "committed": ["outcome unknown by a"],
        "settled": ["done by a"],
        "fetched": ["done by a"],
    }


async def _come_back_unconfirmed(kafka: str, namespace: str, folder: Path) -> None:
    """Kafka has the answer, but neither the group nor the own disk knows: it comes again."""
    async with linked(kafka, namespace, folder / "a") as (line, link):
        await confirm_and_hold_the_commit(line, link)
        with hanging_disk(folder / "a"):
            link.release(Api.PRODUCE)
            await link.holds(Api.COMMIT)
            await kill(line.gateway)
        free_the_plcs(line)
        async with joining(line.site, folder / "a"):
            await line.answers(2)
            found = await all_outcomes(line)
        assert line.values() == [1]
    assert found == {"confirmed": ["done by a", "done by a"]}


async def test_a_lost_host_is_answered_for_by_another(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """When the host is lost with a request between each two steps, the next owner says `outcome
    unknown` of all that its commits list and executes the rest; the host that returns adds the
    answer that was durable on it, and nothing else."""
    with trio.fail_after(LIMIT):
        async with trio.open_nursery() as both:
            both.start_soon(_take_over, kafka, f"{topic_prefix}-1", tmp_path / "1")
            both.start_soon(_take_over_confirmed, kafka, f"{topic_prefix}-2", tmp_path / "2")


async def _take_over(kafka: str, namespace: str, folder: Path) -> None:
    async with linked(kafka, namespace, folder / "a") as (line, link):
        await bring_to_every_step(line, link)
        link.hold_answers(Api.COMMIT)
        await settle_and_fetch(line, link)
        await die_before_the_answer_is_durable(line, folder / "a")
        line.plcs["Oven"].drop()
        free_the_plcs(line)
        async with joining(line.site, folder / "b"):
            before = await all_outcomes(line)
            async with joining(line.site, folder / "a"):
                await line.answers(7)
                found = await all_outcomes(line)
        assert line.values("Press") == [1, 2, 6]
        assert not line.values("Oven")
    assert before == {
        "durable": ["outcome unknown by b"],
        "answered": ["outcome unknown by b"],
        "sent": ["outcome unknown by b"],
        "committed": ["outcome unknown by b"],
        "settled": ["outcome unknown by b"],
        "fetched": ["done by b"],
    }
    assert found == before | {"durable": ["outcome unknown by b", "done by a"]}


async def _take_over_confirmed(kafka: str, namespace: str, folder: Path) -> None:
    """Kafka has the answer, and the group still lists the request: the next owner cannot know."""
    async with linked(kafka, namespace, folder / "a") as (line, link):
        await confirm_and_hold_the_commit(line, link)
        link.release(Api.PRODUCE)
        await link.holds(Api.COMMIT)
        await all_sent(folder / "a")
        await kill(line.gateway)
        free_the_plcs(line)
        async with joining(line.site, folder / "b"):
            await line.answers(2)
            async with joining(line.site, folder / "a") as returned:
                await returned.says("Local: online")
                found = await all_outcomes(line)
        assert line.values() == [1]
    assert found == {"confirmed": ["done by a", "outcome unknown by b"]}
