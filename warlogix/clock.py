"""The wall clock as messages tell it."""

import time


def wall() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000
