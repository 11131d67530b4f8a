"""Fetching what a plan asks for, and what to do where the PLC says no.

    reader = Reader(ask)
    fetched = await reader.fetch(plan)       # of each block its bytes, or an end code

`ask` is given the text of a command and returns what the PLC answers; it raises `Refusal`.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from warlogix.drivers.omron.fins.plan import Gathering, Plan
from warlogix.drivers.omron.fins.wire import (
    Item,
    Refusal,
    gather_words,
    gathered,
    read_words,
    words_of,
)

Ask: TypeAlias = Callable[[bytes], Awaitable[bytes]]


class Reader:
    """Reads words; `gathering` turns to NO when the PLC turns out not to gather."""

    def __init__(self, ask: Ask) -> None:
        self.gathering = Gathering.YES
        self._ask = ask

    async def fetch(self, plan: Plan) -> list[bytes | int]:
        """The words of each block, or the end code for the first piece of it that is refused."""
        fetched: list[bytes | int] = [b""] * len(plan.blocks)
        for items in plan.requests:
            for item, value in zip(items, await self._values(items), strict=True):
                earlier = fetched[item.block]
                if isinstance(earlier, bytes):
                    fetched[item.block] = value if isinstance(value, int) else earlier + value
        return fetched

    async def _values(self, items: Sequence[Item]) -> Sequence[bytes | int]:
        if len(items) == 1:
            return [await self._value(items[0])]
        try:
            data = await self._ask(gather_words(items))
        except Refusal:
            return await self._values_alone(items)
        return gathered(data, items)

    async def _values_alone(self, items: Sequence[Item]) -> list[bytes | int]:
        """What a gathering read was refused, block by block."""
        values = [await self._value(item) for item in items]
        if not any(isinstance(value, int) for value in values):
            # Each can be read, so it was the gathering that was refused.
            self.gathering = Gathering.NO
        return values

    async def _value(self, item: Item) -> bytes | int:
        try:
            return words_of(await self._ask(read_words(item)), item)
        except Refusal as exc:
            return exc.code
