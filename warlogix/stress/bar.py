"""A progress bar on stderr, where that is a terminal; log lines go above it."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import trio
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from warlogix.stress.ledger import Ledger

_REDRAW = 0.1
_REST = "waiting for the rest"


class Bar:
    """The bar of the cluster that is being tested; `shown` makes it."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    async def follow(self, ledger: Ledger, name: str, duration: float) -> None:
        """Show how far the test of one cluster is, until cancelled."""
        began, progress = trio.current_time(), self._progress
        task = progress.add_task(name, total=duration, confirmed=0)
        try:
            while True:
                elapsed = trio.current_time() - began
                told = name if elapsed < duration else f"{name}: {_REST}"
                done, confirmed = min(elapsed, duration), ledger.settled
                progress.update(task, description=told, completed=done, confirmed=confirmed)
                progress.refresh()
                await trio.sleep(_REDRAW)
        finally:
            progress.remove_task(task)


@contextmanager
def shown() -> Iterator[Bar]:
    """A place for the bar at the bottom of the terminal, as long as the block lasts."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn(
            "{task.completed:.0f} of {task.total:.0f} s, {task.fields[confirmed]:,} confirmed"
        ),
    )
    console = Console(stderr=True)
    progress = Progress(
        *columns,
        console=console,
        auto_refresh=False,
        transient=True,
        disable=not console.is_terminal,
    )
    with progress, _logged_above():
        yield Bar(progress)


@contextmanager
def _logged_above() -> Iterator[None]:
    """Log lines go to what stands for stderr now: it draws the bar anew below them."""
    handlers = [each for each in logging.root.handlers if type(each) is logging.StreamHandler]
    before = [each.setStream(sys.stderr) for each in handlers]
    try:
        yield
    finally:
        for handler, stream in zip(handlers, before, strict=True):
            if stream is not None:
                handler.setStream(stream)
