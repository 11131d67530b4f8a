"""Which requests read a set of values with the fewest round trips.

    plan = make_plan(wants, pdu=480)
    plan.requests    what to ask, request by request
    plan.blocks      which bytes come of it, and whose they are

Neighbours are joined into one block, gaps included, as long as that saves requests. A value is
never cut, unless it is longer than a reply can be. Pure: it knows sizes, no sockets and no bytes.
"""

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field
from itertools import pairwise
from operator import attrgetter

# A CPU takes no more variables in a request.
MOST_ITEMS = 20
# Of a request: its header and parameters before the items, and each item.
_REQUEST_HEAD, _REQUEST_ITEM = 12, 12
# Of a reply: its header and parameters before the values, and the header of each value.
_REPLY_HEAD, _REPLY_ITEM = 14, 4
# How many bytes that nobody wants may lie between two values of a block. Each is tried.
_GAPS = (0, 8, 16, 32, 64, 128, 256)
_PLACE = attrgetter("area", "db", "start", "size")


@dataclass(frozen=True, slots=True)
class Want:
    """The bytes that one value needs: `area` is its number on the wire, `index` its tag's.

    Timers and counters count as two bytes each, so that their `start` is twice their number.
    """

    area: int
    db: int
    start: int
    size: int
    index: int


@dataclass(frozen=True, slots=True)
class Block:
    """Bytes that are read as one, and the values in them."""

    area: int
    db: int
    start: int
    size: int
    wants: tuple[Want, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One variable of a request: a block, or a piece of one that is too long for a reply."""

    block: int
    area: int
    db: int
    start: int
    size: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Blocks in order of address, and the requests that bring them in the same order."""

    blocks: tuple[Block, ...]
    requests: tuple[tuple[Item, ...], ...]


def make_plan(wants: Iterable[Want], pdu: int, apart: Set[int] = frozenset()) -> Plan:
    """The plan with the fewest requests, and of those the one with the fewest bytes.

    `pdu` is the longest message that the CPU takes and gives, in bytes. `apart` holds the indexes
    of values that are joined with no other.
    """
    ordered = sorted(wants, key=_PLACE)
    return min((_packed(ordered, pdu, gap, apart) for gap in _gaps(ordered)), key=_cost)


def plan_alone(wants: Iterable[Want], pdu: int) -> Plan:
    """The plan that asks for every value by itself, so that a refusal says which one it means."""
    ordered = sorted(wants, key=_PLACE)
    return _packed(ordered, pdu, 0, {want.index for want in ordered})


def _gaps(ordered: list[Want]) -> Iterator[int]:
    """Those of `_GAPS` that join other values than the one before."""
    there, place, end = set(), (0, 0), 0
    for want in ordered:
        if place == (want.area, want.db):
            there.add(want.start - end)
        else:
            place, end = (want.area, want.db), 0
        end = max(end, want.start + want.size)
    yield 0
    for less, gap in pairwise(_GAPS):
        if any(less < each <= gap for each in there):
            yield gap


def _cost(plan: Plan) -> tuple[int, int]:
    return len(plan.requests), sum(
        _REQUEST_ITEM + _REPLY_ITEM + item.size for request in plan.requests for item in request
    )


def _packed(ordered: list[Want], pdu: int, gap: int, apart: Set[int]) -> Plan:
    packing = _Packing(pdu, gap, apart)
    for want in ordered:
        packing.add(want)
    return packing.plan()


@dataclass(slots=True)
class _OpenBlock:
    """A block that may still grow. It is the last item of the last request."""

    first: Want
    end: int
    wants: list[Want]

    @property
    def size(self) -> int:
        return self.end - self.first.start


@dataclass(slots=True)
class _Packing:
    """Fills requests one after another with values in order of address."""

    pdu: int
    gap: int
    apart: Set[int]
    blocks: list[Block] = field(default_factory=list)
    requests: list[list[Item]] = field(default_factory=list)
    # Bytes of the values that the last request has already, each padded to an even length.
    used: int = 0
    growing: _OpenBlock | None = None

    def add(self, want: Want) -> None:
        if self.growing is not None and self._grows(self.growing, want):
            self.growing.end = max(self.growing.end, want.start + want.size)
            self.growing.wants.append(want)
            return
        self._close()
        if want.size > self._longest():
            self._cut(want)
            return
        self._make_room(want.size)
        self.growing = _OpenBlock(want, want.start + want.size, [want])

    def plan(self) -> Plan:
        self._close()
        return Plan(tuple(self.blocks), tuple(tuple(items) for items in self.requests))

    def _grows(self, block: _OpenBlock, want: Want) -> bool:
        first = block.first
        if want.index in self.apart or first.index in self.apart:
            return False
        if (want.area, want.db) != (first.area, first.db):
            return False
        end = max(block.end, want.start + want.size)
        return want.start <= block.end + self.gap and self._fits(end - first.start)

    def _longest(self) -> int:
        return self.pdu - _REPLY_HEAD - _REPLY_ITEM

    def _fits(self, size: int) -> bool:
        return self.used + _REPLY_ITEM + size <= self.pdu - _REPLY_HEAD

    def _make_room(self, size: int) -> None:
        most = min(MOST_ITEMS, (self.pdu - _REQUEST_HEAD) // _REQUEST_ITEM)
        if not self.requests or len(self.requests[-1]) >= most or not self._fits(size):
            self.requests.append([])
            self.used = 0

    def _put(self, item: Item) -> None:
        self.requests[-1].append(item)
        self.used += _REPLY_ITEM + item.size + item.size % 2

    def _close(self) -> None:
        if self.growing is None:
            return
        first, size, wants = self.growing.first, self.growing.size, tuple(self.growing.wants)
        self.growing = None
        self._put(Item(len(self.blocks), first.area, first.db, first.start, size))
        self.blocks.append(Block(first.area, first.db, first.start, size, wants))

    def _cut(self, want: Want) -> None:
        longest = self._longest() // 2 * 2
        for done in range(0, want.size, longest):
            size = min(longest, want.size - done)
            self._make_room(size)
            self._put(Item(len(self.blocks), want.area, want.db, want.start + done, size))
        self.blocks.append(Block(want.area, want.db, want.start, want.size, (want,)))
