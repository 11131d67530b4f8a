"""Looking a PLC's name up where the name server is dead."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import trio

from warlogix.drivers.dialling import dial
from warlogix.errors import Unreachable
from warlogix.tags import Endpoint

HOST = "127.0.0.1"


class Names:
    """A name server that is silent about one host until it is told to speak."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.speaks = threading.Event()
        self._real = socket.getaddrinfo

    def look_up(self, host: str, *arguments: Any) -> object:
        """Stands for `socket.getaddrinfo`."""
        if host != HOST:
            self.asked.append(host)
        if host == "plc":
            self.speaks.wait(20)
        return self._real(HOST, *arguments)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[Names]:
    """A name server that is silent about the host plc."""
    found = Names()
    monkeypatch.setattr("warlogix.drivers.dialling.socket.getaddrinfo", found.look_up)
    yield found
    found.speaks.set()


async def test_a_silent_name_server_costs_one_thread_and_nobody_else(names: Names) -> None:
    """Attempt after attempt waits for the one thread; other hosts are found meanwhile, and the
    host itself as soon as the name server speaks."""
    with trio.fail_after(20):
        (listener,) = await trio.open_tcp_listeners(0, host=HOST)
        port = listener.socket.getsockname()[1]
        async with listener:
            for host in ("plc", "PLC", "plc"):
                with pytest.raises(Unreachable, match="no answer from"):
                    await dial(Endpoint("Press", "s7", host, port, timeout=0.05), 102)
            other = Endpoint("Mixer", "s7", "other", port, timeout=10)
            await (await dial(other, 102)).aclose()
            assert sorted(names.asked) == ["other", "plc"]
            names.speaks.set()
            late = Endpoint("Press", "s7", "plc", port, timeout=10)
            await (await dial(late, 102)).aclose()
    assert sorted(names.asked) == ["other", "plc", "plc"]
