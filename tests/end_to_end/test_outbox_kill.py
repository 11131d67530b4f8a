"""What `append` has returned for is on disk, whenever the process is killed."""

import random
import sys
from pathlib import Path
from subprocess import PIPE

import pytest
import trio

from tests.outboxes import A, B, opened, take, values
from warlogix.outbox import Row

KILLS = 4


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_whatever_was_appended_survives_a_kill(tmp_path: Path, seed: int) -> None:
    """After each SIGKILL at a random moment everything that was appended is there, once, in
    order and numbered without gaps, and the note is that of the newest; what a cluster has
    confirmed stays confirmed up to a point."""
    moments = random.Random(seed)
    told: set[int] = set()
    kept: list[int] = []
    with trio.fail_after(60):
        for _ in range(KILLS):
            told |= await _append_until_killed(tmp_path, len(kept), moments.randint(1, 300))
            async with opened(tmp_path) as outbox:
                rows: list[Row] = []
                reader = outbox.reader(B, "changes")
                while sum(len(row.batch) for row in rows) < outbox.waiting(B).messages:
                    rows += await take(reader)
                unconfirmed = outbox.waiting(A).messages
                newest = outbox.notes.get("newest", b"-1")
                behind = await take(outbox.reader(A, "changes"), 10**6) if unconfirmed else []
            kept = [int(text) for text in values(rows)]
            assert told <= set(kept)
            assert [row.id for row in rows] == list(range(1, len(rows) + 1))
            assert kept == list(range(len(kept)))
            assert int(newest) == len(kept) - 1
            assert [row.id for row in behind] == [row.id for row in rows[len(rows) - len(behind) :]]


async def _append_until_killed(folder: Path, first: int, lines: int) -> set[int]:
    """Start a process that appends, kill it after so many lines: all that it said."""
    command = [sys.executable, "-m", "tests.end_to_end.appender", str(folder), str(first)]
    process = await trio.lowlevel.open_process(command, stdout=PIPE)
    assert process.stdout is not None
    said = b""
    try:
        async for chunk in process.stdout:
            said += chunk
            if said.count(b"\n") >= lines:
                process.kill()
    finally:
        process.kill()
        with trio.CancelScope(shield=True):
            await process.wait()
            await process.stdout.aclose()
    return {int(line) for line in said.split(b"\n")[:-1]}
