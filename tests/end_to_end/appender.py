"""A process that appends as fast as it can and says what is on disk, until it is killed.

    python -m tests.end_to_end.appender FOLDER FIRST

Each line on stdout is the number of a message whose append has returned; the note "newest" is that
of the message that was appended last.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import trio

from tests.outboxes import A, B, change, opened, take
from warlogix.outbox import Outbox

TASKS = 4


async def main(folder: Path, first: int) -> None:
    """Append for both clusters; the first confirms everything, the second nothing."""
    async with opened(folder) as outbox, trio.open_nursery() as nursery:
        nursery.start_soon(_confirm, outbox)
        numbers = iter(range(first, sys.maxsize))
        for _ in range(TASKS):
            nursery.start_soon(_append, outbox, numbers)


async def _append(outbox: Outbox, numbers: Iterator[int]) -> None:
    for number in numbers:
        row, note = change(f"{number}", clusters=(A, B)), b"%d" % number
        await outbox.append([row], notes={"newest": note})
        os.write(1, b"%d\n" % number)


async def _confirm(outbox: Outbox) -> None:
    reader = outbox.reader(A, "changes")
    while True:
        rows = await take(reader)
        reader.confirm(rows[-1].id)


if __name__ == "__main__":
    trio.run(main, Path(sys.argv[1]), int(sys.argv[2]))
