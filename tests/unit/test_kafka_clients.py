"""Clients that are freed where nobody waits for it."""

import threading
from collections.abc import Callable

import pytest
import trio

from tests.outlets import NOWHERE, cluster
from warlogix.errors import BrokerFatal
from warlogix.kafka import admin
from warlogix.kafka.admin import open_admin
from warlogix.kafka.clients import Held

LIMIT = 30


class Client:
    """One that takes long to be freed, as with a name server that is silent."""

    def __init__(self, end: Callable[[], None]) -> None:
        self._end = end

    def cluster_id(self, timeout: float) -> str:
        """An answer at once."""
        return f"id after less than {timeout} s"

    @staticmethod
    def describe_topics(*_: object, **_options: object) -> None:
        """A refusal; as of a function in C, no frame of it holds the client."""
        raise BrokerFatal("Local", "no")

    def __del__(self) -> None:
        self._end()


async def test_the_event_loop_goes_on_while_a_client_is_freed() -> None:
    """Freeing blocks a thread of its own, and nobody else."""
    begun, may_end, over = threading.Event(), threading.Event(), threading.Event()

    def end() -> None:
        begun.set()
        may_end.wait(LIMIT)
        over.set()

    held = Held(Client(end))
    held.free()
    with trio.fail_after(LIMIT):
        assert await trio.to_thread.run_sync(begun.wait, LIMIT)
        assert not over.is_set()
        may_end.set()
        assert await trio.to_thread.run_sync(over.wait, LIMIT)


@pytest.mark.parametrize("broken", [False, True])
async def test_an_admin_connection_is_freed_in_a_thread(
    monkeypatch: pytest.MonkeyPatch, *, broken: bool
) -> None:
    """Whether its block ends well or by an error, whose traceback is kept."""
    freed_in: list[int] = []
    over = threading.Event()

    def end() -> None:
        freed_in.append(threading.get_ident())
        over.set()

    monkeypatch.setattr(admin, "AdminClient", lambda _config: Client(end))
    kept: list[Exception] = []
    with trio.fail_after(LIMIT):
        try:
            async with open_admin(cluster(NOWHERE), "test") as opened:
                if broken:
                    await opened.find(["none"])
        except BrokerFatal as exc:
            kept.append(exc)
        assert await trio.to_thread.run_sync(over.wait, LIMIT)
    assert len(kept) == broken
    assert freed_in != [threading.get_ident()]
