"""Which signals end a process."""

import signal

import pytest

from warlogix.signals import told_to_end


def test_a_closed_terminal_ends_nothing_under_nohup(monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGTERM ends a process always, SIGHUP unless it is ignored already."""
    assert told_to_end() == (signal.SIGTERM, signal.SIGHUP)
    monkeypatch.setattr(signal, "getsignal", lambda _: signal.SIG_IGN)
    assert told_to_end() == (signal.SIGTERM,)
