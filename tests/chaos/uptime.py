"""When each PLC could be read: from the first answer that went by, to the next trouble."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import NoReturn

import trio

from tests.chaos.truth import Up

_TICK = 0.05
# A process that stood still for so long has answered nobody meanwhile.
_STOOD_STILL = 0.25


class Uptime:
    """The times so far; `spans` has those that are over."""

    def __init__(self, plcs: Iterable[str], clock: Callable[[], float] = time.monotonic) -> None:
        self.spans: list[Up] = []
        self._clock = clock
        self._plcs = tuple(plcs)
        self._since: dict[str, float] = {}
        self._troubles: Counter[str] = Counter()

    def rise(self, plc: str) -> None:
        """It was read just now; while there is trouble that means nothing."""
        if not self._troubles[plc]:
            self._since.setdefault(plc, self._clock())

    @contextmanager
    def trouble(self, plc: str = "") -> Iterator[None]:
        """From now to the end of the block this PLC cannot be read; "" is all of them."""
        troubled = (plc,) if plc else self._plcs
        self._fall(troubled, self._clock())
        self._troubles.update(troubled)
        yield
        self._troubles.subtract(troubled)

    def close(self) -> None:
        """Nothing can be read from now on."""
        self._fall(self._plcs, self._clock())

    async def notice_standstill(self) -> NoReturn:
        """Where this process was not run, PLCs that it simulates answered nobody."""
        last = self._clock()
        while True:
            await trio.sleep(_TICK)
            now = self._clock()
            if now - last > _STOOD_STILL:
                up = list(self._since)
                self._fall(up, last)
                self._since |= dict.fromkeys(up, now)
            last = now

    def _fall(self, plcs: Iterable[str], at: float) -> None:
        for plc in plcs:
            since = self._since.pop(plc, at)
            if since < at:
                self.spans.append(Up(plc, since, at))
