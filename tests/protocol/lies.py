"""Answers gone wrong, one of a conversation or several, for `Simulator.spoil`.

simulator.spoil = Liar([Lie(3, (repeat_last,))])
simulator.spoil = Liar(make_lies(Random(4711), answers=20))
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import InitVar, dataclass, field
from random import Random
from typing import TypeAlias

# What becomes of an answer; `said` are those that came before it.
Change: TypeAlias = Callable[[bytes, Sequence[bytes]], bytes | None]

# What breaks those who trust what they are told: signs, lengths, counts, codes.
_NASTY = (0, 1, 2, 3, 6, 0x7F, 0x80, 0x8A, 0xA0, 0xCC, 0xFE, 0xFF)
# Where the first lie begins, mostly early in a conversation: each has another order. And how many
# good answers are between one lie and the next.
_PLACES = (0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16)
_GAPS = (0, 1, 2, 3, 5)


@dataclass(frozen=True, slots=True)
class Lie:
    """Spoil the answer behind so many good ones; `on` is how many more."""

    after: int
    changes: tuple[Change, ...]
    on: int = 0


@dataclass(slots=True)
class Liar:
    """Spoils answers by lies, one after the other; `told` is how many answers."""

    lies: InitVar[Iterable[Lie]]
    told: int = 0
    said: list[bytes] = field(default_factory=list)
    _coming: Iterator[Lie] = field(init=False)
    _lie: Lie | None = field(init=False)
    _good: int = 0
    _spoilt: int = 0

    def __post_init__(self, lies: Iterable[Lie]) -> None:
        self._coming = iter(lies)
        self._lie = next(self._coming, None)

    def __call__(self, answer: bytes) -> bytes | None:
        """What leaves instead of the answer."""
        earlier = tuple(self.said[-2:])
        self.said.append(answer)
        lie = self._lie
        if lie is None:
            return answer
        if self._good < lie.after:
            self._good += 1
            return answer
        self._spoilt += 1
        if self._spoilt > lie.on:
            self._lie, self._good, self._spoilt = next(self._coming, None), 0, 0
        self.told += 1
        spoilt: bytes | None = answer
        for change in lie.changes:
            spoilt = change(spoilt, earlier) if spoilt else spoilt
        return spoilt


def silence(_answer: bytes, _said: Sequence[bytes]) -> bytes:
    """Nothing is said."""
    return b""


def cut(_answer: bytes, _said: Sequence[bytes]) -> None:
    """The connection is cut instead."""


def shorten(answer: bytes, _said: Sequence[bytes]) -> bytes:
    """The last byte is missing."""
    return answer[:-1]


def halve(answer: bytes, _said: Sequence[bytes]) -> bytes:
    """The second half is missing."""
    return answer[: len(answer) // 2]


def say_twice(answer: bytes, _said: Sequence[bytes]) -> bytes:
    """The answer comes, and comes again."""
    return answer + answer


def repeat_last(answer: bytes, said: Sequence[bytes]) -> bytes:
    """What the request before this one was answered."""
    return said[-1] if said else answer


def say_last_first(answer: bytes, said: Sequence[bytes]) -> bytes:
    """The same, with the true answer behind it."""
    return repeat_last(answer, said) + answer


def make_lies(random: Random, answers: int) -> Iterator[Lie]:
    """The first among a conversation's answers, and more for a driver that gets over it.

    Most do not: a lie is made when the one before it was told, by a `random` of their own.
    """
    yield _make_lie(random, random.choice([each for each in _PLACES if each < answers]))
    for _ in range(9):
        yield _make_lie(random, random.choice(_GAPS))


def _make_lie(random: Random, after: int) -> Lie:
    changes = tuple(_make_change(random) for _ in range(random.choice((1, 1, 2, 3))))
    return Lie(after, changes, random.choice((0, 0, 0, 2, 100)))


def _make_change(random: Random) -> Change:
    if random.random() < 0.15:
        return random.choice((shorten, halve, say_twice, repeat_last, say_last_first, cut))
    make = random.choice((_flip, _flip, _set, _set, _end, _insert, _drop, _noise))
    # Headers are at the beginning.
    return make(random, random.randrange(random.choice((30, 60, 300))))


def _flip(random: Random, place: int) -> Change:
    bit = 1 << random.randrange(8)

    def change(answer: bytes, _said: Sequence[bytes]) -> bytes:
        at = place % len(answer)
        return answer[:at] + bytes((answer[at] ^ bit,)) + answer[at + 1 :]

    return change


def _set(random: Random, place: int) -> Change:
    nasty = bytes((random.choice(_NASTY),)) * random.choice((1, 1, 2, 4))

    def change(answer: bytes, _said: Sequence[bytes]) -> bytes:
        at = place % len(answer)
        return (answer[:at] + nasty + answer[at + len(nasty) :])[: len(answer)]

    return change


def _end(_random: Random, place: int) -> Change:
    return lambda answer, _said: answer[: place % len(answer)]


def _insert(random: Random, place: int) -> Change:
    more = random.randbytes(random.randrange(1, 8))

    def change(answer: bytes, _said: Sequence[bytes]) -> bytes:
        at = place % (len(answer) + 1)
        return answer[:at] + more + answer[at:]

    return change


def _drop(random: Random, place: int) -> Change:
    count = random.randrange(1, 8)

    def change(answer: bytes, _said: Sequence[bytes]) -> bytes:
        at = place % len(answer)
        return answer[:at] + answer[at + count :]

    return change


def _noise(random: Random, place: int) -> Change:
    seed = random.random()

    def change(answer: bytes, _said: Sequence[bytes]) -> bytes:
        kept = place % len(answer)
        return answer[:kept] + Random(seed).randbytes(len(answer) - kept)

    return change
