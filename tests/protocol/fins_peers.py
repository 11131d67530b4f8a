"""Peers for FINS servers that send bytes written by hand, over TCP and over UDP."""

import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

import trio

HEADER = bytes((0x80, 0, 2, 0, 0, 0, 0))


class FinsPeer(Protocol):
    """Sends commands and returns responses, whole FINS frames both ways."""

    node: int

    async def exchange(self, frame: bytes) -> bytes:
        """The response to a FINS frame."""


def frame(text: str, *, node: int = 1, sid: int = 7) -> bytes:
    """A command in hexadecimal digits, with a header, from this node to the PLC that is called."""
    return HEADER + bytes((node, 0, sid)) + bytes.fromhex(text)


async def ask(peer: FinsPeer, text: str) -> str:
    """The end code and what follows it, in hexadecimal digits."""
    response = await peer.exchange(frame(text, node=peer.node))
    assert response[:10] == bytes((0xC0, 0, 2, 0, peer.node, 0, 0, 0, 0, 7))
    assert response[10:12] == bytes.fromhex(text)[:2]
    return response[12:].hex()


class TcpPeer:
    """A FINS/TCP connection."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self.node = 0
        self._stream = stream

    async def send(self, command: int, body: bytes) -> None:
        """Send one FINS/TCP frame."""
        head = b"FINS" + struct.pack(">III", 8 + len(body), command, 0)
        await self._stream.send_all(head + body)

    async def receive(self) -> tuple[int, int, bytes]:
        """The command, the error and the rest of a FINS/TCP frame; zeros and b"" at the end."""
        received = b""
        while len(received) < 8 or len(received) < 8 + int.from_bytes(received[4:8], "big"):
            chunk = await self._stream.receive_some()
            if not chunk:
                return 0, 0, b""
            received += chunk
        _, _, command, error = struct.unpack_from(">4sIII", received)
        return command, error, received[16:]

    async def greet(self, node: int = 0) -> tuple[int, int, bytes]:
        """The answer to the greeting."""
        await self.send(0, node.to_bytes(4, "big"))
        answer = await self.receive()
        self.node = int.from_bytes(answer[2][:4], "big")
        return answer

    async def exchange(self, sent: bytes) -> bytes:
        """The response to a FINS frame."""
        await self.send(2, sent)
        command, error, body = await self.receive()
        assert (command, error) == (2, 0)
        return body


class UdpPeer:
    """A UDP socket; its node is that of 127.0.0.1."""

    node = 1

    def __init__(self, opened: trio.socket.SocketType) -> None:
        self._opened = opened

    async def exchange(self, sent: bytes) -> bytes:
        """The response to a FINS frame."""
        await self._opened.send(sent)
        received: bytes = await self._opened.recv(4096)
        return received


@asynccontextmanager
async def tcp_peer(port: int) -> AsyncIterator[TcpPeer]:
    """A connection that has not greeted yet."""
    async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
        yield TcpPeer(stream)


@asynccontextmanager
async def udp_peer(port: int) -> AsyncIterator[UdpPeer]:
    """A socket that talks to this port alone."""
    with trio.socket.socket(trio.socket.AF_INET, trio.socket.SOCK_DGRAM) as opened:
        await opened.connect(("127.0.0.1", port))
        yield UdpPeer(opened)
