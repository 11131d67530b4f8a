"""The buffer's own troubles: a disk that takes nothing, files that are damaged or newer."""

import logging
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
import trio
import trio.testing

from tests.outboxes import A, B, change, event, full_disk, opened, take, take_all, values
from warlogix.errors import BufferUnusable
from warlogix.outbox import Outbox, memory, trouble
from warlogix.outbox.log import Log
from warlogix.outbox.work import Outcome

FILE = "outbox.sqlite"


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is tried again soon, so that nobody waits for it."""
    monkeypatch.setattr(trouble, "RETRY", 0.02)


async def test_a_disk_that_takes_nothing_stops_no_row(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """On a full disk append returns, rows are handed on, the error is told once; then all is
    written as soon as the disk takes it, and the error is over."""
    caplog.set_level(logging.INFO)
    with trio.fail_after(15):
        async with opened(tmp_path) as outbox:
            await outbox.append([change("a", clusters=(A, B))])
            with full_disk():
                for text in "bcd":
                    await outbox.append([change(text, clusters=(A, B))])
                assert str(tmp_path) in outbox.error.value
                assert outbox.state.error == outbox.error.value
                assert await take_all(outbox, A) == ["a", "b", "c", "d"]
            await outbox.error.wait_value("")
        assert caplog.text.count("kept in memory until the disk") == 1
        assert caplog.text.count("takes rows again") == 1
        async with opened(tmp_path) as outbox:
            assert outbox.waiting(A).messages == 0
            assert await take_all(outbox, B) == ["a", "b", "c", "d"]


async def test_memory_is_bounded_while_the_disk_takes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Behind memory's limit the oldest changes are dropped and counted, events never."""
    monkeypatch.setattr(memory, "LIMIT", 10_000)
    with trio.fail_after(15):
        async with opened(tmp_path, (A,)) as outbox:
            with full_disk():
                await outbox.append([event("e")])
                for number in range(200):
                    await outbox.append([change(str(number))])
                dropped = outbox.waiting(A).dropped
                assert 0 < dropped < 200
                assert outbox.state.dropped == dropped
                assert outbox.waiting(A).messages == 201 - dropped
                assert values(await take(outbox.reader(A, "triggers"))) == ["e"]
            await outbox.error.wait_value("")
        assert caplog.text.count("dropped from now on") == 1
        async with opened(tmp_path, (A,)) as outbox:
            assert outbox.waiting(A).dropped == dropped
            rest = values(await take(outbox.reader(A, "changes")))
            assert rest == [str(number) for number in range(dropped, 200)]


async def test_it_opens_on_a_full_disk_and_keeps_what_is_there(tmp_path: Path) -> None:
    """A gateway that starts on a full disk starts all the same; old and new rows come in order."""
    with trio.fail_after(15):
        async with opened(tmp_path, (A,)) as outbox:
            await outbox.append([change("old")])
        with full_disk():
            async with opened(tmp_path, (A,)) as outbox:
                assert outbox.error.value
                assert outbox.waiting(A).messages == 1
                await outbox.append([change("lost with the process")])
        async with opened(tmp_path, (A,)) as outbox:
            with full_disk():
                await outbox.append([change("new")])
            await outbox.error.wait_value("")
            assert await take_all(outbox, A) == ["old", "new"]


async def test_a_new_folder_on_a_full_disk_works_from_memory(tmp_path: Path) -> None:
    """The first start of all may meet a full disk: rows go on, and are written when it can."""
    folder = tmp_path / "buffer"
    with trio.fail_after(15):
        with full_disk():
            async with opened(folder, (A,)) as outbox:
                await outbox.append([change("a")])
                assert values(await take(outbox.reader(A, "changes"))) == ["a"]
                resumed = outbox
        async with opened(folder, (A,)) as outbox:
            with full_disk():
                await outbox.append([change("b")])
            await outbox.error.wait_value("")
    assert resumed is not outbox


@pytest.mark.parametrize("damage", ["torn", "garbage", "not a database", "empty", "foreign"])
async def test_a_damaged_file_is_set_aside_by_name(
    tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A torn, overwritten or foreign file is renamed, the log names it, a new one is begun."""
    path = tmp_path / FILE
    with trio.fail_after(15):
        async with opened(tmp_path, (A,)) as outbox:
            for _ in range(20):
                await outbox.append([change("x" * 20_000)])
        _damage(path, damage)
        async with opened(tmp_path, (A,)) as outbox:
            await outbox.append([change("a")])
            assert (await take_all(outbox, A))[-1] == "a"
            assert outbox.error.value == ""
    aside = _set_aside(tmp_path)
    if damage == "empty":
        assert aside == []
    else:
        assert len(aside) == 1
        assert aside[0].name in caplog.text


def _set_aside(directory: Path) -> list[Path]:
    return list(directory.glob(f"{FILE}.damaged-*Z"))


def _damage(path: Path, damage: str) -> None:
    size = path.stat().st_size
    if damage == "torn":
        with path.open("r+b") as file:
            file.truncate(size // 2)
    elif damage == "garbage":
        with path.open("r+b") as file:
            file.seek(4096)
            file.write(b"\xa5" * (size - 4096))
    elif damage == "not a database":
        path.write_bytes(b"this is a text file\n" * 1000)
    elif damage == "empty":
        path.write_bytes(b"")
    else:
        path.unlink()
        other = sqlite3.connect(path)
        other.execute("CREATE TABLE somebody (else_s)")
        other.close()


async def test_a_row_that_is_not_what_was_written_is_never_sent(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A flipped byte inside a message is noticed when it is read: the file is set aside, what
    it alone had is counted as dropped, and new rows go on."""
    path = tmp_path / FILE
    with trio.fail_after(15):
        async with opened(tmp_path, (A,)) as outbox:
            await outbox.append([change("precious" * 10, "b")])
        content = path.read_bytes()
        assert content.count(b"precious" * 10) == 1
        path.write_bytes(content.replace(b"precious" * 10, b"preciouz" * 10))
        async with opened(tmp_path, (A,)) as outbox, trio.open_nursery() as nursery:
            nursery.start_soon(outbox.append, [change("new")])
            assert values(await take(outbox.reader(A, "changes"))) == ["new"]
            assert outbox.waiting(A).dropped == 2
            assert outbox.state.dropped == 2
            await outbox.error.wait_value("")
        assert "damaged-" in caplog.text
        async with opened(tmp_path, (A,)) as outbox:
            assert values(await take(outbox.reader(A, "changes"))) == ["new"]


async def test_rows_in_hand_survive_the_damage_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a reader has taken is written to the new file when the old one breaks."""
    monkeypatch.setattr(memory, "SHARE", 0)
    path = tmp_path / FILE
    with trio.fail_after(15):
        async with opened(tmp_path, (A,)) as outbox:
            await outbox.append([change("a" * 50)])
            await outbox.append([change("b" * 50)])
        content = path.read_bytes()
        path.write_bytes(content.replace(b"b" * 50, b"c" * 50))
        async with opened(tmp_path, (A,)) as outbox, trio.open_nursery() as nursery:
            reader = outbox.reader(A, "changes")
            assert values(await take(reader, 1)) == ["a" * 50]
            nursery.start_soon(take, reader)
            await outbox.error.wait_value(bool)
            await outbox.append([change("d")])
            await outbox.error.wait_value("")
            assert outbox.waiting(A).dropped == 1
        async with opened(tmp_path, (A,)) as outbox:
            assert await take_all(outbox, A) == ["a" * 50, "d"]


@pytest.mark.parametrize(("table", "column"), [("clusters", "name"), ("states", "key")])
async def test_a_name_that_is_no_text_is_damage(tmp_path: Path, table: str, column: str) -> None:
    """A name in the file that is no text any more is damage like any other: it opens all the
    same."""
    with trio.fail_after(60):
        async with opened(tmp_path, (A,)) as outbox:
            await outbox.append([change("a")], notes={"key": b"value"})
        with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as tool:
            tool.execute(f"UPDATE {table} SET {column} = CAST(x'fffe' AS TEXT)")
        async with opened(tmp_path, (A,)) as outbox:
            assert outbox.notes == {}
            assert (await outbox.append([change("b")])).durable
    assert len(_set_aside(tmp_path)) == 1


async def test_a_newer_format_is_refused_and_left_alone(tmp_path: Path) -> None:
    """A file of a newer release is an error that says what to do; nothing is renamed."""
    with trio.fail_after(60):
        async with opened(tmp_path):
            pass
        db = sqlite3.connect(tmp_path / FILE)
        db.execute("PRAGMA user_version = 99")
        db.close()
        with pytest.raises(BufferUnusable, match=r"newer release \(format 99"):
            async with opened(tmp_path):
                pytest.fail("it was written by a newer release")
    assert _set_aside(tmp_path) == []


async def test_a_file_that_somebody_else_locks_is_waited_for(tmp_path: Path) -> None:
    """A tool that holds the file stops no row; when it lets go the rows are on disk."""
    with trio.fail_after(15):
        async with opened(tmp_path, (A,)) as outbox:
            with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as tool:
                tool.execute("BEGIN IMMEDIATE")
                await outbox.append([change("a")])
                assert "locked" in outbox.error.value
                assert values(await take(outbox.reader(A, "changes"))) == ["a"]
            await outbox.error.wait_value("")
        async with opened(tmp_path, (A,)) as outbox:
            assert await take_all(outbox, A) == ["a"]


async def test_closing_does_not_wait_for_a_disk_that_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A disk that answers nothing delays the end by a bounded time; who still waits is told."""
    answered = threading.Event()
    monkeypatch.setattr(Log, "commit", lambda *_: answered.wait(90) and Outcome())
    monkeypatch.setattr("warlogix.outbox.outbox.CLOSE_TIME", 0.05)
    with trio.fail_after(60):
        async with trio.open_nursery() as nursery:
            async with opened(tmp_path, (A,)) as outbox:
                _append_beyond_the_end(nursery, outbox)
                await trio.testing.wait_all_tasks_blocked()
            answered.set()
    assert "did not answer in time" in caplog.text


def _append_beyond_the_end(nursery: trio.Nursery, outbox: Outbox) -> None:
    nursery.start_soon(_append_in_vain, outbox)
    nursery.start_soon(_append_in_vain, outbox)


async def _append_in_vain(outbox: Outbox) -> None:
    with pytest.raises(trio.ClosedResourceError):
        await outbox.append([change("a")])
