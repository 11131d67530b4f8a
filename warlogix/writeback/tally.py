"""What became of one window's requests, for the log's last line about it."""

import logging

from warlogix.writes.answers import Answer
from warlogix.writes.log_lines import batch_complete, processing_batch
from warlogix.writes.settle import Settled

log = logging.getLogger(__name__)


class Tally:
    """Keeps a window's answers until every write of it has one."""

    def __init__(self, settled: Settled) -> None:
        self._left = len(settled.todo)
        self._answers = list(settled.answers)
        if log.isEnabledFor(logging.DEBUG):
            log.debug("%s", processing_batch(settled))
        self._tell()

    def note(self, answer: Answer) -> None:
        """One of its writes has its answer."""
        self._left -= 1
        self._answers.append(answer)
        self._tell()

    def _tell(self) -> None:
        if not self._left and log.isEnabledFor(logging.DEBUG):
            log.debug("%s", batch_complete(self._answers))
