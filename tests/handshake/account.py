"""What a run of handshakes came to: counts, and every broken promise in words."""

from dataclasses import dataclass, field
from statistics import quantiles

from tests.handshake.truth import Kind

SHOWN = 30


@dataclass(slots=True)
class Account:
    """A run without violations kept every promise.

    `seconds` counts events that came beside another one of their part, by what explains them;
    `repeats` records that came again; `late` events of parts whose ack was -1. `waits` are the
    times from a trigger's rise until the program had its ack.
    """

    parts: int = 0
    events: int = 0
    repeats: int = 0
    late: int = 0
    positive: int = 0
    negative: int = 0
    links: int = 0
    seconds: dict[Kind, int] = field(default_factory=dict)
    faults: dict[Kind, int] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)

    def text(self) -> str:
        """The counts as tables in Markdown that read well as text too, and the violations."""
        lines = [
            "| what | how often |",
            "| --- | ---: |",
            f"| parts that waited | {self.parts} |",
            f"| acks 1 | {self.positive} |",
            f"| acks -1 | {self.negative} |",
            f"| events | {self.events} |",
            f"| of them a second one for its part | {sum(self.seconds.values())} |",
            f"| of them for a part with ack -1 | {self.late} |",
            f"| records that came again | {self.repeats} |",
            f"| connections to PLCs | {self.links} |",
            "",
            "| trouble | times | second events put down to it |",
            "| --- | ---: | ---: |",
            *(f"| {kind} | {n} | {self.seconds.get(kind, 0)} |" for kind, n in self.faults.items()),
            "",
            self._waits(),
            *(f"VIOLATION: {each}" for each in self.violations[:SHOWN]),
        ]
        if len(self.violations) > SHOWN:
            lines.append(f"and {len(self.violations) - SHOWN} violations more")
        return "\n".join(lines)

    def _waits(self) -> str:
        if len(self.waits) < 2:
            return "No ack was waited for."
        cuts = quantiles(self.waits, n=100, method="inclusive")
        return (
            f"From rise to ack: p50 {cuts[49]:.3f} s, p95 {cuts[94]:.3f} s, p99 {cuts[98]:.3f} s,"
            f" longest {max(self.waits):.3f} s"
        )
