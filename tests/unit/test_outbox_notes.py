"""Notes are kept with the rows that they belong to, whatever happens to process, disk or file."""

import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest
import trio

from tests.outboxes import A, change, damage_row, event, full_disk, opened, take, take_all
from warlogix.outbox import Outbox, memory, trouble, writer
from warlogix.outbox.log import Log
from warlogix.outbox.work import Outcome, Work


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is tried again soon, so that nobody waits for it."""
    monkeypatch.setattr(trouble, "RETRY", 0.02)


@pytest.fixture
def crashes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Of each transaction, in order, what a crash right behind it would leave."""
    commit, folders = Log.commit, list[Path]()

    def committed(log: Log, work: Work) -> Outcome:
        outcome = commit(log, work)
        folder = tmp_path / f"crash{len(list(tmp_path.glob('crash*')))}"
        folder.mkdir()
        for name in ("outbox.sqlite", "outbox.sqlite-wal"):
            shutil.copy(log.path.with_name(name), folder / name)
        folders.append(folder)
        return outcome

    monkeypatch.setattr(Log, "commit", committed)
    return folders


async def _events_and_note(folder: Path) -> tuple[int, int]:
    async with opened(folder, (A,)) as outbox:
        return outbox.waiting(A).messages, int(outbox.notes.get("sequence", b"0"))


async def _append_counted(outbox: Outbox, numbers: Iterable[int]) -> None:
    """Events, each with the note of how many there are."""
    for number in numbers:
        await outbox.append([event(f"{number}")], notes={"sequence": b"%d" % (number + 1)})


def _set_aside(folder: Path) -> int:
    return len(list(folder.glob("*.damaged-*Z")))


async def test_notes_are_there_after_a_restart(tmp_path: Path) -> None:
    """What is noted is known at once and after a restart, with rows or without; a new value takes
    the old one's place, and None or nothing takes it away for good."""
    with trio.fail_after(60):
        async with opened(tmp_path, (A,)) as outbox:
            notes = outbox.notes
            assert notes == {}
            await outbox.append([change("a")], notes={"topic": b"old", "gone": b"1", "too": b"2"})
            assert notes == {"topic": b"old", "gone": b"1", "too": b"2"}
            receipt = await outbox.append([], notes={"topic": b"n\0w\xff", "käy": b"3" * 5000})
            assert (receipt.ids, receipt.durable) == ((), True)
            await outbox.append([], notes={"gone": None, "too": b"", "never": None})
            expected = {"topic": b"n\0w\xff", "käy": b"3" * 5000}
            assert notes == expected
        async with opened(tmp_path, (A,)) as outbox:
            assert outbox.notes == expected
            assert await take_all(outbox, A) == ["a"]
        async with opened(tmp_path, (A,)) as outbox:
            assert outbox.notes == expected


async def test_a_crash_leaves_rows_and_notes_or_neither(
    tmp_path: Path, crashes: list[Path]
) -> None:
    """Whichever transaction was the last before a crash, the note is that of the last event."""
    with trio.fail_after(20):
        async with opened(tmp_path / "running", (A,)) as outbox, trio.open_nursery() as nursery:
            # Of four tasks, so that several appends share a transaction.
            numbers = iter(range(20))
            for _ in range(4):
                nursery.start_soon(_append_counted, outbox, numbers)
        found = [await _events_and_note(folder) for folder in list(crashes)]
        assert found[-1] == (20, 20)
        assert all(events == sequence for events, sequence in found)


async def test_notes_of_a_full_disk_are_written_when_it_is_back(
    tmp_path: Path, crashes: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the disk takes nothing notes hold in memory, and the receipt tells; then they are
    written in one transaction with all events, so that a crash never parts them."""
    monkeypatch.setattr(writer, "_CHUNK_ROWS", 1)
    with trio.fail_after(20):
        async with opened(tmp_path / "running", (A,)) as outbox:
            await outbox.append([event("0")], notes={"sequence": b"1", "gone": b"x"})
            with full_disk():
                await _append_counted(outbox, range(1, 5))
                receipt = await outbox.append([], notes={"gone": None})
                assert not receipt.durable
                assert outbox.notes == {"sequence": b"5"}
                crashes.clear()
            await outbox.error.wait_value("")
        found = [await _events_and_note(folder) for folder in list(crashes)]
        assert set(found) <= {(1, 1), (5, 5)}
        assert found[-1] == (5, 5)
        async with opened(tmp_path / "running", (A,)) as outbox:
            assert outbox.notes == {"sequence": b"5"}
            assert await take_all(outbox, A, "triggers") == list("01234")


async def test_a_later_value_is_not_undone_by_the_next_full_disk(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What one full disk held up is written once: after the next the latest value is there, and
    no note is told as lost."""
    with trio.fail_after(60):
        async with opened(tmp_path, (A,)) as outbox:
            with full_disk():
                await outbox.append([], notes={"topic": b"1"})
            await outbox.error.wait_value("")
            await outbox.append([], notes={"topic": b"2"})
            with full_disk():
                await outbox.append([event("a")])
            await outbox.error.wait_value("")
            assert outbox.notes == {"topic": b"2"}
        async with opened(tmp_path, (A,)) as outbox:
            assert outbox.notes == {"topic": b"2"}
    assert "lost" not in caplog.text


async def test_a_start_on_a_full_disk_knows_the_notes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """On a disk that takes nothing the notes of the file are known; those that it never took are
    named in the log at the end, and those of before are there again."""
    with trio.fail_after(60):
        async with opened(tmp_path, (A,)) as outbox:
            await outbox.append([], notes={"topic": b"kept"})
        with full_disk():
            async with opened(tmp_path, (A,)) as outbox:
                assert outbox.notes == {"topic": b"kept"}
                await outbox.append([], notes={"topic": b"lost", "second": b"too"})
                assert outbox.notes == {"topic": b"lost", "second": b"too"}
        assert "notes that the disk did not take are lost: topic, second" in caplog.text
        async with opened(tmp_path, (A,)) as outbox:
            assert outbox.notes == {"topic": b"kept"}


async def test_notes_are_written_to_the_file_that_follows_a_damaged_one(
    tmp_path: Path, crashes: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """When a damaged file is set aside while running, all notes are in the new one, together with
    the events that were in memory, from its first transaction on."""
    monkeypatch.setattr(memory, "SHARE", 0)
    folder = tmp_path / "running"
    with trio.fail_after(20):
        async with opened(folder, (A,)) as outbox:
            await outbox.append([change("damaged" * 9)], notes={"topic": b"7", "gone": b"x"})
        damage_row(folder, b"damaged" * 9)
        async with opened(folder, (A,)) as outbox:
            await outbox.append([], notes={"gone": None})
            monkeypatch.setattr(memory, "SHARE", 10**6)
            await _append_counted(outbox, range(3))
            crashes.clear()
            async with trio.open_nursery() as reading:
                reading.start_soon(take, outbox.reader(A, "changes"))
                await outbox.error.wait_value(bool)
                await outbox.error.wait_value("")
                reading.cancel_scope.cancel()
            assert outbox.notes == {"topic": b"7", "sequence": b"3"}
        assert _set_aside(folder) == 1
        assert {await _events_and_note(crash) for crash in list(crashes)} == {(3, 3)}
        async with opened(folder, (A,)) as outbox:
            assert outbox.notes == {"topic": b"7", "sequence": b"3"}


async def test_a_note_that_is_not_what_was_written_is_never_known(tmp_path: Path) -> None:
    """A flipped byte in a note is found at the start: the file is set aside, nothing is known."""
    with trio.fail_after(60):
        async with opened(tmp_path, (A,)) as outbox:
            await outbox.append([], notes={"topic": b"precious" * 9})
        damage_row(tmp_path, b"precious" * 9)
        async with opened(tmp_path, (A,)) as outbox:
            assert outbox.notes == {}
            assert (await outbox.append([], notes={"topic": b"new"})).durable
    assert _set_aside(tmp_path) == 1


async def test_a_key_that_no_text_can_be_is_refused_alone(tmp_path: Path) -> None:
    """A key with half a character is the caller's error; everybody else's appends go on."""
    with trio.fail_after(60):
        async with opened(tmp_path, (A,)) as outbox:
            with pytest.raises(UnicodeEncodeError):
                await outbox.append([change("a")], notes={"\ud800": b"1"})
            assert outbox.waiting(A).messages == 0
            assert (await outbox.append([change("b")])).durable


async def test_a_full_buffer_takes_notes(tmp_path: Path) -> None:
    """While events fill the buffer notes are kept all the same, on disk."""
    with trio.fail_after(20):
        async with opened(tmp_path, (A,), max_size=500_000) as outbox:
            while not outbox.full.value:
                await outbox.append([event("x" * 10_000)])
            assert (await outbox.append([], notes={"topic": b"1"})).durable
        async with opened(tmp_path, (A,), max_size=500_000) as outbox:
            assert outbox.notes == {"topic": b"1"}
