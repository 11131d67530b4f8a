"""Two peers for EtherNet/IP servers: the pycomm3 client in a thread, and bytes written by hand."""

import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, TypeVar

import trio
from pycomm3 import LogixDriver

T = TypeVar("T")

ROUTER = b"\x20\x02\x24\x01"
BACKPLANE = b"\x01\x00"
CONTEXT = b"warlogix"


class Pycomm3Peer:
    """A connected pycomm3 client whose calls run in a thread; a call's own limit is 5 s."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver
        self._limiter = trio.CapacityLimiter(1)

    async def call(self, method: Callable[..., T], *args: object) -> T:
        """Call a method of the client and wait for its result."""
        return await trio.to_thread.run_sync(partial(method, *args), limiter=self._limiter)

    async def read(self, *names: str) -> Any:
        """The values of one or several names; an error of any of them fails the test."""
        results = await self.call(self.driver.read, *names)
        for result in results if len(names) > 1 else [results]:
            assert result.error is None, result
        return [one.value for one in results] if len(names) > 1 else results.value

    async def write(self, name: str, value: object) -> str | None:
        """Write one value; the client's error text, None when it was done."""
        error: str | None = (await self.call(self.driver.write, (name, value))).error
        return error


@asynccontextmanager
async def pycomm3_peer(port: int, *, slot: int | None = 0) -> AsyncIterator[Pycomm3Peer]:
    """A connected pycomm3 client that has read the tag list."""
    route = "" if slot is None else f"/{slot}"
    peer = Pycomm3Peer(LogixDriver(f"127.0.0.1:{port}{route}"))
    await peer.call(peer.driver.open)
    try:
        yield peer
    finally:
        with trio.CancelScope(shield=True):
            await peer.call(peer.driver.close)


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame's header and data."""

    command: int
    session: int
    status: int
    context: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """A CIP reply."""

    service: int
    status: int
    extended: tuple[int, ...]
    data: bytes


def symbol(name: str) -> bytes:
    """The path of a name without brackets: one symbolic segment for each part."""
    path = b""
    for part in name.split("."):
        path += bytes((0x91, len(part))) + part.encode() + bytes(len(part) % 2)
    return path


def element(*indices: int) -> bytes:
    """The segments of an element's indices."""
    return b"".join(b"\x2a\0" + struct.pack("<I", index) for index in indices)


def instance(class_: int, number: int) -> bytes:
    """The path of an object."""
    return bytes((0x20, class_, 0x25, 0)) + struct.pack("<H", number)


def request(service: int, path: bytes, data: bytes = b"") -> bytes:
    """A CIP request."""
    return bytes((service, len(path) // 2)) + path + data


def packet(*requests: bytes) -> bytes:
    """A request that holds several."""
    offset, offsets = 2 + 2 * len(requests), b""
    for one in requests:
        offsets += struct.pack("<H", offset)
        offset += len(one)
    data = struct.pack("<H", len(requests)) + offsets + b"".join(requests)
    return request(0x0A, ROUTER, data)


def routed(message: bytes, route: bytes = BACKPLANE) -> bytes:
    """An Unconnected Send of a message along a route."""
    data = b"\x05\x99" + struct.pack("<H", len(message)) + message + bytes(len(message) % 2)
    data += bytes((len(route) // 2, 0)) + route
    return request(0x52, b"\x20\x06\x24\x01", data)


def forward_open(
    size: int = 500,
    *,
    large: bool = False,
    route: bytes = BACKPLANE,
    serial: int = 7,
    interval: int = 2_000_000,
) -> bytes:
    """A request for a class 3 connection of so many bytes both ways."""
    path = route + ROUTER
    parameters = (
        struct.pack("<I", 0x4200 << 16 | size) if large else struct.pack("<H", 0x4200 | size)
    )
    data = b"\x0a\x0e" + struct.pack("<IIHHI", 0, 0xBEEF, serial, 0x1234, 0x5678) + b"\0\0\0\0"
    for _ in range(2):
        data += struct.pack("<I", interval) + parameters
    data += bytes((0xA3, len(path) // 2)) + path
    return request(0x5B if large else 0x54, b"\x20\x06\x24\x01", data)


def forward_close(serial: int = 7, route: bytes = BACKPLANE) -> bytes:
    """The request that closes what `forward_open` opened."""
    path = route + ROUTER
    data = b"\x0a\x0e" + struct.pack("<HHI", serial, 0x1234, 0x5678)
    return request(0x4E, b"\x20\x06\x24\x01", data + bytes((len(path) // 2, 0)) + path)


def parse_reply(raw: bytes) -> Reply:
    """A CIP reply, taken apart."""
    words = raw[3]
    extended = struct.unpack_from(f"<{words}H", raw, 4)
    return Reply(raw[0], raw[2], extended, raw[4 + 2 * words :])


def parse_packet(reply: Reply) -> list[Reply]:
    """The replies inside the reply to a packet."""
    (count,) = struct.unpack_from("<H", reply.data)
    offsets = [*struct.unpack_from(f"<{count}H", reply.data, 2), len(reply.data)]
    return [parse_reply(reply.data[one:other]) for one, other in pairwise(offsets)]


class RawPeer:
    """A TCP stream that is read frame by frame."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self.stream = stream
        self.session = 0
        self.connection = 0
        self.sequence = 0
        self._buffer = b""

    async def send(self, command: int, data: bytes = b"", options: int = 0) -> None:
        """Send a frame."""
        head = struct.pack("<HHII8sI", command, len(data), self.session, 0, CONTEXT, options)
        await self.stream.send_all(head + data)

    async def exchange(self, command: int, data: bytes = b"") -> Frame:
        """Send a frame and return the next one."""
        await self.send(command, data)
        return await self.frame()

    async def frame(self) -> Frame:
        """The next frame; one of zeros when the server has closed."""
        while len(self._buffer) < 24 or len(self._buffer) < self._announced():
            chunk = await self.stream.receive_some()
            if not chunk:
                return Frame(0, 0, 0, b"", b"")
            self._buffer += chunk
        raw, self._buffer = self._buffer[: self._announced()], self._buffer[self._announced() :]
        command, _, session, status, context, _ = struct.unpack_from("<HHII8sI", raw)
        return Frame(command, session, status, context, raw[24:])

    async def register(self) -> None:
        """Open a session."""
        self.session = (await self.exchange(0x65, b"\x01\0\0\0")).session

    async def ask(self, message: bytes) -> Reply:
        """Send a message outside of connections and return the reply to it."""
        items = struct.pack("<IHHHHHH", 0, 0, 2, 0, 0, 0xB2, len(message)) + message
        return parse_reply((await self.exchange(0x6F, items)).data[16:])

    async def connect(self, message: bytes) -> Reply:
        """Send a Forward Open and keep the connection's number."""
        reply = await self.ask(message)
        if not reply.status:
            (self.connection,) = struct.unpack_from("<I", reply.data)
        return reply

    async def send_connected(self, message: bytes) -> None:
        """Send a message of the connection under the present sequence number."""
        head = struct.pack(
            "<IHHHHIHHH", 0, 0, 2, 0xA1, 4, self.connection, 0xB1, len(message) + 2, self.sequence
        )
        await self.send(0x70, head + message)

    async def ask_connected(self, message: bytes) -> Reply:
        """Send a message of the connection under the next sequence number; return the reply."""
        self.sequence += 1
        await self.send_connected(message)
        return parse_reply((await self.frame()).data[22:])

    def _announced(self) -> int:
        return 24 + int.from_bytes(self._buffer[2:4], "little")


@asynccontextmanager
async def raw_peer(port: int) -> AsyncIterator[RawPeer]:
    """A raw connection with a session."""
    async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
        peer = RawPeer(stream)
        await peer.register()
        yield peer
