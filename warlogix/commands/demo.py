"""`warlogix demo`: the whole gateway with no PLC and no Kafka."""

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from warlogix.console import colours, say, write

# Seconds between looks whether what is typed is for this program again.
_BACKGROUND = 1.0


def demo() -> None:
    """Run the whole gateway with simulated PLCs and a broker of its own, until Ctrl-C.

    There is a machine of each family, on the family's own protocol. What the gateway publishes of
    them is shown as it arrives in Kafka: changes, health, a pack, and an event for each full crate.
    """
    from warlogix.commands.running import run_tasks

    run_tasks(_demo)


async def _demo() -> None:
    import trio

    from warlogix.demonstration import open_stage, perform
    from warlogix.tailing.view import View

    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    view = View(colour=colours(sys.stdout), columns=columns)
    async with open_stage() as stage, trio.open_nursery() as nursery:
        told = [f"Kafka: {stage.broker}", f"Config: {stage.file}", *_others(stage.file)]
        if sys.stdin.isatty():
            told.append("Enter shows this again, Ctrl-C ends it.")
            nursery.start_soon(_repeat, told)
        else:
            told.append("Ctrl-C ends it.")
        say("\n".join(told))
        await perform(stage, lambda items: write(view.lines(items)))
        nursery.cancel_scope.cancel()


def _others(file: Path) -> Iterator[str]:
    """What to type beside it; the file's name stands alone, so that no line is too long."""
    yield "In a second terminal:"
    yield f"  export WARLOGIX_CONFIG={file}"
    yield "  warlogix tail"
    yield "  warlogix tail triggers"
    yield "  warlogix write FillingLine Setpoint 80"


async def _repeat(told: Sequence[str]) -> None:
    """Say it again at each Enter: the changes scroll it away."""
    import trio

    terminal = sys.stdin.fileno()
    with suppress(OSError):
        while True:
            await trio.lowlevel.wait_readable(terminal)
            # In the background a terminal stops whoever reads from it.
            if os.tcgetpgrp(terminal) != os.getpgrp():
                await trio.sleep(_BACKGROUND)
            elif os.read(terminal, 1024):
                say("\n".join(told))
            else:
                return
