"""A port on loopback that lets clients in, or refuses them, and is nobody else's meanwhile.

async with open_door(serve) as door:
    connect(door.port)
    door.shut()         # from now on connecting is refused
    door.open()
"""

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import trio

HOST = "127.0.0.1"

Serve = Callable[[trio.SocketStream], Awaitable[None]]


class Door:
    """Each client that comes in gets a task that serves it."""

    def __init__(self, serve: Serve, nursery: trio.Nursery) -> None:
        self._serve = serve
        self._nursery = nursery
        # Bound and not listening: the kernel refuses whoever comes, and gives the port to nobody.
        self._holder = _bound(0)
        self.port: int = self._holder.getsockname()[1]
        self._listener: trio.SocketListener | None = None

    @property
    def is_open(self) -> bool:
        """Whether clients are let in."""
        return self._listener is not None

    def open(self) -> None:
        """Let clients in."""
        if self._listener is None:
            opened = _bound(self.port)
            opened.listen(128)
            self._listener = trio.SocketListener(trio.socket.from_stdlib_socket(opened))
            self._nursery.start_soon(self._listen, self._listener)

    def shut(self) -> None:
        """Refuse whoever comes; who is in stays."""
        if self._listener is not None:
            self._listener.socket.close()
            self._listener = None

    def close(self) -> None:
        """Free the port."""
        self.shut()
        self._holder.close()

    async def _listen(self, listener: trio.SocketListener) -> None:
        while True:
            try:
                stream = await listener.accept()
            except trio.ClosedResourceError:
                return
            self._nursery.start_soon(self._serve, stream)


@asynccontextmanager
async def open_door(serve: Serve) -> AsyncIterator[Door]:
    """An open door; whoever is in is cut off at the end."""
    async with trio.open_nursery() as nursery:
        door = Door(serve, nursery)
        try:
            door.open()
            yield door
        finally:
            door.close()
        nursery.cancel_scope.cancel()


def _bound(port: int) -> socket.socket:
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind((HOST, port))
    return held
