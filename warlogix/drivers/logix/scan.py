"""Reading one tuple of tags again and again: where they are, what came last, what is refused.

    scan = LogixScan(tags)
    unlearnt = scan.settle(catalogue)       # what must be asked for until every tag has its place
    readings = await scan.read(fetcher, now)

What came with the same bytes as last time is not decoded again, and if all did, the same `Readings`
object is returned. What the PLC refuses is left out and asked for again every 10 s. Nothing is
decoded by definitions that are not those of the program that runs: `Moved` is raised, and the next
`settle` is given what is known of the new one.
"""

from warlogix.datatypes import Kind
from warlogix.drivers.cip.messages import Reply
from warlogix.drivers.cip.reasons import reason
from warlogix.drivers.cip.types import Unreadable
from warlogix.drivers.columns import TRY_AGAIN_AFTER, Columns
from warlogix.drivers.declared import contradiction
from warlogix.drivers.logix.catalogue import Catalogue
from warlogix.drivers.logix.fetching import Fetcher, Moved, Outcome, Plan, Want, make_want
from warlogix.drivers.logix.names import parse_name
from warlogix.drivers.logix.places import Place, find
from warlogix.drivers.logix.structures import Sample, Unlearnt
from warlogix.errors import Malformed
from warlogix.tags import Readings, Tag

UNLEARNT = "the PLC's list of tags is still being read"
OTHER_TYPE = "the PLC answers with another type than its list of tags says"


class LogixScan:
    """Reads one tuple of tags; never two reads at a time. `reads` counts them."""

    def __init__(self, tags: tuple[Tag, ...]) -> None:
        self.tags = tags
        self.reads = 0
        self._catalogue: Catalogue | None = None
        self._tries = self._reads_here = 0
        self._columns = Columns(len(tags))
        self._reasons: dict[int, str] = {}
        self._types = [tag.type for tag in tags]
        self._readings = self._columns.readings(tuple(self._types))
        # Positions without a place yet, because of what was not asked for.
        self._open: list[int] = []
        self._indexes = {tag.name: index for index, tag in enumerate(tags)}
        # By position: its type, and the number of what is read for it; several may share one.
        self._kinds: dict[int, Kind] = {}
        self._numbers: dict[int, int] = {}
        self._keys: dict[tuple[str, int], int] = {}
        self._wants: list[Want] = []
        self._users: list[list[tuple[int, Place]]] = []
        self._last: list[bytes | None] = []
        self._refused: set[int] = set()
        self._due_again: float | None = None
        # What packets could hold when it was made, which positions it reads, and how.
        self._plan: tuple[int, list[int], Plan] | None = None

    @property
    def is_lacking(self) -> bool:
        """Whether there are tags that the PLC does not have, or does not give."""
        return bool(self._refused) or len(self._numbers) + len(self._open) < len(self.tags)

    def is_by(self, catalogue: Catalogue) -> bool:
        """Whether its places are those of this catalogue."""
        return self._catalogue is catalogue

    def kind(self, name: str) -> Kind | None:
        """The type of a tag, None where there is none or the PLC refuses it."""
        number = self._numbers.get(self._indexes.get(name, -1))
        if number is None or number in self._refused or not self._reads_here:
            return None
        return self._kinds[self._indexes[name]]

    def settle(self, catalogue: Catalogue) -> set[int | str | Sample]:
        """Find each tag's place; what must be asked for first, or nothing."""
        if catalogue is not self._catalogue:
            self._begin(catalogue)
        elif catalogue.tries != self._tries:
            self._tries = catalogue.tries
            self._open = [index for index in range(len(self.tags)) if index not in self._numbers]
        unlearnt: set[int | str | Sample] = set()
        still_open: list[int] = []
        for index in self._open:
            try:
                self._place(index, catalogue)
            except Unlearnt as exc:
                unlearnt.add(exc.what)
                still_open.append(index)
                self._set_bad(index, UNLEARNT)
            except (Unreadable, Malformed) as exc:
                self._set_bad(index, str(exc))
        self._open = still_open
        return unlearnt

    def _begin(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._open = list(range(len(self.tags)))
        self._tries, self._reads_here = catalogue.tries, 0
        self._kinds, self._numbers, self._keys = {}, {}, {}
        self._wants, self._users, self._last = [], [], []
        self._refused, self._due_again, self._plan = set(), None, None

    def _place(self, index: int, catalogue: Catalogue) -> None:
        tag = self.tags[index]
        place = find(parse_name(tag.name), catalogue)
        kind = place.part.kind
        if wrong := contradiction(tag, kind):
            raise Unreadable(wrong)
        self._kinds[index] = kind
        self._types[index] = str(kind)
        key = (place.path.casefold(), place.part.count)
        number = self._numbers[index] = self._keys.setdefault(key, len(self._wants))
        if number == len(self._wants):
            self._wants.append(make_want(place))
            self._users.append([])
            self._last.append(None)
            self._plan = None
        self._users[number].append((index, place))
        self._last[number] = None

    async def read(self, fetcher: Fetcher, now: float) -> Readings:
        """Every tag's value or reason; `now` is monotonic seconds."""
        self.reads += 1
        self._try_again(now)
        numbers, plan = self._current_plan(fetcher)
        outcomes = await fetcher.fetch([self._wants[number] for number in numbers], plan)
        news = dict(zip(numbers, outcomes, strict=True))
        if fetcher.state is None and any(self._is_strange(*each) for each in news.items()):
            raise Moved
        self._reads_here += 1
        for number, outcome in news.items():
            self._note(number, outcome)
        if self._refused and self._due_again is None:
            self._due_again = now + TRY_AGAIN_AFTER
        return self.readings()

    def readings(self) -> Readings:
        """What is known now; the same object as long as it is the same."""
        types = self._readings.types
        if list(types) != self._types:
            types = tuple(self._types)
        if self._columns.take_changed() or types is not self._readings.types:
            self._readings = self._columns.readings(types)
        return self._readings

    def _try_again(self, now: float) -> None:
        if self._due_again is not None and now >= self._due_again:
            self._refused, self._due_again, self._plan = set(), None, None

    def _current_plan(self, fetcher: Fetcher) -> tuple[list[int], Plan]:
        if self._plan is None or self._plan[0] != fetcher.most:
            numbers = [each for each in range(len(self._wants)) if each not in self._refused]
            plan = fetcher.plan([self._wants[number] for number in numbers])
            self._plan = (fetcher.most, numbers, plan)
        return self._plan[1:]

    def _is_strange(self, number: int, outcome: Outcome) -> bool:
        """Whether a place that gave values gives none now, or others than it should.

        What it is at the first time has nothing to be compared with.
        """
        if not self._reads_here:
            return False
        if isinstance(outcome, Reply):
            return self._last[number] is not None
        return outcome.wire != self._wants[number].place.part.wire

    def _note(self, number: int, outcome: Outcome) -> None:
        if isinstance(outcome, Reply):
            self._refuse(number, reason(outcome.status, outcome.extended))
        elif outcome.wire != self._wants[number].place.part.wire:
            self._refuse(number, OTHER_TYPE)
        elif outcome.data != self._last[number]:
            self._last[number] = outcome.data
            for index, place in self._users[number]:
                self._columns.set_decoded(index, place.part.decode, outcome.data)
                self._reasons.pop(index, None)

    def _refuse(self, number: int, why: str) -> None:
        self._refused.add(number)
        self._last[number], self._plan = None, None
        for index, _ in self._users[number]:
            self._set_bad(index, why)

    def _set_bad(self, index: int, why: str) -> None:
        if self._reasons.get(index) != why:
            self._reasons[index] = why
            self._columns.set_bad(index, why)
