import os
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
