"""Rows on their way to the disk, which takes what has gathered while it was busy.

    gathered = Gathered(commit_interval=0.1)
    nursery.start_soon(gathered.append_to, outbox)
    await gathered.room()
    gathered.add(row)
    gathered.close()            # what is there is still appended, and `append_to` returns

A row costs its share of a transaction however little is in it, so small scans share one. What is
first to come waits for others for `commit_interval` seconds: a transaction writes whole pages.
"""

import trio

from warlogix.outbox import Appends, NewRow

# A row is sent whole, also over a slow link and to a topic that takes little at once. It takes no
# more behind so many bytes; the more has gathered the more goes into one, up to the second limit.
_ROW, _LARGE_ROW = 4_000, 100_000
_SHARE = 8
# So many messages wait at the most, beside those that the disk has in hand, and what a last few
# scans bring.
_MOST = 10_000


class Gathered:
    """Rows of one lane in their order, for one task that adds and one that appends."""

    def __init__(self, commit_interval: float) -> None:
        self._commit_interval = commit_interval
        self._rows: list[NewRow] = []
        self._messages = self._size = 0
        self._room_in_last = 0
        self._since = 0.0
        self._over = False
        self._changed = trio.Event()

    async def room(self) -> None:
        """Return when rows may be added."""
        while self._messages >= _MOST:
            await self._changed.wait()

    def add(self, row: NewRow) -> None:
        """Add a row, which is nobody else's: its messages may come into the one before it."""
        self._messages += len(row.batch)
        last = self._rows[-1] if self._rows else None
        if last is None or self._room_in_last <= 0 or last.clusters != row.clusters:
            self._rows.append(row)
            self._room_in_last = min(max(_ROW, self._size // _SHARE), _LARGE_ROW)
        else:
            last.batch.keys.extend(row.batch.keys)
            last.batch.values.extend(row.batch.values)
            last.batch.timestamps.extend(row.batch.timestamps)
        size = sum(map(len, filter(None, row.batch.values)))
        self._size += size
        self._room_in_last -= size
        if last is None:
            self._since = trio.current_time()
        if last is None or self._messages >= _MOST:
            self._tell()

    def close(self) -> None:
        """Nothing is added any more."""
        self._over = True
        self._tell()

    async def append_to(self, outbox: Appends) -> None:
        """Append what has gathered, again and again until `close`."""
        while not self._over or self._rows:
            if not self._rows:
                await self._changed.wait()
                continue
            if self._commit_interval:
                await self._company()
            rows, self._rows, self._messages, self._size = self._rows, [], 0, 0
            self._tell()
            await outbox.append(rows)

    async def _company(self) -> None:
        """Wait until others had their time to come, or there are enough of them."""
        with trio.move_on_at(self._since + self._commit_interval):
            while not self._over and self._messages < _MOST:
                await self._changed.wait()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = trio.Event()
