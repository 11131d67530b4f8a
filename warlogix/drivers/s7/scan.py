"""Reading one tuple of tags again and again: its plan, what came last, and what the CPU refuses.

    scan = S7Scan(tags, "latin-1", pdu=480)
    readings = await scan.read(ask, now)

`ask` is given a request and returns each item's bytes, or the CPU's code. What it raises ends the
read, and the scan with it.

A block that the CPU refuses is asked for value by value in the same read. What is refused then is
left out of the blocks and tried again by itself every 10 s, and a block whose values all came one
by one is tried again as one.

What came with the same bytes as last time is not decoded again, and if all did, the same `Readings`
object is returned.
"""

import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from warlogix.addresses.s7 import S7Address, parse_s7
from warlogix.drivers.columns import TRY_AGAIN_AFTER, Columns
from warlogix.drivers.s7.blocks import BlockValues
from warlogix.drivers.s7.codec import decoder
from warlogix.drivers.s7.pieces import first_byte
from warlogix.drivers.s7.plan import MOST_ITEMS, Want, make_plan, plan_alone
from warlogix.drivers.s7.reasons import refused_item
from warlogix.drivers.s7.wire import Request, make_request
from warlogix.errors import Malformed
from warlogix.tags import Readings, Tag

Ask: TypeAlias = Callable[[Request], Awaitable[Sequence[bytes | int]]]


class S7Scan:
    """Reads one tuple of tags; never two reads at a time. `reads` counts them."""

    def __init__(self, tags: tuple[Tag, ...], encoding: str, pdu: int) -> None:
        self.tags = tags
        self.reads = 0
        self._encoding = encoding
        self._pdu = pdu
        # Positions that the CPU refuses; they are in no block of the plan. Those due are asked
        # for again, a request's worth in each read.
        self._refused: set[int] = set()
        # Positions that the CPU gives one by one and not in a block, as where a block would span
        # inputs that no module has; now and then they are asked for as a block again.
        self._apart: set[int] = set()
        self._due: list[int] = []
        self._due_again = 0.0
        self._columns = Columns(len(tags))
        # What addresses say is in memory only while it is needed: a plant has 100,000 of them.
        addresses: dict[int, S7Address] = {}
        self._types = tuple(self._prepare(i, tag, addresses) for i, tag in enumerate(tags))
        self._readable = list(addresses)
        self._readings = self._columns.readings(self._types)
        self._plan(addresses)

    def _prepare(self, index: int, tag: Tag, addresses: dict[int, S7Address]) -> str:
        """Note where a tag is, and return its type as it is published."""
        try:
            address = addresses[index] = parse_s7(tag.name, tag.data_type)
        except Malformed as exc:
            self._columns.set_bad(index, str(exc))
            return tag.data_type.strip().upper()
        return sys.intern(str(address.type))

    @property
    def requests(self) -> int:
        """How many requests a read takes, second tries apart."""
        return len(self._requests)

    async def read(self, ask: Ask, now: float) -> Readings:
        """Every tag's value or reason; `now` is monotonic seconds."""
        self.reads += 1
        newly_refused, newly_apart = await self._read_blocks(ask)
        if (newly_refused or newly_apart) and not (self._refused or self._apart):
            self._due_again = now + TRY_AGAIN_AFTER
        before = len(self._apart)
        recovered = await self._try_again(ask, now)
        if newly_refused or newly_apart or recovered or len(self._apart) < before:
            self._refused = (self._refused | newly_refused) - recovered
            self._apart |= newly_apart
            self._plan(self._addresses(set(self._readable) - self._refused))
        if self._columns.take_changed():
            self._readings = self._columns.readings(self._types)
        return self._readings

    def _addresses(self, indexes: Iterable[int]) -> dict[int, S7Address]:
        tags = self.tags
        return {index: parse_s7(tags[index].name, tags[index].data_type) for index in indexes}

    def _plan(self, addresses: Mapping[int, S7Address]) -> None:
        plan = make_plan(_wants(addresses), self._pdu, self._apart)
        self._requests = [make_request(items) for items in plan.requests]
        self._blocks = [BlockValues(each, addresses, self._encoding) for each in plan.blocks]

    async def _read_blocks(self, ask: Ask) -> tuple[set[int], set[int]]:
        """Read by the plan; the positions that turned out to be refused, and those to part."""
        refused: list[set[int]] = []
        fetched = await fetch(self._requests, len(self._blocks), ask)
        for block, raw in zip(self._blocks, fetched, strict=True):
            if isinstance(raw, int):
                refused.append(block.positions)
            else:
                block.take(raw, self._columns)
        if not refused:
            return set(), set()
        alone = await self._read_alone([index for indexes in refused for index in indexes], ask)
        return alone, {index for indexes in refused if not indexes & alone for index in indexes}

    async def _read_alone(self, indexes: Iterable[int], ask: Ask) -> set[int]:
        """Read value by value; the positions that the CPU refuses."""
        addresses = self._addresses(indexes)
        plan = plan_alone(_wants(addresses), self._pdu)
        requests = [make_request(items) for items in plan.requests]
        refused: set[int] = set()
        fetched = await fetch(requests, len(plan.blocks), ask)
        for block, raw in zip(plan.blocks, fetched, strict=True):
            index = block.wants[0].index
            if isinstance(raw, int):
                refused.add(index)
                self._columns.set_bad(index, refused_item(raw, addresses[index]))
            else:
                decode = decoder(addresses[index], self._encoding)
                self._columns.set_decoded(index, decode, raw)
        return refused

    async def _try_again(self, ask: Ask, now: float) -> set[int]:
        """Ask for some of what was refused, and for more as long as it comes; what came.

        What came one by one alone is joined again: the refusal of its block may have passed.
        """
        # What is still due goes first: else the first ones alone are ever tried.
        if (self._refused or self._apart) and not self._due and now >= self._due_again:
            self._due, self._apart = sorted(self._refused), set()
            self._due_again = now + TRY_AGAIN_AFTER
        recovered: set[int] = set()
        while self._due:
            some, self._due = self._due[:MOST_ITEMS], self._due[MOST_ITEMS:]
            came = set(some) - await self._read_alone(some, ask)
            recovered |= came
            if not came:
                break
        return recovered


def _wants(addresses: Mapping[int, S7Address]) -> list[Want]:
    return [
        Want(address.area.value, address.db, first_byte(address), address.size, index)
        for index, address in addresses.items()
    ]


async def fetch(requests: Iterable[Request], blocks: int, ask: Ask) -> list[bytes | int]:
    """The bytes of each block, or the CPU's code for the first piece of it that it refuses."""
    fetched: list[bytes | int] = [b""] * blocks
    for request in requests:
        for item, value in zip(request.items, await ask(request), strict=True):
            earlier = fetched[item.block]
            if isinstance(earlier, int):
                continue
            fetched[item.block] = (
                value if isinstance(value, int) or not earlier else earlier + value
            )
    return fetched
