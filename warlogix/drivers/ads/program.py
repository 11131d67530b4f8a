"""What is known of a PLC's program, learned from the PLC as it is needed.

    program = Program(ask, "latin-1")
    await program.begin()
    await program.learn(names, until, now)
    known = program.find("MAIN.Speed")      a Variable, or why there is none

It holds as long as the program's signs stay the same: `signs` are read with everything else, and
`is_current` judges them. The version of the symbols moves with a download; the number of online
changes with one of those, and where a PLC does not count them the size of the symbol table does.

`ask` is given a request and returns the data of its reply; what it raises comes out.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import TypeAlias, TypeVar

from warlogix.datatypes import Kind
from warlogix.drivers.ads.entries import (
    READ_ONLY,
    SymbolEntry,
    parse_symbol,
    parse_type,
)
from warlogix.drivers.ads.layouts import Layout
from warlogix.drivers.ads.reasons import INVALID_SIZE, NOT_NOW, VERSION_INVALID, reason
from warlogix.drivers.ads.sums import (
    MOST_PARTS,
    Part,
    Question,
    sum_answers,
    sum_ask,
    sum_read,
    sum_read_results,
    sum_write,
)
from warlogix.drivers.ads.types import Types, Unreadable, Untold
from warlogix.drivers.ads.wire import AdsRefusal, Request
from warlogix.drivers.columns import TRY_AGAIN_AFTER
from warlogix.drivers.exchanges import Nonsense

T = TypeVar("T")
Ask: TypeAlias = Callable[[Request], Awaitable[bytes]]

HANDLE_BY_NAME, BY_HANDLE, RELEASE = 0xF003, 0xF005, 0xF006
SYMBOL_BY_NAME, TYPE_BY_NAME = 0xF009, 0xF011
_VERSION = 0xF008
# Of the sizes of the symbol table those that only the program moves; the others count what clients
# have asked for.
UPLOAD_INFO = 0xF00F, 0, 24
_INFO_KEPT = 16
_ONLINE_CHANGES = "TwinCAT_SystemInfoVarList._AppInfo.OnlineChangeCnt"
# The most bytes of an answer that is one of many, and of one that is asked for by itself.
_SYMBOL_SIZE, _TYPE_SIZE, _LONGEST = 2048, 32768, 4 * 1024 * 1024
_SYMBOLS_AT_ONCE, _TYPES_AT_ONCE = 200, 16
# Beyond that a value is not read: nobody publishes it.
MOST_VALUE = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable: how it is reached, and how it lies in memory."""

    handle: int
    layout: Layout
    kind: Kind
    is_writable: bool


@dataclass(frozen=True, slots=True)
class Absent:
    """Why there is no such variable; `until` is when the PLC is asked again."""

    reason: str
    until: float


class Program:
    """One program of one PLC. `edition` moves whenever something was learned or forgotten."""

    def __init__(self, ask: Ask, encoding: str) -> None:
        self.edition = 0
        self.signs: tuple[Part, ...] = ()
        self._ask = ask
        self._types = Types(encoding)
        self._stamp: tuple[bytes, ...] = ()
        self._found: dict[str, Variable | Absent] = {}
        self._released: list[int] = []

    async def begin(self) -> None:
        """Find out which signs the PLC gives, and what they are now."""
        (counter,) = await self._answers([_named(HANDLE_BY_NAME, _ONLINE_CHANGES, 4)])
        last = Part(*UPLOAD_INFO) if isinstance(counter, int) else _value(counter)
        signs = [Part(_VERSION, 0, 1), last]
        results = sum_read_results(await self._ask(sum_read(signs)), signs)
        for each in (counter, *results):
            if isinstance(each, int) and each in NOT_NOW:
                # Without a sign that the PLC has, its changes would not be seen.
                raise AdsRefusal(each)
        given = [index for index, result in enumerate(results) if not isinstance(result, int)]
        self.signs = tuple(signs[index] for index in given)
        self._stamp = _stamp([results[index] for index in given])
        if VERSION_INVALID in results:
            # The program was changed in between: the first look at the signs is to find that.
            self._stamp = (b"changed",)

    async def read_signs(self) -> list[bytes | int]:
        """The signs as they are now."""
        if not self.signs:
            return []
        return sum_read_results(await self._ask(sum_read(self.signs)), self.signs)

    def is_current(self, results: Sequence[bytes | int]) -> bool:
        """Whether the signs, as they were read, are still those of this program."""
        return _stamp(results) == self._stamp

    def find(self, name: str) -> Variable | Absent | None:
        """What is known of a variable; None where nothing is."""
        return self._found.get(name)

    def kept_handles(self, results: Sequence[bytes | int]) -> list[int]:
        """The handles that are still to be released, by the signs of the program that follows.

        A download forgets them all, and may give their numbers to others.
        """
        if not self.signs or self.signs[0].group != _VERSION or results[0] != self._stamp[0]:
            return []
        return self.handles()

    def handles(self) -> list[int]:
        """Every handle that was asked for and not released."""
        variables = [each.handle for each in self._found.values() if isinstance(each, Variable)]
        counters = [sign.offset for sign in self.signs if sign.group == BY_HANDLE]
        return self._released + variables + counters

    async def release(self, handles: Sequence[int]) -> None:
        """Give handles back; what the PLC says to that is no matter."""
        for some in _some(handles, MOST_PARTS):
            await self._ask(release(some))

    def forget(self, name: str) -> None:
        """Learn a variable anew that the PLC has refused to give."""
        found = self._found.pop(name)
        if isinstance(found, Variable):
            self._released.append(found.handle)
        self.edition += 1

    def refuse(self, name: str, code: int, now: float) -> None:
        """The PLC tells of a variable and does not give it."""
        self.forget(name)
        self._found[name] = Absent(reason(code), now + TRY_AGAIN_AFTER)

    async def learn(self, names: Iterable[str], until: float, now: Callable[[], float]) -> None:
        """Learn what is not known of these variables, as much as can be begun before `until`."""
        if self._released:
            handles, self._released = self._released, []
            await self.release(handles)
        started = now()
        wanted = [name for name in names if self._is_wanted(name, started)]
        for some in _some(wanted, _SYMBOLS_AT_ONCE):
            if now() >= until:
                return
            learned = await self._learn(some, now() + TRY_AGAIN_AFTER)
            self.edition += any(self._differs(name, each) for name, each in learned.items())
            self._found |= learned

    def _is_wanted(self, name: str, now: float) -> bool:
        found = self._found.get(name)
        return found is None or (isinstance(found, Absent) and found.until <= now)

    def _differs(self, name: str, learned: Variable | Absent) -> bool:
        """Whether it says something else than before."""
        found = self._found.get(name)
        if isinstance(found, Absent) and isinstance(learned, Absent):
            return found.reason != learned.reason
        return True

    async def _learn(self, names: Sequence[str], again: float) -> dict[str, Variable | Absent]:
        learned: dict[str, Variable | Absent] = {}
        entries: dict[str, SymbolEntry] = {}
        questions = [_named(SYMBOL_BY_NAME, name, _SYMBOL_SIZE) for name in names]
        for name, answer in zip(names, await self._answers(questions), strict=True):
            try:
                entries[name] = parse_symbol(_given(answer))
            except (_Refused, Nonsense) as exc:
                learned[name] = Absent(str(exc), again)
        layouts = await self._layouts(entries, learned)
        questions = [_named(HANDLE_BY_NAME, name, 4) for name in layouts]
        answers = await self._answers(questions) if questions else []
        for (name, layout), answer in zip(layouts.items(), answers, strict=True):
            if isinstance(answer, int):
                learned[name] = Absent(reason(answer), again)
            else:
                is_writable = not entries[name].flags & READ_ONLY
                learned[name] = Variable(_number(answer), layout, layout.kind, is_writable)
        return learned

    async def _layouts(
        self, entries: dict[str, SymbolEntry], learned: dict[str, Variable | Absent]
    ) -> dict[str, Layout]:
        """How the symbols lie, learning the types that it takes; what has no value is noted."""
        layouts: dict[str, Layout] = {}
        left = list(entries.items())
        while left:
            untold: list[tuple[str, SymbolEntry]] = []
            for name, entry in left:
                try:
                    layouts[name] = self._layout(entry)
                except Unreadable as exc:
                    learned[name] = Absent(str(exc), inf)
                except Untold:
                    untold.append((name, entry))
            await self._learn_types()
            left = untold
        return layouts

    def _layout(self, entry: SymbolEntry) -> Layout:
        if entry.size > MOST_VALUE:
            raise Unreadable(f"{entry.size} bytes are too many for one value")
        return self._types.layout(entry)

    async def _learn_types(self) -> None:
        wanted = sorted(self._types.wanted)
        for some in _some(wanted, _TYPES_AT_ONCE):
            questions = [_named(TYPE_BY_NAME, name, _TYPE_SIZE) for name in some]
            for name, answer in zip(some, await self._answers(questions), strict=True):
                if isinstance(answer, int) and answer in NOT_NOW:
                    # A structure learned without it would lack a member until the next download.
                    raise AdsRefusal(answer)
                try:
                    self._types.learn(name, parse_type(_given(answer)))
                except (_Refused, Nonsense):
                    self._types.learn(name, None)

    async def _answers(self, questions: Sequence[Question]) -> list[bytes | int]:
        """Each answer; one that was too long among others is asked for by itself."""
        answers = sum_answers(await self._ask(sum_ask(questions)), questions)
        for index, answer in enumerate(answers):
            if answer == INVALID_SIZE:
                alone = [Question(questions[index].group, questions[index].data, _LONGEST)]
                answers[index] = sum_answers(await self._ask(sum_ask(alone)), alone)[0]
        return answers


def _some(all_of_them: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(all_of_them), size):
        yield all_of_them[start : start + size]


class _Refused(Exception):
    """The PLC does not tell; the text says why."""


def release(handles: Sequence[int]) -> Request:
    """Give handles back."""
    return sum_write((RELEASE, 0, handle.to_bytes(4, "little")) for handle in handles)


def _named(group: int, name: str, size: int) -> Question:
    """What is asked of a name."""
    try:
        raw = name.encode("latin-1")
    except UnicodeEncodeError:
        raw = name.encode("utf-8", "replace")
    return Question(group, raw + b"\0", size)


def _given(answer: bytes | int) -> bytes:
    if isinstance(answer, int):
        raise _Refused(reason(answer))
    return answer


def _number(raw: bytes) -> int:
    if len(raw) != 4:
        raise Nonsense(f"a handle of {len(raw)} bytes")
    return int.from_bytes(raw, "little")


def _value(handle: bytes) -> Part:
    return Part(BY_HANDLE, _number(handle), 4)


def _stamp(results: Sequence[bytes | int]) -> tuple[bytes, ...]:
    """The signs as they are compared; one that is refused is like no other."""
    return tuple(b"" if isinstance(each, int) else each[:_INFO_KEPT] for each in results)
