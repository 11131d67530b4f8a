"""The file of refused messages: one JSON line each, kept until an operator takes them away."""

import logging
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import trio
from msgspec import UNSET, Raw, Struct, UnsetType
from trio_util import AsyncValue

from warlogix.messages import as_header, as_text, as_value, encode, timestamp
from warlogix.outbox.rows import Refused

_log = logging.getLogger(__name__)

NAME = "refused.jsonl"
# Bytes of the file behind which changes and packs are no longer kept.
SHARE_OF_CHANGES = 100_000_000
# Seconds between attempts of who cannot go on without it.
RETRY = 1.0


class Line(Struct, frozen=True, kw_only=True):
    """One refused message: the envelope of `tail --json`, and when and why it was refused."""

    cluster: str
    topic: str
    timestamp: str
    key: str | UnsetType | None = UNSET
    key_base64: str | UnsetType = UNSET
    headers: list[tuple[str, str | None]] | UnsetType = UNSET
    value: Raw | str | UnsetType | None = UNSET
    value_base64: str | UnsetType = UNSET
    refused_at: str
    reason: str


class Aside:
    """Keeps what is refused in `path`; `error` is why who must keep something waits for it, or "".

    `wall` gives seconds since 1970.
    """

    def __init__(self, directory: Path, wall: Callable[[], float]) -> None:
        self.path = directory / NAME
        self.error = AsyncValue("")
        self._wall = wall
        self._lost = ""
        self._limiter = trio.CapacityLimiter(1)

    async def keep(self, cluster: str, messages: Sequence[Refused]) -> None:
        """The messages are on disk when this returns: it waits while the disk takes nothing."""
        while True:
            try:
                await self._append(cluster, messages, room=None)
            except OSError as exc:
                problem = f"{self.path}: {exc.strerror}"
            else:
                if self.error.value:
                    _log.info("buffer: %s takes refused messages again", self.path)
                self.error.value = ""
                return
            if not self.error.value:
                _log.error("buffer: %s; what is refused waits for it, and all behind it", problem)
            self.error.value = problem
            await trio.sleep(RETRY)

    async def keep_if_possible(self, cluster: str, messages: Sequence[Refused]) -> None:
        """Keep messages that may be lost: as long as there is room, and the disk takes them."""
        try:
            kept = await self._append(cluster, messages, room=SHARE_OF_CHANGES)
        except OSError as exc:
            lost = f"{self.path}: {exc.strerror}"
        else:
            full = f"{self.path} has {SHARE_OF_CHANGES // 1_000_000} MB, move it away"
            lost = "" if kept else full
        if lost and not self._lost:
            _log.error("buffer: %s; until then refused changes are counted and not kept", lost)
        self._lost = lost

    async def _append(self, cluster: str, messages: Sequence[Refused], room: int | None) -> bool:
        at = round(self._wall() * 1000)

        def write() -> bool:
            lines = b"".join(line(cluster, message, at) for message in messages)
            return _write(self.path, lines, room)

        return await trio.to_thread.run_sync(write, abandon_on_cancel=True, limiter=self._limiter)


def line(cluster: str, message: Refused, at: int) -> bytes:
    """The message as it is kept, refused at `at` (ms since 1970)."""
    key, key_base64 = as_text(message.key)
    value, value_base64 = as_value(message.value)
    headers = [(name, as_header(content)) for name, content in message.headers]
    kept = Line(
        cluster=cluster,
        topic=message.topic,
        timestamp=timestamp(message.timestamp),
        key=key,
        key_base64=key_base64,
        headers=headers or UNSET,
        value=value,
        value_base64=value_base64,
        refused_at=timestamp(at),
        reason=message.reason,
    )
    return encode(kept) + b"\n"


def _write(path: Path, lines: bytes, room: int | None) -> bool:
    """Append whole lines and sync them, or nothing: whether there was room for them."""
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        if room is not None and size + len(lines) > room:
            return False
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            # The machine went off in the middle of a line.
            lines = b"\n" + lines
        _write_whole(descriptor, lines, size)
    finally:
        os.close(descriptor)
    if not size:
        _sync_folder(path.parent)
    return True


def _write_whole(descriptor: int, lines: bytes, size: int) -> None:
    """Append all of `lines` to a file of this size, or leave it as it is."""
    left = memoryview(lines)
    try:
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
    except OSError:
        with suppress(OSError):
            os.ftruncate(descriptor, size)
        raise


def _sync_folder(folder: Path) -> None:
    """The name of a new file is on disk, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
