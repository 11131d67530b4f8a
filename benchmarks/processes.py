"""What this process and others use, as Linux counts it."""

import os
from dataclasses import dataclass
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds; memory in MB, now and at most; times that a thread was woken; bytes to disk."""

    cpu: float
    resident: float
    most: float
    wakeups: int
    written: int


def own_cpu() -> float:
    """CPU seconds of this process, those of the kernel too."""
    used = getrusage(RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def usage_of(pid: int) -> Usage:
    """What a process has used since its start."""
    folder = Path(f"/proc/{pid}")
    # The name in parentheses may hold anything.
    user, system = (folder / "stat").read_text().rpartition(")")[2].split()[11:13]
    status = _table(folder / "status")
    return Usage(
        (int(user) + int(system)) / _TICKS,
        int(status["VmRSS"].split()[0]) / 1024,
        int(status["VmHWM"].split()[0]) / 1024,
        sum(_wakeups(task) for task in (folder / "task").iterdir()),
        int(_table(folder / "io")["write_bytes"]),
    )


def started(name: str) -> list[int]:
    """The processes of this name that this one has started and that still run."""
    own = Path(f"/proc/{os.getpid()}/task")
    pids = [pid for task in own.iterdir() for pid in (task / "children").read_text().split()]
    return [int(pid) for pid in pids if Path(f"/proc/{pid}/comm").read_text().strip() == name]


def _wakeups(task: Path) -> int:
    """How often a thread had waited; 0 of one that has just ended."""
    try:
        return int(_table(task / "status")["voluntary_ctxt_switches"])
    except FileNotFoundError:
        return 0


def _table(path: Path) -> dict[str, str]:
    """A file of lines like `Name: value`."""
    pairs = (line.partition(":") for line in path.read_text().splitlines())
    return {name: value.strip() for name, _, value in pairs}
