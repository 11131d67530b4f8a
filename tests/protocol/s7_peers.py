"""Two peers for S7 servers: the python-snap7 client in a thread, and bytes written by hand."""

import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

import trio
from snap7.client import Client

T = TypeVar("T")

GREETING = bytes.fromhex("03000016 11e00000000100 c1020100 c2020101 c0010a")


class Peer:
    """A snap7 client whose calls run in a thread; a call's own time limit is 5 s."""

    def __init__(self) -> None:
        self.client = Client()
        self._limiter = trio.CapacityLimiter(1)

    async def call(self, method: Callable[..., T], *args: object) -> T:
        """Call a method of the client and wait for its result."""
        return await trio.to_thread.run_sync(partial(method, *args), limiter=self._limiter)


@asynccontextmanager
async def snap7_peer(port: int, *, slot: int = 1, pdu_length: int = 960) -> AsyncIterator[Peer]:
    """A connected snap7 client."""
    peer = Peer()
    peer.client.pdu_length = pdu_length
    await peer.call(peer.client.connect, "127.0.0.1", 0, slot, port)
    try:
        yield peer
    finally:
        with trio.CancelScope(shield=True):
            await peer.call(peer.client.disconnect)


def job(reference: int, parameters: bytes, data: bytes = b"") -> bytes:
    """One S7 request, framed."""
    message = struct.pack(">BBHHHH", 0x32, 1, 0, reference, len(parameters), len(data))
    message += parameters + data
    return struct.pack(">BBHBBB", 3, 0, len(message) + 7, 2, 0xF0, 0x80) + message


def item(transport: int, count: int, start: int, *, db: int = 1, area: int = 0x84) -> bytes:
    """One variable of a request; `start` is a bit address."""
    return b"\x12\x0a\x10" + struct.pack(">BHHB", transport, count, db, area) + start.to_bytes(3)


def read_job(reference: int, *items: bytes) -> bytes:
    """A read request, framed."""
    return job(reference, bytes((4, len(items))) + b"".join(items))


def write_job(reference: int, items: list[bytes], values: bytes) -> bytes:
    """A write request, framed."""
    return job(reference, bytes((5, len(items))) + b"".join(items), values)


def setup_job(pdu_length: int, jobs: int = 1) -> bytes:
    """The request that sets up communication, framed."""
    return job(0, b"\xf0\0" + struct.pack(">HHH", jobs, jobs, pdu_length))


class RawPeer:
    """A TCP stream that is read frame by frame."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self.stream = stream
        self._buffer = b""

    async def ask(self, frame: bytes) -> bytes:
        """Send a frame and return what follows the COTP header of the next one."""
        await self.stream.send_all(frame)
        return (await self.frame())[7:]

    async def frame(self) -> bytes:
        """The next frame; b"" when the server has closed."""
        while len(self._buffer) < 4 or len(self._buffer) < self._announced():
            chunk = await self.stream.receive_some()
            if not chunk:
                return b""
            self._buffer += chunk
        frame, self._buffer = self._buffer[: self._announced()], self._buffer[self._announced() :]
        return frame

    def _announced(self) -> int:
        return int.from_bytes(self._buffer[2:4], "big")


@asynccontextmanager
async def raw_peer(port: int, *, pdu_length: int = 960) -> AsyncIterator[RawPeer]:
    """A raw connection that has greeted and, unless pdu_length is 0, set up communication."""
    async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
        peer = RawPeer(stream)
        await peer.ask(GREETING)
        if pdu_length:
            await peer.ask(setup_job(pdu_length))
        yield peer
