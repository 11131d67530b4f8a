"""Faults with what a person looks for: the thing's own name, and the line in the file; in order."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from warlogix.config.lines import Lines
from warlogix.config.shown import plain
from warlogix.errors import Fault

_LONGEST = 60


def located(faults: list[Fault], document: dict[str, Any], text: str) -> list[Fault]:
    """The faults of a document with the names and lines that its text has for them, line by line.

    What has no line comes first.
    """
    lines = Lines(text)
    found = sorted(
        ((lines.of(each.place) or 0, each) for each in faults),
        key=lambda pair: (pair[0], _by_number(pair[1].place)),
    )
    return [replace(each, about=_about(each.place, document, line)) for line, each in found]


def _by_number(place: str) -> list[tuple[int, str]]:
    """What puts `tags[2]` in front of `tags[10]`."""
    parts = re.findall(r"\d+|\D+", place)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _about(place: str, document: dict[str, Any], line: int) -> str:
    told = [*_names(place, document), *([f"line {line}"] if line else [])]
    return ", ".join(told)


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
