"""The first look at the file: good, damaged, newer, or on a disk that takes nothing now."""

import logging
import sqlite3

import trio

from warlogix.errors import BufferUnusable
from warlogix.outbox.log import Log
from warlogix.outbox.schema import Damaged, is_damage
from warlogix.outbox.trouble import Trouble
from warlogix.outbox.work import Found

_log = logging.getLogger(__name__)


async def open_log(log: Log, trouble: Trouble) -> Found:
    """Open the file and tell what it holds; a damaged one is set aside.

    On a disk that takes nothing `trouble` has the reason and the file is read as it is.
    Errors: `BufferUnusable`.
    """
    try:
        return await trio.to_thread.run_sync(log.open)
    except (sqlite3.Error, OSError, Damaged) as exc:
        problem = exc
    if not is_damage(problem):
        trouble.report(problem)
        return await trio.to_thread.run_sync(_peek, log)
    _log.error("buffer: %s is damaged (%s)", log.path, problem)
    try:
        trouble.renamed(await trio.to_thread.run_sync(log.set_aside))
        return await trio.to_thread.run_sync(log.open)
    except (sqlite3.Error, OSError) as exc:
        raise BufferUnusable(f"{log.path} is damaged and cannot be set aside: {exc}") from exc


def _peek(log: Log) -> Found:
    """What the file holds, read without writing anything."""
    try:
        return log.peek()
    except (sqlite3.Error, OSError, Damaged) as exc:
        raise BufferUnusable(f"{log.path} can be neither written nor read: {exc}") from exc
