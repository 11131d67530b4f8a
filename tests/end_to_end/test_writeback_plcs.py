"""Writes on their way into PLCs: side by side, in order, and honest about what nobody knows."""

import re
import struct
from dataclasses import replace
from pathlib import Path

import trio

from tests.end_to_end.steps import free, held, patient
from tests.end_to_end.writing import Line, writing
from tests.writers import Letter, Site, ask
from warlogix.simulators.s7.spoilers import silence
from warlogix.simulators.s7.wire import Function

LIMIT = 90


async def test_a_stalled_plc_delays_only_its_own_writes(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """While one PLC does not answer, the other's requests of the same windows are executed and
    answered first; the first write to the stalled one is `outcome unknown`, those behind it are
    `not executed`, and none of them is tried again."""
    site = Site("", "", {}, window="100ms", plc={"timeout": "3s"})
    with trio.fail_after(LIMIT):
        async with writing(
            kafka, topic_prefix, tmp_path, plcs=("Press", "Oven"), site=site
        ) as line:
            oven = line.plcs["Oven"]
            oven.spoil = _silence_writes
            await line.ask(
                *(ask("Oven", f"Tag{n}", n + 1) for n in range(3)),
                *(ask("Press", f"Tag{n}", n + 11) for n in range(3)),
            )
            first = await line.answers(3)
            found = (await line.answers(6))[3:]
            assert line.values("Press") == [11, 12, 13]
            assert line.values("Oven") == [1]
            oven.spoil = None
    assert [each.fields["plc"] for each in first] == ["Press"] * 3
    assert [each.outcome for each in first] == ["done"] * 3
    assert [each.outcome for each in found] == ["outcome unknown", *["not executed"] * 2]


def _silence_writes(answer: bytes) -> bytes:
    """Answer everything but writes, which are carried out all the same."""
    return silence(answer) if answer[19] == Function.WRITE else answer


async def test_a_window_of_a_thousand_writes_takes_the_time_of_the_slowest_plc(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Twenty PLCs with fifty writes each are served side by side: all have their first write at
    once, and all are done while the slowest is still at its first."""
    names = [f"PLC{n}" for n in range(20)]
    site = replace(patient("", "", {}), tags=50, window="1s")
    with trio.fail_after(LIMIT):
        async with writing(kafka, topic_prefix, tmp_path, plcs=names, site=site) as line:
            for plc in line.plcs.values():
                plc.stall()
            values = iter(range(1, len(names) * 50 + 1))
            await line.ask(
                *(ask(name, f"Tag{n}", next(values)) for n in range(50) for name in names)
            )
            for plc in line.plcs.values():
                await held(plc)
            assert not any(line.values(name) for name in names)
            slowest, *others = names
            for name in others:
                free(line.plcs[name])
            first = await line.answers(950)
            assert line.values(slowest) == []
            free(line.plc)
            answers = await line.answers(1000)
            executed = {name: line.values(name) for name in names}
    assert {each.fields["plc"] for each in first} == set(others)
    assert {each.outcome for each in answers} == {"done"}
    assert executed == {name: list(range(1 + n, 1001, 20)) for n, name in enumerate(names)}


async def test_a_writes_difference_is_told_where_it_is_verified(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """With `verify_writes` the value is read back, and what the PLC's own program has put in its
    place meanwhile is an error that says what was read."""
    tags = [{"name": "DB1.DBD0", "alias": "Tag0", "data_type": "DINT", "writable": True}]
    tags = [{**tags[0], "verify_writes": True}]
    site = Site("", "", {}, window="50ms", plc={"tags": tags, "poll_rate": "30s"})
    with trio.fail_after(LIMIT):
        async with writing(kafka, topic_prefix, tmp_path, site=site) as line:
            await line.ask(ask("Press", "Tag0", 7))
            await line.answers(1)
            _overrule(line, 41)
            await line.ask(ask("Press", "Tag0", 8))
            right, wrong = await line.answers(2)
            assert line.values() == [7, 8]
    assert right.outcome == "done"
    assert wrong.outcome == "failed"
    assert "41" in wrong.error


def _overrule(line: Line, value: int) -> None:
    """Let the PLC's program change what was written, before the writer hears that it was."""

    def poke(answer: bytes) -> bytes:
        line.plc.poke(1, 0, struct.pack(">i", value))
        return answer

    line.plc.spoil = poke


async def test_a_window_opens_with_its_first_request(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """A request on an idle system is answered one window after it came, the default one of 250 ms
    too, and not before, as at some tick of a clock."""
    site = replace(Site("", "", {}), window="250ms")
    with trio.fail_after(LIMIT):
        async with writing(kafka, topic_prefix, tmp_path, site=site) as line:
            await line.ask(ask("Press", "Tag0", 1))
            await line.answers(1)
            waits = []
            for value in range(2, 6):
                began = trio.current_time()
                await line.ask(ask("Press", "Tag0", value))
                await line.answers(value)
                waits.append(trio.current_time() - began)
    assert all(each >= 0.25 for each in waits), waits


async def test_a_stop_answers_what_it_does_not_execute(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """On SIGTERM the write that was begun is finished and answered, those behind it are answered
    `not executed: the gateway is stopping`, and the gateway ends with 0 within ten seconds."""
    site = Site("", "", {}, window="50ms", plc={"poll_rate": "30s", "timeout": "3s"})
    with trio.fail_after(LIMIT):
        async with writing(kafka, topic_prefix, tmp_path, site=site) as line:
            line.plc.delay = 1.0
            await line.ask(*(ask("Press", f"Tag{n}", n + 1) for n in range(8)))
            await line.plc.carried_out.wait_value(lambda _: bool(line.values()))
            line.gateway.terminate()
            # Ten seconds are promised, and a busy machine has twice as many.
            with trio.fail_after(20):
                assert await line.gateway.wait() == 0
            answers = await line.answers(8)
            executed = line.values()
    assert 1 <= len(executed) < 8
    done = [each.fields["value"] for each in answers if each.outcome == "done"]
    assert done == executed
    rest = [each for each in answers if each.outcome != "done"]
    assert {each.error for each in rest} == {"not executed: the gateway is stopping"}


async def test_each_step_of_a_batch_is_logged(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """With `--log-debug kafka` a batch with a superseded request is told step by step,
    each value with the word for its type."""
    with trio.fail_after(LIMIT):
        async with writing(kafka, topic_prefix, tmp_path, debug="kafka") as line:
            await line.ask(
                ask("Press", "Tag0", 50),
                ask("Press", "Tag0", 100),
                Letter(ask("Press", "Tag1", True).value, b"Press.Tag1"),
            )
            await line.answers(3)
            await line.gateway.says("Batch complete: 1 succeeded, 1 failed, 0 expired, 1 dedup")
            log = line.gateway.log
    for text in (
        "Received write request: partition=0 offset=0 key=Press.Tag0",
        'Payload: {"plc": "Press", "tag": "Tag0", "value": 50}',
        "Processing batch: 3 received, 1 deduplicated, ",
        "Sending deduplicated response for Press/Tag0 value=50 (replaced by newer request)",
        f"Publishing response to {line.site.responses}: key=Press.Tag0 success=false",
        "Executing write: Press/Tag0 = 100 (type: float64)",
        "Write successful: Press/Tag0 = 100",
    ):
        assert text in log, text
    discard = r"DEDUP DISCARD: Press/Tag0 value=50 \(offset=0, age=\d+ms\) replaced by value=100"
    assert re.search(discard + r" \(offset=1\)", log)
