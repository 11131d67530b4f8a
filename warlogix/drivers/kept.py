"""The plans that a driver keeps: one for each tuple of tags, made once and used again and again.

    scan = self._scans.of(tags, lambda: LogixScan(tags))

Pure.
"""

from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar

from warlogix.tags import Tag

# So many are kept, those that are read most: a poller's and a trigger's stay, however many tags are
# read once in between.
_MOST = 64


class Planned(Protocol):
    """What reads one tuple of tags; `reads` counts how often."""

    tags: tuple[Tag, ...]
    reads: int


S = TypeVar("S", bound=Planned)


class Kept(Generic[S]):
    """The plans of one connection, of which the least read one goes when there are too many."""

    def __init__(self) -> None:
        self._scans: list[S] = []

    def __iter__(self) -> Iterator[S]:
        return iter(self._scans)

    def of(self, tags: tuple[Tag, ...], make: Callable[[], S]) -> S:
        """The plan of this very tuple, made where there is none."""
        for scan in self._scans:
            if scan.tags is tags:
                return scan
        made = make()
        if len(self._scans) == _MOST:
            self._scans.remove(min(self._scans, key=lambda scan: scan.reads))
        self._scans.append(made)
        return made
