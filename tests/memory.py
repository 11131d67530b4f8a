"""How much memory a process has used, for tests that bound it."""

from pathlib import Path


def peak_megabytes(pid: int) -> float:
    """The most that the process ever had resident, in megabytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    found = next(line for line in lines if line.startswith("VmHWM:"))
    return int(found.split()[1]) / 1024


def megabytes(pid: int) -> float:
    """What the process has resident now, in megabytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    found = next(line for line in lines if line.startswith("VmRSS:"))
    return int(found.split()[1]) / 1024
