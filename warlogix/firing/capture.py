"""Reads what an event carries: all of it in one call, under the PLC's lock."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from warlogix.packs import Pack
from warlogix.plc import Plc
from warlogix.tags import Readings, Tag
from warlogix.topics import PACK_PREFIX
from warlogix.triggers import Trigger

# What was captured by its label, and why a value of it is null.
Captured: TypeAlias = tuple[dict[str, Any], dict[str, str]]


class Capture:
    """The data of one trigger's events; members of packs on other PLCs are the last known."""

    def __init__(self, trigger: Trigger, plc: Plc, packs: Mapping[str, Pack]) -> None:
        self._plc = plc
        self._data = [packs[each] if isinstance(each, str) else each for each in trigger.data]
        wanted: dict[Tag, None] = {}
        for each in self._data:
            tags = (each,) if isinstance(each, Tag) else each.tags_of(plc.name)
            wanted |= dict.fromkeys(tags)
        self._tags = tuple(wanted)
        self._positions = {tag: position for position, tag in enumerate(self._tags)}

    async def read(self) -> Captured:
        """What the PLC holds now. Raises `Unreachable` and `Rejected` as a read does."""
        readings = Readings([], {}, ())
        if self._tags:
            async with self._plc.turn() as turn:
                readings = await turn.read(self._tags)
        data: dict[str, Any] = {}
        errors: dict[str, str] = {}
        for each in self._data:
            if not isinstance(each, Tag):
                tags = each.tags_of(self._plc.name)
                data[f"{PACK_PREFIX}{each.name}"] = each.contents(
                    self._plc.name, self._of(readings, tags)
                )
                continue
            position = self._positions[each]
            data[each.label] = readings.values[position]
            if (reason := readings.bad.get(position)) is not None:
                errors[each.label] = reason
        return data, errors

    def _of(self, readings: Readings, tags: tuple[Tag, ...]) -> Readings:
        """The columns of some of the tags that were read."""
        places = [self._positions[tag] for tag in tags]
        bad = {i: readings.bad[place] for i, place in enumerate(places) if place in readings.bad}
        return Readings(
            [readings.values[place] for place in places],
            bad,
            tuple(readings.types[place] for place in places),
        )
