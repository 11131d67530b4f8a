"""A buffer that is full, or whose rows are too old, in a real gateway on a real Apache Kafka."""

import re
from pathlib import Path

import pytest
import trio

from tests.end_to_end.buffered import staged
from tests.end_to_end.gateway import running

LIMIT = 90
TAGS = 20


@pytest.mark.parametrize(
    ("settings", "count", "reason"),
    [
        ('max_size = "1MB"', 60, "it is full (max_size)"),
        ('max_age = "1s"', 5, "rows are older than max_age"),
    ],
)
async def test_the_oldest_changes_go_first_and_are_made_good(
    kafka: str, topic_prefix: str, tmp_path: Path, settings: str, count: int, reason: str
) -> None:
    """While no broker is there the oldest changes go, which the log says once; of each tag the
    newest arrive without a gap, what is missing is in the gateway's health exactly, and then each
    tag comes once more."""
    with trio.fail_after(LIMIT):
        async with staged(kafka, topic_prefix, tmp_path, settings, tags=TAGS, length=400) as stage:
            stage.link.door.shut()
            async with running(stage.config) as gateway:
                await gateway.says("Line: connected")
                await stage.count(1, count)
                await gateway.says(reason)
                stage.link.door.open()
                await stage.count(count + 1, count + 1)
                await gateway.says("every tag is sent again")
                (missed,) = re.findall(r"Alpha: it missed (\d+) messages", gateway.log)
                dropped = int(missed)
                told = await stage.health(lambda state: state["buffer"]["dropped"] == dropped)
                arrived = TAGS * (count + 2) - dropped
                found = await stage.numbers(arrived + TAGS)
    assert gateway.log.count("dropped from now on") == 1
    assert gateway.log.count("every tag is sent again") == 1
    assert told["clusters"]["Alpha"]["dropped"] == dropped
    assert len(found) == TAGS
    for numbers in found.values():
        *first, last, again = numbers
        assert [*first, last] == list(range(numbers[0], count + 2))
        assert again == last
    assert sum(map(len, found.values())) == arrived + TAGS
    assert any(numbers[0] > 0 for numbers in found.values())
