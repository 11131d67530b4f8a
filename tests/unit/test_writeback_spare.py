"""An instance without a partition says that it is a spare."""

import logging
from types import SimpleNamespace

import pytest
import trio
from trio.testing import MockClock

from tests.unit.writeback_site import FakeOutbox, FakeQueue, desk
from warlogix.errors import BrokerUnavailable
from warlogix.writeback import spare
from warlogix.writeback.spare import tell_spare


class Broker:
    """Answers who looks at a topic, or does not."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.away = False
        monkeypatch.setattr(spare, "look", self.look)

    async def look(self, _desk: object) -> object:
        """Something, or the error of a broker that is away."""
        await trio.lowlevel.checkpoint()
        if self.away:
            raise BrokerUnavailable("Local", "refused")
        return SimpleNamespace()


async def test_a_spare_says_so_once_each_time_it_becomes_one(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten seconds without a partition are told once, and again after there was one."""
    caplog.set_level(logging.INFO)
    Broker(monkeypatch)
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
        await trio.sleep(4)
        assert len(caplog.messages) == 1
        await trio.sleep(100)
        nursery.cancel_scope.cancel()
    assert len(caplog.messages) == 2
    assert "seem to have all partitions of factory-writes; it waits" in caplog.messages[0]


async def test_nobody_is_a_spare_of_a_broker_that_is_away(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That nothing is held while no broker answers says nothing of other instances."""
    caplog.set_level(logging.INFO)
    broker = Broker(monkeypatch)
    broker.away = True
    async with trio.open_nursery() as nursery:
        nursery.start_soon(tell_spare, desk(FakeOutbox(), FakeQueue()), {})
        await trio.sleep(100)
        assert caplog.messages == []
        broker.away = False
        await trio.sleep(100)
        nursery.cancel_scope.cancel()
    assert len(caplog.messages) == 1
