"""Output that goes to a disk with no room left."""

import subprocess
import sys
from pathlib import Path

import pytest
import tomli_w

from tests.unit.configurations import small


@pytest.mark.parametrize("arguments", ["schema", "check --json", "--version"])
def test_output_to_a_full_disk_ends_with_one_line(arguments: str, tmp_path: Path) -> None:
    """Where stdout takes nothing a command says why on one line and leaves with 1."""
    (tmp_path / "warlogix.toml").write_text(tomli_w.dumps(small()))
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "warlogix", *arguments.split()],
            stdout=full,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            timeout=30,
            check=False,
        )
    assert done.stderr == b"error: stdout cannot be written: No space left on device\n"
    assert done.returncode == 1
