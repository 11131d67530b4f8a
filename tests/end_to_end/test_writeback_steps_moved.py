"""Partitions that move to another instance between any two steps of a write request: see the
table of docs/writeback.md."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import trio

from tests.answers import answers
from tests.end_to_end.steps import (
    all_outcomes,
    free,
    hanging_disk,
    held,
    joining,
    named,
    patient,
    stop_the_plcs,
    through,
)
from tests.end_to_end.writing import Line, serving, simulated
from tests.links import Api, Link, open_link
from tests.writers import Letter

LIMIT = 90
# Which request a member keeps its place with, and which it joins with.
BEATS = {"classic": Api.HEARTBEAT, "consumer": Api.GROUP_HEARTBEAT}
JOINS = {"classic": Api.JOIN, "consumer": Api.GROUP_HEARTBEAT}


@asynccontextmanager
async def two(
    kafka: str, namespace: str, folder: Path, plcs: int, protocol: str
) -> AsyncIterator[tuple[Line, Link, Link]]:
    """A gateway that has every partition, one for each PLC, and another that is about to join.

    Each has a link to the broker.
    """
    names = [f"PLC{n}" for n in range(plcs)]
    async with (
        simulated(names) as opened,
        open_link(kafka) as own,
        open_link(kafka) as others,
    ):
        site = replace(
            patient(kafka, namespace, {name: plc.port for name, plc in opened.items()}),
            partitions=plcs,
            cluster={"options": {"group.protocol": protocol}},
        )
        async with serving(through(own, site), opened, folder / "a", debug="kafka") as line:
            others.hold(JOINS[protocol])
            async with joining(through(others, site), folder / "b") as second:
                await others.holds(JOINS[protocol])
                for name in names:
                    await second.says(f"{name}: connected")
                await stop_the_plcs(line)
                yield replace(line, site=site), own, others


async def join(own: Link, others: Link, protocol: str) -> None:
    """Let the other one join; the first is told to let half of the partitions go."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(others.answers, JOINS[protocol])
        others.release(JOINS[protocol])
    own.release(BEATS[protocol])


async def moved(line: Line, count: int) -> list[str]:
    """The PLCs whose requests were spared because their partition moves, once there are some."""

    def spared() -> list[str]:
        text = "not executed: moved to another instance"
        given = answers(line.responses.records)
        return sorted({str(each.fields["plc"]) for each in given if each.error == text})

    await line.responses.until(lambda _: len(spared()) == count)
    return spared()


def each_plc(line: Line, tag: int, name: str) -> list[Letter]:
    """A request for each PLC in the partition of its number, of the same name behind the PLC's."""
    return [named(plc, tag, f"{plc} {name}", n) for n, plc in enumerate(line.plcs)]


@pytest.mark.parametrize("protocol", ["classic", "consumer"])
async def test_what_moves_is_finished_spared_or_handed_on(
    kafka: str, topic_prefix: str, tmp_path: Path, protocol: str
) -> None:
    """When its partition moves, a write in the PLC is waited for and answered, `outcome unknown`
    where that takes too long; what is covered and not started is not executed; what is not covered
    is executed by the next owner. Partitions that stay notice nothing."""
    with trio.fail_after(LIMIT):
        async with two(kafka, topic_prefix, tmp_path, 4, protocol) as (line, own, others):
            await line.ask(*each_plc(line, 0, "sent"), *each_plc(line, 1, "committed"))
            for plc in line.plcs.values():
                await held(plc)
            own.hold(BEATS[protocol])
            await own.holds(BEATS[protocol])
            # A commit that the broker gets behind the change, and one that it has taken before.
            {"classic": own.hold, "consumer": own.hold_answers}[protocol](Api.COMMIT)
            await line.ask(*each_plc(line, 2, "settled"))
            await own.holds(Api.COMMIT)
            await line.ask(*each_plc(line, 3, "fetched"))
            for n in range(4):
                await line.gateway.says(f"Received write request: partition={n} offset=3")
            await join(own, others, protocol)
            prompt, slow = await moved(line, 2)
            own.release(Api.COMMIT)
            with hanging_disk(tmp_path / "a"):
                free(line.plcs[prompt])
                await line.gateway.says(f"Write successful: {prompt}/Tag0")
            for name in line.plcs.keys() - {prompt, slow}:
                free(line.plcs[name])
            await line.responses.until(lambda _: unknown(line, f"{slow} sent"))
            free(line.plcs[slow])
            found = await all_outcomes(line)
            values = {name: line.values(name) for name in line.plcs}
    stay = line.plcs.keys() - {prompt, slow}
    assert values == {name: [1, 2, 3, 4] if name in stay else [1, 4] for name in line.plcs}
    for name in stay:
        for step in ("sent", "committed", "settled", "fetched"):
            assert found[f"{name} {step}"] == ["done by a"]
    for name, sent in ((prompt, "done by a"), (slow, "outcome unknown by a")):
        assert found[f"{name} sent"] == [sent]
        assert found[f"{name} committed"] == ["not executed by a"]
        assert found[f"{name} settled"] == ["not executed by a"]
        assert found[f"{name} fetched"] == ["done by b"]


def unknown(line: Line, name: str) -> bool:
    """Whether this request was told that its outcome is unknown."""
    return any(
        each.request_id == name and each.outcome == "outcome unknown"
        for each in answers(line.responses.records)
    )


async def test_an_answer_that_is_on_its_way_when_its_partition_moves_follows_an_unknown(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """A partition does not wait for a response that Kafka does not confirm: the next owner says
    `outcome unknown`, and the true answer follows; nothing is executed again."""
    with trio.fail_after(LIMIT):
        async with two(kafka, topic_prefix, tmp_path, 2, "classic") as (line, own, others):
            own.hold(Api.PRODUCE, b"PLC")
            await line.ask(*each_plc(line, 0, "durable"))
            for name in line.plcs:
                await held(line.plcs[name])
                free(line.plcs[name])
                await line.gateway.says(f"Write successful: {name}/Tag0")
            await own.holds(Api.PRODUCE, b"durable")
            await join(own, others, "classic")
            (first,) = await line.answers(1)
            own.release(Api.PRODUCE)
            await line.answers(3)
            found = await all_outcomes(line)
            assert [line.values(name) for name in line.plcs] == [[1], [1]]
    (stayed,) = {f"{name} durable" for name in line.plcs} - {first.request_id}
    assert found == {
        first.request_id: ["outcome unknown by b", "done by a"],
        stayed: ["done by a"],
    }
