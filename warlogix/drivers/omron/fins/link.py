"""Commands to one PLC and their responses, by whichever way they go.

    link = FinsLink(endpoint, way, Route(0, 0, 0, source=239))
    data = await link.ask(text)                  # reads
    data = await link.ask_once(text, urgency)    # what must not be sent into nowhere

Errors: `Refusal` is the PLC's answer and leaves the link as it is; after `Unreachable`, `Nonsense`
and `Unanswered` it is of no more use.
"""

import random
from contextlib import AbstractContextManager
from typing import Protocol

from warlogix.drivers.exchanges import Nonsense, Unanswered, Urgency
from warlogix.drivers.omron.fins.reasons import (
    is_misdirected,
    is_on_the_way,
    leaves_open,
    refused,
)
from warlogix.drivers.omron.fins.wire import Refusal, Route, command, response
from warlogix.errors import Rejected, Unreachable
from warlogix.tags import Endpoint


class Way(Protocol):
    """How frames come to the PLC and back."""

    name: str

    def in_time(self) -> AbstractContextManager[None]:
        """The endpoint's time limit for one exchange."""

    def check_quiet(self) -> None:
        """Raise `Unsent` where the PLC has gone."""

    async def send(self, frame: bytes) -> None:
        """Send one FINS frame."""

    async def receive(self, sid: int) -> bytes:
        """The next FINS frame that may answer this command."""

    def shut(self) -> None:
        """Close at once."""


class FinsLink:
    """One way to the PLC; never two exchanges at a time."""

    def __init__(self, endpoint: Endpoint, way: Way, route: Route) -> None:
        self._plc = endpoint.plc
        self._way = way
        self._route = route
        # A socket may get the port of one that was shut, and an answer that is meant for that one.
        self._sid = random.randrange(256)

    async def ask(self, text: bytes) -> bytes:
        """What the PLC answers a command with that changes nothing.

        Raises `Rejected` too, where the address leads nowhere.
        """
        try:
            return await self._exchange(text)
        except Refusal as exc:
            if is_misdirected(exc.code):
                raise Rejected(self._plc, refused(exc.code)) from exc
            if is_on_the_way(exc.code):
                raise Unreachable(self._plc, refused(exc.code)) from exc
            raise

    async def ask_once(self, text: bytes, urgency: Urgency) -> None:
        """Send a command that writes, once.

        Raises `Unsent` where it is certain that nothing has left, `Unanswered` where it may have
        been carried out, and `Refusal` where it was not.
        """
        self._way.check_quiet()
        urgency.check()
        try:
            answer = await self._exchange(text)
        except Unreachable as exc:
            raise Unanswered(exc.reason) from exc
        except Nonsense as exc:
            raise Unanswered(f"the PLC sent {exc}") from exc
        except Refusal as exc:
            if leaves_open(exc.code):
                raise Unanswered(refused(exc.code)) from exc
            raise
        if answer:
            raise Unanswered(f"the PLC sent {len(answer)} bytes where a write gives none")

    async def _exchange(self, text: bytes) -> bytes:
        self._sid = (self._sid + 1) % 256
        with self._way.in_time():
            await self._way.send(command(self._route, self._sid, text))
            frame = await self._way.receive(self._sid)
        return response(frame, self._route, self._sid, text)
