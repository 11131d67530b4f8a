"""What the name of a tag says: a variable, and the way to a part of it.

    parse_name("Line.Motors[1,2].Speed")    -> Line, then Motors, then (1, 2), then Speed

Pure: what the controller has is not known here.
"""

import re
from dataclasses import dataclass
from typing import TypeAlias

from warlogix.drivers.cip.paths import symbol_path

# The name of a member, or the indexes of an element.
Step: TypeAlias = str | tuple[int, ...]

_PART = re.compile(r"(?P<name>[^\[\]]+)(?P<indexes>.*)")


@dataclass(frozen=True, slots=True)
class Name:
    """A variable and the steps to a part of it; `path` is that of the part in a request."""

    variable: str
    steps: tuple[Step, ...]
    path: bytes


def parse_name(text: str) -> Name:
    """Take the name of a tag apart; `Malformed` for what cannot be one."""
    path = symbol_path(text)
    steps: list[Step] = []
    for part in text.strip().split("."):
        form = _PART.fullmatch(part)
        assert form is not None, "a path was made of it"
        steps.append(form["name"].strip())
        if form["indexes"]:
            steps.append(tuple(map(int, re.findall(r"\d+", form["indexes"]))))
    return Name(str(steps[0]), tuple(steps[1:]), path)
