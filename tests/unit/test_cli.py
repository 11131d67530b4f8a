"""The command line: its options, and how the program ends."""

import io
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.unit.configurations import loaded, small
from warlogix import cli, console
from warlogix.commands.run import announced_plan
from warlogix.errors import (
    BrokerFatal,
    BrokerUnavailable,
    BufferInUse,
    ConfigError,
    Fault,
    Unreachable,
)

Run = Callable[..., int]
FAULT = Fault("plcs[0].name", 'has "?"', "use letters")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run the command line inside this process, away from any configuration; gives its status."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("WARLOGIX_CONFIG", raising=False)

    def call(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["warlogix", *arguments])
        with pytest.raises(SystemExit) as end:
            cli.main()
        assert isinstance(end.value.code, int)
        return end.value.code

    return call


@pytest.fixture
def raising(monkeypatch: pytest.MonkeyPatch, run: Run) -> Callable[[BaseException], int]:
    """End the program with this error; gives the status."""

    def call(error: BaseException) -> int:
        def app(**_: str) -> None:
            raise error

        monkeypatch.setattr(cli, "app", app)
        return run()

    return call


def test_version_is_the_one_of_the_package(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """`--version` prints what the package manager knows, on stdout."""
    assert run("--version") == 0
    assert capsys.readouterr().out == f"warlogix {version('warlogix')}\n"


def test_help_names_every_command(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` and `-h` list the commands, and a call without any does too."""
    for arguments in (["--help"], ["-h"], []):
        run(*arguments)
        captured = capsys.readouterr()
        for command in ("demo", "run", "check", "tail", "write", "topics", "schema"):
            assert f"\n  {command} " in captured.out + captured.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--nothing",),
        ("nothing",),
        ("--log-level", "loud", "schema"),
        ("--log-format", "xml", "schema"),
        ("--log-debug", "kafka,s8", "schema"),
        ("schema", "nothing"),
    ],
)
def test_wrong_usage_ends_with_2(
    arguments: tuple[str, ...], run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wrong usage is told on stderr, with status 2 and nothing on stdout."""
    assert run(*arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Error: " in captured.err


def test_configuration_that_is_not_there_ends_with_2(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a configuration the error says where it was looked for."""
    assert run("topics", "list") == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert "warlogix.toml" in error


def test_a_configuration_that_was_named_and_is_not_there(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """A named file that does not exist is called missing, not unreadable."""
    assert run("--config", "nowhere.toml", "check") == 2
    error, hint = capsys.readouterr().err.splitlines()
    assert error == "error: nowhere.toml: there is no such file"
    assert hint.startswith("hint: write it, or name another file")


@pytest.mark.parametrize(
    ("arguments", "rightly"),
    [
        (("run", "--config", "f"), "--config stands before the command: warlogix --config f run"),
        (("topics", "list", "-c", "a b"), "-c stands before the command: warlogix -c 'a b' topics"),
        (("tail", "--log-level=debug"), "--log-level stands before the command: warlogix --log-"),
        (("tail", "--config"), "--config stands before the command: warlogix --config ... tail"),
    ],
)
def test_an_option_behind_its_place_is_told_where_it_belongs(
    arguments: tuple[str, ...], rightly: str, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """An option of all commands that stands behind one is shown in its place, ready to type."""
    assert run(*arguments) == 2
    assert capsys.readouterr().err.startswith(f"Error: {rightly}")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--log-level", "loud", "schema"), "'loud' is not one of 'debug', 'info', 'warning'"),
        (("--log-format", "xml", "schema"), "'xml' is not one of 'text', 'json'"),
        (("write", "A", "b", "1", "--via", "x"), "'x' is "),
    ],
)
def test_a_wrong_word_is_told_with_the_right_ones(
    arguments: tuple[str, ...], told: str, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """A word that an option does not know is told in one line, without words of the parser."""
    assert run(*arguments) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("Error: Invalid value for '--")
    assert f": {told}" in last
    assert "Value error" not in last


def test_a_start_says_what_it_runs_with(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The first line of `run` has version, instance, configuration and buffer."""
    config = loaded(tmp_path, small() | {"instance": "gw", "buffer": {"directory": "/var/w"}})
    with caplog.at_level(logging.INFO):
        announced_plan(tmp_path / "warlogix.toml", config)
    assert caplog.messages[0] == (
        f"warlogix {version('warlogix')}: instance gw, "
        f"configuration {tmp_path / 'warlogix.toml'}, buffer /var/w"
    )


def test_every_fault_is_told_with_status_2(
    raising: Callable[[BaseException], int], capsys: pytest.CaptureFixture[str]
) -> None:
    """All faults of a configuration are on stderr, each with its hint."""
    assert raising(ConfigError([FAULT, Fault("kafka", "is missing", "add it")])) == 2
    assert capsys.readouterr().err == (
        'error: plcs[0].name: has "?"\nhint: use letters\nerror: kafka: is missing\nhint: add it\n'
    )


@pytest.mark.parametrize(
    ("error", "fact", "hint"),
    [
        (BrokerUnavailable("Local", "connection refused"), "Local: connection refused", "brokers"),
        (BrokerFatal("Local", "check username"), "Local: check username", ""),
        (BufferInUse("the buffer is used by process 42"), "process 42", "directory"),
        (Unreachable("MainPLC", "no answer"), "MainPLC: no answer", ""),
    ],
)
def test_a_failed_operation_ends_with_1_and_says_what_to_do(
    error: Exception,
    fact: str,
    hint: str,
    raising: Callable[[BaseException], int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What failed is one line on stderr, what to do another, without a traceback."""
    assert raising(error) == 1
    told = capsys.readouterr().err
    assert told.startswith("error: ")
    assert fact in told
    assert hint in told
    assert ("hint: " in told) == bool(hint)
    assert "Traceback" not in told


def test_errors_out_of_nurseries_are_told_one_by_one(
    raising: Callable[[BaseException], int], capsys: pytest.CaptureFixture[str]
) -> None:
    """Errors that come as a group, however deep, are told like single ones."""
    inner = ExceptionGroup("inner", [BrokerUnavailable("B", "away")])
    assert raising(ExceptionGroup("outer", [BrokerUnavailable("A", "away"), inner])) == 1
    told = capsys.readouterr().err
    assert "error: A: away" in told
    assert "error: B: away" in told


def test_a_bug_keeps_its_traceback(raising: Callable[[BaseException], int]) -> None:
    """What is no operator's error is neither caught nor hidden, alone or beside one."""
    with pytest.raises(ZeroDivisionError):
        raising(ZeroDivisionError())
    with pytest.RaisesGroup(BrokerUnavailable, ZeroDivisionError):
        raising(ExceptionGroup("tasks", [BrokerUnavailable("A", "away"), ZeroDivisionError()]))


def test_ctrl_c_ends_quietly(
    raising: Callable[[BaseException], int], capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C says nothing and leaves with 130, also where it came out of a nursery."""
    assert raising(BaseExceptionGroup("tasks", [KeyboardInterrupt()])) == 130
    assert capsys.readouterr() == ("", "")


def test_a_reader_that_has_enough_ends_us_quietly() -> None:
    """`warlogix schema | head` says nothing on stderr and leaves as other programs do, with 141."""
    script = "from warlogix.console import write; from warlogix import cli\n"
    script += "cli.app = lambda **_: [write('x' * 1000 + '\\n') for _ in range(10_000)]\ncli.main()"
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONWARNINGS": "error"},
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=30) == 141


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed_at_the_start_cost_nothing(closed: str) -> None:
    """Started by what closes stdin, stdout or stderr, a command does its work all the same."""
    command = [sys.executable, "-c", "import warlogix.cli; warlogix.cli.main()", "schema"]
    shell = ["/bin/sh", "-c", f'exec "$@" {closed}', "sh", *command]
    done = subprocess.run(shell, capture_output=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_table_aligns_columns_of_any_script() -> None:
    """Columns stand below each other, wide characters count twice."""
    assert console.table([("A", "B"), ("温度", "1"), ("xyz", "")]) == "A     B\n温度  1\nxyz\n"


def test_speech_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    """What is said is not mixed with data."""
    console.say("hello")
    console.write("data\n")
    assert capsys.readouterr() == ("data\n", "hello\n")


@pytest.mark.parametrize(
    ("terminal", "no_colour", "term", "coloured"),
    [
        (True, "", "xterm", True),
        (True, "1", "xterm", False),
        (True, "", "dumb", False),
        (False, "", "xterm", False),
    ],
)
def test_colour_only_where_it_can_be_seen(
    terminal: bool, no_colour: str, term: str, coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Colour is for terminals, unless NO_COLOR is set or the terminal has none."""
    monkeypatch.setenv("NO_COLOR", no_colour)
    monkeypatch.setenv("TERM", term)
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: terminal)
    assert console.colours(stream) is coloured
