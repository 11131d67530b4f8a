"""Keeps packs up to date and puts their messages into the outbox when they are due."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import inf

import trio

from warlogix import messages
from warlogix.messages import Batch, PackPlc, encode
from warlogix.outbox import Appends, NewRow
from warlogix.packs import WINDOW, Pack, trouble
from warlogix.plan import Plan
from warlogix.plc import Plc
from warlogix.tags import Scan
from warlogix.topics import PACK_PREFIX, PACKS_LANE


def packs_of(plan: Plan, plcs: Sequence[Plc]) -> dict[str, Pack]:
    """Every pack that is on, by its name; one without clusters is there for triggers alone."""
    tags = {each.endpoint.plc: each.tags for each in plan.plcs}
    return {each.name: Pack(each, tags, lambda: _troubles(plcs)) for each in plan.packs}


def _troubles(plcs: Sequence[Plc]) -> dict[str, PackPlc]:
    """The PLCs that are not connected now, as packs tell of them."""
    return {
        plc.name: trouble(plc.endpoint, plc.status.value.error)
        for plc in plcs
        if not plc.status.value.online
    }


class Packs:
    """Every pack, what its clusters have missed, and the task that publishes.

    Synopsis:
        packs = Packs(packs_of(plan, plcs), wall)
        nursery.start_soon(packs.publish, outbox)
        packs.see(scan)
        packs.begin_anew("Local")
        packs.close()           # what is open goes out at once, then `publish` returns

    `wall` gives ms since 1970.
    """

    def __init__(self, packs: Mapping[str, Pack], wall: Callable[[], int]) -> None:
        self._of_plc: dict[str, list[Pack]] = {}
        self.by_name = packs
        for pack in packs.values():
            for plc in pack.plcs:
                self._of_plc.setdefault(plc, []).append(pack)
        self._published = [pack for pack in packs.values() if pack.clusters]
        self._behind: dict[str, set[str]] = {pack.name: set() for pack in self._published}
        self._wall = wall
        self._wake = trio.Event()
        self._over = False

    @property
    def clusters(self) -> frozenset[str]:
        """The clusters that any pack goes to."""
        return frozenset(name for pack in self._published for name in pack.clusters)

    def see(self, scan: Scan) -> None:
        """Take what a scan says of the members."""
        for pack in self._of_plc.get(scan.plc, ()):
            before = pack.due
            pack.see(scan.plc, scan.readings, trio.current_time())
            if pack.due < before:
                self._wake.set()

    def begin_anew(self, cluster: str) -> None:
        """Give this cluster every pack that it takes once, as it is now."""
        for pack in self._published:
            if cluster in pack.clusters:
                self._behind[pack.name].add(cluster)
        self._wake.set()

    def close(self) -> None:
        """No scan comes any more."""
        self._over = True
        self._wake.set()

    async def publish(self, outbox: Appends) -> None:
        """Append each pack when it is due, those of one moment together, until `close`."""
        over = False
        while not over:
            with trio.move_on_at(min((pack.due for pack in self._published), default=inf)):
                await self._wake.wait()
            self._wake = trio.Event()
            over = self._over
            # At the end every window that is open closes.
            until = trio.current_time() + (WINDOW if over else 0.0)
            if rows := list(self._rows(until)):
                await outbox.append(rows)

    def _rows(self, until: float) -> Iterator[NewRow]:
        at = self._wall()
        for pack in self._published:
            behind = self._behind[pack.name]
            if pack.due <= until:
                behind.clear()
                yield _row(pack, pack.clusters, pack.publish(at), at)
            elif behind and pack.began:
                clusters = tuple(name for name in pack.clusters if name in behind)
                behind.clear()
                yield _row(pack, clusters, pack.message(at), at)


def _row(pack: Pack, clusters: tuple[str, ...], message: messages.Pack, at: int) -> NewRow:
    key = f"{PACK_PREFIX}{pack.name}".encode()
    return NewRow(PACKS_LANE, clusters, Batch([key], [encode(message)], [at]))
