"""What a run of chaos came to: a line for each kind of fault, and every broken promise in words."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from statistics import median

from tests.chaos.truth import Fault, Kind

NO_FAULT = "no fault near"
TOTAL = "all"
COLUMNS = (
    "fault",
    "times",
    "held",
    "delivered",
    "lost",
    "lost by the broker",
    "out of order",
    "repeated",
    "steps back",
    "bad readings",
    "recovery p50",
    "max",
)
SHOWN = 50


@dataclass(slots=True)
class Line:
    """Counts of one kind of fault.

    `held` are the values that had to arrive: `delivered`, `lost_by_broker` (confirmed, and gone
    with a disk or a topic before they were read) and `lost`. `repeated` are records that came
    again; `steps_back` are those among them that came behind a newer value. `bad` are records of
    bad quality. `recoveries` are in seconds, from the end of the trouble on.
    """

    faults: int = 0
    held: int = 0
    delivered: int = 0
    lost: int = 0
    lost_by_broker: int = 0
    out_of_order: int = 0
    repeated: int = 0
    steps_back: int = 0
    bad: int = 0
    recoveries: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Verdict:
    """All lines, and the violations; a run without violations kept every promise."""

    lines: dict[str, Line] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)

    def line(self, fault: Fault | None) -> Line:
        """Where things of this fault are counted; None is what no fault explains."""
        return self.lines.setdefault(fault.kind if fault else NO_FAULT, Line())

    def total(self) -> Line:
        """The sum of all lines."""
        total = Line()
        for each in self.lines.values():
            for name in fields(Line):
                setattr(total, name.name, getattr(total, name.name) + getattr(each, name.name))
        return total

    def table(self) -> str:
        """The lines as a table in Markdown that reads well as text too."""
        names = [name for name in (*Kind, NO_FAULT) if name in self.lines]
        lines = [(name, self.lines[name]) for name in names]
        cells = [[name, *_cells(line)] for name, line in (*lines, (TOTAL, self.total()))]
        widths = [max(map(len, column)) for column in zip(COLUMNS, *cells, strict=True)]
        rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
        return "\n".join(_row(row, widths) for row in (COLUMNS, rule, *cells))

    def text(self) -> str:
        """The table, and the first violations below."""
        found = [f"VIOLATION: {each}" for each in self.violations[:SHOWN]]
        if len(self.violations) > SHOWN:
            found.append(f"and {len(self.violations) - SHOWN} violations more")
        return "\n".join([self.table(), *found])


def _cells(line: Line) -> list[str]:
    counts = (
        line.faults,
        line.held,
        line.delivered,
        line.lost,
        line.lost_by_broker,
        line.out_of_order,
        line.repeated,
        line.steps_back,
        line.bad,
    )
    times = [median(line.recoveries), max(line.recoveries)] if line.recoveries else []
    seconds = [f"{each:.1f} s" for each in times] or ["", ""]
    return [*map(str, counts), *seconds]


def _row(cells: Iterable[str], widths: Iterable[int]) -> str:
    first, *rest = zip(cells, widths, strict=True)
    name = first[0].ljust(first[1])
    return "| " + " | ".join([name, *(cell.rjust(width) for cell, width in rest)]) + " |"
