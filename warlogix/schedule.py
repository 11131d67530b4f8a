"""Deadlines that do not drift."""


class Schedule:
    """Deadlines `interval` seconds apart, the first at `first`."""

    def __init__(self, interval: float, first: float) -> None:
        self.interval = interval
        self.due = first

    def advance(self, now: float) -> bool:
        """Move to the next deadline. True when it had passed already: a poll took too long."""
        following = self.due + self.interval
        self.due = max(following, now)
        return now > following
