"""Two peers for ADS servers: the pyads client in a thread, and bytes written by hand."""

import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from itertools import count
from typing import Any

import pyads
import trio

from warlogix.simulators.ads import NET_ID
from warlogix.simulators.ads.wire import net_id

# pyads' library keeps one route per Net ID for the whole process.
_net_ids = (f"10.20.{number // 250}.{number % 250 + 1}.1.1" for number in count())

READ_DEVICE_INFO, READ, WRITE, READ_STATE, WRITE_CONTROL, ADD_NOTIFICATION = range(1, 7)
READ_WRITE = 9
SOURCE = "192.168.7.9.1.1"


def new_net_id() -> str:
    """A Net ID that no other test has."""
    return next(_net_ids)


class Peer:
    """A pyads client whose calls run in a thread, each for two seconds at the most."""

    def __init__(self, connection: pyads.Connection) -> None:
        self.client = connection
        self._limiter = trio.CapacityLimiter(1)

    async def call(self, method: Callable[..., Any], *args: object, **options: object) -> Any:
        """Call a method of the client and wait for its result."""
        call = partial(method, *args, **options)
        return await trio.to_thread.run_sync(call, limiter=self._limiter)

    async def refused(self, method: Callable[..., Any], *args: object) -> int:
        """The error code that a call ends with."""
        try:
            answered = await self.call(method, *args)
        except pyads.ADSError as error:
            code: int = error.err_code
            return code
        raise AssertionError(f"not refused but answered {answered!r}")


@asynccontextmanager
async def pyads_peer(port: int, target: str, ams_port: int = 851) -> AsyncIterator[Peer]:
    """A connected pyads client."""
    peer = Peer(pyads.Connection(target, ams_port, f"127.0.0.1:{port}"))
    await peer.call(peer.client.open)
    await peer.call(peer.client.set_timeout, 2000)
    try:
        yield peer
    finally:
        with trio.CancelScope(shield=True):
            await peer.call(peer.client.close)


def request(
    command: int,
    data: bytes = b"",
    *,
    invoke_id: int = 7,
    target: str = NET_ID,
    ams_port: int = 851,
    source: str = SOURCE,
    flags: int = 4,
) -> bytes:
    """One AMS request, framed."""
    addresses = net_id(target) + struct.pack("<H", ams_port) + net_id(source) + b"\x34\x12"
    rest = struct.pack("<HHIII", command, flags, len(data), 0, invoke_id)
    return struct.pack("<HI", 0, 32 + len(data)) + addresses + rest + data


def read(group: int, offset: int, length: int) -> bytes:
    """The data of a read request."""
    return struct.pack("<III", group, offset, length)


def write(group: int, offset: int, data: bytes) -> bytes:
    """The data of a write request."""
    return struct.pack("<III", group, offset, len(data)) + data


def read_write(group: int, offset: int, length: int, data: bytes) -> bytes:
    """The data of a request that writes and reads."""
    return struct.pack("<IIII", group, offset, length, len(data)) + data


def counted(data: bytes) -> bytes:
    """An answer that carries data."""
    return struct.pack("<II", 0, len(data)) + data


def refused(code: int) -> bytes:
    """An answer that carries none, for requests that ask for some."""
    return struct.pack("<II", code, 0)


class RawPeer:
    """A TCP stream that is read frame by frame."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self.stream = stream
        self._buffer = b""

    async def ask(self, command: int, data: bytes = b"") -> bytes:
        """Send a request and return the data of the next answer."""
        await self.stream.send_all(request(command, data))
        return (await self.frame())[38:]

    async def frame(self) -> bytes:
        """The next frame; b"" when the server has closed."""
        while len(self._buffer) < 6 or len(self._buffer) < self._announced():
            chunk = await self.stream.receive_some()
            if not chunk:
                return b""
            self._buffer += chunk
        frame, self._buffer = self._buffer[: self._announced()], self._buffer[self._announced() :]
        return frame

    def _announced(self) -> int:
        return 6 + int.from_bytes(self._buffer[2:6], "little")


@asynccontextmanager
async def raw_peer(port: int) -> AsyncIterator[RawPeer]:
    """A raw connection."""
    async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
        yield RawPeer(stream)
