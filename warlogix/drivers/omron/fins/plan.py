"""Which commands read a set of values with the fewest round trips.

    plan = make_plan(wants, Gathering.YES)
    plan.requests    what to read, command by command
    plan.blocks      which words come of it, and whose they are

Neighbours are joined into one block, gaps included, as long as that saves commands; small blocks
far from each other are gathered by one command, if the PLC knows it. A value is never cut, unless
it is longer than a response can be. Pure: it knows sizes, no sockets and no bytes.
"""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from enum import Enum
from operator import attrgetter

from warlogix.drivers.omron.fins.wire import Item

# The words of a read over Ethernet that every PLC takes, and no value of four words is torn.
MOST_WORDS = 996
# The places of a gathering read over Ethernet.
MOST_PLACES = 167
# A block of more words is read by itself: each word costs a place.
_SMALL = 40
# How many words that nobody wants may lie between two values of a block. Each is tried.
_GAPS = (0, 8, 32, 128, 512)
# Bytes beside the values: of a read and its response, of each gathered word.
_READ_COST, _PLACE_COST = 32, 5
_PLACE = attrgetter("code", "start", "words")


class Gathering(Enum):
    """Whether the PLC gathers words that are far from each other."""

    YES = "yes"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Want:
    """The words that one value needs: `code` is its area's on the wire, `index` its tag's."""

    code: int
    start: int
    words: int
    index: int


@dataclass(frozen=True, slots=True)
class Block:
    """Words that are read as one, and the values in them."""

    code: int
    start: int
    words: int
    wants: tuple[Want, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Blocks in order of address, and the commands that bring them; the pieces of a block in order.

    A request of several items is a gathering one.
    """

    blocks: tuple[Block, ...]
    requests: tuple[tuple[Item, ...], ...]


def make_plan(wants: Iterable[Want], gathering: Gathering, apart: Set[int] = frozenset()) -> Plan:
    """The plan with the fewest commands, and of those the one with the fewest bytes.

    `apart` holds the indexes of values that are joined with no other.
    """
    ordered = sorted(wants, key=_PLACE)
    return min((_planned(_joined(ordered, gap, apart), gathering) for gap in _GAPS), key=_cost)


def _cost(plan: Plan) -> tuple[int, int]:
    return len(plan.requests), sum(map(_bytes, plan.requests))


def _bytes(items: Sequence[Item]) -> int:
    words = sum(item.words for item in items)
    return _READ_COST + 2 * words + (_PLACE_COST * words if len(items) > 1 else 0)


def _joined(ordered: Sequence[Want], gap: int, apart: Set[int]) -> list[Block]:
    blocks: list[Block] = []
    wants: list[Want] = []
    end = 0
    for want in ordered:
        if wants and not _grows(wants, end, want, gap, apart):
            blocks.append(_block(wants, end))
            wants = []
        end = max(end, want.start + want.words) if wants else want.start + want.words
        wants.append(want)
    return [*blocks, _block(wants, end)] if wants else blocks


def _grows(wants: Sequence[Want], end: int, want: Want, gap: int, apart: Set[int]) -> bool:
    first = wants[0]
    if want.code != first.code or want.index in apart or first.index in apart:
        return False
    reach = max(end, want.start + want.words)
    return want.start <= end + gap and reach - first.start <= MOST_WORDS


def _block(wants: Sequence[Want], end: int) -> Block:
    first = wants[0]
    return Block(first.code, first.start, end - first.start, tuple(wants))


def _planned(blocks: Sequence[Block], gathering: Gathering) -> Plan:
    requests: list[tuple[Item, ...]] = []
    gathered: list[Item] = []
    places = 0
    for number, block in enumerate(blocks):
        if gathering is Gathering.NO or block.words > _SMALL:
            requests += _pieces(number, block)
            continue
        if places + block.words > MOST_PLACES:
            requests.append(tuple(gathered))
            gathered, places = [], 0
        gathered.append(Item(number, block.code, block.start, block.words))
        places += block.words
    if gathered:
        requests.append(tuple(gathered))
    return Plan(tuple(blocks), tuple(requests))


def _pieces(number: int, block: Block) -> list[tuple[Item, ...]]:
    end = block.start + block.words
    return [
        (Item(number, block.code, start, min(MOST_WORDS, end - start)),)
        for start in range(block.start, end, MOST_WORDS)
    ]
