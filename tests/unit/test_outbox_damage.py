"""Whatever happens to the file, what comes out is what went in, or nothing."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import hypothesis.strategies as st
import pytest
import trio
from hypothesis import given, settings

from tests.outboxes import A, change, opened, take, values
from warlogix.errors import BufferUnusable
from warlogix.outbox import Row

FILES = ("outbox.sqlite", "outbox.sqlite-wal")
# Small rows, that share a page, and large ones, that need several.
TEXTS = [f"{number:03}" + "x" * (number * 97 % 9000) for number in range(60)]
NOTES = [b"40" * 1000, b"60" * 3000]

_place = st.floats(0, 1, exclude_max=True)
_harm = st.one_of(
    st.tuples(st.just("write"), _place, st.binary(min_size=1, max_size=60)),
    st.tuples(st.just("cut"), _place, st.just(b"")),
    st.tuples(st.just("zero"), _place, st.just(bytes(4096))),
)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of an outbox that was killed: the newest rows are in the WAL."""
    folder = tmp_path_factory.mktemp("good")
    trio.run(_leave_as_after_a_kill, folder)
    return folder


async def _leave_as_after_a_kill(folder: Path) -> None:
    running = folder / "running"
    async with opened(running, (A,)) as outbox:
        await outbox.append([change(text) for text in TEXTS[:40]], notes={"texts": NOTES[0]})
    async with opened(running, (A,)) as outbox:
        await outbox.append([change(text) for text in TEXTS[40:]], notes={"texts": NOTES[1]})
        for name in FILES:
            shutil.copy(running / name, folder / name)


@settings(max_examples=100, deadline=None)
@given(harms=st.lists(_harm, min_size=1, max_size=3), target=st.sampled_from(FILES))
async def test_a_damaged_file_never_stops_or_lies(
    good: Path, harms: list[tuple[str, float, bytes]], target: str
) -> None:
    """With bytes overwritten, blocks zeroed or the end cut off, in the file or its WAL: it opens,
    takes new rows, and hands out rows as they were, in order, without one that was not; what is
    noted was noted."""
    with TemporaryDirectory() as folder, trio.fail_after(20):
        directory = Path(folder)
        _write(directory, good, target, harms)
        try:
            async with opened(directory, (A,)) as outbox:
                assert outbox.notes in ({}, {"texts": NOTES[0]}, {"texts": NOTES[1]})
                await outbox.append([change("new")])
                reader = outbox.reader(A, "changes")
                rows: list[Row] = []
                while "new" not in values(rows):
                    rows += await take(reader)
                seen = values(rows)[:-1]
                assert seen == [text for text in TEXTS if text in seen]
                reader.confirm(rows[-1].id)
                assert outbox.waiting(A).messages == 0
        except* BufferUnusable as error:
            assert "newer release" in str(error.exceptions[0])  # noqa: PT017


def _write(folder: Path, good: Path, target: str, harms: list[tuple[str, float, bytes]]) -> None:
    for name in FILES:
        content = bytearray((good / name).read_bytes())
        for harm, place, data in harms if name == target else ():
            offset = int(place * len(content))
            if harm == "cut":
                del content[offset:]
            else:
                content[offset : offset + len(data)] = data
        (folder / name).write_bytes(content)
