"""Writing one value: its requests, one after another, and what became of it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from warlogix.drivers.cip.messages import DONE, Reply, Request
from warlogix.drivers.cip.reasons import reason
from warlogix.drivers.exchanges import Unanswered, Unsent
from warlogix.tags import Outcome, WriteResult

AskOnce: TypeAlias = Callable[[Request], Awaitable[Reply]]


async def write_all(requests: Sequence[Request], ask_once: AskOnce) -> WriteResult:
    """Send one request after another, as long as the PLC carries them out.

    Raises the `Unsent` of the first one: nothing was written then.
    """
    for done, request in enumerate(requests):
        try:
            reply = await ask_once(request)
        except Unanswered as exc:
            return _ended(Outcome.UNKNOWN, str(exc), done, len(requests))
        except Unsent as exc:
            if not done:
                raise
            return _ended(Outcome.UNKNOWN, exc.reason, done, len(requests))
        if reply.status != DONE:
            why = reason(reply.status, reply.extended)
            return _ended(Outcome.REFUSED, why, done, len(requests))
    return WriteResult(Outcome.DONE)


def _ended(outcome: Outcome, why: str, done: int, total: int) -> WriteResult:
    if done:
        why += f"; {done} of {total} pieces of the value had been written already"
    return WriteResult(outcome, why)
