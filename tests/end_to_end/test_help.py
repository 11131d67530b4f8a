import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

WARLOGIX = Path(sys.executable).with_name("warlogix")
HEAVY = {"confluent_kafka", "msgspec", "pyads", "pycomm3", "pydantic", "snap7", "sqlite3", "trio"}


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_what_needs_no_library_imports_none(option: str) -> None:
    """`warlogix --help` and `--version` answer without Kafka, drivers, event loop or models."""
    done = subprocess.run(
        [WARLOGIX, option],
        env={**os.environ, "PYTHONPROFILEIMPORTTIME": "1"},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert "warlogix" in done.stdout
    # A line is `import time: self | cumulative | name`.
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "typer" in imported
    assert {name.partition(".")[0] for name in imported} & HEAVY == set()


@pytest.mark.parametrize(
    ("module", "argument", "status"),
    [
        ("signal", "--help", 130),
        ("typer", "--help", -signal.SIGINT),
        ("pydantic", "check", -signal.SIGINT),
        ("pydantic", "tail", -signal.SIGINT),
    ],
)
def test_ctrl_c_while_it_is_loaded_is_quiet(module: str, argument: str, status: int) -> None:
    """A Ctrl-C in the middle of the imports ends it at once and shows no traceback.

    Of a process that a signal has ended the shell says 130, too.
    """
    script = f"""
import os, sys
class Interrupted:
    def find_spec(self, name, *_):
        if name == "{module}":
            os.kill(os.getpid(), {int(signal.SIGINT)})
sys.meta_path.insert(0, Interrupted())
import warlogix.__main__
warlogix.__main__.main()
"""
    done = subprocess.run(
        [sys.executable, "-c", script, argument], capture_output=True, timeout=30, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (status, b"", b"")
