"""A Siemens S7 on loopback that any S7 client can talk to, and that can be made to misbehave.

    async with open_s7_simulator(Memory({1: bytearray(64)})) as plc:
        client.connect("127.0.0.1", 0, 1, plc.port)
        plc.db(1)[4:8] = (42).to_bytes(4, "big")
        plc.stall()

The methods take effect at once, from the same Trio thread, while clients are connected.
"""

import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import trio
from trio_util import AsyncValue

from warlogix.simulators.s7.journal import Journal
from warlogix.simulators.s7.memory import Memory
from warlogix.simulators.s7.station import S7_1500, Cpu, Session, Station
from warlogix.simulators.s7.wire import ProtocolError

HOST = "127.0.0.1"

# What becomes of an answer on its way out: other bytes, b"" for silence, None to cut the
# connection instead. The request has been carried out by then.
Spoiler = Callable[[bytes], bytes | None]


class S7Simulator:
    """A running CPU with its port.

    `delay` holds each answer back by that many seconds. `spoil` changes answers on their way.
    `most_connections` is how many clients are served at once; further ones are cut at once, as a
    CPU does that has no connection left. `connections` and `held` (requests that wait for
    `resume`) are values to wait on, as is `carried_out`, how many requests were so far.
    """

    def __init__(self, station: Station, port: int, nursery: trio.Nursery) -> None:
        self.station = station
        self.delay = 0.0
        self.spoil: Spoiler | None = None
        self.most_connections = 32
        self.connections: AsyncValue[int] = AsyncValue(0)
        self.held: AsyncValue[int] = AsyncValue(0)
        self.carried_out: AsyncValue[int] = AsyncValue(0)
        self._nursery = nursery
        self._links: set[trio.CancelScope] = set()
        self._running = AsyncValue(True)
        # Open it listens; closed it keeps the port, so that nobody else gets it meanwhile.
        self._door: trio.SocketListener | None = None
        self._closed_door = _bound(port)
        self.port: int = self._closed_door.getsockname()[1]

    @property
    def journal(self) -> Journal:
        """What has happened so far."""
        return self.station.journal

    def db(self, number: int) -> bytearray:
        """The live bytes of a data block."""
        return self.station.memory.dbs[number]

    def poke(self, db: int, start: int, data: bytes) -> None:
        """Put bytes into a data block as the CPU's own program would, and note it."""
        self.db(db)[start : start + len(data)] = data
        self.journal.note_change(db, start, data)

    def stall(self) -> None:
        """Stop like a CPU whose network hangs: requests are taken and wait, not carried out."""
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
            self._door.socket.close()
            self._door = None
            self._closed_door = _bound(self.port)

    def accept(self) -> None:
        """Let clients in, on the same port as ever."""
        if self._door is None:
            self._closed_door.close()
            opened = _bound(self.port)
            opened.listen(128)
            self._door = trio.SocketListener(trio.socket.from_stdlib_socket(opened))
            self._nursery.start_soon(self._listen, self._door)

    def close(self) -> None:
        """Free the port. Connections that are open stay."""
        self.refuse()
        self._closed_door.close()

    def restart(self, memory: Memory | None = None) -> None:
        """Begin anew: connections are cut, the memory is kept or replaced."""
        self.drop()
        if memory is not None:
            self.station.memory = memory

    async def _listen(self, door: trio.SocketListener) -> None:
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
                self.journal.connections += 1
                self.connections.value += 1
                try:
                    await self._converse(stream)
                except (ProtocolError, trio.BrokenResourceError):
                    return
                finally:
                    self._links.discard(link)
                    self.connections.value -= 1

    async def _converse(self, stream: trio.SocketStream) -> None:
        session = Session(self.station)
        while chunk := await stream.receive_some():
            for message in session.receive(chunk):
                await self._wait_while_stalled()
                answer: bytes | None = session.answer(message)
                self.carried_out.value += 1
                if self.delay:
                    await trio.sleep(self.delay)
                if answer and self.spoil is not None:
                    answer = self.spoil(answer)
                if answer is None:
                    return
                if answer:
                    await stream.send_all(answer)
                if session.over:
                    return

    async def _wait_while_stalled(self) -> None:
        if self._running.value:
            return
        self.held.value += 1
        try:
            await self._running.wait_value(True)
        finally:
            self.held.value -= 1


@asynccontextmanager
async def open_s7_simulator(
    memory: Memory,
    *,
    cpu: Cpu = S7_1500,
    port: int = 0,
    clock: Callable[[], float] = time.time,
) -> AsyncIterator[S7Simulator]:
    """A CPU that serves the memory on loopback until the block is left."""
    async with trio.open_nursery() as nursery:
        station = Station(cpu, memory, Journal(clock))
        simulator = S7Simulator(station, port, nursery)
        simulator.accept()
        try:
            yield simulator
        finally:
            simulator.close()
        nursery.cancel_scope.cancel()


def _bound(port: int) -> socket.socket:
    """A socket that holds the port on loopback, 0 for any free one."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind((HOST, port))
    return held
