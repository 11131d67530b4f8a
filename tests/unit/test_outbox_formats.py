"""A buffer that an earlier release has left is taken over with all that waits in it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import trio

from tests.outboxes import A, B, change, full_disk, opened, origin, take, values
from warlogix.outbox import Outbox, Waiting, schema, trouble

FILE = "outbox.sqlite"
# When the file was left, in seconds since 1970.
LEFT = 1_795_271_763


def leave(folder: Path) -> None:
    """Put the file of an earlier release into the folder."""
    with closing(sqlite3.connect(folder / FILE)) as db:
        db.executescript(Path(__file__).with_name("outbox_format_1.sql").read_text())


def version(folder: Path) -> int:
    """The format of the file in the folder."""
    with closing(sqlite3.connect(folder / FILE)) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


async def seen(outbox: Outbox, cluster: str, lane: str, count: int) -> list[str]:
    """So many messages of a lane, confirmed."""
    reader = outbox.reader(cluster, lane)
    found: list[str] = []
    while len(found) < count:
        rows = await take(reader)
        reader.confirm(rows[-1].id)
        found += values(rows)
    return found


async def see_all(folder: Path) -> None:
    """Open the folder, and find what the earlier release left in it, and what was added since."""
    async with opened(folder, wall=lambda: LEFT) as outbox:
        assert outbox.notes == {"sequence": b"8"}
        assert outbox.state.dropped == 26
        await outbox.append([change("new")])
        assert await seen(outbox, A, "triggers", 1) == ["e"]
        assert await outbox.waiting_origins(A, "write-responses") == [(1, origin("yes"))]
        assert await seen(outbox, A, "write-responses", 1) == ["yes"]
        assert await seen(outbox, A, "changes", 3) == ["1", "2", "new"]
        assert await seen(outbox, B, "changes", 1) == ["3"]
        assert outbox.waiting(A) == Waiting(messages=0, oldest=0, dropped=26, refused=0)


async def test_a_file_of_the_earlier_format_is_upgraded(tmp_path: Path) -> None:
    """Rows, positions, notes and counts of an earlier release are there and go on; the file is
    of the present format then."""
    leave(tmp_path)
    with trio.fail_after(60):
        await see_all(tmp_path)
    assert version(tmp_path) == schema.VERSION


async def test_an_upgrade_that_failed_has_changed_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file whose upgrade breaks off in the middle is as it was, and is upgraded next time."""
    leave(tmp_path)
    before = (tmp_path / FILE).read_bytes()
    with monkeypatch.context() as broken, closing(sqlite3.connect(tmp_path / FILE)) as db:
        broken.setitem(schema._UPGRADES, 1, f"{schema._UPGRADES[1]} SELECT * FROM nowhere;")
        with pytest.raises(sqlite3.OperationalError, match="nowhere"):
            schema.prepare(db, tmp_path / FILE, 100)
        # The journal's mode is set before.
    assert (tmp_path / FILE).read_bytes()[100:] == before[100:]
    with trio.fail_after(60):
        await see_all(tmp_path)


async def test_an_earlier_format_on_a_full_disk_is_read_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the disk takes no upgrade what waits is known and new rows go on in memory; the file
    is upgraded when the disk takes it."""
    monkeypatch.setattr(trouble, "RETRY", 0.02)
    leave(tmp_path)
    with trio.fail_after(60):
        with full_disk():
            async with opened(tmp_path, wall=lambda: LEFT) as outbox:
                assert outbox.error.value
                assert outbox.waiting(A).messages == 4
        assert version(tmp_path) == 1
        async with opened(tmp_path, wall=lambda: LEFT) as outbox:
            with full_disk():
                await outbox.append([change("on the way")])
            await outbox.error.wait_value("")
            assert await seen(outbox, A, "changes", 3) == ["1", "2", "on the way"]
    assert version(tmp_path) == schema.VERSION
