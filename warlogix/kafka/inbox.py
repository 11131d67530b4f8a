"""What a member was told and nobody took yet, and which partitions are its own; in order.

    inbox.arrived(Fetched(records))
    event = await inbox.next()

It knows no consumer. Everything here belongs to the event loop's thread; `holds` and `done` may be
asked from any.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import trio
from outcome import Error

from warlogix.kafka.events import Assigned, Event, Fetched, Lost, Revoked

if TYPE_CHECKING:
    from outcome import Outcome

    from warlogix.errors import BrokerError


class Inbox:
    """The events of one member, until somebody calls `next`."""

    def __init__(self) -> None:
        self.over = trio.Event()
        # How many lists of records were taken.
        self.done = 0
        self._events: deque[Event] = deque()
        self._news = trio.Event()
        self._trouble: BrokerError | None = None
        self._death: BaseException | None = None
        self._asked: Assigned | Revoked | None = None
        # Each partition that is held, with the number of the assignment that gave it; 0 when it was
        # held once.
        self._held: dict[int, int] = {}
        self._assignments = 0

    async def next(self) -> Event:
        """What happened next.

        *Errors*: what `fail` was told, it may be called again; else what the thread died of.
        """
        await trio.lowlevel.checkpoint()
        while not self._events:
            if self._trouble is not None:
                trouble, self._trouble = self._trouble, None
                raise trouble
            self.raise_death()
            self._news = trio.Event()
            await self._news.wait()
        event = self._events.popleft()
        self.done += isinstance(event, Fetched)
        return event

    def terms(self, partitions: Iterable[int]) -> dict[int, int]:
        """Those of the partitions that were ever held, each with its assignment, for `holds`."""
        return {each: self._held[each] for each in partitions if each in self._held}

    def holds(self, terms: Mapping[int, int]) -> bool:
        """Whether all of these are held, without a gap since then; not for none."""
        return bool(terms) and all(
            term and self._held.get(each) == term for each, term in terms.items()
        )

    def give_up(self, partitions: Iterable[int]) -> None:
        """These are held no longer."""
        self._held |= dict.fromkeys(partitions, 0)

    def give_up_all(self) -> None:
        """Nothing is held any longer."""
        self.give_up(list(self._held))

    def question(self, kind: type[Assigned] | type[Revoked]) -> tuple[int, ...]:
        """The partitions of an event that is being answered now. *Errors*: `ValueError`."""
        asked = self._asked
        if not isinstance(asked, kind):
            raise ValueError(f"nothing was {kind.__name__.lower()}")
        self._asked = None
        return asked.partitions

    def raise_death(self) -> None:
        """Raise what the thread died of, to each who asks; nothing while it lives."""
        if self._death is not None:
            raise self._death

    def arrived(self, event: Event) -> None:
        """Something happened."""
        match event:
            case Assigned(partitions):
                self._assignments += 1
                self._held |= dict.fromkeys(partitions, self._assignments)
                self._asked = event
            case Revoked():
                self._asked = event
            case Lost(partitions):
                self.give_up(partitions)
        self._events.append(event)
        self._news.set()

    def fail(self, trouble: "BrokerError") -> None:
        """Somebody must act; whoever asks for the next event is told."""
        self._trouble = trouble
        self._news.set()

    def end(self, outcome: "Outcome[None]") -> None:
        """Nothing comes any more: the thread is over, or has died of an error."""
        if isinstance(outcome, Error):
            self._death = outcome.error
        self.over.set()
        self._news.set()
