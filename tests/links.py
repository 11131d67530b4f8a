"""A link from a gateway to its broker on which single requests, or their answers, can be held.

    async with open_link(broker) as link:
        site = Site(..., cluster={"brokers": [link.address]})
        link.hold(Api.COMMIT)               # from now on a commit gets as far as this link
        await link.holds(Api.COMMIT)        # until one is there
        link.release(Api.COMMIT)            # it goes on, and so do all later ones
        link.cut()                          # every connection; new ones are let in

What is held on a connection that its client closes never gets on, as on a wire that was cut. Held
requests are overtaken by others of the same connection, so that the rest of the client's life goes
on. A broker names itself in its answers: these are changed on the way, so that all goes by here.
"""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from enum import IntEnum

import trio

from tests.doors import HOST, Door

_HOST = HOST.encode()


class Api(IntEnum):
    """Kinds of requests, by their numbers in the protocol."""

    PRODUCE = 0
    COMMIT = 8
    JOIN = 11
    HEARTBEAT = 12
    GROUP_HEARTBEAT = 68


class Way:
    """One direction of a connection: frames go on in their order, except for what is held."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self.stream = stream
        self.held: list[tuple[Api, bytes]] = []
        self._ready: list[bytes] = []
        self._sending = trio.Lock()

    def let_go(self, api: Api) -> None:
        """What is held of this kind goes next; `flush` sends it."""
        self._ready += [frame for kind, frame in self.held if kind is api]
        self.lose(api)

    def lose(self, api: Api) -> None:
        """Nothing is held of this kind any more."""
        self.held = [each for each in self.held if each[0] is not api]

    async def send(self, frame: bytes) -> None:
        """Send it, behind all that may go."""
        self._ready.append(frame)
        await self.flush()

    async def flush(self) -> None:
        """Send what may go."""
        async with self._sending:
            ready, self._ready = b"".join(self._ready), []
            # Who has closed the connection is told, or has told, by the other direction.
            with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
                await self.stream.send_all(ready)


class Link:
    """All connections of one client; `address` is what it takes for the broker.

    The `door` is open; shut, it refuses the client, as a host does on which no broker runs.
    """

    def __init__(self, broker: str, nursery: trio.Nursery) -> None:
        self.door = Door(self.serve, nursery)
        self.address = f"{HOST}:{self.door.port}"
        self._port = int(broker.rpartition(":")[2])
        self._names = (_name(self._port), _name(self.door.port))
        self._nursery = nursery
        # What to hold, and which text it has then.
        self._requests: dict[Api, bytes] = {}
        self._answers: dict[Api, bytes] = {}
        self._ways: set[Way] = set()
        self._connections: set[trio.CancelScope] = set()
        self._answered: Counter[Api] = Counter()
        self._moved = trio.Condition()

    def hold(self, api: Api, text: bytes = b"") -> None:
        """Let no request of this kind get to the broker, if it contains the text."""
        self._requests[api] = text

    def hold_answers(self, api: Api) -> None:
        """Let these requests get to the broker, and no answer to them back."""
        self._answers[api] = b""

    def release(self, api: Api) -> None:
        """Let what is held of this kind go on, and hold no more of it."""
        self._requests.pop(api, None)
        self._answers.pop(api, None)
        for way in self._ways:
            way.let_go(api)
            self._nursery.start_soon(way.flush)

    def lose(self, api: Api) -> None:
        """Throw away what is held of this kind, and hold no more of it."""
        for way in self._ways:
            way.lose(api)
        self.release(api)

    def cut(self) -> None:
        """Cut every connection; what is held of it never gets on."""
        for connection in self._connections:
            connection.cancel()

    async def holds(self, api: Api, text: bytes = b"") -> None:
        """Return when a request of this kind and with this text, or an answer to one, is held."""
        async with self._moved:
            while not any(
                kind is api and text in frame for way in self._ways for kind, frame in way.held
            ):
                await self._moved.wait()

    async def answers(self, api: Api) -> None:
        """Return when the broker has answered one more request of this kind."""
        before = self._answered[api]
        async with self._moved:
            while self._answered[api] == before:
                await self._moved.wait()

    async def serve(self, client: trio.SocketStream) -> None:
        """One connection, until either side closes it."""
        async with client:
            try:
                broker = await trio.open_tcp_stream(HOST, self._port)
            except OSError:
                return
            async with broker, trio.open_nursery() as nursery:
                forth, back = Way(broker), Way(client)
                self._ways |= {forth, back}
                self._connections.add(nursery.cancel_scope)
                try:
                    kinds: dict[bytes, Api] = {}
                    nursery.start_soon(self._carry_answers, broker, back, kinds)
                    await self._carry_requests(client, forth, kinds)
                    nursery.cancel_scope.cancel()
                finally:
                    self._ways -= {forth, back}
                    self._connections.remove(nursery.cancel_scope)

    async def _carry_requests(
        self, client: trio.SocketStream, way: Way, kinds: dict[bytes, Api]
    ) -> None:
        frames = Frames(client)
        while frame := await frames.next():
            number = int.from_bytes(frame[4:6])
            api = Api(number) if number in set(Api) else None
            if api is not None:
                kinds[frame[8:12]] = api
            await self._carry(way, frame, api, self._requests)

    async def _carry_answers(
        self, broker: trio.SocketStream, way: Way, kinds: dict[bytes, Api]
    ) -> None:
        frames = Frames(broker)
        while frame := await frames.next():
            api = kinds.pop(frame[4:8], None)
            if api is not None:
                self._answered[api] += 1
            await self._carry(way, frame.replace(*self._names), api, self._answers)
        with suppress(OSError):
            way.stream.socket.shutdown(trio.socket.SHUT_RDWR)

    async def _carry(
        self, way: Way, frame: bytes, api: Api | None, hold: Mapping[Api, bytes]
    ) -> None:
        if api is not None and api in hold and hold[api] in frame:
            way.held.append((api, frame))
        else:
            await way.send(frame)
        async with self._moved:
            self._moved.notify_all()


@asynccontextmanager
async def open_link(broker: str) -> AsyncIterator[Link]:
    """A link to the broker of this address; every connection is cut at the end."""
    async with trio.open_nursery() as nursery:
        link = Link(broker, nursery)
        try:
            link.door.open()
            yield link
        finally:
            link.door.close()
        nursery.cancel_scope.cancel()


class Frames:
    """Whole requests or answers of a connection, each with its length in front."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self._stream = stream
        self._buffer = bytearray()

    async def next(self) -> bytes:
        """The next one; b"" when the connection is over."""
        while len(self._buffer) < (size := self._size()):
            try:
                chunk = await self._stream.receive_some()
            except trio.BrokenResourceError:
                return b""
            if not chunk:
                return b""
            self._buffer += chunk
        frame = bytes(self._buffer[:size])
        del self._buffer[:size]
        return frame

    def _size(self) -> int:
        length = self._buffer[:4]
        return 4 + int.from_bytes(length) if len(length) == 4 else 4


def _name(port: int) -> bytes:
    """How a broker names itself in its answers, with the host's length before it or not."""
    return _HOST + port.to_bytes(4)
