"""FINS over TCP: frames behind a header, and a greeting in which the PLC gives out its nodes.

    way = TcpWay(endpoint, stream)
    node = await way.greet()

Errors: `Unreachable`, `Rejected` by the greeting, `Nonsense`; after any the way is of no more use.
"""

import struct
from contextlib import AbstractContextManager

from warlogix.drivers.exchanges import Nonsense
from warlogix.drivers.omron.fins.reasons import refused_greeting
from warlogix.drivers.omron.fins.wire import LONGEST_FRAME
from warlogix.drivers.stream import Stream
from warlogix.errors import Rejected, Unreachable
from warlogix.tags import Endpoint

_MAGIC = b"FINS"
_START = struct.Struct(">4sI")
_REST = struct.Struct(">II")
_CLIENT_NODE, _SERVER_NODE, _FRAME, _ERROR, _CONFIRMATION = 0, 1, 2, 3, 6
# A PLC gives a node to whoever asks for none; CP1L refuses those made of IP addresses.
_ANY_NODE = bytes(4)


class TcpWay:
    """One TCP connection."""

    name = "TCP"

    def __init__(self, endpoint: Endpoint, stream: Stream) -> None:
        self._plc = endpoint.plc
        self._stream = stream

    async def greet(self) -> int:
        """The node that commands are to come from."""
        with self._stream.in_time():
            await self._stream.send(_framed(_CLIENT_NODE, _ANY_NODE))
            command, error, body = await self._receive()
        if error and command in (_SERVER_NODE, _ERROR):
            raise Rejected(self._plc, refused_greeting(error))
        if command != _SERVER_NODE or len(body) != 8:
            raise Nonsense("no answer to the FINS/TCP greeting")
        node = int.from_bytes(body[:4], "big")
        if not 0 < node < 255:
            raise Nonsense(f"node {node} for this gateway")
        return node

    def in_time(self) -> AbstractContextManager[None]:
        """The endpoint's time limit for one exchange."""
        return self._stream.in_time()

    def check_quiet(self) -> None:
        """Raise `Unsent` where the PLC has said something that nobody asked for, or has gone."""
        self._stream.check_quiet()

    async def send(self, frame: bytes) -> None:
        """Send one FINS frame."""
        await self._stream.send(_framed(_FRAME, frame))

    async def receive(self, _sid: int) -> bytes:
        """The next FINS frame."""
        while True:
            command, error, body = await self._receive()
            if command == _FRAME:
                return body
            if command == _ERROR:
                reason = f"the PLC ends the FINS/TCP connection with error 16#{error:X}"
                raise Unreachable(self._plc, reason)
            if command != _CONFIRMATION:
                raise Nonsense(f"a FINS/TCP frame with command {command}")

    def shut(self) -> None:
        """Close at once."""
        self._stream.shut()

    async def _receive(self) -> tuple[int, int, bytes]:
        """The command, the error and the rest of the next FINS/TCP frame."""
        magic, length = _START.unpack(await self._stream.receive(_START.size))
        if magic != _MAGIC or not _REST.size <= length <= _REST.size + LONGEST_FRAME:
            raise Nonsense(f"bytes that are no FINS/TCP header: {magic.hex(' ')}, length {length}")
        rest = await self._stream.receive(length)
        return *_REST.unpack_from(rest), rest[_REST.size :]


def _framed(command: int, body: bytes) -> bytes:
    return _MAGIC + struct.pack(">III", _REST.size + len(body), command, 0) + body
