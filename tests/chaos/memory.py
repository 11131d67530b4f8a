"""How much memory the gateway has had while it ran, second by second."""

from pathlib import Path
from statistics import median
from typing import NoReturn

import trio

from tests.chaos.gateways import Service

PARTS = 10


class Memory:
    """What was resident, in megabytes."""

    def __init__(self) -> None:
        self.samples: list[float] = []

    async def watch(self, service: Service) -> NoReturn:
        """Look once a second."""
        while True:
            if (pid := service.pid) is not None and (found := _resident(pid)) is not None:
                self.samples.append(found)
            await trio.sleep(1)

    def text(self) -> str:
        """The whole of it, and its course."""
        if not self.samples:
            return "Memory of the gateway: never looked at"
        part = max(1, len(self.samples) // PARTS)
        course = [
            max(self.samples[at : at + part]) for at in range(0, len(self.samples) - part + 1, part)
        ]
        return (
            f"Memory of the gateway (RSS, {len(self.samples)} samples, one a second):\n"
            f"least {min(self.samples):.0f} MB, median {median(self.samples):.0f} MB,"
            f" most {max(self.samples):.0f} MB, at the end {self.samples[-1]:.0f} MB;\n"
            f"most in each tenth of the run: {', '.join(f'{each:.0f}' for each in course)} MB"
        )


def _resident(pid: int) -> float | None:
    """Megabytes; None when the process has just ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return None
    found = [line.split()[1] for line in lines if line.startswith("VmRSS:")]
    return int(found[0]) / 1024 if found else None
