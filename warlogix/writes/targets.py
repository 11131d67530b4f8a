"""Which tag a request means.

    targets = Targets([("MainPLC", plc.tags)], off={"OldPLC": ()})
    targets.find("mainplc", "Counter")      # Target("MainPLC", tag), or BadRequest

A PLC is meant by its name, a tag by alias, name or address. What is written exactly so comes first;
else case and spaces around do not matter, as long as only one is meant.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from types import MappingProxyType
from typing import Generic, TypeVar

from warlogix.errors import BadRequest
from warlogix.tags import Tag

_LONGEST_SHOWN = 60
_MOST_LISTED = 10
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Target:
    """A tag of a PLC."""

    plc: str
    tag: Tag


class Targets:
    """Every tag that a request can mean.

    `plcs` are the enabled PLCs with their enabled tags. `off` names what is disabled: per PLC the
    names and aliases of such tags; a PLC that is in `off` alone is disabled as a whole.
    """

    def __init__(
        self,
        plcs: Sequence[tuple[str, Sequence[Tag]]],
        off: Mapping[str, Collection[str]] = MappingProxyType({}),
    ) -> None:
        self._known = [name for name, _ in plcs]
        self._plcs = _Names(partial(_themselves, (*self._known, *off)))
        self._tags = {name: _Names(partial(_names_of, tags)) for name, tags in plcs}
        self._off = {name: _Names(partial(_themselves, tags)) for name, tags in off.items()}

    def find(self, plc: str, tag: str) -> Target:
        """The tag that is meant; `BadRequest` tells the sender why there is none to write to."""
        target = self.meant(plc, tag)
        if not target.tag.writable:
            fact = f"tag is not writable: {shown(tag)} of PLC {target.plc}"
            raise BadRequest(f"{fact}; it needs writable = true in the configuration")
        return target

    def meant(self, plc: str, tag: str) -> Target:
        """The tag that is meant, writable or not; `BadRequest` where there is none."""
        name = self._plc(plc)
        found = self._tags[name].find(tag)
        if found is None:
            raise self._no_tag(name, tag)
        return Target(name, found)

    def _plc(self, asked: str) -> str:
        name = self._plcs.find(asked)
        if name in self._tags:
            return name
        if name is not None:
            raise BadRequest(f"PLC {name} is disabled; it needs enabled = true")
        if near := self._plcs.alike(asked):
            raise BadRequest(
                f"unknown PLC {shown(asked)}: it could be {_listed(near)}; write it exactly"
            )
        known = f"known are {_listed(self._known)}" if self._known else "none is enabled"
        raise BadRequest(f"unknown PLC {shown(asked)}; {known}")

    def _no_tag(self, plc: str, asked: str) -> BadRequest:
        tags, off = self._tags[plc], self._off.get(plc)
        if off is not None and off.find(asked) is not None:
            return BadRequest(
                f"tag {shown(asked)} of PLC {plc} is disabled; it needs enabled = true"
            )
        fact = f"unknown tag {shown(asked)} of PLC {plc}"
        if alike := tags.alike(asked):
            return BadRequest(f"{fact}: it could be {_listed(alike)}; write it exactly")
        return BadRequest(f"{fact}; add it to the PLC's tags in the configuration")


def shown(text: str) -> str:
    """A text of a request in quotes, on one short line, safe for a terminal."""
    if len(text) > _LONGEST_SHOWN:
        text = text[:_LONGEST_SHOWN] + "…"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{"".join(c if c.isprintable() else ascii(c)[1:-1] for c in escaped)}"'


class _Names(Generic[_T]):
    """Things by their names: exactly, else by case folded where that is one thing.

    Made when they are first asked for: most PLCs are never written to.
    """

    def __init__(self, named: Callable[[], Iterable[tuple[str, _T]]]) -> None:
        self._named = named

    def find(self, name: str) -> _T | None:
        if (thing := self._exact.get(name)) is not None:
            return thing
        things = [self._exact[other] for other in self.alike(name)]
        return things[0] if things and all(thing is things[0] for thing in things) else None

    def alike(self, name: str) -> Sequence[str]:
        """The names that differ in case alone, or in spaces around."""
        return self._alike.get(_folded(name), ())

    @cached_property
    def _exact(self) -> dict[str, _T]:
        exact: dict[str, _T] = {}
        for name, thing in self._named():
            exact.setdefault(name, thing)
        return exact

    @cached_property
    def _alike(self) -> dict[str, list[str]]:
        alike: dict[str, list[str]] = defaultdict(list)
        for name in self._exact:
            alike[_folded(name)].append(name)
        return alike


def _themselves(names: Iterable[str]) -> Iterable[tuple[str, str]]:
    return ((name, name) for name in names)


def _names_of(tags: Iterable[Tag]) -> Iterable[tuple[str, Tag]]:
    for tag in tags:
        for name in (tag.alias, tag.name, tag.address):
            if name:
                yield name, tag


def _folded(name: str) -> str:
    return name.strip().casefold()


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_LISTED
    listed = ", ".join(names[:_MOST_LISTED])
    return f"{listed} and {more} more" if more > 0 else listed
