"""What blocks made awaitable, and libraries that may raise anything.

worker = Worker()
found = await worker.run(resolve, name)         # in a thread, one call at a time

call_library(protocol.parse, reply)             # LibraryFailure, or the result
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import trio

P = ParamSpec("P")
T = TypeVar("T")


class Worker:
    """Runs the blocking calls of one client, each in a thread, never two at a time.

    A cancelled `run` returns at once and abandons its thread, which keeps the worker's only token.
    The token is the worker's own, so that a call that stalls never costs another its thread.
    """

    def __init__(self) -> None:
        self._limiter = trio.CapacityLimiter(1)

    async def run(self, call: Callable[..., T], *args: object) -> T:
        """The call's result, or what it raises."""
        return await trio.to_thread.run_sync(
            call, *args, limiter=self._limiter, abandon_on_cancel=True
        )


class LibraryFailure(Exception):
    """A library's call failed; `__cause__` is what it raised, the text its type and words."""


def call_library(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The result of a library's call; whatever it raises comes out as `LibraryFailure`.

    Only for calls that run no code of ours: a bug of ours must not look like a dead PLC.
    """
    try:
        return call(*args, **kwargs)
    except Exception as exc:
        raise LibraryFailure(f"{type(exc).__name__}: {exc}") from exc
