"""Reading one tuple of tags again and again: its plan, and what came last.

    scan = Scan(tags)
    scan.follow(program)
    for asked in scan.asked:
        refused = scan.take(asked, sum_read_results(...))
    readings = scan.readings()

What came with the same bytes as last time is not decoded again, and if all did, the same `Readings`
object is returned. Pure: nobody is asked here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from warlogix.drivers.ads.program import BY_HANDLE, Absent, Program, Variable
from warlogix.drivers.ads.sums import MOST_PARTS, Part, sum_read
from warlogix.drivers.ads.wire import Request
from warlogix.drivers.columns import Columns
from warlogix.drivers.declared import contradiction
from warlogix.tags import Readings, Tag

# The most bytes of values in a reply; a longer value has one for itself.
_MOST_BYTES = 256 * 1024
_LATER = "the PLC is still being asked what this tag is"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of a plan: the positions of its values, and its parts, the signs last.

    The signs stand behind the values: what they say held for all that was read before them.
    """

    indexes: tuple[int, ...]
    parts: tuple[Part, ...]
    request: Request


class Scan:
    """Reads one tuple of tags; never two reads at a time. `reads` counts them."""

    def __init__(self, tags: tuple[Tag, ...]) -> None:
        self.tags = tags
        self.reads = 0
        self.names = tuple(dict.fromkeys(tag.name for tag in tags))
        self.asked: tuple[Asked, ...] = ()
        self._program: Program | None = None
        self._edition = -1
        self._variables: list[Variable | None] = [None] * len(tags)
        self._reasons: dict[int, str] = {}
        self._last: list[bytes | None] = [None] * len(tags)
        self._columns = Columns(len(tags))
        self._types = tuple(tag.type for tag in tags)
        self._readings = self._columns.readings(self._types)

    def follow(self, program: Program) -> None:
        """Plan by what is known of the program now."""
        if program is self._program and program.edition == self._edition:
            return
        self._program, self._edition = program, program.edition
        types: list[str] = []
        for index, tag in enumerate(self.tags):
            found = program.find(tag.name)
            self._note(index, found, unusable(tag, found))
            variable = self._variables[index]
            types.append(str(variable.kind) if variable else tag.type)
        if tuple(types) != self._types:
            self._types = tuple(types)
            self._readings = self._columns.readings(self._types)
        self.asked = _plan(self._variables, program.signs)

    def take(self, asked: Asked, results: Sequence[bytes | int]) -> dict[str, int]:
        """Note the values of one request, its signs apart; what is refused, with its code."""
        refused: dict[str, int] = {}
        for index, raw in zip(asked.indexes, results, strict=False):
            if raw == self._last[index]:
                continue
            if isinstance(raw, int):
                refused[self.tags[index].name] = raw
                continue
            variable = self._variables[index]
            assert variable is not None
            self._last[index] = raw
            self._columns.set_decoded(index, variable.layout.decode, raw)
        return refused

    def readings(self) -> Readings:
        """Every tag's value or reason, as far as it was noted."""
        if self._columns.take_changed():
            self._readings = self._columns.readings(self._types)
        return self._readings

    def _note(self, index: int, found: Variable | Absent | None, reason: str) -> None:
        """What a tag is from now on: a variable, or bad for a reason."""
        variable = found if isinstance(found, Variable) and not reason else None
        if variable is not self._variables[index]:
            self._variables[index], self._last[index] = variable, None
        if reason and self._reasons.get(index) != reason:
            self._columns.set_bad(index, reason)
        if reason:
            self._reasons[index] = reason
        else:
            self._reasons.pop(index, None)


def unusable(tag: Tag, found: Variable | Absent | None) -> str:
    """Why a tag cannot be used, "" if it can."""
    if found is None:
        return _LATER
    if isinstance(found, Absent):
        return found.reason
    return contradiction(tag, found.kind)


def _plan(variables: Sequence[Variable | None], signs: tuple[Part, ...]) -> tuple[Asked, ...]:
    """As few requests as their limits allow, in the order of the tags."""
    most = MOST_PARTS - len(signs)
    groups: list[list[int]] = []
    used = 0
    for index, variable in enumerate(variables):
        if variable is None:
            continue
        size = variable.layout.size
        if not groups or len(groups[-1]) == most or used + size > _MOST_BYTES:
            groups.append([])
            used = 0
        groups[-1].append(index)
        used += size
    return tuple(_asked(group, variables, signs) for group in groups)


def _asked(
    indexes: Sequence[int], variables: Sequence[Variable | None], signs: tuple[Part, ...]
) -> Asked:
    values = [variables[index] for index in indexes]
    parts = [Part(BY_HANDLE, each.handle, each.layout.size) for each in values if each]
    return Asked(tuple(indexes), (*parts, *signs), sum_read([*parts, *signs]))
