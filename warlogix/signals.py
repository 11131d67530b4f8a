"""The signals that end a daemon: the first one asks it to, the second one ends it now."""

import logging
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import trio

log = logging.getLogger(__name__)


def told_to_end() -> tuple[signal.Signals, ...]:
    """By which signals others end a process: SIGTERM, and SIGHUP, a terminal that was closed.

    Under `nohup` SIGHUP is ignored, as asked, and none of them.
    """
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        return (signal.SIGTERM,)
    return signal.SIGTERM, signal.SIGHUP


@asynccontextmanager
async def stop_by_signal() -> AsyncIterator[trio.Event]:
    """What the first SIGTERM, SIGINT or SIGHUP within the block sets.

    SIGHUP is left alone under `nohup`. A second signal ends the process at once, as if nobody
    handled it.
    """
    stops = (signal.SIGINT, *told_to_end())
    with trio.open_signal_receiver(*stops) as signals:
        async with trio.open_nursery() as nursery:
            stop = trio.Event()
            nursery.start_soon(_heed, signals, stops, stop)
            yield stop
            nursery.cancel_scope.cancel()


async def _heed(
    signals: AsyncIterator[int], stops: Sequence[signal.Signals], stop: trio.Event
) -> None:
    async for number in signals:
        # From here on the default holds: the next signal ends the process now.
        for each in stops:
            signal.signal(each, signal.SIG_DFL)
        log.info("stopping: %s; a second signal ends it at once", signal.Signals(number).name)
        stop.set()
        return
