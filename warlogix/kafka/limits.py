"""How long to wait for the first word of a broker."""

import trio

CONTACT = 3.0
_LEAST = 0.1


def contact_limit() -> float:
    """Seconds for a call that cannot be cancelled: no more than the caller's time limit leaves."""
    left = trio.current_effective_deadline() - trio.current_time()
    return min(CONTACT, max(_LEAST, left))
