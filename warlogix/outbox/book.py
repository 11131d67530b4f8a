"""What the outbox knows without the disk: lanes, clusters, audiences, and what changed."""

import logging
from collections.abc import Iterable, Iterator, Sequence

import trio
from trio_util import AsyncValue

from warlogix.outbox.lane import Lane
from warlogix.outbox.notes import Notes
from warlogix.outbox.position import Position
from warlogix.outbox.rows import Audience
from warlogix.outbox.work import Found, Mark, Names, Place

_log = logging.getLogger(__name__)


class Book:
    """The state that appending, reading and writing share.

    `names` is what the file has yet to be told; `dirty_since` is when a position first changed
    that is not yet on disk (Trio's clock), None when there is none. `wake` calls the writer.
    """

    def __init__(self, clusters: Sequence[str], found: Found) -> None:
        self.names = Names()
        self.notes = Notes(found.notes)
        self.lanes: dict[str, Lane] = {}
        self.by_number: dict[int, Lane] = {}
        self.audiences: dict[int, Audience] = {}
        self.size = found.size
        self.dropped = found.dropped
        self.dirty_since: float | None = None
        self.wake = trio.Event()
        self._members = dict(found.audiences)
        self._sets: dict[frozenset[int], Audience] = {}
        # By lane and clusters, of rows since the start.
        self._heard: dict[tuple[str, tuple[str, ...]], Audience] = {}
        self.cluster_numbers = self._number_clusters(clusters, found)
        self.cluster_names = {number: name for name, number in self.cluster_numbers.items()}
        self.announced = {cluster: AsyncValue[frozenset[str]](frozenset()) for cluster in clusters}
        for number, members in found.audiences.items():
            self._learn(number, members)
        self._learn_lanes(found)

    def _number_clusters(self, clusters: Sequence[str], found: Found) -> dict[str, int]:
        """Known clusters keep their numbers, new ones get numbers that no row was ever for."""
        numbers = {name: number for number, name in found.clusters.items() if name in clusters}
        used = set(found.clusters).union(*found.audiences.values())
        for name in clusters:
            if name not in numbers:
                numbers[name] = max(used, default=0) + 1
                used.add(numbers[name])
                self.names.clusters.append((numbers[name], name))
        for number, name in found.clusters.items():
            if name not in numbers:
                self._give_up(number, name, found)
        return numbers

    def _give_up(self, number: int, name: str, found: Found) -> None:
        """A cluster left the configuration: its positions go, and what waited for it alone."""
        waited = sum(p.messages for (_, c), p in found.positions.items() if c == number)
        _log.warning(
            "buffer: cluster %s is no longer configured; %d messages that waited for it are"
            " given up",
            name,
            waited,
        )
        self.names.removed.append(number)
        self.names.lanes = [(lane.number, lane.name, lane.last) for lane in found.lanes]

    def _learn(self, number: int, members: frozenset[int]) -> Audience:
        clusters = frozenset(n for n, c in self.cluster_numbers.items() if c in members)
        audience = Audience(number, clusters)
        self.audiences[number] = self._sets[members] = audience
        return audience

    def _learn_lanes(self, found: Found) -> None:
        for row in found.lanes:
            lane = self._add_lane(Lane(row.number, row.name, row.last, row.first - 1))
            for cluster, number in self.cluster_numbers.items():
                known = found.positions.get((row.number, number))
                if known is None:
                    continue
                lane.positions[cluster] = Position(known.mark, known.messages, known.since)
                if known.messages:
                    self._announce(cluster, row.name)

    def _add_lane(self, lane: Lane) -> Lane:
        self.lanes[lane.name] = self.by_number[lane.number] = lane
        return lane

    def _announce(self, cluster: str, lane: str) -> None:
        known = self.announced[cluster]
        if lane not in known.value:
            known.value |= {lane}
            self.lanes[lane].position(cluster)

    def lane(self, name: str) -> Lane:
        """The lane of this name; a new one is made."""
        if name in self.lanes:
            return self.lanes[name]
        number = max(self.by_number, default=0) + 1
        self.names.lanes.append((number, name, 0))
        return self._add_lane(Lane(number, name, 0, 0))

    def audience(self, lane: str, clusters: tuple[str, ...]) -> Audience:
        """What stands for these clusters, whose publishers hear of the lane if it is new."""
        known = self._heard.get((lane, clusters))
        if known is None:
            known = self._heard[lane, clusters] = self._new_audience(lane, clusters)
        return known

    def _new_audience(self, lane: str, clusters: Iterable[str]) -> Audience:
        members = frozenset([self.cluster_numbers[cluster] for cluster in clusters])
        audience = self._sets.get(members)
        if audience is None:
            number = max(self.audiences, default=0) + 1
            self.names.audiences.append((number, ",".join(str(m) for m in sorted(members))))
            self._members[number] = members
            audience = self._learn(number, members)
        for cluster in audience.clusters:
            self._announce(cluster, lane)
        return audience

    def members(self) -> dict[int, frozenset[int]]:
        """The cluster numbers of every audience."""
        return self._members

    def _all_names(self) -> Names:
        """Everything that a new file must be told."""
        return Names(
            clusters=[(number, name) for name, number in self.cluster_numbers.items()],
            lanes=[(lane.number, lane.name, lane.numbered) for lane in self.lanes.values()],
            audiences=[
                (number, ",".join(str(m) for m in sorted(members)))
                for number, members in self._members.items()
            ],
        )

    def start_over(self) -> int:
        """The file is new: it must be told everything. How many messages went with the old one."""
        self.names = self._all_names()
        self.notes.start_over()
        lost = sum(lane.rescue() for lane in self.lanes.values())
        self.dropped += lost
        for position in self.positions():
            position.dirty = True
        return lost

    def marks(self) -> dict[Place, Mark]:
        """Where every cluster is."""
        return {place: _mark(position) for place, position in self._places()}

    def take_marks(self) -> dict[Place, Mark]:
        """Where those clusters are that moved, to be written now."""
        moved = [(place, position) for place, position in self._places() if position.dirty]
        for _, position in moved:
            position.dirty = False
        self.dirty_since = None
        return {place: _mark(position) for place, position in moved}

    def put_back(self, names: Names) -> None:
        """Nothing of what was to be written is on disk: it is still to be."""
        names.clusters += self.names.clusters
        names.lanes += self.names.lanes
        names.audiences += self.names.audiences
        self.names = names
        for position in self.positions():
            position.dirty = True
        self.touch()

    def _places(self) -> Iterator[tuple[Place, Position]]:
        for lane in self.lanes.values():
            for cluster, position in lane.positions.items():
                yield (lane.number, self.cluster_numbers[cluster]), position

    def positions(self) -> Iterator[Position]:
        """Every position of every lane."""
        for lane in self.lanes.values():
            yield from lane.positions.values()

    def touch(self) -> None:
        """Something changed that the disk should hear of, soon.

        Nobody is woken for it: while anything waits to be confirmed the writer looks by itself.
        """
        if self.dirty_since is None:
            self.dirty_since = trio.current_time()


def _mark(position: Position) -> Mark:
    return Mark(position.confirmed, position.dropped, position.refused)
