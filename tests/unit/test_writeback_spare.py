"""An instance without a partition says that it is a spare."""

import logging

import pytest
import trio
from trio.testing import MockClock

from tests.unit.writeback_site import FakeOutbox, FakeQueue, desk
from warlogix.writeback.spare import tell_spare


async def test_a_spare_says_so_once_each_time_it_becomes_one(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Ten seconds without a partition are told once, and again after there was one."""
    caplog.set_level(logging.INFO)
    held: dict[int, str] = {}
    async with trio.open_nursery() as nursery:
        nursery.start_soon(tell_spare, desk(FakeOutbox(), FakeQueue()), held)
        await trio.sleep(9.5)
        assert caplog.messages == []
        await trio.sleep(100)
        assert len(caplog.messages) == 1
        held[0] = "a partition"
        await trio.sleep(100)
        assert len(caplog.messages) == 1
        del held[0]
        await trio.sleep(9)
        assert len(caplog.messages) == 1
        await trio.sleep(100)
        nursery.cancel_scope.cancel()
    assert len(caplog.messages) == 2
    assert "seem to have all partitions of factory-writes; it waits" in caplog.messages[0]
