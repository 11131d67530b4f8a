"""What is printed of stress tests: the table and the blocks for people, a line for programs."""

from collections.abc import Sequence

from msgspec import Struct

from warlogix.console import paint
from warlogix.messages import encode
from warlogix.stress.ledger import Latency
from warlogix.stress.rehearsal import Outcome

_HEADS = ("Type", "Name", "Throughput", "Messages", "Status")
_WIDTHS = (7, 14, 14, 12, 6)
_TITLE = """\
╔══════════════════════════════════════════════════════════════════╗
║                         TEST RESULTS                             ║
╚══════════════════════════════════════════════════════════════════╝
"""


class LatencyLine(Struct, frozen=True):
    """Milliseconds from handing in to confirmation; null when nothing was confirmed."""

    avg: float | None
    p50: float | None
    p95: float | None
    p99: float | None
    max: float | None


class OutcomeLine(Struct, frozen=True):
    """One cluster's test as `--json` prints it."""

    cluster: str
    result: str
    sent: int
    confirmed: int
    errors: int
    seconds: float
    throughput: float
    latency_ms: LatencyLine


def json_line(outcome: Outcome) -> str:
    """One JSON object, with the end of its line."""
    ledger = outcome.ledger
    figures = [round(each * 1000, 3) for each in _figures(ledger.latency)]
    latency = figures if ledger.latency.messages else [None] * len(figures)
    line = OutcomeLine(
        outcome.cluster.name,
        _result(outcome),
        ledger.sent,
        outcome.confirmed,
        outcome.errors,
        round(ledger.seconds, 3),
        round(outcome.throughput, 1),
        LatencyLine(*latency),
    )
    return f"{encode(line).decode()}\n"


def text(outcomes: Sequence[Outcome], *, colour: bool) -> str:
    """The table of all, and a block for each."""
    return f"{_TITLE}\n{_table(outcomes, colour)}\n" + "\n".join(map(_block, outcomes))


def _table(outcomes: Sequence[Outcome], colour: bool) -> str:
    rows = [
        (
            "Kafka",
            each.cluster.name,
            f"{each.throughput:.0f} msg/s",
            f"{each.confirmed}",
            f"{'✓' if each.passed else '✗'} {_result(each)}",
        )
        for each in outcomes
    ]
    widths = [max(least, *map(len, cells)) for least, *cells in zip(_WIDTHS, *rows, strict=True)]
    lines = [_cells(_HEADS, widths, right=())]
    for row, each in zip(rows, outcomes, strict=True):
        line, style = _cells(row, widths, right=(2, 3)), "good" if each.passed else "bad"
        lines.append(line.replace(row[-1], paint(row[-1], style)) if colour else line)
    bars = ["─" * (width + 2) for width in widths]
    return "\n".join(
        (
            f"  ┌{'┬'.join(bars)}┐",
            lines[0],
            f"  ├{'┼'.join(bars)}┤",
            *lines[1:],
            f"  └{'┴'.join(bars)}┘\n",
        )
    )


def _cells(cells: Sequence[str], widths: Sequence[int], right: Sequence[int]) -> str:
    padded = [
        cell.rjust(width) if place in right else cell.ljust(width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return f"  │ {' │ '.join(padded)} │"


def _block(outcome: Outcome) -> str:
    ledger = outcome.ledger
    figures = zip(LatencyLine.__struct_fields__, _figures(ledger.latency), strict=True)
    latency = ", ".join(f"{name}: {_short(seconds)}" for name, seconds in figures)
    return (
        f"  Kafka/{outcome.cluster.name}:\n"
        f"    Address:    {', '.join(outcome.cluster.brokers)}\n"
        f"    Duration:   {ledger.seconds:.3f}s\n"
        f"    Messages:   {ledger.sent} sent, {outcome.errors} errors\n"
        f"    Throughput: {outcome.throughput:.1f} msg/s\n"
        "    Latency:\n"
        f"      {latency if ledger.latency.messages else 'none: nothing was confirmed'}\n"
    )


def _result(outcome: Outcome) -> str:
    return "PASS" if outcome.passed else "FAIL"


def _figures(latency: Latency) -> tuple[float, ...]:
    """avg, p50, p95, p99 and max, in seconds."""
    return (latency.average, *map(latency.percentile, (0.5, 0.95, 0.99)), latency.longest)


def _short(seconds: float) -> str:
    """`980µs`, `2.1ms`, `12ms` or `1.24s`."""
    milliseconds = seconds * 1000
    if milliseconds < 0.9995:
        return f"{milliseconds * 1000:.0f}µs"
    if milliseconds < 9.95:
        return f"{milliseconds:.1f}ms"
    return f"{milliseconds:.0f}ms" if milliseconds < 999.5 else f"{seconds:.2f}s"
