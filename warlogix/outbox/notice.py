"""Says once that messages are being dropped, and once that it is over."""

import logging
from math import inf

_log = logging.getLogger(__name__)

_QUIET = 60.0


class DropNotice:
    """A warning when dropping begins and a line when it has stopped for a minute."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._latest = 0.0
        self._messages = 0

    def dropped(self, messages: int, reason: str, now: float) -> None:
        """`messages` were dropped at `now` (seconds of any steady clock)."""
        if self._since is None:
            self._since, self._messages = now, 0
            _log.warning("buffer: %s; the oldest changes are dropped from now on", reason)
        self._latest = now
        self._messages += messages

    def look(self, now: float) -> None:
        """Tell whether it is over."""
        if self._since is not None and now - self._latest >= _QUIET:
            _log.warning(
                "buffer: no longer dropping; %d messages were dropped in %.0f s",
                self._messages,
                self._latest - self._since,
            )
            self._since = None

    @property
    def due(self) -> float:
        """When `look` may have something to say."""
        return inf if self._since is None else self._latest + _QUIET
