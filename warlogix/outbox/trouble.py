"""What is wrong with the disk, said once when it begins and once when it is over."""

import logging
from pathlib import Path

import trio
from trio_util import AsyncValue

from warlogix.outbox.schema import is_damage

_log = logging.getLogger(__name__)

# Seconds between attempts while the disk takes nothing.
RETRY = 1.0


class Trouble:
    """`error` is "" while the disk takes writes; `damaged` while its file must be set aside.

    `reports` counts the failures, `retry_at` is when to try again (Trio's clock).
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._since = 0.0
        self.error = AsyncValue("")
        self.damaged = False
        self.reports = 0
        self.retry_at = 0.0

    def report(self, error: Exception) -> None:
        """A call of the disk failed with `error`."""
        self.reports += 1
        self.damaged = self.damaged or is_damage(error)
        text = f"{self._directory}: {error}"
        # A damaged file is replaced at once, a disk is asked again later.
        self.retry_at = trio.current_time() + (0 if is_damage(error) else RETRY)
        if not self.error.value:
            self._since = trio.current_time()
            _log.error("buffer %s: rows are kept in memory until the disk takes them again", text)
        self.error.value = text

    def renamed(self, aside: Path) -> None:
        """The damaged file got out of the way."""
        self.damaged = False
        _log.error("buffer: the damaged file was set aside as %s; a new one is begun", aside)

    def lost(self, messages: int) -> None:
        """So many messages were in the damaged file alone."""
        _log.error("buffer: %d messages that waited are in the damaged file only", messages)

    def over(self) -> None:
        """The disk has taken everything."""
        if self.error.value:
            lasted = trio.current_time() - self._since
            _log.info("buffer %s takes rows again, after %.1f s", self._directory, lasted)
        self.error.value = ""
