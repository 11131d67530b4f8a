"""Places with what a person looks for: the thing's own name, and the line in the file.

places = places_of(path)
places.about("plcs[0].tags[2].name")    # "MainPLC, Speed, line 23"
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from warlogix.config.files import parsed, read_text
from warlogix.config.lines import Lines
from warlogix.config.shown import plain
from warlogix.errors import Fault

_LONGEST = 60


class Places:
    """What people call the places of a document, with the lines of the text that it came from."""

    def __init__(self, document: dict[str, Any], text: str) -> None:
        self._document = document
        self._lines = Lines(text)

    def about(self, place: str) -> str:
        """The names of what it is inside of, and its line: `MainPLC, Speed, line 23`."""
        told = list(_names(place, self._document))
        if line := self._line(place):
            told.append(f"line {line}")
        return ", ".join(told)

    def located(self, faults: Iterable[Fault]) -> list[Fault]:
        """The faults, line by line, each with what its place is called; first what has no line."""
        order = sorted(faults, key=lambda each: (self._line(each.place), _by_number(each.place)))
        return [replace(each, about=self.about(each.place)) for each in order]

    def _line(self, place: str) -> int:
        return self._lines.of(place) or 0


def places_of(path: Path) -> Places:
    """The places of a file. Raises `ConfigError` when it cannot be read."""
    text = read_text(path)
    return Places(parsed(path, text), text)


def _by_number(place: str) -> list[tuple[int, str]]:
    """What puts `tags[2]` in front of `tags[10]`."""
    parts = re.findall(r"\d+|\D+", place)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _names(place: str, document: dict[str, Any]) -> Iterator[str]:
    """The name of each thing that a place is inside of; of a tag its alias, if it has one."""
    node: Any = document
    while match := re.match(r"([a-z_]+)\[(\d+)\]\.?", place):
        items = node.get(match[1]) if isinstance(node, dict) else None
        if not isinstance(items, list) or len(items) <= int(match[2]):
            return
        node, place = items[int(match[2])], place[match.end() :]
        if isinstance(node, dict):
            name = node.get("alias") or node.get("name")
            if isinstance(name, str):
                yield plain(name[:_LONGEST])
