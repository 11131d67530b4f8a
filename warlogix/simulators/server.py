"""A simulated PLC's place on loopback, whatever protocol it speaks, and how it misbehaves.

    class S7Simulator(Simulator): ...

    async with open_simulator(simulator): ...

The methods take effect at once, from the same Trio thread, while clients are connected.
"""

import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Protocol, TypeVar

import trio
from trio_util import AsyncValue

HOST = "127.0.0.1"

# What becomes of an answer on its way out: other bytes, b"" for silence, None to cut the
# connection instead. The request has been carried out by then.
Spoiler = Callable[[bytes], bytes | None]


class ProtocolError(Exception):
    """Bytes that no client of the protocol sends: the connection is cut, as a PLC does."""


class Conversation(Protocol):
    """One client's side of the talk: bytes in, messages out, without sockets and without time.

    `over` turns true when the PLC wants the connection closed after its last answer. The methods
    raise `ProtocolError`.
    """

    over: bool

    def receive(self, chunk: bytes | bytearray) -> Iterator[bytes]:
        """The whole messages that the bytes have completed, in order."""

    def answer(self, message: bytes) -> bytes:
        """What to send for one message; empty when there is nothing to say."""


class Simulator:
    """A running PLC with its port.

    `delay` holds each answer back by that many seconds. `spoil` changes answers on their way.
    `most_connections` is how many clients are served at once; further ones are cut at once, as a
    PLC does that has no connection left. `connections` and `held` (requests that wait for
    `resume`) are values to wait on, as is `carried_out`, how many requests were so far.
    `accepted` counts the connections that were ever taken.
    """

    def __init__(self, converse: Callable[[], Conversation], port: int = 0) -> None:
        self.delay = 0.0
        self.spoil: Spoiler | None = None
        self.most_connections = 32
        self.accepted = 0
        self.connections: AsyncValue[int] = AsyncValue(0)
        self.held: AsyncValue[int] = AsyncValue(0)
        self.carried_out: AsyncValue[int] = AsyncValue(0)
        self._new_conversation = converse
        self._nursery: trio.Nursery | None = None
        self._links: set[trio.CancelScope] = set()
        self._running = AsyncValue(True)
        # What holds the port, so that nobody else gets it; it listens while there is a door.
        self._held = _bound(port)
        self._door: trio.SocketListener | None = None
        self.port: int = self._held.getsockname()[1]

    def stall(self) -> None:
        """Stop like a PLC whose network hangs: requests are taken and wait, not carried out."""
        self._running.value = False

    def resume(self) -> None:
        """Carry out and answer what waits, in its order."""
        self._running.value = True

    def drop(self) -> None:
        """Cut every connection; requests that wait are lost, not carried out."""
        for link in self._links:
            link.cancel()
        self._links.clear()

    def refuse(self) -> None:
        """Let nobody in: connecting is refused. Connections that are open stay."""
        if self._door is not None:
            self._shut_door(self._door)
            self._held = _bound(self.port)

    def accept(self) -> None:
        """Let clients in, on the same port as ever."""
        if self._door is None and self._nursery is not None:
            self._held.listen(128)
            self._door = trio.SocketListener(trio.socket.from_stdlib_socket(self._held))
            self._nursery.start_soon(self._listen, self._door)

    async def serve(self, nursery: trio.Nursery) -> None:
        """Let clients in, each served by a task of the nursery."""
        self._nursery = nursery
        self.accept()
        await trio.lowlevel.checkpoint()

    def close(self) -> None:
        """Free the port. Connections that are open stay."""
        if self._door is not None:
            self._shut_door(self._door)
        self._held.close()

    def _shut_door(self, door: trio.SocketListener) -> None:
        door.socket.close()
        self._door = None

    async def pass_on(self, answer: bytes) -> bytes | None:
        """An answer as it leaves, after the delay."""
        self.carried_out.value += 1
        if self.delay:
            await trio.sleep(self.delay)
        return self.spoil(answer) if answer and self.spoil is not None else answer

    async def wait_while_stalled(self) -> None:
        """Hold a request back for as long as the PLC is stalled."""
        if self._running.value:
            return
        self.held.value += 1
        try:
            await self._running.wait_value(True)
        finally:
            self.held.value -= 1

    async def _listen(self, door: trio.SocketListener) -> None:
        assert self._nursery is not None
        while True:
            try:
                stream = await door.accept()
            except trio.ClosedResourceError:
                return
            self._nursery.start_soon(self._serve, stream)

    async def _serve(self, stream: trio.SocketStream) -> None:
        async with stream:
            if len(self._links) >= self.most_connections:
                return
            with trio.CancelScope() as link:
                self._links.add(link)
                self.accepted += 1
                self.connections.value += 1
                try:
                    await self._converse(stream)
                except (ProtocolError, trio.BrokenResourceError):
                    return
                finally:
                    self._links.discard(link)
                    self.connections.value -= 1

    async def _converse(self, stream: trio.SocketStream) -> None:
        conversation = self._new_conversation()
        while chunk := await stream.receive_some():
            for message in conversation.receive(chunk):
                await self.wait_while_stalled()
                answer = await self.pass_on(conversation.answer(message))
                if answer is None:
                    return
                if answer:
                    await stream.send_all(answer)
                if conversation.over:
                    return


S = TypeVar("S", bound=Simulator)


@asynccontextmanager
async def open_simulator(simulator: S) -> AsyncIterator[S]:
    """The PLC serves on loopback until the block is left."""
    async with trio.open_nursery() as nursery:
        try:
            await simulator.serve(nursery)
            yield simulator
        finally:
            simulator.close()
        nursery.cancel_scope.cancel()


def _bound(port: int) -> socket.socket:
    """A socket that holds the port on loopback, 0 for any free one."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        held.bind((HOST, port))
    except OSError:
        held.close()
        raise
    return held
