"""Tag names of Logix and Micro800 as a configuration writes them.

    parse_name("Program:Main.Line.Motor[2].Speed")    a member, in the scope of a program
    parse_name("Recipes[3]{5}")                       five elements from the fourth
    parse_name("Status.7")                            a bit

Case does not matter to the PLC. Pure: which tags there are is not known here.
"""

import re
from dataclasses import dataclass

from warlogix.errors import Malformed

_STEP = re.compile(
    r"(?P<name>[A-Za-z_][A-Za-z0-9_]*(:[A-Za-z0-9_]+)*)(\[(?P<indexes>[0-9]{1,9}(,[0-9]{1,9}){0,2})\])?"
)
_SLICE = re.compile(r"(?P<name>[^{}]*)\{(?P<count>[0-9]{1,9})\}")
_PROGRAM = "program:"
_MOST_BITS = 64
_REMEDY = "write a name like Speed, Line.Motor[2].Speed, Recipes[3]{5}, Status.7 or Program:Main.X"


@dataclass(frozen=True, slots=True)
class Step:
    """A tag, or a member of the step before it, and which of its elements."""

    name: str
    indexes: tuple[int, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}[{','.join(map(str, self.indexes))}]" if self.indexes else self.name


@dataclass(frozen=True, slots=True)
class LogixName:
    """A name in its parts.

    `scope` is "" for a controller tag, else `Program:Name`. `bit` is the bit of an integer;
    `count` how many elements from the one that the last step names.
    """

    scope: str
    steps: tuple[Step, ...]
    bit: int | None = None
    count: int | None = None

    def path(self, *indexes: int) -> str:
        """What the PLC is asked for: without bit and count, the last step with these indexes."""
        last = Step(self.steps[-1].name, indexes)
        parts = [str(step) for step in (*self.steps[:-1], last)]
        return ".".join([self.scope, *parts] if self.scope else parts)


def parse_name(text: str) -> LogixName:
    """The parts of a tag name; `Malformed` for what is none."""
    name = re.sub(r"\s*([\[\]{},])\s*", r"\1", text.strip())
    form = _SLICE.fullmatch(name)
    count = int(form["count"]) if form else None
    parts = (form["name"] if form else name).split(".")
    scope = parts.pop(0) if parts[0].lower().startswith(_PROGRAM) else ""
    bit = int(parts.pop()) if len(parts) > 1 and re.fullmatch(r"[0-9]{1,2}", parts[-1]) else None
    if not parts or count == 0 or (count and bit is not None) or (bit or 0) >= _MOST_BITS:
        raise Malformed(f'"{text}" is not a tag name', _REMEDY)
    return LogixName(scope, tuple(_step(text, part) for part in parts), bit, count)


def _step(text: str, part: str) -> Step:
    form = _STEP.fullmatch(part)
    if form is None:
        raise Malformed(f'"{text}" is not a tag name', _REMEDY)
    indexes = form["indexes"]
    return Step(form["name"], tuple(map(int, indexes.split(","))) if indexes else ())
