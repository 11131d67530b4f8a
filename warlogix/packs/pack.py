"""One pack: when its next message is due, and what it holds.

A change is judged against the last message that went out to everybody, by the tag's own deadband
and `ignore_changes`. The first change opens a window; what happens inside it neither extends nor
closes it.
"""

from collections.abc import Callable, Mapping, Sequence
from math import inf
from typing import Final, TypeAlias

from msgspec import UNSET, UnsetType

from warlogix import messages
from warlogix.messages import PackMember, PackPlc, timestamp
from warlogix.packs.part import Part
from warlogix.packs.plan import Member, PackPlan
from warlogix.tags import Endpoint, Readings, Tag

# Seconds from the first change to the message that tells of it.
WINDOW: Final = 0.25

# Tells which PLCs are not connected at this moment: by name, with the reason.
Troubles: TypeAlias = Callable[[], Mapping[str, PackPlc]]

_NOT_READ = "not read yet"
_OFF = "the PLC is switched off (enabled = false)"


def trouble(endpoint: Endpoint, error: str) -> PackPlc:
    """A PLC that is not connected, as packs tell of it."""
    host = f"[{endpoint.host}]" if ":" in endpoint.host and endpoint.port else endpoint.host
    address = f"{host}:{endpoint.port}" if endpoint.port else host
    return PackPlc(address, endpoint.family, connected=False, error=error)


class Pack:
    """What is known of a pack's members, and when it is to be published.

    Synopsis:
        pack = Pack(plan, {"MainPLC": tags}, troubles)
        pack.see("MainPLC", scan.readings, now)
        if pack.due <= now:
            message = pack.publish(at)
        tags = pack.contents("MainPLC", fresh)      # for a trigger's event

    `due` is the moment of the next message, infinite while there is none to come; the first comes
    when every member was read or found bad once, and then it has `began`. The members of PLCs that
    are in `troubles` when a message is made are bad in it, whatever was read last.
    """

    def __init__(
        self, plan: PackPlan, polled: Mapping[str, Sequence[Tag]], troubles: Troubles
    ) -> None:
        self.name = plan.name
        self.clusters = plan.clusters
        self._troubles = troubles
        self._off = {endpoint.plc: trouble(endpoint, _OFF) for endpoint in plan.off}
        members: dict[str, list[Member]] = {member.plc: [] for member in plan.members}
        # Each member's key, PLC, number among the members there, and address that an alias hides.
        self._order: list[tuple[str, str, int, str | UnsetType]] = []
        for member in plan.members:
            plc, tag = member.plc, member.tag
            hidden = tag.name if tag.label != tag.name else UNSET
            self._order.append((f"{plc}.{tag.label}", plc, len(members[plc]), hidden))
            members[plc].append(member)
        self._parts = {
            plc: Part(there, polled.get(plc, ()), _OFF if plc in self._off else _NOT_READ)
            for plc, there in members.items()
        }
        self._waits_for = members.keys() - self._off.keys()
        self.began = False
        self.due = inf if self._waits_for else -inf

    @property
    def plcs(self) -> Sequence[str]:
        """The PLCs of its members, those that are off among them."""
        return tuple(self._parts)

    def see(self, plc: str, readings: Readings, now: float) -> None:
        """Take a scan of one of its PLCs; a change opens a window unless one is open."""
        part = self._parts[plc]
        part.see(readings)
        self._waits_for.discard(plc)
        if self.due < inf or self._waits_for:
            return
        if not self.began:
            self.due = now
        elif part.differs():
            self.due = now + WINDOW

    def publish(self, at: int) -> messages.Pack:
        """The message for everybody; the next change is judged against it. `at` is wall time."""
        self.began = True
        self.due = inf
        for part, columns in zip(self._parts.values(), self._columns().values(), strict=True):
            part.published = columns
        return self.message(at)

    def message(self, at: int) -> messages.Pack:
        """The same message for those who missed some: nothing is judged by it."""
        return messages.Pack(self.name, timestamp(at), self.contents(), self._away() or UNSET)

    def tags_of(self, plc: str) -> tuple[Tag, ...]:
        """The members on a PLC, in the order in which `contents` takes their fresh values."""
        return self._parts[plc].tags if plc in self._parts else ()

    def contents(self, plc: str = "", fresh: Readings | None = None) -> dict[str, PackMember]:
        """Every member as last known; those of `plc` as they were read just now, if they were."""
        columns = self._columns()
        if fresh is not None:
            columns[plc] = fresh
        return {
            key: _member(name, address, columns[name], i) for key, name, i, address in self._order
        }

    def _columns(self) -> dict[str, Readings]:
        """What is known now of the members on each PLC."""
        away = self._away()
        return {
            plc: part.now(away[plc].error if plc in away else None)
            for plc, part in self._parts.items()
        }

    def _away(self) -> dict[str, PackPlc]:
        everyone = {**self._troubles(), **self._off}
        return {plc: everyone[plc] for plc in self._parts if plc in everyone}


def _member(plc: str, address: str | UnsetType, columns: Readings, i: int) -> PackMember:
    reason = columns.bad.get(i)
    if reason is None:
        return PackMember(columns.values[i], columns.types[i], plc, address)
    return PackMember(None, columns.types[i], plc, address, "bad", reason)
