"""`warlogix run`: the daemon."""

import gc
import logging
import os
import signal
import sys
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from warlogix.commands.options import config_path, load_config

if TYPE_CHECKING:
    from warlogix.config import Config
    from warlogix.errors import Fault
    from warlogix.plan import Plan

log = logging.getLogger(__name__)


def run(ctx: typer.Context) -> None:
    """Poll the PLCs and publish to Kafka until SIGTERM or Ctrl-C; a second one ends it now."""
    import trio

    from warlogix.daemon import run_gateway

    plan = announced_plan(config_path(ctx), load_config(ctx))
    # The configuration's models are gone; the rest lives as long as the process does, and the
    # collector need not look at 100,000 tags again and again.
    gc.collect()
    gc.freeze()
    # Trio turns Ctrl-C into an exception at any place; the daemon takes it as a request to stop.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    drained = trio.run(run_gateway, plan)
    log.info("stopped" if drained else "stopped; what waits is on disk and goes out next time")
    _leave()


def announced_plan(path: Path, config: "Config") -> "Plan":
    """What to run; what it is made of, and what is worth saying of it, is said first."""
    from warlogix.config import exposed, notes
    from warlogix.plan import plan_of

    told = (version("warlogix"), config.instance, path.absolute(), config.buffer.directory)
    log.info("warlogix %s: instance %s, configuration %s, buffer %s", *told)
    _say(exposed(path, config))
    _say(notes(config))
    return plan_of(config)


def _say(faults: Iterable["Fault"]) -> None:
    for fault in faults:
        log.warning("%s: %s; %s", fault.place, fault.fact, fault.remedy)


def _leave() -> None:
    """End the process without waiting for a thread that a stalled PLC or broker still holds."""
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)
