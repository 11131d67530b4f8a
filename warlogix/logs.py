"""Log lines on stderr: text for people, JSON for machines.

    logs.configure(Level.INFO, Form.TEXT, logs.parse_parts("kafka,s7"))

Every room logs with `logging.getLogger(__name__)`; this is the only place that decides what is
seen of it and how it looks.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import TextIO

from warlogix.console import colours, paint, printable
from warlogix.errors import Malformed


class Level(StrEnum):
    """How bad or how plain a line must be to be shown."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Form(StrEnum):
    """How a line looks."""

    TEXT = "text"
    JSON = "json"


# The parts that `--log-debug` knows, with the loggers that speak for each.
_PARTS = {
    "kafka": ("warlogix.kafka", "warlogix.publisher", "warlogix.writeback"),
    "s7": ("warlogix.drivers.s7",),
    "logix": ("warlogix.drivers.logix",),
    "ads": ("warlogix.drivers.ads",),
    "omron": ("warlogix.drivers.omron",),
    "all": ("warlogix",),
}
# Libraries whose own words repeat what a driver or the Kafka room reports already.
_QUIET = ("snap7", "pycomm3", "pyads", "asyncio")

_STYLES = {"DEBUG": "dim", "INFO": "good", "WARNING": "warning", "ERROR": "bad", "CRITICAL": "bad"}


def parse_parts(text: str) -> tuple[str, ...]:
    """The parts of `kafka,s7`, "" for none. Raises `Malformed` on one that is unknown."""
    parts = tuple(part.strip().lower() for part in text.split(",") if part.strip())
    for part in parts:
        if part not in _PARTS:
            raise Malformed(f'there is no part "{part}"', f"known parts: {', '.join(_PARTS)}")
    return parts


def configure(
    level: Level, form: Form, debug: tuple[str, ...] = (), stream: TextIO | None = None
) -> None:
    """Send what is logged at `level` or above to `stream` (stderr), debug lines of some parts too.

    Called again, it replaces what it set before.
    """
    target = stream or sys.stderr
    handler = logging.StreamHandler(target)
    handler.setFormatter(JsonLines() if form is Form.JSON else TextLines(colours(target)))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for names in _PARTS.values():
        for name in names:
            logging.getLogger(name).setLevel(logging.NOTSET)
    logging.getLogger("warlogix").setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    for part in debug:
        for name in _PARTS[part]:
            logging.getLogger(name).setLevel(logging.DEBUG)


class TextLines(logging.Formatter):
    """`2024-01-15 10:30:00.123+01:00 warning  MainPLC: disconnected`, local time with its zone."""

    def __init__(self, colour: bool) -> None:
        super().__init__()
        self._colour = colour

    def format(self, record: logging.LogRecord) -> str:
        """One line, and a traceback below it where there is one."""
        at = datetime.fromtimestamp(record.created).astimezone()
        when = at.isoformat(" ", "milliseconds")
        level = f"{record.levelname.lower():<7}"
        if self._colour:
            when, level = paint(when, "dim"), paint(level, _STYLES.get(record.levelname, "bold"))
        line = f"{when} {level}  {printable(record.getMessage())}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class JsonLines(logging.Formatter):
    """`{"time": "...Z", "level": "warning", "logger": "...", "message": "..."}`, one a line."""

    def format(self, record: logging.LogRecord) -> str:
        """One JSON object; `traceback` only where there is one."""
        at = datetime.fromtimestamp(record.created, UTC)
        line = {
            "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)
