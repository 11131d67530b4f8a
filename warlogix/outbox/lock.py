"""A folder belongs to one running process."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from warlogix.errors import BufferInUse, BufferUnusable


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Hold `directory`, made if it is missing, until the block ends or the process does.

    Errors: `BufferInUse` naming the process that holds it; `BufferUnusable` when the folder
    cannot be made or its lock file cannot be opened.
    """
    path = directory / "lock"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        descriptor = _open(path)
    except OSError as exc:
        raise BufferUnusable(
            f"the buffer's folder {directory} cannot be used: {exc.strerror}; "
            "make it writable for this user, or name another one as directory in [buffer]"
        ) from exc
    try:
        _lock(descriptor, directory)
        yield
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    """A descriptor to lock: also a folder that has become read-only can be held."""
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError:
        return os.open(path, os.O_RDONLY)


def _lock(descriptor: int, directory: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as exc:
        owner = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
        raise BufferInUse(
            f"{directory} is the buffer of a gateway that runs already (process {owner or '?'})"
        ) from exc
    # The process id is for people; on a disk that is full or read-only the lock holds without.
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
