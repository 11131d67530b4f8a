"""The documentation's tables, row by row, with its own programs: a stock producer and consumer."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import trio

from tests.end_to_end.writing import writing
from tests.writers import Site

LIMIT = 60
MAX_AGE = Site("", "", {}, window="1s", max_age="3s")


def request(tag: str, value: object, **more: object) -> dict[str, object]:
    """What the documentation sends: the key `{plc}.{tag}`, and the request."""
    return {"key": f"Press.{tag}", "value": {"plc": "Press", "tag": tag, "value": value, **more}}


async def stock(*arguments: str, lines: Sequence[object] = ()) -> list[Any]:
    """What the stock program says to these lines, as JSON."""
    done = await trio.run_process(
        [sys.executable, "-m", "tests.kafka.stock", *arguments],
        stdin="".join(json.dumps(line) + "\n" for line in lines).encode(),
        capture_stdout=True,
        stderr=subprocess.DEVNULL,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


async def test_deduplication_behaves_as_documented(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Counter=5 then Counter=10: 5 is deduplicated, 10 executed. Ten rapid writes to one tag: nine
    deduplicated, the last executed. Writes to different tags: all executed."""
    rows = {
        "two": [request("Tag0", 5), request("Tag0", 10)],
        "ten": [request("Tag1", 100 + n) for n in range(10)],
        "different": [request(f"Tag{n}", 200 + n) for n in range(2, 8)],
    }
    with trio.fail_after(LIMIT):
        async with writing(kafka, topic_prefix, tmp_path, site=MAX_AGE) as line:
            lines = [each for row in rows.values() for each in row]
            await stock("produce", kafka, line.site.writes, lines=lines)
            found = await stock("consume", kafka, line.site.responses, str(len(lines)))
            assert line.values() == [10, 109, *range(202, 208)]
    merged = [each["value"] for each in found if each["deduplicated"]]
    assert merged == [5, *range(100, 109)]
    done = [each["value"] for each in found if each["success"]]
    assert done == [10, 109, *range(202, 208)]


async def test_every_outcome_is_answered_as_documented(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Executed, failed, expired and deduplicated requests get the four rows of the table, with the
    request's own fields, its id where it had one, and the time of the answer."""
    old = round((time.time() - 600) * 1000)
    lines = [
        request("Tag0", 50, request_id="merged"),
        request("Tag0", 100, request_id="req-123"),
        request("Tag1", "not a number"),
        request("Tag2", 7) | {"at": old},
    ]
    with trio.fail_after(LIMIT):
        async with writing(kafka, topic_prefix, tmp_path, site=MAX_AGE) as line:
            await stock("produce", kafka, line.site.writes, lines=lines)
            found = await stock("consume", kafka, line.site.responses, "4")
            assert line.values() == [100]
    by_value = {str(each["value"]): each for each in found}
    for each in found:
        at = datetime.fromisoformat(each.pop("timestamp"))
        assert abs(at.timestamp() - time.time()) < LIMIT
    expired, failed = by_value["7"].pop("error"), by_value["not a number"].pop("error")
    assert re.fullmatch(r"request expired \(age: 10m\d+(\.\d+)?s, max: 3s\)", expired)
    assert failed
    assert by_value == {
        "100": answer("Tag0", 100, "req-123", success=True, error=""),
        "not a number": answer("Tag1", "not a number"),
        "7": answer("Tag2", 7, skipped=True),
        "50": answer(
            "Tag0",
            50,
            "merged",
            deduplicated=True,
            error="request superseded by newer write to same tag",
        ),
    }


def answer(tag: str, value: object, request_id: str = "", **outcome: object) -> dict[str, object]:
    """A response with this outcome; what is not said is false."""
    asked: dict[str, object] = {"plc": "Press", "tag": tag, "value": value}
    if request_id:
        asked["request_id"] = request_id
    return asked | {"success": False, "skipped": False, "deduplicated": False} | outcome
