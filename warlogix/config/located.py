"""Faults with what a person looks for: the thing's own name, and the line in the file."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from warlogix.config.lines import Lines
from warlogix.config.shown import plain
from warlogix.errors import Fault

_LONGEST = 60


def located(faults: list[Fault], document: dict[str, Any], text: str) -> list[Fault]:
    """The faults of a document with the names and lines that its text has for them."""
    lines = Lines(text)
    return [replace(each, about=_about(each.place, document, lines)) for each in faults]


def _about(place: str, document: dict[str, Any], lines: Lines) -> str:
    told = list(_names(place, document))
    if (line := lines.of(place)) is not None:
        told.append(f"line {line}")
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
