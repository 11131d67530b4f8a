"""How much is sent in one go: what the way to a cluster takes in a fraction of a second.

    pace = Pace()
    rows = await reader.take(max_messages=pace.messages, max_bytes=pace.size)
    ...                         # sent, confirmed
    pace.took(size, seconds)

A long outage leaves megabytes, and a slow link takes seconds for each: whatever shares the
connection, an answer or an event, would wait behind them. A fast link takes a megabyte in
milliseconds, and less at a time would cost its throughput. So it begins small and grows.
"""

# Sent and confirmed sooner than this, the next handful may be larger; later, it is to be smaller.
_SHORT, _LONG = 0.25, 0.5
_LEAST, _FIRST, _MOST = 32_000, 64_000, 4_000_000
# More does not go faster, and would hold the event loop up.
_MESSAGES = 10_000


class Pace:
    """The limits of the next handful: so many `messages`, and about so many bytes (`size`)."""

    def __init__(self) -> None:
        self.messages = _MESSAGES
        self.size = _FIRST

    def took(self, size: int, seconds: float) -> None:
        """So many bytes were confirmed so long after they had been handed over."""
        if seconds > _LONG:
            self.size = max(self.size // 2, _LEAST)
        elif seconds < _SHORT and size >= self.size:
            self.size = min(self.size * 2, _MOST)
