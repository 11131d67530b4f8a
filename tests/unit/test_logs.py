"""Log lines: what is seen of them, and how they look."""

import io
import json
import logging
import re
import sys
from collections.abc import Iterator

import pytest

from warlogix import logs
from warlogix.errors import Malformed
from warlogix.logs import Form, Level


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Always."""
        return True


@pytest.fixture(autouse=True)
def _usual_form() -> Iterator[None]:
    """Lines are for people again, whatever a test asked for."""
    yield
    logs.configure(Level.INFO, Form.TEXT, stream=io.StringIO())


def test_text_line_has_local_time_with_its_zone_level_and_message() -> None:
    """A line for people begins with the time to the ms and its zone, then the level."""
    stream = io.StringIO()
    logs.configure(Level.INFO, Form.TEXT, stream=stream)
    logging.getLogger("warlogix.poller").warning("%s: disconnected", "MainPLC")
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d warning  MainPLC: disconnected\n",
        stream.getvalue(),
    )


def test_json_line_is_one_object() -> None:
    """A line for machines is one JSON object with time, level, logger and message."""
    stream = io.StringIO()
    logs.configure(Level.INFO, Form.JSON, stream=stream)
    logging.getLogger("warlogix.poller").error('a "quoted"\nmessage')
    line = json.loads(stream.getvalue())
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "error",
        "logger": "warlogix.poller",
        "message": 'a "quoted"\nmessage',
    }


def test_json_line_carries_a_traceback() -> None:
    """A logged error keeps its traceback inside the object."""
    stream = io.StringIO()
    logs.configure(Level.INFO, Form.JSON, stream=stream)
    try:
        raise ValueError("odd")
    except ValueError:
        logging.getLogger("warlogix").exception("failed")
    assert "ValueError: odd" in json.loads(stream.getvalue())["traceback"]


def test_a_message_cannot_steer_the_terminal() -> None:
    """Control characters of a PLC's or a broker's text are spelled out, on one line."""
    stream = io.StringIO()
    logs.configure(Level.INFO, Form.TEXT, stream=stream)
    logging.getLogger("warlogix").warning("\x1b[2Jgone\nforged line")
    assert stream.getvalue().endswith("\\x1b[2Jgone\\nforged line\n")


@pytest.mark.parametrize(
    ("level", "seen"),
    [
        (Level.DEBUG, "debug info warning error"),
        (Level.INFO, "info warning error"),
        (Level.WARNING, "warning error"),
        (Level.ERROR, "error"),
    ],
)
def test_level_hides_what_is_below_it(level: Level, seen: str) -> None:
    """Each level shows itself and what is worse."""
    stream = io.StringIO()
    logs.configure(level, Form.JSON, stream=stream)
    log = logging.getLogger("warlogix.poller")
    for each in ("debug", "info", "warning", "error"):
        getattr(log, each)("line")
    assert " ".join(json.loads(line)["level"] for line in stream.getvalue().splitlines()) == seen


@pytest.mark.parametrize(
    ("parts", "seen"),
    [
        ("", []),
        ("kafka", ["warlogix.kafka.producer", "warlogix.publisher"]),
        ("S7", ["warlogix.drivers.s7"]),
        ("logix", ["warlogix.drivers.logix"]),
        ("ads,omron", ["warlogix.drivers.ads", "warlogix.drivers.omron.fins"]),
        ("kafka, s7", ["warlogix.kafka.producer", "warlogix.publisher", "warlogix.drivers.s7"]),
        (
            "all",
            [
                "warlogix.kafka.producer",
                "warlogix.publisher",
                "warlogix.drivers.s7",
                "warlogix.drivers.logix",
                "warlogix.drivers.ads",
                "warlogix.drivers.omron.fins",
                "warlogix.poller",
            ],
        ),
    ],
)
def test_debug_lines_of_the_named_parts_alone(parts: str, seen: list[str]) -> None:
    """`--log-debug` shows each step of the parts it names and of no other."""
    stream = io.StringIO()
    logs.configure(Level.INFO, Form.JSON, logs.parse_parts(parts), stream)
    for name in (
        "warlogix.kafka.producer",
        "warlogix.publisher",
        "warlogix.drivers.s7",
        "warlogix.drivers.logix",
        "warlogix.drivers.ads",
        "warlogix.drivers.omron.fins",
        "warlogix.poller",
    ):
        logging.getLogger(name).debug("step")
    assert [json.loads(line)["logger"] for line in stream.getvalue().splitlines()] == seen


def test_a_second_configuration_replaces_the_first() -> None:
    """Debug lines asked for once are gone when they are not asked for again."""
    logs.configure(Level.INFO, Form.TEXT, logs.parse_parts("kafka"), io.StringIO())
    stream = io.StringIO()
    logs.configure(Level.INFO, Form.TEXT, stream=stream)
    logging.getLogger("warlogix.kafka.producer").debug("step")
    assert stream.getvalue() == ""


def test_unknown_part_names_the_known_ones() -> None:
    """A misspelt part is refused with the list of those that are."""
    with pytest.raises(Malformed, match="kafka, s7, logix, ads, omron, all"):
        logs.parse_parts("kafka,s8")


def test_libraries_are_quiet() -> None:
    """snap7's own words do not repeat what the driver reports."""
    stream = io.StringIO()
    logs.configure(Level.DEBUG, Form.TEXT, stream=stream)
    logging.getLogger("snap7.client").error("TCP : Connection reset")
    assert stream.getvalue() == ""


def test_colour_on_a_terminal_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Levels are coloured on a terminal, unless NO_COLOR is set, and the words stay."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    logs.configure(Level.INFO, Form.TEXT, stream=stream)
    logging.getLogger("warlogix").warning("x")
    assert "\x1b[33mwarning\x1b[0m  x" in stream.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    logs.configure(Level.INFO, Form.TEXT, stream=stream)
    logging.getLogger("warlogix").warning("x")
    assert "\x1b" not in stream.getvalue()


def test_lines_go_to_stderr(monkeypatch: pytest.MonkeyPatch) -> None:
    """Speech goes to stderr, so that data on stdout stays clean."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    logs.configure(Level.INFO, Form.TEXT)
    logging.getLogger("warlogix").info("hello")
    assert "hello" in stream.getvalue()
