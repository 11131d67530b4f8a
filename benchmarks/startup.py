"""How long `warlogix --help` takes to answer: python -m benchmarks.startup"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

RUNS = 20
WARLOGIX = str(Path(sys.executable).with_name("warlogix"))
COMMANDS = {
    "python -c pass": (sys.executable, "-c", "pass"),
    "warlogix --version": (WARLOGIX, "--version"),
    "warlogix --help": (WARLOGIX, "--help"),
}


def main() -> None:
    """Print the least, median and most of the runs, after one that warms the disk's cache."""
    print(f"{'ms, of ' + str(RUNS) + ' runs':24}{'least':>8}{'median':>8}{'most':>8}")
    for name, command in COMMANDS.items():
        seconds(command)
        runs = [seconds(command) * 1000 for _ in range(RUNS)]
        print(f"{name:24}{min(runs):8.0f}{statistics.median(runs):8.0f}{max(runs):8.0f}")


def seconds(command: tuple[str, ...]) -> float:
    """How long one run of the command takes."""
    begin = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True, timeout=60)
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
