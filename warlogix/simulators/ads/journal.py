"""What a simulated TwinCAT host has lived through, for tests that must know the truth.

Times are wall-clock seconds, so that they compare with the time stamps of messages.
"""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from warlogix.simulators.ads.wire import Code
from warlogix.tags import Value

KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Write:
    """One value that a client wrote, or was not allowed to.

    `name` is the symbol's path; where a write hit a part of it or went past it, the path with the
    distance in bytes, like `MAIN.Text+4`. `value` is what the symbol held afterwards, None where
    the whole symbol was not written.
    """

    at: float
    ams_port: int
    name: str
    data: bytes
    code: Code
    value: Value = None


@dataclass(slots=True)
class Journal:
    """Counts of everything, the newest writes in their order, and what clients did wrong.

    `commands` counts requests by their ADS command, `groups` by the index group that they, or a
    part of a sum, touched; `items_per_sum` the sum requests by how many parts they had.
    `offences` tells of each request that no sound client sends.
    """

    clock: Callable[[], float]
    requests: int = 0
    commands: Counter[int] = field(default_factory=Counter)
    groups: Counter[int] = field(default_factory=Counter)
    items_per_sum: Counter[int] = field(default_factory=Counter)
    writes: deque[Write] = field(default_factory=lambda: deque(maxlen=KEPT))
    offences: list[str] = field(default_factory=list)

    def note_request(self, command: int) -> None:
        """A request has reached an ADS port."""
        self.requests += 1
        self.commands[command] += 1

    def note_write(
        self, ams_port: int, name: str, data: bytes, code: Code, value: Value = None
    ) -> None:
        """A value was judged and, if done, written."""
        self.writes.append(Write(self.clock(), ams_port, name, data, code, value))
