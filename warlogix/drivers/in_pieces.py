"""A value that is written by one message after another, and what became of it.

    result = await send_all(messages, send)

`send` returns when the PLC has carried a message out, and raises `Refused`, `Unsent` or
`Unanswered`.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from warlogix.drivers.exchanges import Refused, Unanswered, Unsent
from warlogix.tags import Outcome, WriteResult

M = TypeVar("M")


async def send_all(messages: Sequence[M], send: Callable[[M], Awaitable[None]]) -> WriteResult:
    """Send each message, as long as the PLC carries them out.

    Raises the `Unsent` of the first one: nothing was written then.
    """
    for done, message in enumerate(messages):
        try:
            await send(message)
        except Refused as exc:
            return ended(Outcome.REFUSED, str(exc), done, len(messages))
        except Unanswered as exc:
            return ended(Outcome.UNKNOWN, str(exc), done, len(messages))
        except Unsent as exc:
            if not done:
                raise
            return ended(Outcome.UNKNOWN, exc.reason, done, len(messages))
    return WriteResult(Outcome.DONE)


def ended(outcome: Outcome, reason: str, done: int, total: int) -> WriteResult:
    """What became of a value of which only so many pieces were written."""
    if done:
        reason += f"; {done} of {total} pieces of the value had been written already"
    return WriteResult(outcome, reason)
