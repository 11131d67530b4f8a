"""The time that rows have waited: it stands still for no one and takes no steps."""

from collections.abc import Callable


class WaitedClock:
    """Milliseconds that go on over restarts: monotonic while running, plus the gap between runs.

    `monotonic` and `wall` give seconds. The wall clock is looked at once, at the start, to tell
    how long nothing ran; a step of it while running ages nothing.
    """

    def __init__(self, monotonic: Callable[[], float], wall: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._wall = wall
        self._base = -monotonic()

    def resume(self, waited: int, wall: int, newest: int) -> None:
        """Go on from a mark made in an earlier run, no earlier than `newest` (all in ms)."""
        gap = max(0, round(self._wall() * 1000) - wall) if wall else 0
        self._base = max(waited + gap, newest) / 1000 - self._monotonic()

    def now(self) -> int:
        """Now, in ms."""
        return round((self._base + self._monotonic()) * 1000)

    def mark(self) -> tuple[int, int]:
        """This instant for `resume`: (waited, wall) in ms."""
        return self.now(), round(self._wall() * 1000)
