"""Records as lines for people: aligned columns, local time, bad values in words.

    view = View(colour=True)
    text = view.lines(items)

Columns are as wide as the widest cell seen so far, so that a view settles after its first lines.
"""

from collections.abc import Sequence
from datetime import datetime

from rich.cells import cell_len, set_cell_size

from warlogix.console import paint, printable
from warlogix.tailing.cells import Cell, cells_of
from warlogix.tailing.records import Item, Kind

# Cells wider than this do not push the others aside.
_WIDEST = 32
# So much of a cell is left where a line must be cut.
_LEAST = 8


class View:
    """Turns items into lines, and remembers the width of the columns and the day."""

    def __init__(
        self,
        *,
        colour: bool,
        clusters: bool = False,
        topics: bool = False,
        columns: int | None = None,
    ) -> None:
        """`clusters` and `topics` tell on each line where a record is from.

        Where a line has more than `columns`, its widest cell is cut; None leaves all as it is.
        """
        self._colour = colour
        self._clusters = clusters
        self._topics = topics
        self._columns = columns
        self._widths: dict[tuple[Kind | None, int], int] = {}
        self._day = ""

    def lines(self, items: Sequence[Item]) -> str:
        """The items as text, every line with its end."""
        rows = [(item, self._cells(item)) for item in items]
        for item, cells in rows:
            for column, cell in enumerate(cells[:-1]):
                known = self._widths.get((item.kind, column), 0)
                if known < cell_len(cell.text) <= _WIDEST:
                    self._widths[item.kind, column] = cell_len(cell.text)
        return "".join(self._line(item, cells) for item, cells in rows)

    def _cells(self, item: Item) -> list[Cell]:
        cells = [Cell(printable(cell.text), cell.style) for cell in cells_of(item)]
        if self._topics:
            cells.insert(0, Cell(item.record.topic, "dim"))
        if self._clusters:
            cells.insert(0, Cell(item.record.cluster, "dim"))
        return cells

    def _line(self, item: Item, cells: list[Cell]) -> str:
        day, clock = _local(item.record.timestamp)
        known = [self._widths.get((item.kind, column), 0) for column in range(len(cells) - 1)]
        widths = [*known, 0]
        if self._columns is not None:
            _fit(cells, widths, self._columns - len(f"{clock}  "))
        texts = [self._painted(clock, "dim")]
        for cell, width in zip(cells, widths, strict=True):
            pad = _padded(cell, width).removeprefix(cell.text)
            texts.append(self._painted(cell.text, cell.style) + pad)
        line = "  ".join(texts).rstrip() + "\n"
        if day in ("", self._day):
            return line
        self._day = day
        return self._painted(f"{day}, local time", "dim") + "\n" + line

    def _painted(self, text: str, style: str) -> str:
        return paint(text, style) if self._colour and style else text


def _fit(cells: list[Cell], widths: list[int], columns: int) -> None:
    """Make the widest column narrower by as much as the line is too wide; cut what is in it."""
    over = cell_len("  ".join(map(_padded, cells, widths)).rstrip()) - columns
    if over <= 0:
        return
    sizes = [max(cell_len(cell.text), width) for cell, width in zip(cells, widths, strict=True)]
    widest = sizes.index(max(sizes))
    widths[widest] = room = max(sizes[widest] - over, _LEAST)
    if cell_len(cells[widest].text) > room:
        text = set_cell_size(cells[widest].text, room - 1) + "…"
        cells[widest] = Cell(text, cells[widest].style)


def _padded(cell: Cell, width: int) -> str:
    return cell.text + " " * (width - cell_len(cell.text))


def _local(at: int) -> tuple[str, str]:
    """Day and time of day, here, of ms since 1970; the ms themselves where no calendar has them."""
    if at < 0:
        return "", "no time     "
    try:
        moment = datetime.fromtimestamp(at / 1000)
    except (ValueError, OverflowError, OSError):
        # A producer may put any number there, as one that counts in microseconds does.
        return "", f"{at} ms"
    return moment.date().isoformat(), moment.time().isoformat("milliseconds")
