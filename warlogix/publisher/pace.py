"""How much is sent in one go: what the way to a cluster takes in a fraction of a second.

    pace = Pace()
    rows = await reader.take(max_messages=pace.messages, max_bytes=pace.size)
    ...                         # sent, confirmed
    pace.took(size, seconds)

A long outage leaves megabytes, and a slow link takes seconds for each: whatever shares the
connection, an answer or an event, would wait behind them. A fast link takes a megabyte in
milliseconds, and less at a time would cost its throughput. So it begins small and grows.

A long way is not a slow one: it takes as long for next to nothing. So what the least of handfuls
took is the base, and only what a larger one takes beyond it tells how much the link carries.
"""

# Confirmed so soon beyond the base, the next handful may be larger; later, it is to be smaller.
_SHORT, _LONG = 0.25, 0.5
_LEAST, _MOST = 32_000, 4_000_000
# No way is longer than this: who takes more for the least of handfuls has a slow link.
_LONGEST_WAY = 1.0
# After so many handfuls one is the least again: the way may be another by now.
_MEASURE_AFTER = 50
# More does not go faster: between two handfuls the way to the cluster and back is empty.
_MESSAGES = 20_000
# A topic that takes less at once than its messages together: no less than this is tried, and after
# each full handful a little more.
_LOWEST_CEILING, _RISE = 4_000, 2_000


class Pace:
    """The limits of the next handful: so many `messages`, and about so many bytes (`size`)."""

    def __init__(self) -> None:
        self.messages = _MESSAGES
        self._ceiling = _MOST
        self.begin_again()

    @property
    def size(self) -> int:
        """About so many bytes."""
        return min(_LEAST, self._size) if self._handfuls >= _MEASURE_AFTER else self._size

    def begin_again(self) -> None:
        """Forget how fast the way was: something failed on it."""
        self._size = min(_LEAST, self._ceiling)
        self._base = 0.0
        self._handfuls = _MEASURE_AFTER

    def refuse(self, size: int) -> None:
        """So many bytes were not taken together, though each message of them was taken alone."""
        self._ceiling = max(min(self._ceiling, size) // 2, _LOWEST_CEILING)
        self._size = min(self._size, self._ceiling)

    def took(self, size: int, seconds: float) -> None:
        """So many bytes were confirmed so long after they had been handed over."""
        beyond = seconds - self._measure(size, seconds)
        if beyond > _LONG:
            self._size = max(self._size // 2, min(_LEAST, self._ceiling))
        elif beyond < _SHORT and size >= self._size:
            if self._size >= self._ceiling:
                self._ceiling = min(self._ceiling + self._ceiling // _RISE, _MOST)
            self._size = min(self._size * 2, self._ceiling)

    def _measure(self, size: int, seconds: float) -> float:
        """The base: what the last of the least handfuls took, or any since then that was faster."""
        least = self.size <= _LEAST or size <= _LEAST
        self._base = min(seconds, _LONGEST_WAY if least else self._base)
        self._handfuls = 0 if least else self._handfuls + 1
        return self._base
