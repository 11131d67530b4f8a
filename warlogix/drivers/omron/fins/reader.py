"""Fetching what a plan asks for, and what to do where the PLC says no.

    reader = Reader(ask)
    fetched = await reader.fetch(plan, Patience(seconds=3))   # of each block bytes, or an end code

`ask` is given the text of a command and returns what the PLC answers; it raises `Refusal`.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

import trio

from warlogix.drivers.omron.fins.plan import Gathering, Plan
from warlogix.drivers.omron.fins.reasons import POSTPONED, is_unsupported, is_whole_area
from warlogix.drivers.omron.fins.wire import (
    Item,
    Refusal,
    gather_words,
    gathered,
    read_words,
    words_of,
)

Ask: TypeAlias = Callable[[bytes], Awaitable[bytes]]

# Commands that one read spends on finding out what exactly is refused.
_MOST_TRIES = 100


class Patience:
    """What one read may spend on what is refused, in commands and in time.

    A PLC that answers slowly, and one that refuses much, must not cost the values that are good.
    """

    def __init__(self, seconds: float) -> None:
        self._until = trio.current_time() + seconds
        self._tries = _MOST_TRIES

    @property
    def is_over(self) -> bool:
        """Whether the rest must wait for the next read."""
        return self._tries <= 0 or trio.current_time() >= self._until

    def spend(self, tries: int) -> None:
        """So many commands more are sent."""
        self._tries -= tries


class Reader:
    """Reads words; `gathering` turns to NO when the PLC turns out not to gather."""

    def __init__(self, ask: Ask) -> None:
        self.gathering = Gathering.YES
        self._ask = ask

    async def fetch(self, plan: Plan, patience: Patience) -> list[bytes | int]:
        """The words of each block, or the end code for the first piece of it that is refused.

        It is `POSTPONED` where the patience ended before it was known whose the refusal is.
        """
        fetched: list[bytes | int] = [b""] * len(plan.blocks)
        absent: dict[int, int] = {}
        for items in plan.requests:
            values = await self._values(items, absent, patience)
            for item, value in zip(items, values, strict=True):
                earlier = fetched[item.block]
                if isinstance(earlier, bytes):
                    fetched[item.block] = value if isinstance(value, int) else earlier + value
        return fetched

    async def _values(
        self, items: Sequence[Item], absent: dict[int, int], patience: Patience
    ) -> list[bytes | int]:
        """The words of each item; what the PLC does not gather together is halved.

        `absent` are the areas that it turned out not to have, with their end code.
        """
        if len(items) == 1 or self.gathering is Gathering.NO:
            return [await self._value(item, absent) for item in items]
        if not any(item.code in absent for item in items):
            try:
                return list(gathered(await self._ask(gather_words(items)), items))
            except Refusal as exc:
                if is_unsupported(exc.code):
                    self.gathering = Gathering.NO
                    return await self._values(items, absent, patience)
                if patience.is_over:
                    return [POSTPONED] * len(items)
        patience.spend(2)
        middle = len(items) // 2
        values = await self._values(items[:middle], absent, patience)
        values += await self._values(items[middle:], absent, patience)
        if not any(isinstance(value, int) for value in values):
            # Each can be read, so it was the gathering that was refused.
            self.gathering = Gathering.NO
        return values

    async def _value(self, item: Item, absent: dict[int, int]) -> bytes | int:
        if item.code in absent:
            return absent[item.code]
        try:
            return words_of(await self._ask(read_words(item)), item)
        except Refusal as exc:
            if is_whole_area(exc.code):
                absent[item.code] = exc.code
            return exc.code
