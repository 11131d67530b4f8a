"""Text for people's terminals: what may be printed, when to colour it, and who still listens.

Whatever came from a PLC, a broker or a message passes `printable` before it reaches a terminal.
"""

import os
import sys
from collections.abc import Sequence
from typing import TextIO

from warlogix.errors import WarlogixError

_CONTROL = {code: f"\\x{code:02x}" for code in (*range(0x20), 0x7F, *range(0x80, 0xA0))}
_CONTROL |= {ord("\n"): "\\n", ord("\r"): "\\r", ord("\t"): "\\t"}
# A file name or a message may hold half of a surrogate pair, which no terminal takes.
_CONTROL |= {code: f"\\u{code:04x}" for code in range(0xD800, 0xE000)}

_STYLES = {
    "bold": "1",
    "dim": "2",
    "good": "32",
    "bad": "1;31",
    "warning": "33",
    "name": "36",
}


class ReaderGone(WarlogixError):
    """Nobody reads our output any more: `warlogix ... | head` has seen enough."""


class OutputLost(WarlogixError):
    """Our output cannot be written: the disk that it goes to is full, say."""


def claim_streams() -> None:
    """Put /dev/null where stdin, stdout or stderr was closed before the start.

    Otherwise the next file or connection gets the number of stderr, and then its bytes too.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            descriptor = os.open(os.devnull, os.O_RDWR)
            stream = os.fdopen(descriptor, "w" if number else "r", encoding="utf-8")
            setattr(sys, name, stream)


def printable(text: str) -> str:
    """The text on one line, with control characters spelled out, so that none acts."""
    return text.translate(_CONTROL)


def shortened(text: str, most: int) -> str:
    """The text, or its first so many characters and how many it has."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text):,} characters)"


def colours(stream: TextIO) -> bool:
    """Whether to colour what goes to `stream`: a terminal that nobody asked to stay plain."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return stream.isatty() and not plain


def paint(text: str, style: str) -> str:
    """The text in one of the styles above, for a terminal; colour never carries a meaning alone."""
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if text else text


def write(text: str) -> None:
    """Put text on stdout, at once.

    Errors: `ReaderGone` when the other end is closed, `OutputLost` when it takes nothing.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise ReaderGone("the reader of our output is gone") from None
    except OSError as exc:
        raise OutputLost(f"stdout cannot be written: {exc.strerror}") from exc


def drop_stdout() -> None:
    """Lose what stdout did not take: Python flushes it once more at its end, and must not fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(text: str) -> None:
    """Put a line of speech on stderr, where it does not mix with data."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - the one place that speaks


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows as aligned columns, the first row their heads; every line with its end."""
    from rich.cells import cell_len

    widths = [max(cell_len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "".join(
        "  ".join(
            cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        + "\n"
        for row in rows
    )
