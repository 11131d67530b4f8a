"""A buffer that is full, or whose rows are too old, in a real gateway on a real Apache Kafka."""

import re
from pathlib import Path

import trio

from tests.end_to_end.buffered import LIVELY, staged
from tests.end_to_end.gateway import running

LIMIT = 90
TAGS = 20
LAST = 60


async def test_the_oldest_changes_go_first_and_are_made_good(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """While no broker is there the oldest changes go, which the log says once; of each tag the
    newest arrive without a gap, what is missing is in the gateway's health exactly, and then each
    tag comes once more."""
    size = 'max_size = "1MB"'
    with trio.fail_after(LIMIT):
        async with staged(kafka, topic_prefix, tmp_path, size, tags=TAGS, length=400) as stage:
            stage.link.door.shut()
            async with running(stage.config, command=LIVELY) as gateway:
                await gateway.says("Line: connected")
                await stage.count(0, LAST)
                await gateway.says("it is full (max_size)")
                stage.link.door.open()
                await gateway.says("every tag is sent again")
                (missed,) = re.findall(r"Alpha: it missed (\d+) messages", gateway.log)
                dropped = int(missed)
                told = await stage.health(lambda state: state["buffer"]["dropped"] == dropped)
                arrived = TAGS * (LAST + 1) - dropped
                found = await stage.numbers(arrived + TAGS)
    assert gateway.log.count("dropped from now on") == 1
    assert gateway.log.count("every tag is sent again") == 1
    assert told["clusters"]["Alpha"]["dropped"] == dropped
    assert len(found) == TAGS
    for numbers in found.values():
        *first, last, again = numbers
        assert [*first, last] == list(range(numbers[0], LAST + 1))
        assert again == last
    assert sum(map(len, found.values())) == arrived + TAGS
    assert any(numbers[0] > 0 for numbers in found.values())


async def test_changes_that_are_too_old_are_made_good(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """While no broker is there changes older than `max_age` go, which the log says; when it is
    back it is told what each tag is now."""
    with trio.fail_after(LIMIT):
        async with staged(kafka, topic_prefix, tmp_path, 'max_age = "1s"') as stage:
            stage.link.door.shut()
            async with running(stage.config, command=LIVELY) as gateway:
                await gateway.says("Line: connected")
                for number in range(5):
                    await stage.show(number)
                await gateway.says("rows are older than max_age")
                stage.link.door.open()
                await gateway.says("every tag is sent again")
                found = await stage.until(lambda each: each[-1] == 4)
    assert all(numbers == sorted(numbers) for numbers in found.values())
