"""An Omron CPU on loopback that any FINS client can talk to, and that can be made to misbehave.

async with open_fins_simulator(Memory()) as plc:
    client.connect("127.0.0.1", plc.port)
    plc.words("D")[200:202] = (42).to_bytes(2, "big")      # D100
    plc.stall()
"""

import errno
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from enum import Enum

import trio

from warlogix.simulators.fins.journal import Journal
from warlogix.simulators.fins.memory import Memory
from warlogix.simulators.fins.station import CJ2M, Cpu, Session, Station
from warlogix.simulators.server import HOST, ProtocolError, Simulator, open_simulator

# How often a port is sought that is free for TCP and for UDP.
_TRIES = 50


class Way(Enum):
    """How FINS comes to the CPU."""

    TCP = "tcp"
    UDP = "udp"


BOTH = frozenset(Way)


class FinsSimulator(Simulator):
    """A running CPU with its port, for TCP and UDP alike; see `Simulator` for how it misbehaves.

    A way in that the CPU does not serve is refused as by a host without that port.
    """

    def __init__(self, station: Station, ways: frozenset[Way], port: int) -> None:
        super().__init__(lambda: Session(station, lambda: self.connections.value), port)
        self.station = station
        self._ways = ways
        self._under_way: set[trio.CancelScope] = set()
        try:
            self._mailbox = _deaf(self.port)
        except OSError:
            self._held.close()
            raise

    @property
    def journal(self) -> Journal:
        """What has happened so far."""
        return self.station.journal

    def words(self, area: str) -> bytearray:
        """The live bytes of CIO, W, H, A, D, E0 to E18, two of each word."""
        return self.station.memory.area(area)

    def poke(self, area: str, word: int, data: bytes) -> None:
        """Put bytes into an area as the CPU's own program would, and note it."""
        self.words(area)[2 * word : 2 * word + len(data)] = data
        self.journal.note_change(area, word, data)

    def restart(self, memory: Memory | None = None) -> None:
        """Begin anew: connections are cut, the memory is kept or replaced."""
        self.drop()
        if memory is not None:
            self.station.memory = memory

    def drop(self) -> None:
        """Cut every connection; requests that wait are lost, not carried out."""
        super().drop()
        for scope in self._under_way:
            scope.cancel()

    def refuse(self) -> None:
        """Let nobody in by either way. Connections that are open stay."""
        super().refuse()
        self._change_mailbox(_deaf(self.port))

    def accept(self) -> None:
        """Let clients in by the ways that the CPU serves, on the same port as ever."""
        if Way.TCP in self._ways:
            super().accept()
        if Way.UDP in self._ways and self._nursery is not None:
            opened = _listening(self.port)
            self._change_mailbox(opened)
            self._nursery.start_soon(self._collect, opened)

    def close(self) -> None:
        """Free the port. Connections that are open stay."""
        super().close()
        self._mailbox.close()

    def _change_mailbox(self, opened: trio.socket.SocketType) -> None:
        self._mailbox.close()
        self._mailbox = opened

    async def _collect(self, mailbox: trio.socket.SocketType) -> None:
        assert self._nursery is not None
        while True:
            try:
                frame, sender = await mailbox.recvfrom(4096)
            except (OSError, trio.ClosedResourceError):
                return
            self._nursery.start_soon(self._reply, mailbox, frame, sender)

    async def _reply(
        self, mailbox: trio.socket.SocketType, frame: bytes, sender: tuple[str, int]
    ) -> None:
        with trio.CancelScope() as scope:
            self._under_way.add(scope)
            try:
                await self.wait_while_stalled()
                self.journal.datagrams += 1
                answer = await self.pass_on(self.station.answer(frame))
                if answer:
                    await mailbox.sendto(answer, sender)
            except ProtocolError as exc:
                self.journal.offences.append(str(exc))
            except (OSError, trio.ClosedResourceError):
                return
            finally:
                self._under_way.discard(scope)


@asynccontextmanager
async def open_fins_simulator(
    memory: Memory,
    *,
    cpu: Cpu = CJ2M,
    ways: frozenset[Way] = BOTH,
    port: int = 0,
    clock: Callable[[], float] = time.time,
) -> AsyncIterator[FinsSimulator]:
    """A CPU that serves the memory on loopback until the block is left."""
    simulator = _bound_simulator(Station(cpu, memory, Journal(clock)), ways, port)
    async with open_simulator(simulator) as plc:
        yield plc


def _bound_simulator(station: Station, ways: frozenset[Way], port: int) -> FinsSimulator:
    """One whose port is its own for TCP and for UDP."""
    for left in reversed(range(_TRIES)):
        try:
            return FinsSimulator(station, ways, port)
        except OSError as exc:
            if port or not left or exc.errno != errno.EADDRINUSE:
                raise
    raise AssertionError("the last try returns or raises")


def _listening(port: int) -> trio.socket.SocketType:
    """A UDP socket on the port, beside the one that holds it."""
    return trio.socket.from_stdlib_socket(_bound(port))


def _deaf(port: int) -> trio.socket.SocketType:
    """A UDP socket that holds the port and takes nothing: senders learn that nobody is there."""
    held = _bound(port)
    # It talks to itself alone.
    held.connect((HOST, port))
    return trio.socket.from_stdlib_socket(held)


def _bound(port: int) -> socket.socket:
    held = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        held.bind((HOST, port))
    except OSError:
        held.close()
        raise
    return held
