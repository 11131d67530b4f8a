"""What a simulated controller has lived through, for tests that must know the truth.

Times are wall-clock seconds, so that they compare with the time stamps of messages.
"""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Write:
    """One writing service that a client asked for, carried out or refused.

    `name` is the path as it was asked for, `Motors[2].Speed`; `service` 0x4D, 0x53 or 0x4E;
    `data` what followed the path. `value` is what the place held afterwards. `status` is the CIP
    general status: 0 when it was carried out.
    """

    at: float
    name: str
    service: int
    data: bytes
    value: Any
    status: int


@dataclass(slots=True)
class Journal:
    """Counts of everything, the newest writes in their order, and what clients did wrong.

    `messages` counts the CIP messages that clients sent; `services` counts services by their
    code, those inside a packet of several each on its own beside the packet itself (0x0A).
    `reads` counts the names of read tags. `offences` tells, in words, what no well-made client
    sends, whether or not it was answered.
    """

    clock: Callable[[], float]
    messages: int = 0
    services: Counter[int] = field(default_factory=Counter)
    reads: Counter[str] = field(default_factory=Counter)
    writes: deque[Write] = field(default_factory=lambda: deque(maxlen=KEPT))
    offences: list[str] = field(default_factory=list)

    def note_write(self, name: str, service: int, data: bytes, value: Any, status: int) -> None:
        """A writing service was judged and, if its status is 0, carried out."""
        self.writes.append(Write(self.clock(), name, service, data, value, status))
