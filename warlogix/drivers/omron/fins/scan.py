"""Reading one tuple of tags again and again: its plan, what came last, and what the PLC refuses.

    scan = FinsScan(tags, endpoint)
    readings = await scan.read(reader, now)

A block that the PLC refuses is halved in the same read until the addresses are found that it means,
or by the reads after it where that takes long. They are left out of the blocks and tried again by
themselves every 10 s, and a block whose values all came one by one is tried again as one.

What came with the same bytes as last time is not decoded again, and if all did, the same `Readings`
object is returned.
"""

from collections.abc import Sequence

from warlogix.addresses.fins import FinsAddress, parse_fins
from warlogix.drivers.columns import TRY_AGAIN_AFTER, Columns
from warlogix.drivers.omron.fins.areas import word_code
from warlogix.drivers.omron.fins.codec import Codec
from warlogix.drivers.omron.fins.plan import Block, Gathering, Want, make_plan
from warlogix.drivers.omron.fins.reader import Patience, Reader
from warlogix.drivers.omron.fins.reasons import POSTPONED, is_whole_area, refused
from warlogix.errors import Malformed
from warlogix.tags import Endpoint, Readings, Tag

# Of the refused, so many are asked for again in one read.
_TRIED_AGAIN = 20


class FinsScan:
    """Reads one tuple of tags; never two reads at a time. `reads` counts them."""

    def __init__(self, tags: tuple[Tag, ...], endpoint: Endpoint) -> None:
        self.tags = tags
        self.reads = 0
        self._timeout = endpoint.timeout
        self._wants: dict[int, Want] = {}
        self._codecs: dict[int, Codec] = {}
        # Positions that the PLC refuses; they are in no block of the plan.
        self._refused: set[int] = set()
        # Positions that the PLC gives one by one and not in a block, as where a block would span
        # words that it does not have; now and then they are asked for as a block again.
        self._apart: set[int] = set()
        self._due: list[int] = []
        self._due_again = 0.0
        self._columns = Columns(len(tags))
        self._types = tuple(self._prepare(index, tag, endpoint) for index, tag in enumerate(tags))
        self._readings = self._columns.readings(self._types)
        self._make_plan(Gathering.YES)

    def _prepare(self, index: int, tag: Tag, endpoint: Endpoint) -> str:
        """Note what a tag needs, and return its type as it is published."""
        try:
            address: FinsAddress = parse_fins(tag.name, tag.data_type)
        except Malformed as exc:
            self._columns.set_bad(index, str(exc))
            return tag.data_type.strip().upper()
        self._wants[index] = Want(word_code(address), address.word, address.words, index)
        self._codecs[index] = Codec(
            address, endpoint.string_encoding, low_word_first=endpoint.low_word_first
        )
        return str(address.type)

    @property
    def requests(self) -> int:
        """How many commands a read takes, second tries apart."""
        return len(self._plan.requests)

    async def read(self, reader: Reader, now: float) -> Readings:
        """Every tag's value or reason; `now` is monotonic seconds."""
        self.reads += 1
        if reader.gathering is not self._gathering:
            self._make_plan(reader.gathering)
        before = (len(self._refused), len(self._apart))
        had_any = any(before)
        patience = Patience(self._timeout)
        await self._read_blocks(reader, patience)
        if (self._refused or self._apart) and not had_any:
            self._due_again = now + TRY_AGAIN_AFTER
        recovered = await self._try_again(reader, patience, now)
        self._refused -= recovered
        if recovered or before != (len(self._refused), len(self._apart)):
            self._make_plan(reader.gathering)
        if self._columns.take_changed():
            self._readings = self._columns.readings(self._types)
        return self._readings

    def _make_plan(self, gathering: Gathering) -> None:
        wanted = [want for index, want in self._wants.items() if index not in self._refused]
        self._gathering = gathering
        self._plan = make_plan(wanted, gathering, self._apart)
        self._members = [self._places(block) for block in self._plan.blocks]
        self._last: list[bytes | None] = [None] * len(self._plan.blocks)

    def _places(self, block: Block) -> tuple[tuple[int, int, int, Codec], ...]:
        """Where in the block each value begins and ends, and what decodes it."""
        return tuple(
            (
                want.index,
                2 * (want.start - block.start),
                2 * (want.start - block.start + want.words),
                self._codecs[want.index],
            )
            for want in block.wants
        )

    async def _read_blocks(self, reader: Reader, patience: Patience) -> None:
        """Read by the plan, and look closer at what is refused."""
        search = _Search(reader, patience)
        postponed: list[int] = []
        for number, raw in enumerate(await reader.fetch(self._plan, patience)):
            if isinstance(raw, bytes):
                if raw != self._last[number]:
                    self._decode_changed(number, raw)
                continue
            found = await search.look(self._plan.blocks[number].wants, raw)
            self._note(found)
            postponed += (index for index, each in found.items() if each == POSTPONED)
            if not any(isinstance(value, int) for value in found.values()):
                self._apart |= set(found)
        # They may be good, and so are the first to be tried again.
        self._due = postponed + self._due

    def _decode_changed(self, number: int, raw: bytes) -> None:
        last, self._last[number] = self._last[number], raw
        for index, start, end, codec in self._members[number]:
            value = raw[start:end]
            if last is None or value != last[start:end]:
                self._columns.set_decoded(index, codec.decode, value)

    def _note(self, found: "dict[int, bytes | int]") -> None:
        """Take what was read value by value, and what is refused."""
        for index, raw in found.items():
            if isinstance(raw, bytes):
                self._columns.set_decoded(index, self._codecs[index].decode, raw)
            else:
                self._refused.add(index)
                self._columns.set_bad(index, refused(raw))

    async def _try_again(self, reader: Reader, patience: Patience, now: float) -> set[int]:
        """Ask for some of what was refused, and for more as long as it comes; what came.

        What came one by one alone is joined again: the refusal of its block may have passed.
        """
        # What is still due goes first: else the first ones alone are ever tried.
        if (self._refused or self._apart) and not self._due and now >= self._due_again:
            self._due, self._apart = sorted(self._refused), set()
            self._due_again = now + TRY_AGAIN_AFTER
        recovered: set[int] = set()
        while self._due and not patience.is_over:
            some, self._due = self._due[:_TRIED_AGAIN], self._due[_TRIED_AGAIN:]
            found: dict[int, bytes | int] = {}
            for index in some:
                plan = make_plan([self._wants[index]], Gathering.NO)
                (found[index],) = await reader.fetch(plan, patience)
            self._note(found)
            patience.spend(len(some))
            came = {index for index, raw in found.items() if isinstance(raw, bytes)}
            recovered |= came
            if not came:
                break
        return recovered


class _Search:
    """Finds out which values of refused blocks the PLC means, as far as the patience goes."""

    def __init__(self, reader: Reader, patience: Patience) -> None:
        self._reader = reader
        self._patience = patience

    async def look(self, wants: Sequence[Want], code: int) -> dict[int, bytes | int]:
        """Of each value its bytes or its end code. `code` is what they got together."""
        if code == POSTPONED or len(wants) == 1 or is_whole_area(code):
            return dict.fromkeys((want.index for want in wants), code)
        if self._patience.is_over:
            return dict.fromkeys((want.index for want in wants), POSTPONED)
        middle = len(wants) // 2
        found: dict[int, bytes | int] = {}
        for half in (wants[:middle], wants[middle:]):
            found |= await self._half(half)
        return found

    async def _half(self, wants: Sequence[Want]) -> dict[int, bytes | int]:
        plan = make_plan(wants, Gathering.NO)
        self._patience.spend(len(plan.requests))
        found: dict[int, bytes | int] = {}
        for block, raw in zip(
            plan.blocks, await self._reader.fetch(plan, self._patience), strict=True
        ):
            if isinstance(raw, int):
                found |= await self.look(block.wants, raw)
                continue
            for want in block.wants:
                start = 2 * (want.start - block.start)
                found[want.index] = raw[start : start + 2 * want.words]
        return found
