"""The plans that a driver keeps: one for each choice of tags, made once and used again and again.

    scan = self._scans.of(tags, lambda: LogixScan(tags))

Pure.
"""

from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar

from warlogix.tags import Tag

# So many are kept: the largest, which is the poller's, and of the others those that are read most.
_MOST = 64


class Planned(Protocol):
    """What reads one tuple of tags; `reads` counts how often."""

    tags: tuple[Tag, ...]
    reads: int


S = TypeVar("S", bound=Planned)


class Kept(Generic[S]):
    """The plans of one connection; where there are too many, the least read of the smaller goes.

    A poller's is never given up, however rarely it is read: only it knows the types of all tags.
    """

    def __init__(self) -> None:
        self._scans: list[S] = []

    def __iter__(self) -> Iterator[S]:
        return iter(self._scans)

    def of(self, tags: tuple[Tag, ...], make: Callable[[], S]) -> S:
        """The plan of these tags, made where there is none."""
        for scan in self._scans:
            if scan.tags is tags or scan.tags == tags:
                return scan
        made = make()
        if len(self._scans) == _MOST:
            largest = max(self._scans, key=_size)
            others = (scan for scan in self._scans if scan is not largest)
            self._scans.remove(min(others, key=_reads))
        self._scans.append(made)
        return made


def _size(scan: Planned) -> int:
    return len(scan.tags)


def _reads(scan: Planned) -> int:
    return scan.reads
