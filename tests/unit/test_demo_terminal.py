"""Enter at `warlogix demo`: what to type in a second terminal is shown again."""

import os
import sys
from collections.abc import Iterator

import pytest
import trio
from trio.testing import MockClock

from warlogix.commands import demo


class Terminal:
    """Stands for stdin; `front` says whether what is typed is for this program."""

    def __init__(self, number: int) -> None:
        self._number = number
        self.front = False
        self.asked = 0

    def fileno(self) -> int:
        """The descriptor to read from."""
        return self._number

    def group(self, _: int) -> int:
        """The process group in front."""
        self.asked += 1
        return os.getpgrp() if self.front else 0


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """What is typed, and who types."""
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


async def test_enter_works_again_after_the_background(
    pipe: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    autojump_clock: MockClock,
) -> None:
    """What is typed while the demo is in the background is left to others, looked at once a
    second, and shows the lines as soon as the demo is in front again."""
    terminal = Terminal(pipe[0])
    monkeypatch.setattr(sys, "stdin", terminal)
    monkeypatch.setattr(os, "tcgetpgrp", terminal.group)
    os.write(pipe[1], b"\n")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(demo._repeat, ["in a second terminal"])
        await trio.sleep(9.5)
        assert (terminal.asked, capsys.readouterr().err) == (10, "")
        terminal.front = True
        await trio.sleep(1)
        assert capsys.readouterr().err == "in a second terminal\n"
        nursery.cancel_scope.cancel()
