"""Reads clusters side by side and shows what is wanted of them, as it comes.

    looked = await watch(sources, Wish(Wanted(Kind.CHANGES), Last(10), follow=True), show)

A cluster that cannot be read does not keep the others from being shown.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import trio

from warlogix.config.names import nearest
from warlogix.errors import BrokerError
from warlogix.kafka.consumer import Tail, open_tail
from warlogix.kafka.starts import Beginning, Last, Start
from warlogix.tailing.choice import Source
from warlogix.tailing.looked import Looked
from warlogix.tailing.records import Item, Wanted

log = logging.getLogger(__name__)

_CLIENT = "warlogix-tail"
# Offsets are not records: every second one may be a transaction's end.
_OFFSETS = 2
# When too few of the newest records are wanted, so many are looked at next, and then all there are.
_MANY = 10_000

Show = Callable[[Sequence[Item]], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """Which records to show, from where on, and whether to go on with those that come."""

    wanted: Wanted
    start: Start
    follow: bool


async def watch(sources: Sequence[Source], wish: Wish, show: Show) -> Looked:
    """Show what is wanted; endless when it is to follow and a cluster can be read.

    What it gives tells whether anything matched.

    Errors: a group of `BrokerError`s, when it ends, of the clusters that could not be read and were
    not told of in the log already.
    """
    failed, untold = 0, list[BrokerError]()
    looked = Looked(wish.wanted)
    newest = Newest(wish, len(sources), show)

    async def watch_one(source: Source) -> None:
        try:
            if isinstance(wish.start, Last):
                await _watch_newest(source, wish.start, newest, looked)
            else:
                await _watch_all(source, wish, show, looked)
        except BrokerError as error:
            nonlocal failed
            newest.add([])
            failed += 1
            if wish.follow and failed < len(sources):
                log.error("%s", error)
            else:
                untold.append(error)

    async with trio.open_nursery() as nursery:
        for source in sources:
            nursery.start_soon(watch_one, source)
    if untold:
        raise ExceptionGroup("clusters that could not be read", untold)
    return looked


async def _watch_all(source: Source, wish: Wish, show: Show, looked: Looked) -> None:
    async with open_tail(source.cluster, _CLIENT, source.topics, wish.start) as tail:
        _tell_missing(source, tail)
        batches = tail.follow() if wish.follow else tail.existing()
        async for records in batches:
            if items := looked.chosen(source, records):
                show(items)


async def _watch_newest(source: Source, start: Last, newest: "Newest", looked: Looked) -> None:
    """Look at more and more of the newest records, until enough of them are wanted."""
    window: Start = Last(_OFFSETS * start.count)
    while True:
        async with open_tail(source.cluster, _CLIENT, source.topics, window) as tail:
            seen, items = await _newest_wanted(source, tail, start.count, looked)
            if len(items) == start.count or isinstance(window, Beginning):
                _tell_missing(source, tail)
                newest.add(items)
                await newest.shown.wait()
                if newest.wish.follow:
                    async for batch in tail.follow():
                        if items := looked.chosen(source, batch):
                            newest.show(items)
                return
        window = _wider(window, seen)


def _wider(window: Start, seen: int) -> Start:
    """Where to begin next; `seen` is how many records this window held.

    The last step is to read everything: whether a window held all there is, its records do not
    tell, because compaction and transactions leave offsets without any.
    """
    if isinstance(window, Last) and window.count < _MANY and _OFFSETS * seen >= window.count:
        return Last(_MANY)
    return Beginning()


async def _newest_wanted(
    source: Source, tail: Tail, count: int, looked: Looked
) -> tuple[int, list[Item]]:
    """How many records are there, and the newest that are wanted, in the order of their times."""
    seen, items = 0, list[Item]()
    async for batch in tail.existing():
        seen += len(batch)
        items += looked.chosen(source, batch)
        if len(items) > 2 * count + _MANY:
            items = _newest(items, count)
    return seen, _newest(items, count)


def _newest(items: list[Item], count: int) -> list[Item]:
    return sorted(items, key=lambda item: item.record.timestamp)[-count:]


class Newest:
    """Waits for the newest records of every cluster, and shows the newest of them all."""

    def __init__(self, wish: Wish, clusters: int, show: Show) -> None:
        self.wish = wish
        self.show = show
        self.shown = trio.Event()
        self._items: list[Item] = []
        self._missing = clusters

    def add(self, items: Sequence[Item]) -> None:
        """One cluster's newest, none of a cluster that cannot be read."""
        self._items += items
        self._missing -= 1
        if self._missing == 0 and isinstance(self.wish.start, Last):
            if self._items:
                self.show(_newest(self._items, self.wish.start.count))
            self.shown.set()


def _tell_missing(source: Source, tail: Tail) -> None:
    for topic in sorted(tail.missing):
        near = "" if topic in source.kinds else nearest(topic, list(source.kinds))
        log.warning("%s: there is no topic %s yet%s", source.cluster.name, topic, near)
