"""Runs the tasks of a command; up to here a Ctrl-C ends the process at once, and says nothing."""

import signal
from collections.abc import Awaitable, Callable
from typing import TypeVar

import trio

T = TypeVar("T")


def run_tasks(function: Callable[..., Awaitable[T]], *arguments: object) -> T:
    """What the function gives. A Ctrl-C meanwhile cancels it and raises `KeyboardInterrupt`."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return trio.run(function, *arguments)
    finally:
        signal.signal(signal.SIGINT, before)
