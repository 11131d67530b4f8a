"""A folder for the test's own buffer: where the configured one is, and gone at the end."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from warlogix.errors import BufferUnusable

_PREFIX = "warlogix-stress-"


@contextmanager
def folder_beside(buffer: Path) -> Iterator[Path]:
    """A new folder on the file system of `buffer`, whether that is there yet or not.

    It is removed with all that is in it, however the block ends. *Errors*: `BufferUnusable`.
    """
    folder = _made(buffer)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _made(buffer: Path) -> Path:
    """Beside the buffer; inside it where only that is its file system, or may be written to."""
    problem: OSError | None = None
    for place in _places(buffer):
        try:
            return Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
        except OSError as exc:
            problem = exc
    reason = problem.strerror if problem else "it is not a folder"
    raise BufferUnusable(
        f"no folder can be made for the test beside or in {buffer}: {reason}; make one of the two"
        " writable for this user, or name another directory in [buffer]"
    ) from problem


def _places(buffer: Path) -> Iterator[Path]:
    if not buffer.exists():
        yield next(place for place in buffer.absolute().parents if place.exists())
        return
    if buffer.stat().st_dev == buffer.parent.stat().st_dev:
        yield buffer.parent
    yield buffer
